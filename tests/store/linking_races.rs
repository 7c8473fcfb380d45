//! Joining an account by its number while something happens to that account, or while everybody else does the same.

use super::Backend;
use crate::backends::People;
use crate::histories::{by_phone, identity, named, now, person};
use futures_util::future::{join, join_all};
use std::sync::Arc;
use std::time::Instant;
use weapp_login::identity::Identity;
use weapp_login::registration::PhoneAccounts::Link;
use weapp_login::store::{Imported, Newcomer, Outcome, Registered, StoreError, UserStore};
use weapp_login::user::{Phone, Status, User};

fn strangers(most: usize, mark: &str) -> Vec<Identity> {
    let who = |n: usize| {
        let unionid = format!("u{mark}{n}");
        identity(&format!("wx{}", n % 3), &format!("o{mark}{n}"), n.is_multiple_of(2).then_some(unionid.as_str()))
    };
    (0..most).map(who).collect()
}

/// What came of all of them registering with one number at once, on two replicas.
async fn all_at_once(stores: &[Arc<dyn UserStore>; 2], people: &[Identity], phone: &Phone) -> Vec<Registered> {
    let name = named("x");
    join_all(people.iter().enumerate().map(|(n, who)| {
        let (store, newcomer) = (&stores[n % 2], by_phone(who, &name, phone, Link));
        async move {
            // Told that the database is too busy, a client tries again.
            for _ in 0..10 {
                match store.register(newcomer, now()).await {
                    Err(StoreError::Unavailable(_)) => {}
                    answer => return answer.unwrap(),
                }
            }
            panic!("the database does not answer")
        }
    }))
    .await
}

fn count(registered: &[Registered], outcome: Outcome) -> usize {
    registered.iter().filter(|one| one.outcome == outcome).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_with_one_number_at_once_are_one_account() {
    for moved_in in [false, true] {
        let (backend, users) = Backend::migrated().await;
        let (stores, phone) = ([users, backend.open()], "+8613800000000".parse().unwrap());
        if moved_in {
            stores[0].import(&[person("Al", Some("+8613800000000".parse().unwrap()))], now().into()).await.unwrap();
        }
        let people = strangers(100, "s");
        let begin = Instant::now();

        let registered = all_at_once(&stores, &people, &phone).await;

        println!("100 at once, account there before: {moved_in}: {:?}", begin.elapsed());
        let id = registered[0].user.id;
        assert!(registered.iter().all(|one| one.user.id == id));
        let links = if moved_in { 100 } else { 99 };
        assert_eq!((count(&registered, Outcome::Linked), count(&registered, Outcome::Created)), (links, 100 - links));
        let mut events = backend.events().await;
        events.retain(|(_, kind)| kind != "import");
        assert_eq!(events, vec![(id.0, "link".to_owned()); links]);
        for who in &people {
            let pair = stores[0].by_pair(&who.app_id, &who.openid).await.unwrap();
            assert_eq!(pair.map(|user| user.id), Some(id));
        }
        assert_eq!(stores[0].identities(id).await.unwrap().len(), 100);
    }
}

/// An account with the number, in round `round`.
async fn holder(users: &Arc<dyn UserStore>, round: usize, phone: &Phone) -> (Identity, User) {
    let who = identity("wx7", &format!("oHolder{round}"), None);
    let made = users.register(by_phone(&who, &named("Holder"), phone, Link), now()).await.unwrap();
    assert!(made.created());
    (who, made.user)
}

/// Every round: ten join the account by its number on two replicas while `happens` to it.
async fn meanwhile<H, F, C>(happens: H, holds: C)
where
    H: Fn(Arc<dyn UserStore>, Identity, User) -> F,
    F: Future<Output = ()>,
    C: AsyncFn(&Arc<dyn UserStore>, &User, &[Identity], &[Registered], &[(i64, String)]),
{
    let (backend, users) = Backend::migrated().await;
    let stores = [users, backend.open()];
    let mut before = 0;
    for round in 0..20 {
        let phone = format!("+86138000000{round:02}").parse().unwrap();
        let (who, account) = holder(&stores[0], round, &phone).await;
        let people = strangers(10, &format!("r{round}n"));
        let late = async {
            tokio::time::sleep(std::time::Duration::from_millis(round as u64 / 2)).await;
            happens(stores[1].clone(), who, account.clone()).await;
        };

        let (registered, ()) = join(all_at_once(&stores, &people, &phone), late).await;

        let events = backend.events().await;
        holds(&stores[0], &account, &people, &registered, &events[before..]).await;
        before = events.len();
        for one in registered {
            assert_eq!((one.user.status, one.user.phone), (Status::Active, Some(phone.clone())), "round {round}");
        }
    }
}

fn links(events: &[(i64, String)], user: &User) -> usize {
    events.iter().filter(|(id, kind)| *id == user.id.0 && kind == "link").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_an_account_that_is_erased_leaves_with_it_or_has_another() {
    let erase = async |users: Arc<dyn UserStore>, account: User| users.erase(account.id, now().into()).await.unwrap();
    meanwhile(
        |users, _, account| erase(users, account),
        async |users, account, people, registered, events| {
            let gone = registered.iter().filter(|one| one.user.id == account.id).count();
            assert_eq!(links(events, account), gone);
            assert!(users.identities(account.id).await.unwrap().is_empty());
            assert_eq!(users.by_id(account.id).await.unwrap().unwrap().status, Status::Erased);
            assert_eq!(count(registered, Outcome::Created), usize::from(gone < 10), "the others have one account");
            for (who, one) in people.iter().zip(registered) {
                let pair = users.by_pair(&who.app_id, &who.openid).await.unwrap();
                let expected = (one.user.id != account.id).then_some(one.user.id);
                assert_eq!(pair.map(|user| user.id), expected);
            }
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_an_account_once_it_is_suspended() {
    let suspend = async |users: Arc<dyn UserStore>, account: User| {
        users.set_status(account.id, Status::Suspended, now().into()).await.unwrap().unwrap();
    };
    meanwhile(
        |users, _, account| suspend(users, account),
        async |users, account, people, registered, events| {
            let place = events.iter().position(|(_, kind)| kind == "suspend").unwrap();
            assert_eq!(links(&events[place..], account), 0, "{events:?}");
            let joined = registered.iter().filter(|one| one.user.id == account.id).count();
            assert_eq!(links(events, account), joined);
            assert_eq!(count(registered, Outcome::Created), usize::from(joined < 10));
            for (who, one) in people.iter().zip(registered) {
                let pair = users.by_pair(&who.app_id, &who.openid).await.unwrap().unwrap();
                assert_eq!(pair.id, one.user.id);
            }
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_an_account_that_is_merged_is_in_the_one_that_stays() {
    let merge = async |users: Arc<dyn UserStore>, who: Identity, account: User| {
        let unionid = format!("uKeeper{}", account.id);
        let keeper = identity("wx8", &format!("oKeeper{}", account.id), Some(&unionid));
        users.register(Newcomer::new(&keeper, &named("Keeper")), now()).await.unwrap();
        let known = Identity { unionid: keeper.unionid, ..who };
        users.find(&known, now()).await.unwrap().unwrap();
    };
    meanwhile(merge, async |users, account, people, registered, _| {
        let keeper = users.by_id(account.id).await.unwrap().unwrap().id;
        assert_eq!(count(registered, Outcome::Linked), 10);
        for who in people {
            let pair = users.by_pair(&who.app_id, &who.openid).await.unwrap().unwrap();
            assert_eq!(pair.id, keeper);
        }
        assert!(users.merged(keeper).await.unwrap().contains(&account.id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_moved_in_and_registers_at_once_is_one_account() {
    let (backend, users) = Backend::migrated().await;
    let stores = [users, backend.open()];
    for round in 0..20 {
        let phone: Phone = format!("+86138000000{round:02}").parse().unwrap();
        let (people, moved) = (strangers(6, &format!("r{round}n")), [person("Al", Some(phone.clone()))]);
        let (first, second) = (stores[0].import(&moved, now().into()), stores[1].import(&moved, now().into()));

        let (registered, imported) = join(all_at_once(&stores, &people, &phone), join(first, second)).await;

        let made = [imported.0.unwrap(), imported.1.unwrap()].concat();
        let made = made.iter().filter(|outcome| **outcome == Imported::Created).count();
        assert_eq!(made + count(&registered, Outcome::Created), 1, "round {round}");
        assert!(registered.iter().all(|one| one.user.id == registered[0].user.id), "round {round}");
    }
}
