//! Facts in documents are those of the code. `UPDATE_DOCS=1 cargo test --test documents` writes them anew.

mod languages;
mod markdown;

use std::path::Path;
use weapp_login::error::{Code, Retry};
use weapp_login::settings::{SECTIONS, Setting, Settings, Sources};

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{path} is not there"))
}

fn retry(retry: Retry) -> &'static str {
    match retry {
        Retry::None => "none",
        Retry::Restart => "restart",
        Retry::GetUserInfo => "getUserInfo",
        Retry::GetPhoneNumber => "getPhoneNumber",
        Retry::Later => "later",
    }
}

fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.into_iter().flatten()
}

fn settings_table(head: &str, meaning: impl Fn(&Setting) -> &str) -> String {
    let rows = settings().map(|setting| {
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        format!("| `{}` | {default} | {} |\n", setting.name, meaning(setting))
    });
    format!("{head}\n|---|---|---|\n{}", rows.collect::<String>())
}

/// `.env.example`, whole.
fn example() -> String {
    let head = "# Every setting: meaning, unit, default. Copy to .env, fill in, delete what may stay as it is.\n\
         # A variable of the process wins over this file, and this file over the TOML file that WEAPP_LOGIN_CONFIG names.\n\
         # An empty value is as none, except where it says more.\n";
    let entries = settings().map(|setting| {
        let value = if setting.example.is_empty() { setting.default } else { setting.example };
        let file = setting.file_name().map_or(String::new(), |name| format!("; or {name}, a file with it"));
        format!("\n# {}{file}\n{}={value}\n", setting.meaning, setting.name)
    });
    format!("{head}{}", entries.collect::<String>())
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
    if updating() {
        std::fs::write(path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(part, expected, "{name} in {path}");
}

#[expect(clippy::disallowed_methods, reason = "whether a developer wants the documents written")]
fn updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

#[test]
fn the_readme_has_every_setting_and_every_error() {
    let table = settings_table("| variable | default | meaning |", |setting| setting.meaning);

    holds("README.md", "settings", &table);
    holds("README.md", "errors", &errors_table());
}

#[test]
fn the_chinese_readme_has_them_too() {
    let table = settings_table("| 变量 | 默认值 | 含义 |", |setting| setting.chinese);

    holds("README.zh-CN.md", "settings", &table);
    let text = read("README.zh-CN.md");
    for code in Code::ALL {
        let row = format!("| `{}` | {} | `{}` |", code.name(), code.status().as_u16(), retry(code.retry()));
        assert!(text.contains(&row), "{row}");
    }
}

#[test]
fn every_setting_is_explained_in_both_languages_under_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = settings().map(|setting| setting.name).collect();

    assert_eq!(names.len(), settings().count());
    for setting in settings() {
        assert!(!setting.meaning.is_empty() && !setting.chinese.is_empty(), "{}", setting.name);
        let twice = setting.file_name().is_some_and(|name| names.contains(name.as_str()));
        assert!(!twice, "the file of {} has the name of another setting", setting.name);
    }
}

#[test]
fn every_secret_is_named_where_the_readmes_tell_about_files() {
    for path in ["README.md", "README.zh-CN.md"] {
        for name in settings().filter_map(Setting::file_name) {
            assert!(read(path).contains(&format!("`{name}`")), "{name} in {path}");
        }
    }
}

#[test]
fn the_example_environment_has_every_setting_with_its_default_and_loads() {
    if updating() {
        std::fs::write(".env.example", example()).unwrap();
    }

    assert_eq!(read(".env.example"), example());
    let loaded = weapp_login::settings::read::<Settings>(
        &Sources::of(&Default::default(), &example()),
        weapp_login::settings::Secrets::Any,
    );
    assert_eq!(loaded.unwrap().warnings, Vec::<String>::new());
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
fn every_test_that_the_threat_model_names_is_there() {
    let text = read("SECURITY.md");
    let model =
        text.split("## Who attacks").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the threat model");
    let lines = model.lines().filter(|line| line.starts_with('|')).skip(2);
    let tests: Vec<_> = sources(Path::new("tests")).chain(sources(Path::new("src"))).map(|file| read(&file)).collect();
    let mut named = 0;

    for line in lines {
        let last = line.trim_end_matches('|').rsplit('|').next().unwrap();
        for name in last.split('`').skip(1).step_by(2) {
            let head = format!("fn {name}(");
            assert!(tests.iter().any(|test| test.contains(&head)), "{name}, which SECURITY.md names, is not there");
            named += 1;
        }
        assert!(last.contains('`'), "no test shows {line}");
    }
    assert!(named > 20, "{named}");
}

fn sources(folder: &Path) -> Box<dyn Iterator<Item = String>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    Box::new(entries.flat_map(|path| -> Box<dyn Iterator<Item = String>> {
        if path.is_dir() {
            sources(&path)
        } else {
            Box::new(path.to_str().filter(|path| path.ends_with(".rs")).map(str::to_owned).into_iter())
        }
    }))
}

/// Words of capitals with an underscore: names of variables, besides a few of other programs.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let others = ["MYSQL_", "AF_", "REDISCLI_", "WEAPP_LOGIN_", "OTEL_EXPORTER_OTLP_HEADERS"];
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_name = |word: &str| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    words.filter(move |word| is_name(word) && !others.iter().any(|other| word.starts_with(other)))
}

#[test]
fn whatever_deploys_the_service_names_settings_that_it_has() {
    let known: Vec<String> =
        settings().flat_map(|setting| setting.file_name().into_iter().chain([setting.name.to_owned()])).collect();

    for path in [
        "docker-compose.yml",
        "deploy/try.env",
        "deploy/systemd/weapp-login.service",
        "deploy/systemd/weapp-login-migrate.service",
        "deploy/helm/weapp-login/templates/deployment.yaml",
        "deploy/helm/weapp-login/templates/migrate-job.yaml",
        "deploy/helm/weapp-login/values.yaml",
        "docs/operations.md",
    ] {
        let text = read(path);
        assert!(variables(&text).next().is_some(), "{path} names none");
        for name in variables(&text).filter(|name| !["GET_LOCK", "DEFAULT_ROLE"].contains(name)) {
            assert!(known.iter().any(|setting| setting == name), "{path}: there is no {name}");
        }
    }
}
