//! Who imports whom among the files of a crate, read from its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The modules below `sources` by their path, such as `store::redis`, with the text of each; the crate's root has none.
///
/// # Panics
/// A source cannot be read.
#[must_use]
pub fn modules(sources: &Path) -> BTreeMap<String, String> {
    fn collect(folder: &Path, inside: &str, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let below = if inside.is_empty() { name.clone() } else { format!("{inside}::{name}") };
            if path.is_dir() {
                collect(&path, &below, found);
            } else {
                let module = if name == "lib" || name == "mod" { inside.to_owned() } else { below };
                found.insert(module, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(sources, "", &mut found);
    found
}

/// The modules that each module below `sources` declares or names, outside of its tests. A module is called by its path, such
/// as `store::redis`; the crate's root has none.
///
/// # Panics
/// A source cannot be read.
#[must_use]
pub fn imports(sources: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules(sources);
    let file_of = |path: String| {
        let mut path = path;
        while !modules.contains_key(&path) {
            path.truncate(path.rfind("::").unwrap_or(0));
        }
        path
    };
    let named_in = |module: &String, text: &String| {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let parent = module.rfind("::").map_or("", |end| &module[..end]);
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let named: BTreeSet<String> = lines
            .flat_map(|line| {
                let declared =
                    line.trim_start_matches("pub(crate) ").strip_prefix("mod ").map(|name| (&**module, name));
                let after = |word: &'static str| line.split(word).skip(1);
                let absolute = after("crate::").map(|rest| ("", rest));
                let relative = after("super::").map(|rest| (parent, rest));
                declared.into_iter().chain(absolute).chain(relative).collect::<Vec<_>>()
            })
            .flat_map(|(start, rest)| paths(rest).into_iter().map(move |path| format!("{start}::{path}")))
            .map(|path| file_of(path.trim_matches(':').to_owned()))
            .filter(|other| other != module)
            .collect();
        (module.clone(), named)
    };
    modules.iter().map(|(module, text)| named_in(module, text)).collect()
}

/// The paths that `text` begins with: one, or those in braces.
fn paths(text: &str) -> Vec<String> {
    let path = |text: &str| -> String {
        text.trim().chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect()
    };
    match text.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or_default().split(',').map(path).collect(),
        None => vec![path(text)],
    }
}
