//! Who imports whom among the simulator's own files, read from the sources.

use std::collections::BTreeMap;
use std::path::Path;
use testkit::{imports, modules};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

#[test]
fn no_two_files_import_each_other_in_a_circle() {
    let mut left = imports(Path::new(SOURCES));
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
    for (module, named) in imports(Path::new(SOURCES)) {
        let (own, text) = (room(&module), &modules(Path::new(SOURCES))[&module]);
        let known: Vec<_> = named.iter().filter(|other| rooms.contains(&&*room(other)) && room(other) != own).collect();
        assert!(own.is_empty() || known.is_empty(), "{module} knows {known:?}");
        assert!(own != "model" || !text.contains("actix_web"), "{module} knows HTTP");
    }
}
