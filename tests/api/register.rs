//! `POST /v1/register`

use super::Mode;
use crate::harness::{OTHER_APP, TestApp};
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_person_is_stored_and_signed_in() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    phone.set(json!({"profile": {"nickName": "Ålice 😀", "avatarUrl": "https://img.example/a.png", "gender": 2, "city": "Guangzhou"}})).await;
    let ticket = phone.ticket().await;

    let answer = phone.register(&ticket).await;

    assert_eq!(answer.status, 201, "{answer:?}");
    let user = &answer.body["user"];
    assert_eq!(answer.body["status"], "loggedIn");
    assert_eq!(user["nickname"], "Ålice 😀");
    assert_eq!(user["avatarUrl"], "https://img.example/a.png");
    assert_eq!((&user["gender"], &user["city"], &user["phone"]), (&json!(2), &json!("Guangzhou"), &json!(null)));
    assert!(user["id"].as_str().unwrap().parse::<i64>().unwrap() > 0);
    assert!(chrono::DateTime::parse_from_rfc3339(user["createdAt"].as_str().unwrap()).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_cannot_be_used_twice() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    phone.register(&ticket).await;

    let answer = phone.register(&ticket).await;

    assert_eq!(answer.problem(), (410, "ticket_invalid", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_redemptions_at_once_one_wins() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    let info = phone.user_info().await;

    let answers = join_all((0..20).map(|_| phone.register_with(&ticket, &info))).await;

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 19, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_at_once_make_one_account() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let (first, second) = (phone.ticket().await, phone.ticket().await);
    let info = phone.user_info().await;

    let (a, b) = tokio::join!(phone.register_with(&first, &info), phone.register_with(&second, &info));

    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201], "{a:?} {b:?}");
    assert_eq!(a.body["user"]["id"], b.body["user"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_check_gives_the_ticket_back_until_the_third() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    let mut forged = phone.user_info().await;
    forged["rawData"] = "{}".into();

    let first = phone.register_with(&ticket, &forged).await;
    let second = phone.register_with(&ticket, &forged).await;
    let third = phone.register_with(&ticket, &forged).await;
    let fourth = phone.register(&ticket).await;

    assert_eq!(first.problem(), (422, "signature_mismatch", "getUserInfo"));
    assert_eq!(second.problem(), (422, "signature_mismatch", "restart"));
    assert_eq!(third.problem(), (422, "signature_mismatch", "restart"));
    assert_eq!(fourth.problem(), (410, "ticket_invalid", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_two_failed_checks_the_third_try_can_succeed() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    let mut forged = phone.user_info().await;
    forged["signature"] = "0".repeat(40).into();
    phone.register_with(&ticket, &forged).await;
    phone.register_with(&ticket, &forged).await;

    let answer = phone.register(&ticket).await;

    assert_eq!(answer.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_given_back_keeps_its_remaining_life() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    test.advance(290);
    let mut forged = phone.user_info().await;
    forged["signature"] = "0".repeat(40).into();
    assert_eq!(phone.register_with(&ticket, &forged).await.status, 422);
    test.advance(11);

    let answer = phone.register(&ticket).await;

    assert_eq!(answer.problem(), (410, "ticket_invalid", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_ticket_is_refused() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    test.advance(301);

    let answer = phone.register(&ticket).await;

    assert_eq!(answer.problem(), (410, "ticket_invalid", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_was_tampered_with_cannot_be_decrypted() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    let info = phone.user_info().await;
    let mut changed = info.clone();
    changed["iv"] = "AAAAAAAAAAAAAAAAAAAAAA==".into();
    let mut short = info.clone();
    short["encryptedData"] = "AAAA".into();

    let (first, second) = (phone.register_with(&ticket, &changed).await, phone.register_with(&ticket, &short).await);

    assert_eq!(first.problem(), (422, "decryption_failed", "getUserInfo"));
    assert_eq!(second.problem(), (422, "decryption_failed", "getUserInfo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_base64_is_a_bad_request_and_no_try() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    let mut spaced = phone.user_info().await;
    spaced["iv"] = "not base64".into();

    for _ in 0..4 {
        assert_eq!(phone.register_with(&ticket, &spaced).await.problem(), (400, "invalid_request", "none"));
    }

    assert_eq!(phone.register(&ticket).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_data_is_stale_unless_the_check_is_off() {
    let test = TestApp::<Mode>::with(&[("TICKET_TTL_SECONDS", "6000")], Default::default()).await;
    let unchecked =
        TestApp::<Mode>::with(&[("DATA_MAX_AGE_SECONDS", "0"), ("TICKET_TTL_SECONDS", "6000")], Default::default())
            .await;
    let (phone, other) = (test.phone("alice"), unchecked.phone("alice"));
    let (ticket, other_ticket) = (phone.ticket().await, other.ticket().await);
    let (info, other_info) = (phone.user_info().await, other.user_info().await);
    test.advance(602);
    unchecked.advance(602);

    let stale = phone.register_with(&ticket, &info).await;
    let accepted = other.register_with(&other_ticket, &other_info).await;

    assert_eq!(stale.problem(), (422, "data_stale", "getUserInfo"));
    assert_eq!(accepted.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_one_app_does_not_take_data_of_another() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let ticket = phone.ticket().await;
    let elsewhere = phone.in_app(OTHER_APP);
    elsewhere.login().await;

    let answer = elsewhere.register(&ticket).await;

    assert_eq!(answer.problem(), (422, "signature_mismatch", "getUserInfo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_ticket_is_told_apart_from_a_spent_one_by_nothing() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    phone.login().await;

    let answers = [phone.register("x").await, phone.register(&"A".repeat(43)).await];

    for answer in answers {
        assert_eq!(answer.problem(), (410, "ticket_invalid", "restart"));
    }
    assert_eq!(phone.register("").await.problem(), (400, "invalid_request", "none"));
    assert_eq!(phone.register(&"A".repeat(600)).await.problem(), (400, "invalid_request", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_was_suspended_before_registering_again_is_refused() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let (first, second) = (phone.ticket().await, phone.ticket().await);
    let user = phone.register(&first).await.body["user"]["id"].as_str().unwrap().parse().unwrap();
    let status = weapp_login::user::Status::Suspended;
    test.app.users.set_status(weapp_login::user::UserId(user), status, test.app.clock().now().into()).await.unwrap();

    let answer = phone.register(&second).await;

    assert_eq!(answer.problem(), (403, "user_suspended", "none"));
}
