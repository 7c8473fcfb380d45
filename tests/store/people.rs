//! What a user store must do.

use super::Backend;
use crate::backends::People;
use crate::histories::{identity, named, now};
use chrono::TimeDelta;
use futures_util::future::join_all;
use weapp_login::identity::Identity;
use weapp_login::store::{EventKind, LoginEvent, Newcomer, Noted};
use weapp_login::user::{ANONYMOUS_NICKNAME, Profile, ProfileSource, Status, UserId};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_registered_is_found_as_they_were_stored() {
    let (_backend, users) = Backend::migrated().await;
    let alice = identity("wx1", "oAlice", Some("uAlice"));
    let profile = Profile {
        nickname: "😀 Ålice 爱丽丝 👨‍👩‍👧‍👦".into(),
        avatar_url: "https://img.example/a.png".into(),
        gender: 2,
        language: "zh_CN".into(),
        city: "广州".into(),
        province: "广东".into(),
        country: "CN".into(),
    };

    let registered = users.register(Newcomer::new(&alice, &profile), now()).await.unwrap();

    let found = users.find(&alice, now()).await.unwrap().unwrap();
    assert!(registered.created());
    assert_eq!(found, registered.user);
    assert_eq!((&found.profile, found.profile_source, found.status), (&profile, ProfileSource::Wechat, Status::Active));
    assert_eq!(found.created_at, now());
    assert_eq!(users.by_id(found.id).await.unwrap(), Some(found));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_absent_and_not_an_error() {
    let (_backend, users) = Backend::migrated().await;

    assert_eq!(users.find(&identity("wx1", "oNobody", None), now()).await.unwrap(), None);
    assert_eq!(users.find(&identity("wx1", "oNobody", Some("uNobody")), now()).await.unwrap(), None);
    assert_eq!(users.by_id(UserId(404)).await.unwrap(), None);
    assert_eq!(users.set_status(UserId(404), Status::Suspended, now().into()).await.unwrap(), None);
    users.erase(UserId(404), now().into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_compare_byte_by_byte_and_within_their_app() {
    let (_backend, users) = Backend::migrated().await;
    let mut ids = vec![];
    for (app, openid, unionid) in [
        ("wx1", "oCase", None),
        ("wx1", "ocase", None),
        ("wx1", "OCASE", None),
        ("wx2", "oCase", None),
        ("wX1", "oCase", None),
        ("wx3", "o1", Some("uCase")),
        ("wx3", "o2", Some("ucase")),
    ] {
        let registered =
            users.register(Newcomer::new(&identity(app, openid, unionid), &named(openid)), now()).await.unwrap();
        assert!(registered.created(), "{app} {openid} {unionid:?}");
        ids.push(registered.user.id);
    }

    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
    let found = users.find(&identity("wx1", "ocase", None), now()).await.unwrap().unwrap();
    assert_eq!(found.profile.nickname, "ocase");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_register_one_person_at_once_one_creates_the_account() {
    let (backend, users) = Backend::migrated().await;
    let (alice, other_app) = (identity("wx1", "oAlice", Some("uAlice")), identity("wx2", "oAlice2", Some("uAlice")));
    let second = backend.open();

    let registered = join_all((0..16).map(|number| {
        let store = if number % 2 == 0 { &users } else { &second };
        let who = if number % 3 == 0 { &other_app } else { &alice };
        async move { store.register(Newcomer::new(who, &named("Alice")), now()).await.unwrap() }
    }))
    .await;

    assert_eq!(registered.iter().filter(|registered| registered.created()).count(), 1);
    assert!(registered.iter().all(|one| one.user.id == registered[0].user.id));
    assert_eq!(users.merged(registered[0].user.id).await.unwrap(), [registered[0].user.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_data_never_replaces_a_real_profile() {
    let (_backend, users) = Backend::migrated().await;
    let alice = identity("wx1", "oAlice", None);
    let anonymous = named(ANONYMOUS_NICKNAME);
    let store = async |profile: &Profile| users.register(Newcomer::new(&alice, profile), now()).await.unwrap().user;

    assert_eq!(store(&anonymous).await.profile_source, ProfileSource::Anonymous);
    assert_eq!(store(&named("Alice")).await.profile.nickname, "Alice");
    assert_eq!(store(&anonymous).await.profile.nickname, "Alice");
    let id = store(&named("Alicia")).await.id;
    users.update_profile(id, Some(&"Al".parse().unwrap()), None, now()).await.unwrap();
    assert_eq!(store(&named("Alice")).await.profile.nickname, "Al");
    assert_eq!(store(&anonymous).await.profile_source, ProfileSource::User);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_changed_in_part() {
    let (_backend, users) = Backend::migrated().await;
    let user = users.register(Newcomer::new(&identity("wx1", "o1", None), &named("A")), now()).await.unwrap().user;

    let url = "https://img.example/1.png".parse().unwrap();
    let changed = users.update_profile(user.id, None, Some(&url), now()).await.unwrap().unwrap();

    assert_eq!((changed.profile.nickname.as_str(), changed.profile.avatar_url.as_str()), ("A", url.as_str()));
    assert_eq!(changed.profile_source, ProfileSource::User);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_and_a_status_are_kept() {
    let (_backend, users) = Backend::migrated().await;
    let alice = identity("wx1", "o1", None);
    let user = users.register(Newcomer::new(&alice, &named("A")), now()).await.unwrap().user;
    let phone = "+8613800000000".parse().unwrap();

    users.set_phone(user.id, &phone, now()).await.unwrap();
    users.set_status(user.id, Status::Suspended, now().into()).await.unwrap();

    let found = users.find(&alice, now()).await.unwrap().unwrap();
    assert_eq!((found.phone, found.status), (Some(phone), Status::Suspended));
    users.set_status(user.id, Status::Active, now().into()).await.unwrap();
    assert_eq!(users.by_id(user.id).await.unwrap().unwrap().status, Status::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_keeps_its_profile_and_its_phone() {
    let (_backend, users) = Backend::migrated().await;
    let alice = identity("wx1", "o1", None);
    let user = users.register(Newcomer::new(&alice, &named("A")), now()).await.unwrap().user;
    let suspended = users.set_status(user.id, Status::Suspended, now().into()).await.unwrap().unwrap();

    let profile = users.update_profile(user.id, Some(&"B".parse().unwrap()), None, now()).await.unwrap();
    let phone = users.set_phone(user.id, &"+8613800000000".parse().unwrap(), now()).await.unwrap();
    let again = users.register(Newcomer::new(&alice, &named("C")), now()).await.unwrap();

    assert_eq!((profile, phone), (None, None));
    assert_eq!((&again.user, again.created()), (&suspended, false));
    assert_eq!(users.find(&alice, now()).await.unwrap(), Some(suspended));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_login_never_goes_back() {
    let (_backend, users) = Backend::migrated().await;
    let (here, there) = (identity("wx1", "o1", Some("u1")), identity("wx2'\\", "o2", Some("u1")));
    let user = users.register(Newcomer::new(&here, &named("A")), now()).await.unwrap().user;
    users.find(&there, now()).await.unwrap().unwrap();
    let login = |minutes, who: &Identity| {
        let at = now() + TimeDelta::minutes(minutes);
        Noted::from(LoginEvent::new(at, EventKind::Login, user.id, Some(who.app_id.clone())))
    };

    users.record(&[login(5, &here), login(3, &there)]).await.unwrap();
    users.record(&[login(4, &here), login(-9, &there)]).await.unwrap();

    let ways = users.identities(user.id).await.unwrap();
    let last = |who: &Identity| ways.iter().find(|way| way.app_id == who.app_id).unwrap().last_login_at.unwrap();
    assert_eq!((last(&here), last(&there)), (now() + TimeDelta::minutes(5), now() + TimeDelta::minutes(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_account_holds_nothing_personal_and_the_person_comes_back_as_somebody_new() {
    let (_backend, users) = Backend::migrated().await;
    let (here, there) = (identity("wx1", "o1", Some("u1")), identity("wx2", "o2", Some("u1")));
    let user = users.register(Newcomer::new(&here, &named("Alice")), now()).await.unwrap().user;
    users.set_phone(user.id, &"+8613800000000".parse().unwrap(), now()).await.unwrap();
    users.find(&there, now()).await.unwrap().unwrap();

    users.erase(user.id, now().into()).await.unwrap();
    users.erase(user.id, now().into()).await.unwrap();

    let gone = users.by_id(user.id).await.unwrap().unwrap();
    assert_eq!((gone.status, gone.profile, gone.phone), (Status::Erased, Profile::default(), None));
    assert_eq!(users.find(&here, now()).await.unwrap(), None);
    assert_eq!(users.find(&there, now()).await.unwrap(), None);
    assert!(users.identities(user.id).await.unwrap().is_empty());
    assert!(users.export(None, 10).await.unwrap().is_empty());
    let back = users.register(Newcomer::new(&here, &named("Alice")), now()).await.unwrap();
    assert!(back.created() && back.user.id != user.id);
    assert_eq!(users.set_status(user.id, Status::Active, now().into()).await.unwrap(), None, "erased stays erased");
    assert_eq!(users.update_profile(user.id, Some(&"x".parse().unwrap()), None, now()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_bring_the_last_login_up_to_date_and_are_forgotten_by_age() {
    let (_backend, users) = Backend::migrated().await;
    let alice = identity("wx1", "o1", None);
    let user = users.register(Newcomer::new(&alice, &named("A")), now()).await.unwrap().user;
    let event = |minutes, kind| {
        let at = now() + TimeDelta::minutes(minutes);
        Noted::from(LoginEvent::new(at, kind, user.id, Some(alice.app_id.clone())))
    };
    let events = [event(2, EventKind::Login), event(1, EventKind::Login), event(3, EventKind::Logout)];

    users.record(&events).await.unwrap();
    users.record(&[]).await.unwrap();

    let [way] = &users.identities(user.id).await.unwrap()[..] else { panic!("one way in") };
    assert_eq!((&way.app_id, way.last_login_at), (&alice.app_id, Some(now() + TimeDelta::minutes(2))));
    assert_eq!(users.forget_events(now() + TimeDelta::minutes(2), 10).await.unwrap(), 1);
    assert_eq!(users.forget_events(now() + TimeDelta::days(1), 1).await.unwrap(), 1);
    assert_eq!(users.forget_events(now() + TimeDelta::days(1), 10).await.unwrap(), 1);
    assert_eq!(users.forget_events(now() + TimeDelta::days(1), 10).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_and_has_no_migration_pending() {
    let (_backend, users) = Backend::migrated().await;

    users.ping().await.unwrap();
    assert_eq!(users.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert_eq!(users.migrate().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_strangers_at_once_all_get_accounts() {
    let (backend, users) = Backend::migrated().await;
    let second = backend.open();
    let people: Vec<Identity> = (0..60)
        .map(|n| identity("wx1", &format!("o{n}"), Some(&format!("u{n}")).filter(|_| n % 2 == 0).map(String::as_str)))
        .collect();

    let registered = join_all(people.iter().enumerate().map(|(n, who)| {
        let store = if n % 2 == 0 { &users } else { &second };
        async move { store.register(Newcomer::new(who, &named("x")), now()).await.unwrap() }
    }))
    .await;

    assert!(registered.iter().all(|one| one.created()));
}
