//! Where settings come from: the environment, over `.env`, over the TOML file that `WEAPP_LOGIN_CONFIG` names.
//!
//! Every text is remembered with its origin, so that a problem can say where to repair it. An empty text counts as none.

use super::declaration::Setting;
use super::dot_env;
use super::layer::{Entry, Layer};
use super::toml_file::{self, MiniProgramTable};
use std::collections::BTreeMap;

/// The variable that names the TOML file. It cannot stand in that file, so it is no setting like the others.
pub(super) const CONFIG: &str = "WEAPP_LOGIN_CONFIG";

/// Everything that was set, by anybody.
#[derive(Default)]
pub struct Sources {
    overruling: Layer,
    pub(super) environment: Layer,
    pub(super) dot_env: Layer,
    pub(super) file: Layer,
    presumed: Layer,
    /// The tables `[[wechat.apps]]` of the file.
    pub(super) mini_programs: Vec<MiniProgramTable>,
    /// What is wrong with the sources themselves.
    pub(super) problems: Vec<String>,
}

impl Sources {
    /// Those of this process: its environment, `.env` in the working folder, the TOML file.
    pub fn of_process() -> Sources {
        let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let environment = environment.collect();
        match std::fs::read_to_string(".env") {
            Ok(text) => Sources::of(&environment, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Sources::of(&environment, ""),
            Err(_) => {
                let mut sources = Sources::of(&environment, "");
                sources.problems.insert(0, ".env: cannot be read, or is not UTF-8".into());
                sources
            }
        }
    }

    /// An environment, the text of a `.env`, and the TOML file that one of them names.
    pub fn of(environment: &BTreeMap<String, String>, dot_env: &str) -> Sources {
        let (dot_env, problems) = dot_env::read(dot_env);
        let mut sources = Sources { dot_env, problems, ..Sources::default() };
        for (name, text) in environment {
            sources.environment.insert(name.clone(), Entry::new(text, "from the environment"));
        }
        if let Some(path) = sources.text(CONFIG) {
            let file = toml_file::read(&path);
            sources.file = file.layer;
            sources.mini_programs = file.mini_programs;
            sources.problems.extend(file.problems);
        }
        sources
    }

    /// Sets `name` whatever anybody else says: for a mode that cannot do otherwise.
    pub fn overrule(&mut self, name: &str, text: &str) {
        self.overruling.insert(name.to_owned(), Entry::new(text, "as this command sets it"));
    }

    /// Sets `name` where nobody else does, in the place of its documented default.
    pub fn presume(&mut self, name: &str, text: &str) {
        self.presumed.insert(name.to_owned(), Entry::new(text, "as this command presumes it"));
    }

    /// What `name` is set to, if it is set in any source.
    pub fn text(&self, name: &str) -> Option<String> {
        self.layers().filter_map(|layer| layer.get(name)).find(|entry| !entry.text.is_empty()).map(|e| e.text.clone())
    }

    /// Where `name`, or the file that is read for it, is set, such as `from .env line 3`.
    pub fn origin(&self, name: &str) -> Option<String> {
        let names = [name.to_owned(), format!("{name}_FILE")];
        let found = self.layers().flat_map(|layer| names.iter().filter_map(|name| Some((name, layer.get(name)?))));
        found.filter(|(_, entry)| !entry.text.is_empty()).map(|(name, entry)| format!("{name} {}", entry.origin)).next()
    }

    /// Whether a mini program stands in any source.
    pub fn name_a_mini_program(&self) -> bool {
        self.text("WECHAT_APP_ID").is_some() || !self.mini_programs.is_empty()
    }

    /// The text of `setting` in the strongest source that has one, read from the file that `<name>_FILE` names if that is
    /// what the source has; or its default.
    ///
    /// # Errors
    /// What is wrong, for whoever operates the service: that file cannot be read, or a source sets both names.
    pub(super) fn find(&self, setting: &Setting) -> Result<Entry, String> {
        let name = setting.name;
        for layer in self.layers() {
            let direct = layer.get(name).filter(|entry| setting.keeps_empty || !entry.text.is_empty());
            let file_name = setting.file_name().unwrap_or_default();
            let beside = layer.get(&file_name).filter(|entry| !entry.text.is_empty());
            match (direct, beside) {
                (Some(_), Some(_)) => return Err(format!("{name}, {file_name}: one of them, not both")),
                (Some(entry), None) => return Ok(entry.clone()),
                (None, Some(Entry { text: path, origin })) => {
                    let text = std::fs::read_to_string(path)
                        .map_err(|_| format!("{file_name}: {path} cannot be read ({origin})"))?;
                    return match text.trim() {
                        "" => Err(format!("{file_name}: {path} is empty ({origin})")),
                        text => Ok(Entry::new(text, &format!("from the file that {file_name} names"))),
                    };
                }
                (None, None) => {}
            }
        }
        Ok(Entry::new(setting.default, ""))
    }

    /// From the strongest to the weakest.
    fn layers(&self) -> impl Iterator<Item = &Layer> {
        [&self.overruling, &self.environment, &self.dot_env, &self.file, &self.presumed].into_iter()
    }
}
