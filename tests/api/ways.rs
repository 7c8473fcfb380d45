//! The ways of registering: with what `wx.getUserInfo` gave, silently, and by phone.

use super::Mode;
use crate::harness::TestApp;
use futures_util::future::join_all;
use serde_json::{Value, json};
use wechat_simulator::Options;

async fn with(settings: &[(&str, &str)]) -> TestApp<Mode> {
    TestApp::with(settings, Options::default()).await
}

async fn phone_code(phone: &testkit::Phone) -> Value {
    phone.wx("getPhoneNumber").await["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_names_the_ways_the_preferred_one_first() {
    let usual = with(&[]).await;
    let chosen = with(&[("REGISTRATION", "phone, silent")]).await;

    let usual = usual.phone("alice").login().await;
    let chosen = chosen.phone("alice").login().await;

    assert_eq!(usual.body["ways"], json!(["userInfo", "silent", "phone"]));
    assert_eq!(chosen.body["ways"], json!(["phone", "silent"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mini_program_that_is_closed_takes_nobody_new_and_knows_those_it_has() {
    let open = with(&[]).await;
    let closed = with(&[("REGISTRATION", "")]).await;
    open.member("alice").await;

    let stranger = closed.phone("alice").login().await;

    assert_eq!(stranger.problem(), (403, "registration_closed", "none"));
    assert_eq!(open.phone("alice").login().await.body["status"], "loggedIn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_alone_makes_a_silent_account_that_is_filled_in_later() {
    let test = with(&[]).await;
    let alice = test.phone("alice");
    let ticket = alice.ticket().await;

    let made = test.post("/v1/register", &json!({"ticket": ticket})).await;
    let again = alice.login().await;

    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!((&made.body["user"]["nickname"], &made.body["user"]["phone"]), (&json!(""), &Value::Null));
    assert_eq!(again.body["user"]["id"], made.body["user"]["id"]);
    assert_eq!(test.post("/v1/register", &json!({"ticket": ticket})).await.problem().1, "ticket_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_of_user_info_is_refused_and_never_silent() {
    let test = with(&[]).await;
    let alice = test.phone("alice");
    let ticket = alice.ticket().await;
    let info = alice.user_info().await;
    for left_out in ["rawData", "signature", "encryptedData", "iv"] {
        let mut half = info.clone();
        half.as_object_mut().unwrap().remove(left_out);

        let refused = alice.register_with(&ticket, &half).await;

        assert_eq!(refused.problem(), (400, "invalid_request", "none"), "{left_out}");
    }
    assert_eq!(alice.register_with(&ticket, &info).await.status, 201, "the ticket is untouched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_is_not_open_leaves_the_ticket_untouched() {
    let test = with(&[("REGISTRATION", "user_info")]).await;
    let alice = test.phone("alice");
    let ticket = alice.ticket().await;

    let silent = test.post("/v1/register", &json!({"ticket": ticket})).await;
    let by_phone = test.post("/v1/register", &json!({"ticket": ticket, "phoneCode": phone_code(&alice).await})).await;

    assert_eq!(silent.problem(), (403, "registration_closed", "none"));
    assert!(silent.text("detail").contains("userInfo"), "{silent:?}");
    assert_eq!(by_phone.problem().1, "registration_closed");
    assert_eq!(alice.register(&ticket).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tap_makes_an_account_with_its_number() {
    let test = with(&[]).await;
    let alice = test.phone("alice");
    let ticket = alice.ticket().await;

    let made = test.post("/v1/register", &json!({"ticket": ticket, "phoneCode": phone_code(&alice).await})).await;

    assert_eq!(made.status, 201, "{made:?}");
    assert!(made.body["user"]["phone"].as_str().unwrap().starts_with("+86"), "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_with_user_info_has_both_and_its_checks() {
    let test = with(&[]).await;
    let (alice, bob) = (test.phone("alice"), test.phone("bob"));
    alice.set(json!({"profile": {"nickName": "Alice"}})).await;
    let ticket = alice.ticket().await;
    bob.ticket().await;
    let mut foreign = bob.user_info().await;
    foreign["phoneCode"] = phone_code(&alice).await;
    let refused = alice.register_with(&ticket, &foreign).await;
    let mut own = alice.user_info().await;
    own["phoneCode"] = foreign["phoneCode"].clone();

    let made = alice.register_with(&ticket, &own).await;

    assert_eq!(refused.problem().0, 422, "{refused:?}");
    assert_eq!(made.status, 201, "the code was not used by the refused one: {made:?}");
    assert!(made.body["user"]["phone"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_code_that_wechat_refuses_gives_the_ticket_back() {
    let test = with(&[]).await;
    let (alice, bob) = (test.phone("alice"), test.phone("bob"));
    let ticket = alice.ticket().await;
    let theirs = phone_code(&bob).await;

    let wrong = test.post("/v1/register", &json!({"ticket": ticket, "phoneCode": "no code"})).await;
    let leaked = test.post("/v1/register", &json!({"ticket": ticket, "phoneCode": theirs})).await;
    let made = test.post("/v1/register", &json!({"ticket": ticket, "phoneCode": phone_code(&alice).await})).await;

    assert_eq!(wrong.problem(), (422, "phone_code_invalid", "getPhoneNumber"));
    assert_eq!(leaked.problem(), (422, "phone_code_invalid", "getPhoneNumber"));
    assert_eq!(made.status, 201, "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_phone_a_second_mini_program_leads_to_the_one_account_where_that_is_switched_on() {
    for (setting, same) in [("link", true), ("separate", false)] {
        let test = with(&[("PHONE_ACCOUNTS", setting)]).await;
        let people = ["alice", "alice-elsewhere"].map(|person| test.phone(person));
        let mut answers = vec![];
        for phone in &people {
            phone.set(json!({"phone": "13800000001"})).await;
            let body = json!({"ticket": phone.ticket().await, "phoneCode": phone_code(phone).await});
            answers.push(test.post("/v1/register", &body).await);
        }

        let ids: Vec<_> = answers.iter().map(|answer| answer.body["user"]["id"].clone()).collect();

        assert_eq!(ids[0] == ids[1], same, "{setting}: {answers:?}");
        assert_eq!(answers[1].status, if same { 200 } else { 201 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_phones_with_one_number_at_once_are_one_account() {
    let test = with(&[("PHONE_ACCOUNTS", "link")]).await;
    let mut bodies = vec![];
    for number in 0..12 {
        let phone = test.phone(&format!("device{number}"));
        phone.set(json!({"phone": "13800000002"})).await;
        bodies.push(json!({"ticket": phone.ticket().await, "phoneCode": phone_code(&phone).await}));
    }

    let answers = join_all(bodies.iter().map(|body| test.post("/v1/register", body))).await;

    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let first = &answers[0].body["user"]["id"];
    assert!(answers.iter().all(|answer| answer.body["user"]["id"] == *first), "{answers:?}");
    assert_eq!(made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_guideline_does_not_declare_user_info_registers_silently() {
    let test = with(&[]).await;
    let alice = test.phone("alice");
    alice.set(json!({"privacy": "undeclared"})).await;
    let ticket = alice.ticket().await;

    let made = test.post("/v1/register", &json!({"ticket": ticket})).await;

    assert_eq!(made.status, 201, "{made:?}");
}
