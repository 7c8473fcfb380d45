//! The TOML file: settings under their names in lower case, and mini programs as `[[wechat.apps]]`.

use super::layer::{Entry, Layer};
use config::{Config, ConfigError, File, FileFormat, Value};
use std::collections::BTreeMap;

/// One `[[wechat.apps]]`.
#[derive(Default)]
pub(super) struct MiniProgramTable {
    /// Where it stands, such as `wechat.apps[1]`: the first one is 1.
    pub place: String,
    /// Its keys, unchecked.
    pub texts: BTreeMap<String, String>,
}

/// What a file says.
#[derive(Default)]
pub(super) struct TomlFile {
    /// Values by the names that they have in the environment.
    pub layer: Layer,
    /// Mini programs, in their order.
    pub mini_programs: Vec<MiniProgramTable>,
    /// What is wrong with it. No value is repeated.
    pub problems: Vec<String>,
}

/// The file at `path`.
pub(super) fn read(path: &str) -> TomlFile {
    let mut file = TomlFile::default();
    let Ok(text) = std::fs::read_to_string(path) else {
        file.problems.push(format!("WEAPP_LOGIN_CONFIG: {path} cannot be read"));
        return file;
    };
    let built = Config::builder().add_source(File::from_str(&text, FileFormat::Toml)).build();
    let mut table = match built {
        Ok(built) => built.cache.into_table().unwrap_or_default(),
        Err(error) => {
            file.problems.push(format!("{path}: is not TOML{}", place(&error)));
            return file;
        }
    };
    if let Some(wechat) = table.remove("wechat") {
        file.wechat(path, wechat);
    }
    for (key, value) in sorted(table) {
        match text_of(value) {
            _ if key != key.to_ascii_lowercase() => {
                file.problems.push(format!("{key}: is written in lower case in {path}"));
            }
            Some(text) => {
                file.layer.insert(key.to_ascii_uppercase(), Entry::new(&text, &format!("from {path}")));
            }
            None => file.problems.push(format!("{key}: must be a text, a number or a list of texts in {path}")),
        }
    }
    file
}

impl TomlFile {
    fn wechat(&mut self, path: &str, wechat: Value) {
        let Ok(mut wechat) = wechat.into_table() else {
            self.problems.push(format!("wechat: must be a table in {path}"));
            return;
        };
        let apps = wechat.remove("apps").map_or(Ok(vec![]), Value::into_array);
        for (key, _) in sorted(wechat) {
            self.problems.push(format!("wechat.{key}: no such setting in {path}"));
        }
        let Ok(apps) = apps else {
            self.problems.push(format!("wechat.apps: must be tables, [[wechat.apps]], in {path}"));
            return;
        };
        for (at, app) in apps.into_iter().enumerate() {
            let mut table = MiniProgramTable { place: format!("wechat.apps[{}]", at + 1), ..Default::default() };
            for (key, value) in sorted(app.into_table().unwrap_or_default()) {
                match text_of(value) {
                    Some(text) => {
                        table.texts.insert(key, text);
                    }
                    None => self.problems.push(format!("{}.{key}: must be a text or a list of texts", table.place)),
                }
            }
            self.mini_programs.push(table);
        }
    }
}

/// A list is written as it would be in the environment, so no item may have a comma.
fn text_of(value: Value) -> Option<String> {
    match value.clone().into_array() {
        Ok(items) => {
            let texts: Vec<_> = items.into_iter().map(|item| item.into_string().ok()).collect::<Option<_>>()?;
            (!texts.iter().any(|text| text.contains(','))).then(|| texts.join(","))
        }
        Err(_) => value.into_string().ok(),
    }
}

/// Only the place: the rest of what the parser says quotes the line.
fn place(error: &ConfigError) -> String {
    let ConfigError::FileParse { cause, .. } = error else { return String::new() };
    let said = cause.to_string();
    let place = said.lines().next().and_then(|line| line.strip_prefix("TOML parse error at "));
    place.map_or(String::new(), |place| format!(" at {place}"))
}

fn sorted<V>(table: impl IntoIterator<Item = (String, V)>) -> BTreeMap<String, V> {
    table.into_iter().collect()
}
