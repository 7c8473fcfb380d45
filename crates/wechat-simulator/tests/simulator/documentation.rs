//! docs/simulator.md says what is true.

use crate::harness::{APP, Desk, app};
use serde_json::{Value, json};
use wechat_simulator::Options;

const PAGE: &str = include_str!("../../../../docs/simulator.md");
const TESTS: [&str; 12] = [
    include_str!("checks.rs"),
    include_str!("codes.rs"),
    include_str!("data.rs"),
    include_str!("exchange.rs"),
    include_str!("faults.rs"),
    include_str!("keys.rs"),
    include_str!("limits.rs"),
    include_str!("login_state.rs"),
    include_str!("outcomes.rs"),
    include_str!("privacy.rs"),
    include_str!("servers.rs"),
    include_str!("tokens.rs"),
];

/// The cells of every table row on the page.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    PAGE.lines()
        .map(str::trim)
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect())
}

#[test]
fn every_rule_of_the_simulator_is_written_down_and_has_a_test() {
    // Rule 40 is about the network of whoever plays the mini program.
    for rule in (1..=44).filter(|rule| *rule != 40) {
        let written = PAGE.lines().any(|line| line.starts_with(&format!("{rule}. ")));
        let tested = TESTS
            .iter()
            .any(|file| file.contains(&format!("fn rule_{rule}_")) || (rule == 22 && file.contains("fn rule_22a_")));
        assert!(written && tested, "rule {rule}: written {written}, tested {tested}");
    }
    for outcome in ["22a", "22b", "22c", "22d", "22e"] {
        assert!(TESTS.iter().any(|file| file.contains(&format!("fn rule_{outcome}_"))), "{outcome}");
    }
}

#[test]
fn every_option_is_in_the_table_with_its_default() {
    let desk = Desk::new(Options { apps: vec![app(APP)], ..Options::default() });
    let overview = desk.get("/control").json();
    let mut options = overview["options"].as_object().unwrap().clone();
    // Set when it starts, and told elsewhere on the page.
    options.remove("seed");
    options.remove("logLength");

    let cells: Vec<Vec<&str>> = rows().collect();
    for (name, default) in &options {
        let found = cells.iter().find_map(|row| row[row.iter().position(|cell| cell == name)?..].get(1));
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        assert_eq!(found.map(|cell| cell.to_string()), Some(default), "{name}");
    }
    for name in overview["apps"][0].as_object().unwrap().keys().filter(|name| *name != "appId") {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn every_kind_of_fault_in_the_table_can_be_asked_for() {
    let values = [
        ("errcode", json!(-1)),
        ("latencyMs", json!(5)),
        ("httpStatus", json!(502)),
        ("garbage", json!("text")),
        ("dropBefore", json!(null)),
        ("dropAfter", json!(null)),
    ];
    let desk = Desk::new(crate::harness::options());

    for (kind, value) in &values {
        desk.fault("/sns/jscode2session", kind, value.clone(), 1);
    }

    let active = desk.get("/control").json()["faults"].clone();
    let kinds: Vec<&Value> = active.as_array().unwrap().iter().map(|fault| &fault["kind"]).collect();
    let header = rows().position(|row| row.first() == Some(&"kind") && row.len() == 3).unwrap();
    let documented: Vec<&str> =
        rows().skip(header + 2).take_while(|row| row.len() == 3).map(|row| row[0]).take(6).collect();
    assert_eq!(kinds, documented);
}
