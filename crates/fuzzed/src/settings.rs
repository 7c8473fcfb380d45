//! What an operator writes: `.env`, the TOML file, the address of Redis.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;
use weapp_login::settings::{RedisUrl, Secrets, Settings, Sources};

struct Folder {
    file: PathBuf,
    _folder: tempfile::TempDir,
}

/// One file for each thread that calls would be more, and nobody calls from two.
static FOLDER: LazyLock<Folder> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    Folder { file: folder.path().join("weapp-login.toml"), _folder: folder }
});

/// `.env`, and behind the first NUL the TOML file.
///
/// # Panics
/// The file cannot be written.
pub fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (dot_env, toml) = text.split_once('\0').unwrap_or((&text, ""));
    // A name that ends so has another file be read, which may be any.
    if text.to_lowercase().contains("_file") {
        return;
    }
    let mut environment = BTreeMap::new();
    if !toml.is_empty() {
        std::fs::write(&FOLDER.file, toml).expect("the folder is there");
        environment.insert("WEAPP_LOGIN_CONFIG".to_owned(), FOLDER.file.display().to_string());
    } else if dot_env.contains("WEAPP_LOGIN_CONFIG") {
        return;
    }
    for secrets in [Secrets::Any, Secrets::Real] {
        let read = weapp_login::settings::read::<Settings>(&Sources::of(&environment, dot_env), secrets);
        match read {
            Ok(loaded) => assert!(!loaded.settings.wechat.apps.is_empty(), "a service without a mini program"),
            Err(problems) => assert!(!problems.0.is_empty(), "refused without a reason"),
        }
    }
}

/// The text of a `REDIS_URL`.
///
/// # Panics
/// It is taken and names no server.
pub fn redis_url(input: &[u8]) {
    let Ok(url) = String::from_utf8_lossy(input).parse::<RedisUrl>() else { return };
    assert!(!url.nodes.is_empty() && url.nodes.iter().all(|(host, port)| !host.is_empty() && *port > 0), "no server");
    assert!(url.database >= 0, "a database below 0");
    // What it prints of itself is for logs.
    let _ = format!("{url:?}");
}
