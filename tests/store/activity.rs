//! Who was here when, what failed, and what SQL did behind the service's back.

use super::Backend;
use crate::backends::People;
use crate::histories::{identity, named, now};
use chrono::{DateTime, TimeDelta, Utc};
use weapp_login::store::{
    Act, Device, EventKind, HeldEvent, Imported, LoginEvent, Newcomer, Noted, Origin, Person, UserStore, Visit,
};
use weapp_login::user::{Profile, ProfileSource, Status, UserId};

async fn member(users: &dyn UserStore, openid: &str) -> UserId {
    users.register(Newcomer::new(&identity("wx1", openid, None), &named("A")), now()).await.unwrap().user.id
}

async fn events(users: &dyn UserStore, id: UserId) -> Vec<HeldEvent> {
    users.held(id).await.unwrap().unwrap().events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_there_once_and_moves_the_last_day_on() {
    let (_backend, users) = Backend::migrated().await;
    let id = member(&*users, "o1").await;
    let at = |time: &str| time.parse::<DateTime<Utc>>().unwrap();
    let visit = |time, app: &str| Noted::Visit(Visit::new(at(time), id, app.parse().unwrap()));
    let (day, night) = (visit("2026-11-24T10:00:00Z", "wx1"), visit("2026-11-24T20:00:00Z", "wx1"));

    users.record(&[day.clone(), night.clone()]).await.unwrap();
    users.record(&[night, visit("2026-11-24T20:00:00Z", "wx2")]).await.unwrap();
    users.record_again(&[visit("2026-11-23T09:00:00Z", "wx1"), day]).await.unwrap();

    let held = users.held(id).await.unwrap().unwrap();
    let visits: Vec<_> = held.visits.iter().map(|visit| (visit.at.to_string(), visit.app_id.as_str())).collect();
    assert_eq!(
        visits,
        [
            ("2026-11-23 00:00:00".to_owned(), "wx1"),
            ("2026-11-24 00:00:00".to_owned(), "wx1"),
            ("2026-11-24 16:00:00".to_owned(), "wx1"),
            ("2026-11-24 16:00:00".to_owned(), "wx2"),
        ]
    );
    assert_eq!(held.accounts[0].last_seen_on.unwrap().to_string(), "2026-11-24");
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_are_forgotten_by_age() {
    let (_backend, users) = Backend::migrated().await;
    let visit = |days, id| Noted::Visit(Visit::new(now() - TimeDelta::days(days), UserId(id), "wx1".parse().unwrap()));
    users.record(&[visit(2, 1), visit(2, 2), visit(2, 3), visit(1, 1), visit(0, 1)]).await.unwrap();

    let mut forgotten = vec![];
    for _ in 0..4 {
        forgotten.push(users.forget_visits(now() - TimeDelta::hours(20), 2).await.unwrap());
    }

    assert_eq!(forgotten, [2, 1, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_written_with_where_it_came_from() {
    let (backend, users) = Backend::migrated().await;
    let id = member(&*users, "o1").await;
    let origin = Some(Origin { device: Device::Ios, address: Some("2001:db8:1::".parse().unwrap()) });
    let failed = |user_id| {
        let event = LoginEvent::new(now(), EventKind::LoginFailed, id, Some("wx1".parse().unwrap()));
        Noted::from(LoginEvent { user_id, code: Some("user_suspended"), origin, ..event })
    };
    let batch = [failed(None), failed(Some(id))];

    users.record(&batch).await.unwrap();
    users.record_again(&batch).await.unwrap();

    assert_eq!(backend.events().await, [(0, "login_failed".to_owned()), (id.0, "login_failed".to_owned())]);
    let [event] = &events(&*users, id).await[..] else { panic!("one event") };
    assert_eq!(
        (event.reason.as_deref(), event.device.as_deref(), event.client_address.as_deref()),
        (Some("user_suspended"), Some("ios"), Some("2001:db8:1::"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_by_sql_gets_its_event_once() {
    let (backend, users) = Backend::migrated().await;
    let id = member(&*users, "o1").await;
    let met = |minutes| Noted::Suspension { at: now() + TimeDelta::minutes(minutes), user_id: id };
    let time = |minutes| (now() + TimeDelta::minutes(minutes)).format("%Y-%m-%d %H:%M:%S").to_string();
    let suspend = |minutes| {
        format!(
            "UPDATE users SET status = 'suspended', status_by = 'zoe', status_reason = 'fraud', updated_at = '{}'",
            time(minutes)
        )
    };

    users.record(&[met(0)]).await.unwrap();
    backend.run(&suspend(1)).await;
    users.record(&[met(2), met(3)]).await.unwrap();
    users.record_again(&[met(4)]).await.unwrap();
    let once = events(&*users, id).await;
    backend.run(&format!("UPDATE users SET status = 'active', updated_at = '{}'", time(5))).await;
    users.record(&[met(6)]).await.unwrap();
    backend.run(&suspend(7)).await;
    users.record(&[met(8), met(9)]).await.unwrap();

    let [event] = &once[..] else { panic!("one event: {once:?}") };
    assert_eq!(
        (event.kind.as_str(), event.actor.as_deref(), event.reason.as_deref(), event.at.and_utc()),
        ("suspend", Some("zoe"), Some("fraud"), now() + TimeDelta::minutes(2))
    );
    assert_eq!(events(&*users, id).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_by_the_program_has_its_event() {
    let (_backend, users) = Backend::migrated().await;
    let id = member(&*users, "o1").await;
    let act = Act { at: now(), by: Some("zoe"), reason: None };

    users.set_status(id, Status::Suspended, act).await.unwrap().unwrap();
    users.record(&[Noted::Suspension { at: now() + TimeDelta::days(1), user_id: id }]).await.unwrap();

    assert_eq!(events(&*users, id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_moved_in_has_an_event_that_tells_so() {
    let (backend, users) = Backend::migrated().await;
    let person = |app: &str, openid: &str| Person {
        id: UserId(0),
        pair: Some((app.parse().unwrap(), openid.parse().unwrap())),
        unionid: Some("u1".parse().unwrap()),
        profile: Profile::default(),
        profile_source: ProfileSource::Anonymous,
        phone: None,
        status: Status::Active,
        created_at: now() - TimeDelta::days(400),
    };
    let people = [person("wx1", "o1"), person("wx2", "o2"), person("wx1", "o1")];

    let outcomes = users.import(&people, Act { at: now(), by: Some("zoe"), reason: None }).await.unwrap();

    assert_eq!(outcomes, [Imported::Created, Imported::Joined, Imported::Known]);
    let id = backend.events().await[0].0;
    let told: Vec<_> = events(&*users, UserId(id))
        .await
        .into_iter()
        .map(|event| (event.kind, event.app_id.unwrap(), event.actor.unwrap(), event.at.and_utc()))
        .collect();
    let expected = ["wx1", "wx2"].map(|app| ("import".to_owned(), app.to_owned(), "zoe".to_owned(), now()));
    assert_eq!(told, expected);
}
