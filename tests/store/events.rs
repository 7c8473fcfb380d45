//! What is written of events when something goes wrong.

use super::Backend;
use crate::backends::People;
use crate::histories::{identity, named, now};
use std::time::Duration;
use weapp_login::clock::Clock;
use weapp_login::events::event_log;
use weapp_login::store::{EventKind, LoginEvent, Newcomer, Noted};
use weapp_login::user::UserId;

fn event(user_id: i64, kind: EventKind) -> Noted {
    LoginEvent::new(now(), kind, UserId(user_id), Some("wx1".parse().unwrap())).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_commit_went_unanswered_is_not_written_twice() {
    let (backend, users) = Backend::migrated().await;
    let alice = identity("wx1", "alice", None);
    let id = users.register(Newcomer::new(&alice, &named("Alice")), now()).await.unwrap().user.id.0;
    let batch = [event(id, EventKind::Login), event(id, EventKind::Logout), event(77, EventKind::Phone)];

    users.record(&batch).await.unwrap();
    users.record_again(&batch).await.unwrap();
    let once = backend.events().await;
    let later = [event(id, EventKind::Suspend)];
    users.record_again(&later).await.unwrap();
    users.record_again(&later).await.unwrap();

    let written =
        [(id, "login"), (id, "logout"), (77, "phone"), (id, "suspend")].map(|(id, kind)| (id, kind.to_owned()));
    assert_eq!(once, written[..3]);
    assert_eq!(backend.events().await, written);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_database_refuses_is_left_out_and_blocks_nothing_behind_it() {
    let (backend, users) = Backend::migrated().await;
    backend.refuse_events_of(13).await;
    let (log, writer) = event_log(Clock::system());
    for id in 1..=250 {
        log.note(EventKind::Login, UserId(id), None);
    }
    drop(log);

    tokio::time::timeout(Duration::from_secs(60), writer.write(users)).await.unwrap();

    let written: Vec<i64> = backend.events().await.into_iter().map(|(id, _)| id).collect();
    let expected: Vec<i64> = (1..=250).filter(|id| *id != 13).collect();
    assert_eq!(written, expected);
}
