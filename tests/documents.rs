//! Facts in documents are those of the code. `UPDATE_DOCS=1 cargo test --test documents` writes the English tables anew.

use std::collections::BTreeMap;
use weapp_login::error::{Code, Retry};
use weapp_login::settings::{Settings, VARIABLES};

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{path} is not there"))
}

fn retry(retry: Retry) -> &'static str {
    match retry {
        Retry::None => "none",
        Retry::Restart => "restart",
        Retry::GetUserInfo => "getUserInfo",
        Retry::Later => "later",
    }
}

fn settings_table() -> String {
    let rows = VARIABLES.iter().map(|(name, default, meaning)| {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        format!("| `{name}` | {default} | {meaning} |\n")
    });
    format!("| variable | default | meaning |\n|---|---|---|\n{}", rows.collect::<String>())
}

fn errors_table() -> String {
    let rows = Code::ALL.iter().map(|code| {
        format!("| `{}` | {} | `{}` | {} |\n", code.name(), code.status().as_u16(), retry(code.retry()), code.title())
    });
    format!("| code | status | retry | what it says |\n|---|---|---|---|\n{}", rows.collect::<String>())
}

/// Compares the part between `<!-- name -->` and `<!-- /name -->`, or writes it.
fn holds(path: &str, name: &str, expected: &str) {
    let text = read(path);
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{begin} in {path}"));
    let (part, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{end} in {path}"));
    #[expect(clippy::disallowed_methods, reason = "whether a developer wants the document written")]
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(part, expected, "{name} in {path}");
}

#[test]
fn the_readme_has_every_setting_and_every_error() {
    holds("README.md", "settings", &settings_table());
    holds("README.md", "errors", &errors_table());
}

#[test]
fn the_chinese_readme_has_them_too() {
    let text = read("README.zh-CN.md");
    for (name, default, _) in VARIABLES {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        let row = format!("| `{name}` | {default} |");
        assert!(text.contains(&row), "{row}");
    }
    for code in Code::ALL {
        let row = format!("| `{}` | {} | `{}` |", code.name(), code.status().as_u16(), retry(code.retry()));
        assert!(text.contains(&row), "{row}");
    }
}

#[test]
fn the_example_environment_has_every_setting_with_its_default_and_loads() {
    let lines: BTreeMap<_, _> =
        dotenvy::from_path_iter(".env.example").unwrap().map(|line| line.expect("NAME=value")).collect();
    for (name, default, meaning) in VARIABLES {
        let value = lines.get(*name).unwrap_or_else(|| panic!("{name} in .env.example"));
        assert!(default.is_empty() || value == default, "{name}={value}");
        assert!(read(".env.example").contains(&format!("# {meaning}\n")), "the meaning of {name}");
    }
    assert_eq!(lines.len(), VARIABLES.len(), "no other name");

    Settings::from_sources(&lines, &[]).unwrap();
}

#[test]
fn the_client_knows_every_code_that_a_mini_program_can_meet() {
    let text = read("clients/miniprogram/src/error-codes.ts");
    let theirs: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("| '")?.split('\'').next()).collect();
    let ours: Vec<_> = Code::ALL.iter().filter(|code| **code != Code::InvalidClient).map(|code| code.name()).collect();

    let (mut theirs, mut ours) = (theirs, ours);
    theirs.sort_unstable();
    ours.sort_unstable();
    assert_eq!(theirs, ours);
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = read("Cargo.toml");
    let mut explained = false;
    let mut dependencies = 0;
    for line in
        manifest.lines().skip_while(|line| *line != "[dependencies]").take_while(|line| *line != "[dev-dependencies]")
    {
        match line {
            "" => explained = false,
            line if line.starts_with('#') => explained = true,
            line if line.contains(" = ") => {
                dependencies += 1;
                assert!(explained, "{line}");
            }
            _ => {}
        }
    }
    assert!(dependencies > 30, "{dependencies}");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let documents = [
        "README.md",
        "README.zh-CN.md",
        "CHANGELOG.md",
        "docs/operations.md",
        "docs/gateways.md",
        "docs/simulator.md",
        "docs/sql.md",
    ];
    for document in documents {
        let folder = std::path::Path::new(document).parent().unwrap().to_owned();
        for target in read(document).split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()) {
            let path = target.split('#').next().unwrap();
            if !path.is_empty() && !path.contains("://") {
                assert!(folder.join(path).exists(), "{document} leads to {target}");
            }
        }
    }
}
