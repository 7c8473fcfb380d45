//! Who imports whom among the simulator's own files, read from the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Modules by their path, such as `model::codes`, with the text of each; the crate's root is the empty path.
fn modules() -> BTreeMap<String, String> {
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
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), "", &mut found);
    found
}

/// The modules that each one declares or names.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
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
            .map(|(start, rest)| {
                let path: String = rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
                file_of(format!("{start}::{path}").trim_matches(':').to_owned())
            })
            .filter(|other| other != module)
            .collect();
        (module.clone(), named)
    };
    modules.iter().map(|(module, text)| named_in(module, text)).collect()
}

#[test]
fn no_two_files_import_each_other_in_a_circle() {
    let mut left = imports();
    assert!(left["control"].contains("control::order") && left["control::people"].contains("model::world"), "{left:?}");

    // Whoever imports nothing that is left stands in no circle.
    while let Some(free) = left.iter().find(|(_, named)| named.iter().all(|other| !left.contains_key(other))) {
        let free = free.0.clone();
        left.remove(&free);
    }

    assert_eq!(left, BTreeMap::new());
}

#[test]
fn servers_phone_and_control_do_not_know_each_other_and_the_model_knows_none_of_them() {
    let room = |module: &str| module.split("::").next().unwrap().to_owned();
    let rooms = ["server", "phone", "control"];
    for (module, named) in imports() {
        let (own, text) = (room(&module), &modules()[&module]);
        let known: Vec<_> = named.iter().filter(|other| rooms.contains(&&*room(other)) && room(other) != own).collect();
        assert!(own.is_empty() || known.is_empty(), "{module} knows {known:?}");
        assert!(own != "model" || !text.contains("actix_web"), "{module} knows HTTP");
    }
}
