//! What one replica does, the other knows.

use crate::phone::Phone;
use crate::site::Site;
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_one_replica_is_good_at_another_and_once_in_all() {
    let site = Site::start(&[]).await;
    let replicas = [site.replica(&[]), site.replica(&[])];
    let alice = Phone::of(&site, "alice");
    let ticket = alice.ticket(&replicas[0].base).await;
    let form = alice.form(&ticket).await;

    let tries = (0..20).map(|number| site.post(&replicas[number % 2].base, "/v1/register", None, &form));
    let answers = join_all(tries).await;

    let mut problems: Vec<_> = answers.iter().filter(|answer| answer.status != 201).map(|a| a.problem()).collect();
    assert_eq!(problems.len(), 19, "{answers:?}");
    problems.dedup();
    assert_eq!(problems, [(410, "ticket_invalid", "restart")]);
    assert_eq!(site.number("SELECT COUNT(*) FROM users").await, 1);
    let winner = answers.iter().find(|answer| answer.status == 201).unwrap();
    for replica in &replicas {
        let session = site.get(&replica.base, "/v1/session", winner.text("token")).await;
        assert_eq!(session.body["user"], winner.body["user"], "{session:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_one_replica_closed_is_refused_by_the_other_at_once() {
    let site = Site::start(&[]).await;
    let (here, there) = (site.replica(&[]), site.replica(&[]));
    let alice = Phone::of(&site, "alice");
    let first = alice.join(&here.base).await.text("token").to_owned();
    let second = alice.login(&there.base).await.text("token").to_owned();
    let third = alice.login(&here.base).await.text("token").to_owned();

    let listed = site.get(&there.base, "/v1/sessions", &first).await;
    let closed = site.delete(&here.base, "/v1/session", &second).await;
    let refused = site.get(&there.base, "/v1/session", &second).await;
    let others = site.get(&there.base, "/v1/auth", &third).await;
    let all = site.delete(&there.base, "/v1/sessions", &first).await;
    let after = [site.get(&here.base, "/v1/session", &first).await, site.get(&here.base, "/v1/auth", &third).await];

    assert_eq!(listed.body["sessions"].as_array().unwrap().len(), 3, "{listed:?}");
    assert_eq!([closed.status, others.status, all.status], [204; 3]);
    assert_eq!(refused.problem(), (401, "session_invalid", "restart"));
    assert!(after.iter().all(|answer| answer.problem().1 == "session_invalid"), "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_by_sql_reaches_logins_at_once_and_open_sessions_of_every_replica_within_a_minute() {
    let site = Site::start(&[]).await;
    let replicas = [site.replica(&[]), site.replica(&[])];
    let (alice, bob) = (Phone::of(&site, "alice"), Phone::of(&site, "bob"));
    let joined = alice.join(&replicas[0].base).await;
    let bystander = bob.join(&replicas[1].base).await.text("token").to_owned();
    let mut open = vec![joined.text("token").to_owned()];
    for replica in &replicas {
        open.push(alice.login(&replica.base).await.text("token").to_owned());
    }

    let suspend =
        format!("UPDATE users SET status = 'suspended' WHERE id = {}", joined.body["user"]["id"].as_str().unwrap());
    site.rows::<i64>(&suspend).await;
    let suspended = Instant::now();

    for replica in &replicas {
        assert_eq!(alice.login(&replica.base).await.problem(), (403, "user_suspended", "none"));
    }
    let mut asked_in_vain = 0;
    while !open.is_empty() {
        assert!(suspended.elapsed() < Duration::from_secs(60), "{} sessions are still open", open.len());
        let mut still_open = vec![];
        for token in open {
            // Once one replica has refused it, the other must, too.
            let answers = [
                site.get(&replicas[0].base, "/v1/auth", &token).await,
                site.get(&replicas[1].base, "/v1/session", &token).await,
            ];
            if answers.iter().any(|answer| answer.status == 401) {
                assert_eq!(answers[1].status, 401, "{answers:?}");
            } else {
                still_open.push(token);
            }
        }
        open = still_open;
        asked_in_vain += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("a suspension reached every open session after {:?}", suspended.elapsed());
    assert!(asked_in_vain > 1, "the sessions ended without anybody's doing");
    assert_eq!(site.get(&replicas[0].base, "/v1/session", &bystander).await.status, 200);
    let again =
        format!("UPDATE users SET status = 'active' WHERE id = {}", joined.body["user"]["id"].as_str().unwrap());
    site.rows::<i64>(&again).await;
    let restored = alice.login(&replicas[1].base).await;
    assert_eq!(restored.body["user"]["id"], joined.body["user"]["id"], "{restored:?}");
    assert_ne!(json!(null), restored.body["token"]);
}
