//! Registering with a phone number: accounts of one's own, and accounts that are joined.

use super::Backend;
use crate::backends::People;
use crate::histories::{by_phone, identity, named, now, person};
use weapp_login::registration::PhoneAccounts::{Link, Separate};
use weapp_login::store::{Imported, Newcomer, Outcome};
use weapp_login::user::{Phone, Status, User};

fn number() -> Phone {
    "+8613800000000".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_ones_own_gets_the_number_whoever_else_has_it() {
    let (backend, users) = Backend::migrated().await;
    let (phone, name) = (number(), named("A"));
    let (alice, bob) = (identity("wx1", "oA", None), identity("wx1", "oB", None));

    let first = users.register(by_phone(&alice, &name, &phone, Separate), now()).await.unwrap();
    let second = users.register(by_phone(&bob, &name, &phone, Separate), now()).await.unwrap();

    assert!(first.created() && second.created() && first.user.id != second.user.id);
    assert_eq!((&first.user.phone, &second.user.phone), (&Some(phone.clone()), &Some(phone)));
    assert_eq!(users.find(&alice, now()).await.unwrap(), Some(first.user));
    assert_eq!(backend.events().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_known_gets_the_number_unless_they_are_suspended() {
    let (_backend, users) = Backend::migrated().await;
    let (phone, other, name) = (number(), "+8613900000000".parse().unwrap(), named("A"));
    let alice = identity("wx1", "oA", None);
    users.register(Newcomer::new(&alice, &name), now()).await.unwrap();

    for (accounts, phone) in [(Separate, &phone), (Link, &other)] {
        let known = users.register(by_phone(&alice, &name, phone, accounts), now()).await.unwrap();
        assert_eq!((known.outcome, known.user.phone.as_ref()), (Outcome::Known, Some(phone)));
        assert_eq!(users.find(&alice, now()).await.unwrap(), Some(known.user));
    }
    let id = users.find(&alice, now()).await.unwrap().unwrap().id;
    users.set_status(id, Status::Suspended, now().into()).await.unwrap();
    for accounts in [Separate, Link] {
        let suspended = users.register(by_phone(&alice, &name, &phone, accounts), now()).await.unwrap();
        assert_eq!((suspended.outcome, suspended.user.phone), (Outcome::Known, Some(other.clone())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_joins_the_only_account_with_their_number() {
    let (backend, users) = Backend::migrated().await;
    let (phone, anonymous, real) = (number(), named(""), named("Alice"));
    let (here, there) = (identity("wx1", "oA", None), identity("wx2", "oA2", Some("uA")));
    let made = users.register(by_phone(&here, &anonymous, &phone, Link), now()).await.unwrap();

    let linked = users.register(by_phone(&there, &real, &phone, Link), now()).await.unwrap();

    assert_eq!((made.outcome, linked.outcome), (Outcome::Created, Outcome::Linked));
    assert_eq!((linked.user.id, linked.user.profile.nickname.as_str()), (made.user.id, "Alice"));
    assert_eq!(users.find(&here, now()).await.unwrap(), Some(linked.user.clone()));
    assert_eq!(users.find(&there, now()).await.unwrap(), Some(linked.user.clone()));
    let elsewhere = users.find(&identity("wx3", "oA3", Some("uA")), now()).await.unwrap();
    assert_eq!(elsewhere.unwrap().id, made.user.id, "the unionid came along");
    assert_eq!(backend.events().await, [(made.user.id.0, "link".to_owned())]);
    let again = users.register(by_phone(&there, &real, &phone, Link), now()).await.unwrap();
    assert_eq!((again.outcome, again.user), (Outcome::Known, linked.user));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_known_by_unionid_keeps_their_account() {
    let (backend, users) = Backend::migrated().await;
    let (phone, name) = (number(), named("A"));
    let holder =
        users.register(by_phone(&identity("wx1", "oA", Some("uA")), &name, &phone, Link), now()).await.unwrap();
    let bob = users.register(Newcomer::new(&identity("wx1", "oB", Some("uB")), &name), now()).await.unwrap();

    let elsewhere =
        users.register(by_phone(&identity("wx2", "oB2", Some("uB")), &name, &phone, Link), now()).await.unwrap();

    assert_eq!((elsewhere.outcome, elsewhere.user.id), (Outcome::Known, bob.user.id));
    assert_eq!(elsewhere.user.phone, Some(phone.clone()));
    assert_eq!(users.identities(holder.user.id).await.unwrap().len(), 1);
    assert_eq!(backend.events().await, []);
    let third = users.register(by_phone(&identity("wx1", "oC", None), &name, &phone, Link), now()).await.unwrap();
    assert!(third.created(), "two accounts have the number");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_an_account_that_is_suspended_erased_or_merged() {
    let (_backend, users) = Backend::migrated().await;
    let name = named("A");
    let join = async |openid: &str, phone: &Phone| {
        let who = identity("wx9", openid, None);
        users.register(by_phone(&who, &name, phone, Link), now()).await.unwrap()
    };
    let phones: Vec<Phone> = (0..3).map(|n| format!("+861380000000{n}").parse().unwrap()).collect();
    let mut held: Vec<User> = vec![];
    for (n, phone) in phones.iter().enumerate() {
        held.push(join(&format!("oHolder{n}"), phone).await.user);
    }
    users.set_status(held[0].id, Status::Suspended, now().into()).await.unwrap();
    users.erase(held[1].id, now().into()).await.unwrap();
    let keeper = users.register(Newcomer::new(&identity("wx1", "oK", Some("uK")), &name), now()).await.unwrap().user;
    users.find(&identity("wx9", "oHolder2", Some("uK")), now()).await.unwrap().unwrap();

    let suspended = join("o0", &phones[0]).await;
    let erased = join("o1", &phones[1]).await;
    let merged = join("o2", &phones[2]).await;

    assert!(suspended.created() && suspended.user.id != held[0].id);
    assert!(erased.created() && erased.user.id != held[1].id);
    assert_eq!((merged.outcome, merged.user.id), (Outcome::Linked, keeper.id), "the number moved with the merge");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_moved_in_by_number_only_is_found_by_it() {
    let (backend, users) = Backend::migrated().await;
    let (phone, alice) = (number(), identity("wx1", "oA", Some("uA")));
    let moved = person("Alice", Some(phone.clone()));

    let outcomes = users.import(&[moved.clone(), moved.clone()], now().into()).await.unwrap();
    let again = users.import(std::slice::from_ref(&moved), now().into()).await.unwrap();
    let (exported, last) = users.export_without_pair(weapp_login::user::UserId(0), 10).await.unwrap();
    let linked = users.register(by_phone(&alice, &named(""), &phone, Link), now()).await.unwrap();

    assert_eq!((outcomes, again), (vec![Imported::Created, Imported::Known], vec![Imported::Known]));
    assert_eq!(exported.len(), 1);
    assert_eq!((exported[0].id, &exported[0].profile, &exported[0].pair), (linked.user.id, &moved.profile, &None));
    assert_eq!((linked.outcome, last), (Outcome::Linked, Some(linked.user.id)));
    assert_eq!(linked.user.profile.nickname, "Alice");
    assert_eq!(users.export_without_pair(weapp_login::user::UserId(0), 10).await.unwrap().0, []);
    assert_eq!(users.import(&[moved], now().into()).await.unwrap(), [Imported::Known]);
    assert_eq!(backend.events().await, ["import", "link"].map(|kind| (linked.user.id.0, kind.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_suspended_who_is_moved_in_twice_is_moved_in_once() {
    let (_backend, users) = Backend::migrated().await;
    let phone = number();
    let suspended = weapp_login::store::Person { status: Status::Suspended, ..person("Al", Some(phone.clone())) };

    let first = users.import(std::slice::from_ref(&suspended), now().into()).await.unwrap();
    let second = users.import(&[suspended], now().into()).await.unwrap();

    assert_eq!((first, second), (vec![Imported::Created], vec![Imported::Known]));
    assert_eq!(
        users.import(&[person("Al", Some(phone))], now().into()).await.unwrap(),
        [Imported::Created],
        "no active account has it"
    );
}
