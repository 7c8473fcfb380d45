//! Who may import whom, read from the sources.

use std::collections::BTreeMap;
use std::path::Path;

/// Rooms from the top of the house to its ground. A file imports from rooms below its own, and from its own.
const STOREYS: &[&[&str]] = &[
    &["commands", "main"],
    &["server", "playground"],
    &["routes"],
    &["error"],
    &["app"],
    &["ticket", "session", "rate_limit", "access_token", "events"],
    &["store"],
    &["wechat"],
    &["telemetry"],
    &["settings"],
    &["identity", "registration", "user", "token", "clock"],
];

/// Crates that have one home each.
const HOMES: &[(&str, &[&str])] = &[
    ("actix_web", &["server", "error", "routes", "playground", "commands"]),
    ("diesel", &["store"]),
    ("diesel_async", &["store"]),
    ("redis", &["store"]),
    ("deadpool_redis", &["store"]),
    ("reqwest", &["wechat", "app"]),
    ("sha1", &["wechat"]),
    ("aes", &["wechat"]),
    ("cbc", &["wechat"]),
    ("aes_gcm", &["token"]),
    ("config", &["settings"]),
    ("dotenvy", &["settings"]),
    ("strsim", &["settings"]),
    ("percent_encoding", &["settings"]),
    ("clap", &["main", "commands"]),
    ("wechat_simulator", &["commands"]),
    ("csv", &["commands"]),
];

/// Every source file with the room it stands in.
fn sources() -> BTreeMap<String, (String, String)> {
    fn collect(folder: &Path, found: &mut BTreeMap<String, (String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix("src").unwrap().with_extension("");
                let room = inside.iter().next().unwrap().to_str().unwrap().to_owned();
                found.insert(path.display().to_string(), (room, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(Path::new("src"), &mut found);
    found
}

fn storey(room: &str) -> Option<usize> {
    STOREYS.iter().position(|rooms| rooms.contains(&room))
}

/// The part of a file that is no test.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn every_room_imports_downwards_only() {
    let mut wrong = vec![];
    for (path, (room, text)) in sources() {
        if room == "lib" {
            continue;
        }
        let own = storey(&room).unwrap_or_else(|| panic!("{path}: the room {room} stands on no storey"));
        for mention in code(&text).split("crate::").skip(1) {
            let other: String = mention.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if other != room && storey(&other).is_none_or(|other| other <= own) {
                wrong.push(format!("{path} imports {other}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn no_backend_knows_its_sibling() {
    for (path, (_, text)) in sources() {
        for (backend, sibling) in [
            ("users_mysql", "sqlite"),
            ("users_sqlite", "mysql"),
            ("tokens_redis", "memory"),
            ("tokens_memory", "redis"),
        ] {
            let known = code(&text).to_lowercase().contains(&format!("{sibling}::"));
            assert!(!path.contains(backend) || !known, "{path} knows {sibling}");
        }
    }
}

#[test]
fn every_outside_crate_has_its_home() {
    let mut wrong = vec![];
    for (path, (room, text)) in sources() {
        for (name, homes) in HOMES {
            let used = code(&text).lines().any(|line| {
                let line = line.trim_start();
                line.starts_with(&format!("use {name}::")) || line.contains(&format!(" {name}::"))
            });
            if used && !homes.contains(&room.as_str()) {
                wrong.push(format!("{path} uses {name}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_files_of_the_settings_import_each_other_in_no_circle() {
    let mut imports = BTreeMap::new();
    for (path, (room, text)) in sources() {
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap().to_owned();
        if room == "settings" && name != "mod" {
            let named = code(&text).split("super::").skip(1);
            let named = named.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            imports.insert(name, named.collect::<Vec<String>>());
        }
    }
    assert!(imports.len() > 10, "{imports:?}");

    // What imports nothing that is left goes out, until nothing does.
    loop {
        let ground: Vec<String> = imports.keys().cloned().collect();
        imports.retain(|_, named| named.iter().any(|other| ground.contains(other)));
        if imports.len() == ground.len() {
            break;
        }
    }
    assert_eq!(imports, BTreeMap::new());
}

#[test]
fn no_file_is_too_long_to_be_one_room() {
    for (path, (_, text)) in sources() {
        let lines = code(&text).lines().count();
        assert!(lines <= 280, "{path} has {lines} lines");
    }
}
