//! Files that are moved in: what is refused, what is told, how it ends.

use crate::backends::{Mysql, People, Sqlite};
use crate::transfer::weapp_login;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::far_away;
use url::Url;

/// A database and a file for it.
async fn file<B: People>(text: impl AsRef<[u8]>) -> (B, TempDir, PathBuf) {
    let ((backend, _users), folder) = (B::migrated().await, tempfile::tempdir().unwrap());
    let path = folder.path().join("people.csv");
    std::fs::write(&path, text).unwrap();
    (backend, folder, path)
}

fn run(url: &str, file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
    command.env("DATABASE_URL", url).arg("import").arg(file).args(arguments);
    command.output().unwrap()
}

fn report(file: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{}.{name}", file.display())).unwrap();
    text.lines().skip(1).map(ToOwned::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_what_an_import_would_come_to_and_writes_nobody() {
    let text = "openid,app_id,unionid,phone\noA,wx1,uA,\noB,wx2,uA,\noA,wx1,,\noC,wx1,,\n,wx1,,\n,,,13800000000\n,,,13800000000\n";
    let (backend, _folder, file) = file::<Sqlite>(text).await;
    run(&backend.url(), &file, &["--check"]);

    let check = run(&backend.url(), &file, &["--check", "--batch", "2"]);

    let said = String::from_utf8(check.stdout).unwrap();
    let expected = "3 accounts would be made, 1 would get one more way in, 2 people are known and stay as they are, 1 lines would be skipped";
    assert!(said.starts_with(expected), "{said}");
    assert_eq!(check.status.code(), Some(3));
    assert_eq!(report(&file, "check.csv"), ["6,skipped,openid is missing or malformed"]);
    let import = run(&backend.url(), &file, &[]);
    assert!(
        String::from_utf8(import.stdout).unwrap().starts_with("3 accounts made, 3 people were known, 1 lines skipped")
    );
    assert_eq!(import.status.code(), Some(3));
    let again = run(&backend.url(), &file, &["--check"]);
    let said = String::from_utf8(again.stdout).unwrap();
    assert!(said.starts_with("0 accounts would be made, 0 would get one more way in, 6 people are known"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_every_line_is_somebody_ends_with_zero() {
    let (backend, _folder, file) = file::<Sqlite>("openid,app_id\noA,wx1\n").await;

    let output = run(&backend.url(), &file, &[]);

    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_not_known_is_named_and_refused() {
    let (backend, _folder, file) = file::<Sqlite>("openid,app_id,nick_name,vip\noA,wx1,Ann,1\n").await;

    let refused = run(&backend.url(), &file, &["--ignore", "vip"]);
    let taken = run(&backend.url(), &file, &["--ignore", "vip,nick_name"]);

    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("columns that import does not know: nick_name. It knows user_id, app_id,"), "{said}");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(taken.status.code(), Some(0), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_counted_as_editors_do_whatever_ends_them() {
    for end in ["\n", "\r\n"] {
        let lines =
            ["openid,app_id,nickname", "oA,wx1,Ann", ",wx1,bad", "", "oB,wx1,\"two", "lines\"", ",wx1,bad", "oC,wx1,C"];
        let mut text = lines.join(end).into_bytes();
        text.extend_from_slice(format!("{end}o\u{e9},wx1,x{end}").as_bytes());
        text.extend_from_slice(b"oD,wx1,\xff");
        let (backend, _folder, file) = file::<Sqlite>(&text).await;

        run(&backend.url(), &file, &["--batch", "1"]);

        let malformed = "skipped,openid is missing or malformed";
        let expected = [
            format!("3,{malformed}"),
            format!("7,{malformed}"),
            format!("9,{malformed}"),
            "10,skipped,not UTF-8".to_owned(),
        ];
        assert_eq!(report(&file, "report.csv"), expected, "{end:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_on_behind_a_line_that_ends_with_two_bytes() {
    let lines: String = (0..6000).map(|n| format!("o{n},wx1\r\n")).collect();
    let (backend, folder, file) = file::<Sqlite>(format!("openid,app_id\r\n{lines},wx1\r\n")).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
    command.env("DATABASE_URL", backend.url()).arg("import").arg(&file).args(["--batch", "20"]);
    let mut process = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let note = folder.path().join("people.csv.progress");
    assert!(testkit::comes_true(Duration::from_secs(10), || note.exists()), "nothing was noted");
    process.kill().unwrap();
    process.wait().unwrap();
    let noted: serde_json::Value = serde_json::from_slice(&std::fs::read(&note).unwrap()).unwrap();
    let done = noted["tally"]["created"].as_u64().unwrap();

    let output = run(&backend.url(), &file, &[]);

    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with(&format!("going on at line {}\n", done + 2)), "{said}");
    assert_eq!(report(&file, "report.csv"), ["6002,skipped,openid is missing or malformed"]);
    let people = String::from_utf8(weapp_login(&backend.url(), &["export"]).stderr).unwrap();
    assert!(people.contains("6000 people, 6000 lines"), "{people}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_far_away_takes_thousands_of_lines_in_seconds() {
    let lines: String = (0..5000).map(|n| format!("o{n},wx1,u{n},name {n}\n")).collect();
    let (backend, _folder, file) = file::<Mysql>(format!("openid,app_id,unionid,nickname\n{lines}")).await;
    let mut url: Url = backend.url().parse().unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(3306));
    let server = std::net::ToSocketAddrs::to_socket_addrs(&server).unwrap().next().unwrap();
    let proxy = far_away(server, Duration::from_millis(5));
    url.set_ip_host(proxy.ip()).unwrap();
    url.set_port(Some(proxy.port())).unwrap();
    let begin = Instant::now();

    let output = run(url.as_str(), &file, &[]);

    println!("5000 lines at 5 ms: {:?}", begin.elapsed());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("5000 accounts made"));
    // Three round trips a line would be 75 seconds.
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_terminal_sees_a_line_every_few_seconds() {
    let lines: String = (0..60_000).map(|n| format!("o{n},wx1,u{n}\n")).collect();
    let (backend, _folder, file) = file::<Sqlite>(format!("openid,app_id,unionid\n{lines}")).await;

    let begin = Instant::now();
    let output = run(&backend.url(), &file, &[]);

    let said = String::from_utf8(output.stderr).unwrap();
    let told = said.lines().filter(|line| line.contains("lines/s")).count() as u64;
    assert!(told >= (begin.elapsed().as_secs() / 5).saturating_sub(1), "{:?}: {said}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_for_its_owner_and_no_formula_and_comes_back_exactly() {
    let names = ["=1+1", "'=1+1", "-Ann", "@Ann", "'Ann", "Ann"];
    let lines: String = names.iter().enumerate().map(|(n, name)| format!("-o{n},wx1,{}\n", quoted(name))).collect();
    let (backend, folder, file) = file::<Sqlite>(format!("openid,app_id,nickname\n{lines}")).await;
    run(&backend.url(), &file, &[]);
    let out = folder.path().join("out.csv");
    std::fs::write(&out, "").unwrap();
    std::fs::set_permissions(&out, std::fs::Permissions::from_mode(0o644)).unwrap();

    weapp_login(&backend.url(), &["export", "--output", out.to_str().unwrap()]);

    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.contains(",'=1+1,") && text.contains(",''=1+1,") && text.contains(",'-o0,"), "{text}");
    let (other, _people) = Sqlite::migrated().await;
    let moved = run(&other.url(), &out, &[]);
    assert_eq!(moved.status.code(), Some(0), "{moved:?}");
    assert_eq!(String::from_utf8(weapp_login(&other.url(), &["export"]).stdout).unwrap(), text);
}

/// A cell as a file to move in has it: one that is meant as it is written begins with one apostrophe more.
fn quoted(name: &str) -> String {
    if name.trim_start_matches('\'').starts_with(['=', '-', '@']) { format!("'{name}") } else { name.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_explain_every_column_in_the_order_of_an_export() {
    let (backend, _folder, file) = file::<Sqlite>("openid,app_id\noA,wx1\n").await;
    run(&backend.url(), &file, &[]);

    let out = String::from_utf8(weapp_login(&backend.url(), &["export"]).stdout).unwrap();

    let columns: Vec<_> = out.lines().next().unwrap().split(',').collect();
    for document in ["docs/import.md", "docs/import.zh-CN.md"] {
        let text = std::fs::read_to_string(document).unwrap();
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        assert_eq!(rows.map(|(column, _)| column).collect::<Vec<_>>(), columns, "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_counts_people_and_not_their_ways_in() {
    let (backend, _folder, file) = file::<Sqlite>("openid,app_id,unionid\noA,wx1,uA\noB,wx2,uA\noC,wx1,\n").await;
    run(&backend.url(), &file, &[]);

    let said = String::from_utf8(weapp_login(&backend.url(), &["export"]).stderr).unwrap();

    assert!(said.contains("2 people, 3 lines"), "{said}");
}
