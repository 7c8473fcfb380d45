//! Where settings come from: the environment, over a TOML file, over defaults.

use crate::settings::{VARIABLES, WechatApp};
use std::collections::BTreeMap;

/// The text of every setting, the mini programs of the file, and what is wrong with the file.
#[derive(Default)]
pub struct Layers {
    pub values: BTreeMap<&'static str, String>,
    pub apps: Vec<WechatApp>,
    pub problems: Vec<String>,
}

impl Layers {
    /// What `environment` says, and where it is silent the file, and where that is silent `defaults` and the documented ones.
    pub fn of(environment: &BTreeMap<String, String>, defaults: &[(&str, &str)]) -> Layers {
        let mut layers = Layers::default();
        layers.apps = layers.lay(environment, defaults);
        layers
    }

    fn lay(&mut self, environment: &BTreeMap<String, String>, defaults: &[(&str, &str)]) -> Vec<WechatApp> {
        let file = match environment.get("WEAPP_LOGIN_CONFIG").filter(|path| !path.is_empty()) {
            None => config::Config::default(),
            Some(path) => {
                let source = config::File::new(path, config::FileFormat::Toml);
                match config::Config::builder().add_source(source).build() {
                    Ok(file) => file,
                    Err(_) => {
                        self.problems.push(format!("WEAPP_LOGIN_CONFIG: {path} is not there or is not TOML"));
                        config::Config::default()
                    }
                }
            }
        };
        let mut table = file.cache.into_table().unwrap_or_default();
        let apps = self.apps(table.remove("wechat"));
        for (name, default, _) in VARIABLES {
            let filed = table.remove(&name.to_ascii_lowercase()).map(|value| value.into_string());
            let value = match (environment.get(*name), filed) {
                (Some(value), _) => value.clone(),
                (None, Some(Ok(value))) => value,
                (None, Some(Err(_))) => {
                    self.problems.push(format!("{name}: must be one text or number in the file"));
                    continue;
                }
                (None, None) => {
                    let given = defaults.iter().find(|(n, _)| n == name).map(|(_, value)| *value);
                    given.unwrap_or(default).to_owned()
                }
            };
            self.values.insert(name, value.trim().to_owned());
        }
        let mut unknown: Vec<_> = table.into_keys().collect();
        unknown.sort();
        self.problems.extend(unknown.into_iter().map(|key| format!("{key}: no such setting in the file")));
        apps
    }

    fn apps(&mut self, wechat: Option<config::Value>) -> Vec<WechatApp> {
        let Some(Ok(mut wechat)) = wechat.map(|value| value.into_table()) else { return vec![] };
        let apps = wechat.remove("apps").and_then(|apps| apps.into_array().ok()).unwrap_or_default();
        for key in wechat.into_keys() {
            self.problems.push(format!("wechat.{key}: no such setting in the file"));
        }
        apps.into_iter().enumerate().filter_map(|(at, app)| self.file_app(at + 1, app)).collect()
    }

    fn file_app(&mut self, at: usize, app: config::Value) -> Option<WechatApp> {
        let mut app = app.into_table().ok()?;
        let mut text = |key: &str| app.remove(key).and_then(|value| value.into_string().ok());
        let (id, secret, file) = (text("id"), text("secret"), text("secret_file"));
        for key in app.into_keys() {
            self.problems.push(format!("wechat.apps[{at}].{key}: no such setting in the file"));
        }
        let secret = match (secret, file) {
            (Some(secret), None) => Some(secret),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(secret) => Some(secret.trim().to_owned()),
                Err(_) => {
                    self.problems.push(format!("wechat.apps[{at}].secret_file: {path} cannot be read"));
                    return None;
                }
            },
            _ => None,
        };
        let id = id.and_then(|id| id.parse().ok());
        match (id, secret.filter(|secret| !secret.is_empty())) {
            (Some(id), Some(secret)) => Some(WechatApp { id, secret: secret.into() }),
            _ => {
                self.problems.push(format!("wechat.apps[{at}]: needs id and either secret or secret_file"));
                None
            }
        }
    }
}
