//! The admin API, on the internal listener.

use super::Mode;
use crate::harness::{APP, OTHER_APP, TestApp};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::Answer;
use weapp_login::registration::PhoneAccounts;
use weapp_login::store::Newcomer;
use weapp_login::user::{Profile, UserId};
use wechat_simulator::Options;

const ZOE: &str = "a-token-of-zoe-of-32-characters-0";
const TOKENS: (&str, &str) =
    ("ADMIN_TOKENS", "zoe:a-token-of-zoe-of-32-characters-0, bo:a-token-of-bo-with-32-characters-1");
const INTERNAL: (&str, &str) = ("INTERNAL_LISTEN", "127.0.0.1:0");

async fn service() -> TestApp<Mode> {
    TestApp::with(&[TOKENS, INTERNAL], Options::default()).await
}

async fn ask(test: &TestApp<Mode>, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let base = test.internal.as_ref().unwrap();
    let mut request = test.http.request(method, format!("{base}/admin/v1{path}")).bearer_auth(token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    Answer::to(request).await.unwrap()
}

async fn get(test: &TestApp<Mode>, path: &str) -> Answer {
    ask(test, ZOE, Method::GET, path, None).await
}

async fn post(test: &TestApp<Mode>, path: &str, reason: &str) -> Answer {
    ask(test, ZOE, Method::POST, path, Some(json!({"reason": reason}))).await
}

/// Kind, actor and reason of what staff did to an account, in order.
async fn acts(test: &TestApp<Mode>, id: UserId) -> Vec<(String, String, String)> {
    let events = test.app.users.held(id).await.unwrap().unwrap().events;
    let acts =
        events.into_iter().filter_map(|event| Some((event.kind, event.actor?, event.reason.unwrap_or_default())));
    acts.collect()
}

fn words(acts: &[(&str, &str)]) -> Vec<(String, String, String)> {
    acts.iter().map(|(kind, reason)| ((*kind).to_owned(), "zoe".to_owned(), (*reason).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_nowhere_without_operators_or_a_listener_of_its_own_and_never_where_phones_are() {
    let (no_operators, no_listener, there) = (
        TestApp::<Mode>::with(&[INTERNAL], Options::default()).await,
        TestApp::<Mode>::with(&[TOKENS], Options::default()).await,
        service().await,
    );
    let asked = async |test: &TestApp<Mode>, base: &str| {
        let request = test.http.get(format!("{base}/admin/v1/users?phoneEnd=1234")).bearer_auth(ZOE);
        Answer::to(request).await.unwrap().status.as_u16()
    };

    assert_eq!(asked(&no_operators, no_operators.internal.as_ref().unwrap()).await, 404);
    assert_eq!(asked(&no_listener, &no_listener.base).await, 404);
    assert_eq!(asked(&there, &there.base).await, 404);
    assert_eq!(asked(&there, there.internal.as_ref().unwrap()).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_who_has_a_token_and_nobody_tries_many() {
    let test = service().await;

    for token in ["", "zoe", "a-token-of-zoe-of-32-characters-1"] {
        let refused = ask(&test, token, Method::GET, "/users?phoneEnd=1234", None).await;
        assert_eq!(refused.problem(), (401, "invalid_client", "none"), "{token}");
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
    }
    let mut last = 0;
    for _ in 0..40 {
        last = ask(&test, "wrong", Method::POST, "/users/1/erase", None).await.status.as_u16();
    }

    assert_eq!(last, 429);
    assert_eq!(get(&test, "/users?phoneEnd=1234").await.problem().1, "rate_limited", "not even the right one");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_what_is_known_of_them_a_page_at_a_time() {
    let test = service().await;
    let now = test.app.clock().now();
    let mut ids = vec![];
    for number in 0..3 {
        let identity = weapp_login::identity::Identity {
            app_id: APP.parse().unwrap(),
            openid: format!("oAdmin{number}").parse().unwrap(),
            unionid: Some(format!("uAdmin{number}").parse().unwrap()),
        };
        let profile = Profile { nickname: format!("Ann {number}"), ..Profile::default() };
        let phone = format!("+861380000471{number}").parse().unwrap();
        let accounts = PhoneAccounts::Separate;
        let newcomer = Newcomer { phone: Some(&phone), accounts, ..Newcomer::new(&identity, &profile) };
        ids.push(test.app.users.register(newcomer, now).await.unwrap().user.id.to_string());
    }

    for query in [
        "phone=%2B8613800004711",
        "phoneEnd=4711",
        "nickname=ann%201",
        "openid=oAdmin1&appId=wx0000000000000001",
        "unionid=uAdmin1",
    ] {
        let found = get(&test, &format!("/users?{query}")).await;
        assert_eq!(found.body["users"].as_array().unwrap().len(), 1, "{query}: {found:?}");
        assert_eq!(found.body["users"][0]["id"], json!(ids[1]), "{query}");
        assert!(!found.body.to_string().contains("Admin"), "{found:?}");
    }
    let first = get(&test, "/users?nickname=Ann&limit=2").await.body;
    let second =
        get(&test, &format!("/users?nickname=Ann&limit=2&after={}", first["next"].as_str().unwrap())).await.body;
    let on = |page: &Value| page["users"].as_array().unwrap().iter().map(|user| user["id"].clone()).collect::<Vec<_>>();
    assert_eq!([on(&first), on(&second)].concat(), ids.iter().map(|id| json!(id)).collect::<Vec<_>>());
    assert!(second.get("next").is_none(), "{second}");
    for query in
        ["", "phone=1", "phoneEnd=12", "nickname=a&unionid=b", "openid=o", "nickname=a&limit=0", "nickname=a&after=x"]
    {
        assert_eq!(get(&test, &format!("/users?{query}")).await.problem().1, "invalid_request", "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_has_an_event_with_who_and_why() {
    let test = service().await;
    let alice = test.member("alice").await;
    let user = format!("/users/{}", alice.id());

    let shown = get(&test, &format!("{user}?reason=call")).await;
    let exported = get(&test, &format!("{user}/export?reason=letter")).await;
    let suspended = post(&test, &format!("{user}/suspend"), "fraud").await;
    let refused = alice.phone.login().await;
    let restored = post(&test, &format!("{user}/restore"), " a mistake ").await;
    let back = alice.phone.login().await;
    let before = acts(&test, alice.id()).await;
    let erased = post(&test, &format!("{user}/erase"), "request 4711").await;

    assert_eq!((shown.status.as_u16(), &shown.body["status"]), (200, &json!("active")));
    assert!(!shown.body.to_string().contains("openid"), "{shown:?}");
    assert!(exported.body["identities"][0]["openid"].is_string() && exported.body["sessions"].is_array());
    assert_eq!(suspended.body, json!({"id": alice.id().to_string(), "sessionsEnded": 1}));
    assert_eq!((refused.problem().1, restored.status.as_u16(), back.status.as_u16()), ("user_suspended", 200, 200));
    let expected = [("look", "call"), ("export", "letter"), ("suspend", "fraud"), ("restore", "a mistake")];
    assert_eq!(before, words(&expected));
    assert_eq!(erased.body["sessionsEnded"], 1, "{erased:?}");
    assert_eq!(acts(&test, alice.id()).await.last(), words(&[("erase", "request 4711")]).last());
    assert_eq!(get(&test, &user).await.body["status"], "erased");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_one_or_all() {
    let test = service().await;
    let alice = test.member("alice").await;
    for _ in 0..2 {
        alice.phone.login().await;
    }
    let sessions = format!("/users/{}/sessions", alice.id());

    let listed = get(&test, &sessions).await.body;
    let first = listed["sessions"][0]["id"].as_str().unwrap();
    let one = post(&test, &format!("{sessions}/{first}/revoke"), "lost phone").await;
    let again = post(&test, &format!("{sessions}/{first}/revoke"), "lost phone").await;
    let all = post(&test, &format!("{sessions}/revoke"), "all of them").await;

    assert_eq!(listed["sessions"].as_array().unwrap().len(), 3);
    assert_eq!((one.status.as_u16(), again.problem().1), (204, "not_found"));
    assert_eq!(all.body["sessionsEnded"], 2);
    assert_eq!(get(&test, &sessions).await.body["sessions"], json!([]));
    let expected = [("look", ""), ("revoke", "lost phone"), ("revoke", "all of them"), ("look", "")];
    assert_eq!(acts(&test, alice.id()).await, words(&expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_gets_an_account_of_its_own() {
    let test = service().await;
    let alice = test.member("alice").await;
    alice.phone.in_app(OTHER_APP).login().await;
    let user = format!("/users/{}/unlink", alice.id());
    let unlink =
        async |app: &str| ask(&test, ZOE, Method::POST, &user, Some(json!({"appId": app, "reason": "not hers"}))).await;

    let nowhere = unlink("wx0000000000000404").await;
    let unlinked = unlink(OTHER_APP).await;

    assert_eq!(nowhere.problem().1, "not_found");
    assert_eq!(unlinked.status, 200, "{unlinked:?}");
    assert_ne!(unlinked.body["id"], json!(alice.id().to_string()));
    assert_eq!(unlink(APP).await.problem().1, "invalid_request", "its only one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let test = service().await;
    let alice = test.member("alice").await;
    let user = format!("/users/{}", alice.id());

    for (path, body, code) in [
        (format!("{user}/suspend"), json!({}), "invalid_request"),
        (format!("{user}/suspend"), json!({"reason": "  "}), "invalid_request"),
        (format!("{user}/erase"), json!({"reason": "x".repeat(201)}), "invalid_request"),
        ("/users/404404/erase".to_owned(), json!({"reason": "x"}), "not_found"),
        ("/users/404404/suspend".to_owned(), json!({"reason": "x"}), "not_found"),
        ("/users/alice/suspend".to_owned(), json!({"reason": "x"}), "invalid_request"),
    ] {
        let answer = ask(&test, ZOE, Method::POST, &path, Some(body)).await;
        assert_eq!(answer.problem().1, code, "{path}");
    }
    assert_eq!(get(&test, "/users/404404").await.problem().1, "not_found");

    assert_eq!(alice.get("/v1/me").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_document_has_every_line_of_its_table_and_the_public_one_none() {
    let test = service().await;
    let lines = include_str!("../../src/routes/admin/mod.rs").matches(".add::<").count();

    let document = get(&test, "/openapi.json").await.body;
    let public = test.get("/openapi.json").await.body.to_string();

    let items = document["paths"].as_object().unwrap();
    let names: BTreeSet<_> = items
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|one| one["operationId"].to_string())
        .collect();
    assert_eq!(names.len(), lines);
    assert!(items.keys().all(|path| path.starts_with("/admin/v1/")), "{items:?}");
    assert!(!public.contains("/admin"), "{public}");
}
