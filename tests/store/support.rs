//! `weapp-login users`, as support staff and their programs call it.

use crate::backends::{Mysql, People, Sqlite};
use crate::histories::{identity, named, now};
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::sync::Arc;
use weapp_login::registration::PhoneAccounts::Separate;
use weapp_login::store::{Newcomer, UserStore};
use weapp_login::user::UserId;

fn users(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
    command.env("DATABASE_URL", url).env("REDIS_URL", "memory:").env("USER", "zoe").env_remove("SUDO_USER");
    command.arg("users").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8([output.stdout.clone(), output.stderr.clone()].concat()).unwrap()
}

fn answer(url: &str, arguments: &[&str]) -> Value {
    let output = users(url, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Two people: Ann with everything, and Bob.
async fn ann_and_bob<B: People>() -> (B, Arc<dyn UserStore>, String, String) {
    let (backend, store) = B::migrated().await;
    let phone = "+8613800004711".parse().unwrap();
    let mut ids = vec![];
    for (who, name, phone) in [
        (identity("wx1", "oSecretAnn", Some("uSecretAnn")), "Ann_%", Some(&phone)),
        (identity("wx1", "oSecretBob", None), "Bob", None),
    ] {
        let profile = named(name);
        let newcomer = Newcomer { phone, accounts: Separate, ..Newcomer::new(&who, &profile) };
        ids.push(store.register(newcomer, now()).await.unwrap().user.id.to_string());
    }
    (backend, store, ids[0].clone(), ids[1].clone())
}

async fn a_person_is_found_by_what_is_known_of_them<B: People>() {
    let (backend, _store, ann, _bob) = ann_and_bob::<B>().await;
    let url = backend.url();

    for sought in [
        &["--phone", "13800004711"][..],
        &["--phone", "+8613800004711"],
        &["--phone-end", "4711"],
        &["--nickname", "ann_%"],
        &["--nickname", "ANN"],
        &["--openid", "oSecretAnn", "--app", "wx1"],
        &["--unionid", "uSecretAnn"],
    ] {
        let found = answer(&url, &[&["find"], sought].concat());
        assert_eq!(found.as_array().unwrap().len(), 1, "{sought:?}: {found}");
        assert_eq!((&found[0]["id"], &found[0]["nickname"]), (&json!(ann), &json!("Ann_%")), "{sought:?}");
    }
    for (sought, code) in [
        (&["--nickname", "A%"][..], 4),
        (&["--phone-end", "0000"], 4),
        (&["--openid", "oSecretAnn", "--app", "wx2"], 4),
        (&["--openid", "oSecretAnn"], 2),
        (&["--phone-end", "47"], 2),
        (&[], 2),
    ] {
        let output = users(&url, &[&["find"], sought].concat());
        assert_eq!(output.status.code(), Some(code), "{sought:?}: {}", said(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_in_mysql() {
    a_person_is_found_by_what_is_known_of_them::<Mysql>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_in_sqlite() {
    a_person_is_found_by_what_is_known_of_them::<Sqlite>().await;
}

async fn whatever_is_changed_tells_who_did_it_and_why<B: People>() {
    let (backend, store, ann, bob) = ann_and_bob::<B>().await;
    let url = backend.url();

    assert!(users(&url, &["suspend", &ann, "--reason", "request 1", "--by", "alice"]).status.success());
    let suspended = answer(&url, &["show", &ann]);
    assert!(users(&url, &["restore", &ann]).status.success());
    assert!(users(&url, &["erase", &bob, "--yes", "--reason", "request 2"]).status.success());
    let (shown, gone) = (answer(&url, &["show", &ann]), answer(&url, &["show", &bob]));

    assert_eq!(
        (&suspended["status"], &suspended["statusBy"], &suspended["statusReason"]),
        (&json!("suspended"), &json!("alice"), &json!("request 1"))
    );
    assert_eq!(
        (&shown["status"], &shown["statusBy"], &shown["statusReason"]),
        (&json!("active"), &json!("zoe"), &Value::Null)
    );
    let told = |event: &Value| [event["kind"].clone(), event["by"].clone(), event["reason"].clone()];
    let events: Vec<_> = shown["events"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        events,
        [[json!("restore"), json!("zoe"), Value::Null], [json!("suspend"), json!("alice"), json!("request 1")]]
    );
    assert_eq!(told(&gone["events"][0]), [json!("erase"), json!("zoe"), json!("request 2")]);
    assert_eq!(
        (&gone["status"], &gone["nickname"], &gone["statusReason"]),
        (&json!("erased"), &json!(""), &json!("request 2"))
    );
    assert!(gone["erasedAt"].is_string());
    assert!(!shown.to_string().contains("Secret"), "{shown}");
    assert!(store.identities(UserId(bob.parse().unwrap())).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_in_mysql_tell_who_did_them() {
    whatever_is_changed_tells_who_did_it_and_why::<Mysql>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_in_sqlite_tell_who_did_them() {
    whatever_is_changed_tells_who_did_it_and_why::<Sqlite>().await;
}

async fn everything_that_is_held_is_exported<B: People>() {
    let (backend, _store, ann, _bob) = ann_and_bob::<B>().await;
    assert!(users(&backend.url(), &["suspend", &ann]).status.success());

    let held = answer(&backend.url(), &["export", &ann]);

    assert_eq!(held["accounts"][0]["unionid"], "uSecretAnn");
    assert_eq!(held["accounts"][0]["phone"], "+8613800004711");
    assert_eq!(held["accounts"][0]["created_at"], "2025-11-23T12:13:20.123Z");
    assert_eq!(held["identities"][0]["openid"], "oSecretAnn");
    assert_eq!(held["events"][0]["kind"], "suspend");
    assert_eq!(held["sessions"], json!([]));
    assert_eq!(held["accounts"][0].as_object().unwrap().len(), 21, "every column of users");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_held_in_mysql_is_exported() {
    everything_that_is_held_is_exported::<Mysql>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_held_in_sqlite_is_exported() {
    everything_that_is_held_is_exported::<Sqlite>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_suspended_from_a_list() {
    let (backend, store, ann, bob) = ann_and_bob::<Sqlite>().await;
    let (url, folder) = (backend.url(), tempfile::tempdir().unwrap());
    let list = folder.path().join("list");
    let file = list.to_str().unwrap();
    let status = async |id: &str| store.by_id(UserId(id.parse().unwrap())).await.unwrap().unwrap().status.as_str();

    std::fs::write(&list, format!("{ann}\n{bob}\nnobody\n")).unwrap();
    let refused = users(&url, &["suspend", "--from-file", file]);
    let untouched = status(&ann).await;
    std::fs::write(&list, format!("{ann} # Ann\n404\n{bob}\n")).unwrap();
    let dry = users(&url, &["suspend", "--from-file", file, "--dry-run"]);
    let still_untouched = status(&ann).await;
    let done = users(&url, &["suspend", "--from-file", file, "--reason", "fraud"]);

    assert!(said(&refused).contains("line 3: it is no number of an account"), "{}", said(&refused));
    assert_eq!((refused.status.code(), untouched, still_untouched), (Some(1), "active", "active"));
    assert_eq!(dry.status.code(), Some(3), "{}", said(&dry));
    assert_eq!(done.status.code(), Some(3), "{}", said(&done));
    assert_eq!((status(&ann).await, status(&bob).await), ("suspended", "suspended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_and_a_doubt_change_nothing() {
    let (backend, store, ann, _bob) = ann_and_bob::<Sqlite>().await;
    let url = backend.url();
    let before = store.held(UserId(ann.parse().unwrap())).await.unwrap();

    for arguments in
        [&["suspend", &ann][..], &["restore", &ann], &["erase", &ann], &["unlink", &ann, "wx1"], &["revoke-all", &ann]]
    {
        let output = users(&url, &[arguments, &["--dry-run"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    }
    let doubt = users(&url, &["erase", &ann]);

    assert!(said(&doubt).contains("cannot be undone"), "{}", said(&doubt));
    assert_eq!(doubt.status.code(), Some(1));
    assert_eq!(store.held(UserId(ann.parse().unwrap())).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_there_ends_with_four() {
    let (backend, _store, ann, _bob) = ann_and_bob::<Sqlite>().await;
    for arguments in [
        &["show", "404"][..],
        &["export", "404"],
        &["erase", "404", "--yes"],
        &["suspend", "404"],
        &["sessions", "404"],
        &["revoke", &ann, "--session", "x"],
        &["revoke-all", "404"],
        &["unlink", &ann, "wx404"],
    ] {
        let output = users(&backend.url(), arguments);
        assert_eq!(output.status.code(), Some(4), "{arguments:?}: {}", said(&output));
    }
}
