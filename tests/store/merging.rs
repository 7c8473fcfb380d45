//! When two accounts turn out to be one person.

use super::Backend;
use crate::backends::People;
use crate::histories::{identity, named, now};
use chrono::TimeDelta;
use futures_util::future::join_all;
use weapp_login::store::Newcomer;
use weapp_login::user::{Status, UserId};

#[tokio::test(flavor = "multi_thread")]
async fn a_unionid_that_appears_later_is_added_to_the_pairs_account() {
    let (_backend, users) = Backend::migrated().await;
    let user = users.register(Newcomer::new(&identity("wx1", "o1", None), &named("A")), now()).await.unwrap().user;

    let found = users.find(&identity("wx1", "o1", Some("u1")), now()).await.unwrap().unwrap();

    assert_eq!(found.id, user.id);
    let elsewhere = users.find(&identity("wx2", "o2", Some("u1")), now()).await.unwrap().unwrap();
    assert_eq!(elsewhere.id, user.id);
    let without = users.find(&identity("wx2", "o2", None), now()).await.unwrap().unwrap();
    assert_eq!(without.id, user.id, "the pair was added");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_that_holds_the_unionid_stays_and_nothing_is_deleted() {
    let (_backend, users) = Backend::migrated().await;
    let older = users.register(Newcomer::new(&identity("wx1", "o1", None), &named("Pair")), now()).await.unwrap().user;
    let later = now() + TimeDelta::days(1);
    let holder =
        users.register(Newcomer::new(&identity("wx2", "o2", Some("u1")), &named("Holder")), later).await.unwrap().user;

    let found = users.find(&identity("wx1", "o1", Some("u1")), later).await.unwrap().unwrap();

    assert_eq!(found.id, holder.id);
    assert_eq!(found.profile.nickname, "Holder");
    assert_eq!(users.by_id(older.id).await.unwrap().unwrap().id, holder.id, "sessions of the other lead here");
    assert_eq!(users.merged(holder.id).await.unwrap(), [older.id, holder.id]);
    assert_eq!(users.merged(older.id).await.unwrap(), [older.id, holder.id]);
    assert_eq!(users.identities(holder.id).await.unwrap().len(), 2);
    assert_eq!(users.find(&identity("wx1", "o1", None), later).await.unwrap().unwrap().id, holder.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_hold_a_unionid_the_older_stays_and_both_lead_to_it() {
    let (_backend, users) = Backend::migrated().await;
    let older =
        users.register(Newcomer::new(&identity("wx1", "o1", Some("uA")), &named("A")), now()).await.unwrap().user;
    let later = now() + TimeDelta::days(1);
    let younger =
        users.register(Newcomer::new(&identity("wx2", "o2", Some("uB")), &named("B")), later).await.unwrap().user;

    let merged = users.find(&identity("wx1", "o1", Some("uB")), later).await.unwrap().unwrap();

    assert_eq!(merged.id, older.id);
    for (app, openid, unionid) in [("wx9", "o9", "uA"), ("wx8", "o8", "uB"), ("wx2", "o2", "uB")] {
        let found = users.find(&identity(app, openid, Some(unionid)), later).await.unwrap().unwrap();
        assert_eq!(found.id, older.id, "{app} {unionid}");
    }
    assert_eq!(users.merged(older.id).await.unwrap(), [older.id, younger.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_merges_ends_at_one_account_that_all_lead_to() {
    let (_backend, users) = Backend::migrated().await;
    let mut ids = vec![];
    for (app, openid, unionid) in [("wx1", "o1", None), ("wx2", "o2", Some("uB")), ("wx3", "o3", Some("uC"))] {
        let at = now() + TimeDelta::minutes(10 - ids.len() as i64);
        ids.push(
            users.register(Newcomer::new(&identity(app, openid, unionid), &named(openid)), at).await.unwrap().user.id,
        );
    }

    let first = users.find(&identity("wx1", "o1", Some("uB")), now()).await.unwrap().unwrap();
    let second = users.find(&identity("wx2", "o2", Some("uC")), now()).await.unwrap().unwrap();

    assert_eq!(first.id, ids[1]);
    assert_eq!(second.id, ids[2], "the third account is the oldest");
    for id in &ids {
        assert_eq!(users.by_id(*id).await.unwrap().unwrap().id, ids[2]);
    }
    assert_eq!(users.merged(ids[0]).await.unwrap(), ids);
    assert_eq!(users.find(&identity("wx1", "o1", Some("uB")), now()).await.unwrap().unwrap().id, ids[2]);
    users.erase(ids[0], now().into()).await.unwrap();
    for id in &ids {
        let gone = users.by_id(*id).await.unwrap().unwrap();
        assert_eq!(
            (gone.status, gone.profile.nickname.as_str()),
            (Status::Erased, ""),
            "merged accounts are erased, too"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stricter_status_the_phone_and_the_better_profile_survive() {
    let (_backend, users) = Backend::migrated().await;
    let pair = users.register(Newcomer::new(&identity("wx1", "o1", None), &named("Real")), now()).await.unwrap().user;
    users.set_phone(pair.id, &"+8613800000000".parse().unwrap(), now()).await.unwrap();
    users.set_status(pair.id, Status::Suspended, now().into()).await.unwrap();
    let anonymous = named("微信用户");
    let holder =
        users.register(Newcomer::new(&identity("wx2", "o2", Some("u1")), &anonymous), now()).await.unwrap().user;

    let merged = users.find(&identity("wx1", "o1", Some("u1")), now()).await.unwrap().unwrap();

    assert_eq!((merged.id, merged.status), (holder.id, Status::Suspended));
    assert_eq!(merged.phone.unwrap().as_str(), "+8613800000000");
    assert_eq!(merged.profile.nickname, "Real");
    users.set_status(pair.id, Status::Active, now().into()).await.unwrap();
    assert_eq!(users.by_id(holder.id).await.unwrap().unwrap().status, Status::Active, "restored by either number");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_that_merge_at_the_same_moment_agree() {
    let (backend, users) = Backend::migrated().await;
    let second = backend.open();
    for round in 0..10 {
        let (o1, o2, o3) = (format!("a{round}"), format!("b{round}"), format!("c{round}"));
        let unionid = format!("u{round}");
        for (app, openid) in [("wx1", &o1), ("wx2", &o2), ("wx3", &o3)] {
            users.register(Newcomer::new(&identity(app, openid, None), &named("x")), now()).await.unwrap();
        }
        let logins = [("wx1", &o1), ("wx2", &o2), ("wx3", &o3), ("wx1", &o1), ("wx2", &o2), ("wx3", &o3)];

        join_all(logins.iter().enumerate().map(|(n, (app, openid))| {
            let store = if n % 2 == 0 { &users } else { &second };
            let who = identity(app, openid, Some(&unionid));
            async move { store.find(&who, now()).await.unwrap().unwrap() }
        }))
        .await;

        let mut ids: Vec<UserId> = vec![];
        for (app, openid) in &logins[..3] {
            ids.push(users.find(&identity(app, openid, Some(&unionid)), now()).await.unwrap().unwrap().id);
        }
        assert!(ids.iter().all(|id| *id == ids[0]), "round {round}: {ids:?}");
        assert_eq!(users.merged(ids[0]).await.unwrap().len(), 3, "round {round}");
    }
}
