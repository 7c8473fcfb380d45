//! What alerts, dashboard and documents name is measured, and what is measured is documented.

use crate::phone::Phone;
use crate::site::{Replica, Site};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Values that each label of each metric has, by metric.
type Measured = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// A metric that a text names, with the labels that it wants to be equal or among some.
struct Named {
    metric: String,
    wanted: Vec<(String, String)>,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{path} is not there"))
}

async fn measured(site: &Site, replica: &Replica) -> Measured {
    let shown = site.get(&replica.base, "/metrics", "").await.raw;
    let mut measured = Measured::new();
    for metric in shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        measured.entry(metric.to_owned()).or_default();
    }
    for line in shown.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let sample = named(line).pop().unwrap_or_else(|| panic!("a metric of ours: {line}"));
        let metric = base(&sample.metric, &measured).unwrap_or_else(|| panic!("a type for {line}"));
        let labels = measured.get_mut(&metric).unwrap();
        for (label, value) in sample.wanted.into_iter().filter(|(label, _)| label != "le") {
            labels.entry(label).or_default().insert(value);
        }
    }
    measured
}

/// The metric that a sample belongs to: a histogram has samples under three names.
fn base(sample: &str, measured: &Measured) -> Option<String> {
    let ends = ["", "_bucket", "_sum", "_count"];
    ends.iter().find_map(|end| sample.strip_suffix(end).filter(|name| measured.contains_key(*name)).map(str::to_owned))
}

/// Every metric of ours that `text` names.
fn named(text: &str) -> Vec<Named> {
    let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "_/.-".contains(c));
    let all = ["weapp_login_", "process_"].into_iter().flat_map(|prefix| text.match_indices(prefix));
    all.filter(|(at, _)| begins(*at)).map(|(at, _)| one(&text[at..])).collect()
}

fn one(text: &str) -> Named {
    let end = text.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(text.len());
    let mut wanted = vec![];
    let mut rest = text[end..].strip_prefix('{').unwrap_or("");
    // A value can have braces itself, as the path of an endpoint has.
    while let Some((label, after)) = rest.split_once('=').filter(|(label, _)| !label.contains('}')) {
        let is_other = label.ends_with('!');
        let (values, next) = after.trim_start_matches('~')[1..].split_once('"').unwrap();
        // In a table of Markdown the | of an expression is written \|.
        let values = values.replace("\\|", "|");
        if !is_other && !values.contains('$') {
            wanted.extend(values.split('|').map(|value| (label.trim().to_owned(), value.to_owned())));
        }
        rest = next.trim_start_matches(',');
    }
    Named { metric: text[..end].to_owned(), wanted }
}

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
            Value::String(text) if name == "expr" || name == "query" => found.push(text.clone()),
            other => expressions(other, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alerts_dashboard_and_documents_name_is_measured_and_the_other_way_round() {
    let site = Site::start(&[("RATE_LIMIT_PER_MINUTE", "1000")]).await;
    let replica = site.replica(&[]);
    Phone::of(&site, "alice").join(&replica.base).await;
    let mut dashboard = vec![];
    expressions(&serde_json::from_str(&read("deploy/grafana-dashboard.json")).unwrap(), &mut dashboard);
    let document = read("docs/operations.md");

    let measured = measured(&site, &replica).await;

    for (place, text) in
        [("alerts", &read("deploy/alerts.yml")), ("dashboard", &dashboard.join("\n")), ("document", &document)]
    {
        let named = named(text);
        assert!(named.len() > 20, "{place}: {}", named.len());
        for Named { metric, wanted } in named {
            let base = base(&metric, &measured).unwrap_or_else(|| panic!("{metric} of the {place} is not measured"));
            for (label, value) in wanted.iter().filter(|(label, _)| label != "job") {
                let there = measured[&base].get(label).is_some_and(|values| values.contains(value));
                assert!(there, "{metric} of the {place}: nothing with {label}={value:?} before it first happens");
            }
        }
    }
    for (metric, labels) in &measured {
        let row = document.lines().find(|line| line.starts_with("| `") && line.contains(&format!("`{metric}`")));
        let row = row.unwrap_or_else(|| panic!("{metric} stands in no table of the document"));
        let is_on_a_panel = dashboard.iter().any(|query| query.contains(metric.as_str()));
        assert!(is_on_a_panel || metric.starts_with("process_"), "{metric} stands on no panel");
        for label in labels.keys() {
            assert!(row.contains(&format!("`{label}`")), "the label {label} of {metric}");
        }
    }
}

#[test]
fn every_alert_leads_to_an_entry_of_the_runbook() {
    let (alerts, tests, document) =
        (read("deploy/alerts.yml"), read("deploy/alerts_test.yml"), read("docs/operations.md"));
    let names: Vec<_> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();

    assert!(names.len() > 20);
    for name in names {
        let address = format!("runbook_url: docs/operations.md#{}\n", name.to_lowercase());
        assert!(alerts.contains(&address), "{name} leads elsewhere");
        assert!(document.contains(&format!("\n### {name}\n")), "{name} has no entry");
        assert!(tests.contains(&format!("- name: {name}\n")), "{name} is not tested");
    }
}
