//! Moving people in and out, by the program's own commands.

use crate::backends::{Mysql, People, Sqlite};
use crate::histories::{by_phone, identity, named, now};
use std::path::Path;
use std::process::{Command, Output};
use weapp_login::registration::PhoneAccounts::Link;
use weapp_login::store::{Newcomer, UserStore};

pub fn weapp_login(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
    command.env("DATABASE_URL", url).env("REDIS_URL", "memory:").args(arguments);
    let output = command.output().unwrap();
    // 3: it is done, and lines were skipped, as its report says.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

const PEOPLE: &str = "\
openid,app_id,unionid,nickname,avatar_url,phone,created_at
oA,wx1,uA,😀 \"Ann\",https://img.example/a.png,13800000000,2020-01-02T03:04:05Z
oA2,wx2,uA,Ann again,,,
oB,wx1,,Bob,http://tmp/x.png,12345,
oA,wx1,uA,Ann twice,,,
,wx1,,nobody,,,
o C,wx1,,space,,,
oD,wx1,,\"two
lines\",,+8613900000000,not a date
oE,wx1
";

async fn moved_in<B: People>(folder: &Path) -> (B, std::sync::Arc<dyn UserStore>, String, String) {
    let (backend, users) = B::migrated().await;
    let file = folder.join("people.csv");
    std::fs::write(&file, PEOPLE).unwrap();
    let output = weapp_login(&backend.url(), &["import", file.to_str().unwrap(), "--batch", "3"]);
    let report = std::fs::read_to_string(folder.join("people.csv.report.csv")).unwrap();
    (backend, users, String::from_utf8(output.stdout).unwrap(), report)
}

async fn people_are_moved_in_and_what_was_not_is_reported<B: People>() {
    let folder = tempfile::tempdir().unwrap();

    let (backend, users, said, report) = moved_in::<B>(folder.path()).await;

    assert!(
        said.starts_with("4 accounts made, 2 people were known, 2 lines skipped, 2 people without a part"),
        "{said}"
    );
    for line in [
        "4,imported without it,phone is no E.164 number",
        "4,imported without it,avatar_url is no http or https address",
        "6,skipped,openid is missing or malformed",
        "7,skipped,openid is missing or malformed",
        "8,imported without it,created_at is not RFC 3339",
    ] {
        assert!(report.lines().any(|reported| reported == line), "{line} in\n{report}");
    }
    let ann = users.find(&identity("wx1", "oA", Some("uA")), now()).await.unwrap().unwrap();
    assert_eq!(ann.profile.nickname, "😀 \"Ann\"");
    assert_eq!(ann.phone.as_ref().unwrap().as_str(), "+8613800000000");
    assert_eq!(ann.created_at.to_rfc3339(), "2020-01-02T03:04:05+00:00");
    let elsewhere = users.find(&identity("wx2", "oA2", Some("uA")), now()).await.unwrap().unwrap();
    assert_eq!(elsewhere.id, ann.id);
    assert!(!folder.path().join("people.csv.progress").exists());
    let again = weapp_login(&backend.url(), &["import", folder.path().join("people.csv").to_str().unwrap()]);
    assert!(String::from_utf8(again.stdout).unwrap().starts_with("0 accounts made, 6 people were known"));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_moved_into_mysql() {
    people_are_moved_in_and_what_was_not_is_reported::<Mysql>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_moved_into_sqlite() {
    people_are_moved_in_and_what_was_not_is_reported::<Sqlite>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_moved_out_of_one_database_moves_into_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (mysql, ..) = moved_in::<Mysql>(folder.path()).await;
    let (sqlite, _users) = Sqlite::migrated().await;
    let out = weapp_login(&mysql.url(), &["export"]);
    let file = folder.path().join("out.csv");
    std::fs::write(&file, &out.stdout).unwrap();

    weapp_login(&sqlite.url(), &["import", file.to_str().unwrap()]);

    let without_numbers = |csv: &[u8]| {
        let text = String::from_utf8(csv.to_vec()).unwrap();
        text.lines().map(|line| line.split_once(',').unwrap_or((line, "")).1.to_owned()).collect::<Vec<_>>()
    };
    let back = weapp_login(&sqlite.url(), &["export"]);
    assert_eq!(without_numbers(&back.stdout), without_numbers(&out.stdout));
    assert_eq!(without_numbers(&out.stdout).len(), 6, "a header and five people: {:?}", without_numbers(&out.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_ended_goes_on_where_it_was() {
    let (backend, users) = Sqlite::migrated().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.csv");
    let lines: String = (0..5000).map(|n| format!("o{n},wx1,name {n}\n")).collect();
    std::fs::write(&file, format!("openid,app_id,nickname\n{lines}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
    command.env("DATABASE_URL", backend.url()).args(["import", file.to_str().unwrap(), "--batch", "50"]);
    let mut run = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let progress = folder.path().join("many.csv.progress");
    for _ in 0..2000 {
        if progress.exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(progress.exists(), "it was ended in the middle");

    let output = weapp_login(&backend.url(), &["import", file.to_str().unwrap()]);

    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("going on at line "), "{said}");
    let (mut people, mut last) = (0, None);
    loop {
        let after = last.as_ref().map(|(app, openid)| (app, openid));
        let page = users.export(after, 1000).await.unwrap();
        let Some(end) = page.last() else { break };
        people += page.len();
        last = end.pair.clone();
    }
    assert_eq!(people, 5000);
}

#[tokio::test(flavor = "multi_thread")]
async fn support_staff_look_after_an_account() {
    let (backend, users) = Sqlite::migrated().await;
    let user = users
        .register(Newcomer::new(&identity("wx1", "oSecretOpenid", Some("uSecretUnionid")), &named("Ann")), now())
        .await
        .unwrap()
        .user;
    let id = user.id.to_string();

    let shown = String::from_utf8(weapp_login(&backend.url(), &["users", "show", &id]).stdout).unwrap();
    weapp_login(&backend.url(), &["users", "suspend", &id]);
    let suspended = users.by_id(user.id).await.unwrap().unwrap().status;
    weapp_login(&backend.url(), &["users", "restore", &id]);
    weapp_login(&backend.url(), &["users", "sessions", &id]);
    weapp_login(&backend.url(), &["users", "revoke", &id]);

    assert!(shown.contains("Ann") && shown.contains("wx1") && !shown.contains("Secret"), "{shown}");
    assert_eq!(suspended.as_str(), "suspended");
    assert_eq!(users.by_id(user.id).await.unwrap().unwrap().status.as_str(), "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_known_by_number_only_are_moved_in_and_out() {
    let (backend, users) = Sqlite::migrated().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phones.csv");
    std::fs::write(&file, "phone,nickname\n13800000000,Ann\n+8613900000000,Bob\n13800000000,Ann\n12345,Carl\n,Dora\n")
        .unwrap();

    let output = weapp_login(&backend.url(), &["import", file.to_str().unwrap()]);

    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("2 accounts made, 1 people were known, 2 lines skipped, 0 people without"), "{said}");
    let report = std::fs::read_to_string(folder.path().join("phones.csv.report.csv")).unwrap();
    let reasons: Vec<_> = report.lines().skip(1).collect();
    let number = "5,skipped,\"phone is no E.164 number, and there is no openid\"";
    assert_eq!(reasons, [number, "6,skipped,neither openid with app_id nor phone"]);
    let out = weapp_login(&backend.url(), &["export"]).stdout;
    let (other, _others) = Sqlite::migrated().await;
    let copy = folder.path().join("out.csv");
    std::fs::write(&copy, &out).unwrap();
    let again = String::from_utf8(weapp_login(&other.url(), &["import", copy.to_str().unwrap()]).stdout).unwrap();
    assert!(again.starts_with("2 accounts made, 0 people were known, 0 lines skipped"), "{again}");
    assert_eq!(users.export(None, 10).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn support_staff_take_an_identity_out_of_an_account() {
    let (backend, users) = Sqlite::migrated().await;
    let (here, there) = (identity("wx1", "oSecretOpenid", None), identity("wx1", "oSecretOther", None));
    let phone = "+8613800000000".parse().unwrap();
    let mut id = String::new();
    for who in [&here, &there] {
        let registered = users.register(by_phone(who, &named("Ann"), &phone, Link), now()).await.unwrap();
        id = registered.user.id.to_string();
    }
    let refused = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
        command.env("DATABASE_URL", backend.url()).env("REDIS_URL", "memory:").args(["users", "unlink"]);
        let output = command.args(arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };

    let several = refused(&[&id, "wx1"]);
    let elsewhere = refused(&[&id, "wx2"]);
    let done = weapp_login(&backend.url(), &["users", "unlink", &id, "wx1", "oSecretOther"]).stdout;
    let only = refused(&[&id, "wx1"]);

    assert!(several.contains("several identities in this mini program: name the openid"), "{several}");
    assert!(elsewhere.contains("no such identity in this mini program"), "{elsewhere}");
    assert!(only.contains("the account's only identity"), "{only}");
    let own = users.find(&there, now()).await.unwrap().unwrap().id;
    let done = String::from_utf8(done).unwrap();
    assert!(done.contains(&format!("account {own} was made")) && !done.contains("Secret"), "{done}");
}
