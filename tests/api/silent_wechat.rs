//! While WeChat takes connections and stays silent: logins hear so, and everything that does not need WeChat goes on.

use super::Mode;
use crate::harness::{Member, TestApp};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::Answer;
use wechat_simulator::Options;

const CLIENT: (&str, &str) = ("INTROSPECTION_CLIENTS", "shop:s3cret-of-the-shop-32-characters");
const EXCHANGE: &str = "/sns/jscode2session";

/// The three session checks, once each.
async fn checks(member: &Member<'_, Mode>) -> [Answer; 3] {
    let test = member.phone.test;
    let form = format!("token={}", member.token);
    let introspection = test.http.post(format!("{}/v1/introspect", test.base));
    let introspection = introspection.basic_auth("shop", Some("s3cret-of-the-shop-32-characters")).body(form);
    [member.get("/v1/session").await, member.get("/v1/auth").await, Answer::to(introspection).await.unwrap()]
}

/// The time that 99 of 100 session checks by four askers take, in the best of four rounds: the others tell of the machine.
async fn p99(member: &Member<'_, Mode>) -> Duration {
    let ask = async || {
        let mut times = vec![];
        for _ in 0..100 {
            let answer = member.get("/v1/session").await;
            assert_eq!(answer.status, 200, "{answer:?}");
            times.push(answer.took);
        }
        times
    };
    let mut rounds = vec![];
    for _ in 0..4 {
        let mut times = join_all((0..4).map(|_| ask())).await.concat();
        times.sort();
        rounds.push(times[times.len() * 99 / 100]);
    }
    rounds.into_iter().min().unwrap()
}

async fn log_in(test: &TestApp<Mode>) -> Answer {
    test.post("/v1/login", &json!({"code": "c", "appId": crate::harness::APP})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_logins_into_a_silent_wechat_leave_every_session_check_answered() {
    let test = TestApp::<Mode>::with(&[("MAX_IN_FLIGHT", "64"), CLIENT], Options::default()).await;
    let member = test.member("member").await;
    test.wechat.fault(EXCHANGE, "latencyMs", 60_000, 1000).await;

    let logins = join_all((0..110).map(|_| log_in(&test)));
    let checked = async {
        let mut answers = vec![];
        for _ in 0..50 {
            answers.extend(join_all((0..4).map(|_| checks(&member))).await.concat());
        }
        answers
    };
    let (logins, checked) = tokio::join!(logins, checked);

    let refused: Vec<_> = checked.iter().filter(|answer| answer.status != 200 && answer.status != 204).collect();
    assert!(refused.is_empty(), "{} of {}: {:?}", refused.len(), checked.len(), refused[0]);
    for login in &logins {
        let (status, code, retry) = login.problem();
        assert!(status == 503 && ["wechat_unavailable", "overloaded"].contains(&code) && retry == "later", "{login:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_check_is_as_fast_beside_a_silent_wechat_as_beside_a_well_one() {
    let test = TestApp::<Mode>::with(&[("MAX_IN_FLIGHT", "64")], Options::default()).await;
    let member = test.member("member").await;
    let well = p99(&member).await;
    test.wechat.fault(EXCHANGE, "latencyMs", 60_000, 1000).await;

    let (_, silent) = tokio::join!(join_all((0..110).map(|_| log_in(&test))), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        p99(&member).await
    });

    // Other tests take the machine's time, too; a soak has it for itself.
    #[expect(clippy::disallowed_methods, reason = "whether this run is a soak, as in make soak")]
    let noise = Duration::from_millis(if std::env::var_os("SOAK").is_some() { 2 } else { 50 });
    println!("p99 {silent:?} beside a silent WeChat, {well:?} beside a well one");
    assert!(silent <= well * 3 / 2 + noise, "{silent:?} beside a silent WeChat, {well:?} beside a well one");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_failures_in_a_row_wechat_is_left_alone_until_one_call_finds_it_well() {
    let test = TestApp::<Mode>::start().await;
    test.wechat.fault(EXCHANGE, "dropBefore", json!(null), 10).await;
    let failed = join_all((0..10).map(|_| log_in(&test))).await;

    let (began, open) = (Instant::now(), log_in(&test).await);
    let took = began.elapsed();
    let shown = test.get("/metrics").await.raw;
    let mut after = log_in(&test).await;
    while after.status == 503 && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        after = log_in(&test).await;
    }

    assert!(failed.iter().all(|answer| answer.problem().1 == "wechat_unavailable"), "{failed:?}");
    assert_eq!(open.problem(), (503, "wechat_unavailable", "later"));
    assert!((1..=5).contains(&open.retry_after().unwrap()), "{open:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(shown.contains("weapp_login_wechat_breaker_state{app=\"wx0000000000000001\"}"), "{shown}");
    assert!(shown.contains("weapp_login_wechat_rejected_total{app=\"wx0000000000000001\",reason=\"breaker_open\"}"));
    assert_eq!(after.problem().1, "code_invalid", "WeChat is asked again: {after:?}");
    assert_eq!(test.phone("alice").login().await.status, 200);
    assert!(began.elapsed() >= Duration::from_secs(4), "it was open for {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn errcodes_are_answers_and_open_nothing() {
    let test = TestApp::<Mode>::start().await;

    let refused = join_all((0..20).map(|_| log_in(&test))).await;

    assert!(refused.iter().all(|answer| answer.problem().1 == "code_invalid"), "{refused:?}");
    assert_eq!(test.phone("alice").login().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_of_crowding_is_waited_out_by_a_few() {
    let test = TestApp::<Mode>::with(&[("WECHAT_MAX_IN_FLIGHT", "4")], Options::default()).await;
    let phones: Vec<_> = (0..6).map(|number| test.phone(&format!("person {number}"))).collect();
    let codes = join_all(phones.iter().map(|phone| phone.code())).await;
    test.wechat.fault(EXCHANGE, "latencyMs", 400, 4).await;

    let answers = join_all(phones.iter().zip(&codes).map(|(phone, code)| phone.login_with(code))).await;

    let well = answers.iter().filter(|answer| answer.status == 200).count();
    let told: Vec<_> = answers.iter().filter(|answer| answer.status != 200).map(Answer::problem).collect();
    assert_eq!((well, told), (5, vec![(503, "overloaded", "later")]));
}
