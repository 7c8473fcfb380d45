//! Taking an identity out of an account that it should not have joined.

use super::Backend;
use crate::backends::People;
use crate::histories::{by_phone, identity, named, now};
use futures_util::future::join;
use weapp_login::registration::PhoneAccounts::Link;
use weapp_login::store::{Newcomer, NotUnlinked, Outcome, UserStore};
use weapp_login::user::{Profile, Status, UserId};

/// An account with these identities, (app, openid, unionid), all by one number.
async fn linked(users: &dyn UserStore, ways: &[(&str, &str, Option<&str>)]) -> UserId {
    let phone = "+8613800000000".parse().unwrap();
    let mut ids = vec![];
    for (app, openid, unionid) in ways {
        let who = identity(app, openid, *unionid);
        ids.push(users.register(by_phone(&who, &named("A"), &phone, Link), now()).await.unwrap().user.id);
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
    ids[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_gets_an_account_of_its_own_without_the_number() {
    let (backend, users) = Backend::migrated().await;
    let id = linked(&*users, &[("wx1", "oA", None), ("wx2", "oB", None)]).await;

    let own = users.unlink(id, &"wx2".parse().unwrap(), None, now().into()).await.unwrap().unwrap();

    assert_eq!((own.status, &own.phone, &own.profile), (Status::Active, &None, &Profile::default()));
    assert_eq!(users.find(&identity("wx2", "oB", None), now()).await.unwrap(), Some(own.clone()));
    let kept = users.find(&identity("wx1", "oA", None), now()).await.unwrap().unwrap();
    assert_eq!((kept.id, kept.profile.nickname.as_str(), kept.phone.is_some()), (id, "A", true));
    let kinds = [(id.0, "link".to_owned()), (id.0, "unlink".to_owned())];
    assert_eq!(backend.events().await, kinds);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_with_unionids_stay_apart() {
    let (_backend, users) = Backend::migrated().await;
    let (app, ways) = ("wx2".parse().unwrap(), [("wx1", "oA", None), ("wx2", "oB", Some("uB"))]);
    let id = linked(&*users, &ways).await;

    let own = users.unlink(id, &app, None, now().into()).await.unwrap().unwrap().id;

    for _ in 0..2 {
        let bob = users.find(&identity("wx2", "oB", Some("uB")), now()).await.unwrap().unwrap();
        let alice = users.find(&identity("wx1", "oA", Some("uA")), now()).await.unwrap().unwrap();
        assert_eq!((bob.id, alice.id), (own, id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_with_one_unionid_become_one_account_again() {
    let (_backend, users) = Backend::migrated().await;
    let (here, there) = (identity("wx1", "oA", Some("uA")), identity("wx2", "oA2", Some("uA")));
    let id = users.register(Newcomer::new(&here, &named("A")), now()).await.unwrap().user.id;
    users.find(&there, now()).await.unwrap().unwrap();

    let own = users.unlink(id, &there.app_id, None, now().into()).await.unwrap().unwrap().id;

    assert_ne!(own, id);
    for who in [&here, &there] {
        users.find(who, now()).await.unwrap().unwrap();
    }
    assert_eq!(users.find(&here, now()).await.unwrap(), users.find(&there, now()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_taken_out_is_told_why() {
    let (_backend, users) = Backend::migrated().await;
    let id = linked(&*users, &[("wx1", "oA", None), ("wx1", "oB", None)]).await;
    let (app, b, absent) = ("wx1".parse().unwrap(), "oB".parse().unwrap(), "oC".parse().unwrap());
    let unlink = async |id, openid| users.unlink(id, &app, openid, now().into()).await.unwrap().map(|user| user.id);

    assert_eq!(unlink(UserId(404), None).await, Err(NotUnlinked::NoAccount));
    assert_eq!(
        users.unlink(id, &"wx2".parse().unwrap(), None, now().into()).await.unwrap(),
        Err(NotUnlinked::NoIdentity)
    );
    assert_eq!(unlink(id, Some(&absent)).await, Err(NotUnlinked::NoIdentity));
    assert_eq!(unlink(id, None).await, Err(NotUnlinked::Several));
    let own = unlink(id, Some(&b)).await.unwrap();
    assert_eq!(unlink(id, Some(&b)).await, Err(NotUnlinked::NoIdentity));
    assert_eq!(unlink(id, None).await, Err(NotUnlinked::Only));
    assert_eq!(unlink(own, None).await, Err(NotUnlinked::Only));
    users.erase(own, now().into()).await.unwrap();
    assert_eq!(unlink(own, None).await, Err(NotUnlinked::NoIdentity));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_freed_of_a_suspension_by_being_taken_out() {
    let (_backend, users) = Backend::migrated().await;
    let id = linked(&*users, &[("wx1", "oA", None), ("wx2", "oB", None)]).await;
    users.set_status(id, Status::Suspended, now().into()).await.unwrap();

    let own = users.unlink(id, &"wx2".parse().unwrap(), None, now().into()).await.unwrap().unwrap();

    assert_eq!(own.status, Status::Suspended);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_identities_out_at_once_neither_leaves_an_account_without_any() {
    let (backend, users) = Backend::migrated().await;
    let second = backend.open();
    for round in 0..10 {
        let (a, b) = (format!("oA{round}"), format!("oB{round}"));
        let phone = format!("+86138000000{round:02}").parse().unwrap();
        let mut id = UserId(0);
        for (app, openid) in [("wx1", &a), ("wx2", &b)] {
            let who = identity(app, openid, None);
            id = users.register(by_phone(&who, &named("A"), &phone, Link), now()).await.unwrap().user.id;
        }
        let (wx1, wx2) = ("wx1".parse().unwrap(), "wx2".parse().unwrap());

        let same = round % 2 == 0;
        let other = if same { &wx2 } else { &wx1 };
        let (one, two) =
            join(users.unlink(id, &wx2, None, now().into()), second.unlink(id, other, None, now().into())).await;

        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one.is_ok() != two.is_ok(), "round {round}: {one:?} {two:?}");
        let reason = one.err().or(two.err());
        assert_eq!(reason, Some(if same { NotUnlinked::NoIdentity } else { NotUnlinked::Only }), "round {round}");
        assert_eq!(users.identities(id).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_identity_may_join_again() {
    let (_backend, users) = Backend::migrated().await;
    let id = linked(&*users, &[("wx1", "oA", None), ("wx2", "oB", None)]).await;
    let own = users.unlink(id, &"wx2".parse().unwrap(), None, now().into()).await.unwrap().unwrap().id;
    users.erase(own, now().into()).await.unwrap();
    let (bob, phone) = (identity("wx2", "oB", None), "+8613800000000".parse().unwrap());

    let again = users.register(by_phone(&bob, &named("B"), &phone, Link), now()).await.unwrap();

    assert_eq!((again.outcome, again.user.id), (Outcome::Linked, id));
}
