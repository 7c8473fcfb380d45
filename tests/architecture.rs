//! Who may import whom, read from the sources.

use std::collections::BTreeMap;
use std::path::Path;

/// The storeys of the house from its top to its ground, as the table at the head of `lib.rs` has them: in a storey, rooms
/// with an arrow between them import in its direction, and rooms with a dot between them do not know each other.
fn storeys() -> Vec<Vec<Vec<String>>> {
    let text = std::fs::read_to_string("src/lib.rs").unwrap();
    let rows = text.lines().filter(|line| line.starts_with("//! | ") && line.contains("[`"));
    rows.map(|row| row.split('→').map(rooms).collect()).collect()
}

fn rooms(text: &str) -> Vec<String> {
    text.split("[`").skip(1).map(|rest| rest.split('`').next().unwrap().to_owned()).collect()
}

/// How far down the house a room stands: its storey, and its place among the arrows of that storey.
fn place(room: &str) -> Option<(usize, usize)> {
    let storeys = storeys();
    let of = |storey: &Vec<Vec<String>>| storey.iter().position(|rooms| rooms.iter().any(|other| other == room));
    storeys.iter().enumerate().find_map(|(at, storey)| Some((at, of(storey)?)))
}

/// Crates that have one home each.
const HOMES: &[(&str, &[&str])] = &[
    ("actix_web", &["server", "error", "exchange", "routes", "playground", "commands"]),
    ("diesel", &["store"]),
    ("diesel_async", &["store"]),
    ("redis", &["store"]),
    ("deadpool_redis", &["store"]),
    ("reqwest", &["wechat", "app", "telemetry", "public_roots"]),
    ("opentelemetry", &["telemetry"]),
    ("opentelemetry_sdk", &["telemetry"]),
    ("opentelemetry_otlp", &["telemetry"]),
    ("sha1", &["wechat", "store"]),
    ("aes", &["wechat"]),
    ("cbc", &["wechat"]),
    ("ring", &["seal", "token", "phone_code"]),
    ("getrandom", &["random"]),
    ("postcard", &["session", "ticket", "phone_code"]),
    ("config", &["settings"]),
    ("dotenvy", &["settings"]),
    ("strsim", &["settings"]),
    ("percent_encoding", &["settings"]),
    ("clap", &["main", "commands"]),
    ("clap_complete", &["commands"]),
    ("clap_mangen", &["commands"]),
    ("wechat_simulator", &["commands"]),
    ("metrics_process", &["telemetry"]),
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

/// The part of a file that is no test.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn every_room_imports_downwards_only() {
    let mut wrong = vec![];
    for (path, (room, text)) in sources() {
        if room == "lib" || room == "main" {
            continue;
        }
        let own = place(&room).unwrap_or_else(|| panic!("{path}: lib.rs names no storey for the room {room}"));
        for mention in code(&text).split("crate::").skip(1) {
            let other: String = mention.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if other != room && place(&other).is_none_or(|other| other <= own) {
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
fn no_two_files_import_each_other_in_a_circle() {
    let mut left = testkit::imports(Path::new("src"));
    assert!(left["session"].contains("session::form") && left["routes::login"].contains("app"), "{left:?}");

    // The SQL is mounted below each backend, whose connection its files name through their parent.
    for (module, named) in &mut left {
        if module.starts_with("store::sql::") {
            named.remove("store::sql");
        }
    }
    // Whoever imports nothing that is left stands in no circle.
    while let Some(free) = left.iter().find(|(_, named)| named.iter().all(|other| !left.contains_key(other))) {
        let free = free.0.clone();
        left.remove(&free);
    }

    // What is left stands in a circle or above one.
    assert_eq!(left.keys().collect::<Vec<_>>(), Vec::<&String>::new(), "{left:?}");
}

#[test]
fn no_file_is_too_long_to_be_one_room() {
    for (path, (_, text)) in sources() {
        let lines = code(&text).lines().count();
        assert!(lines <= 280, "{path} has {lines} lines");
    }
}
