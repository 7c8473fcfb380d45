//! What a token store must do.

use super::Backend;
use crate::backends::Tokens;
use chrono::TimeDelta;
use futures_util::future::join_all;
use std::time::Duration;
use weapp_login::clock::Clock;
use weapp_login::clock_offset::clock_offset;
use weapp_login::store::{Entry, Rate, TokenStore, Value};

const MINUTE: Duration = Duration::from_secs(60);

fn kept<'a>(key: &'a str, bytes: &'a [u8], ttl: Duration) -> Value<'a> {
    Value { key, bytes, ttl }
}

fn entry(member: &str, score: i64, forget_below: i64) -> Entry<'_> {
    Entry { list: "list", member: member.as_bytes(), score, forget_below, ttl: MINUTE }
}

async fn members(store: &dyn TokenStore) -> Vec<(String, i64)> {
    let mut lists = store.lists(&["list".to_owned()]).await.unwrap();
    lists.remove(0).into_iter().map(|(member, score)| (String::from_utf8(member).unwrap(), score)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_is_got_byte_for_byte() {
    let store = Backend::open();
    let value: Vec<u8> = (0..=255).collect();

    store.put(kept("key", &value, MINUTE)).await.unwrap();

    assert_eq!(store.get("key").await.unwrap(), Some(value));
    assert_eq!(store.get("other").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_ends_with_its_life() {
    let store = Backend::open();
    store.put(kept("short", b"1", Duration::from_millis(40))).await.unwrap();
    store.put(kept("long", b"2", MINUTE)).await.unwrap();

    tokio::time::sleep(Duration::from_millis(80)).await;

    assert_eq!(store.get("short").await.unwrap(), None);
    assert_eq!(store.take("short").await.unwrap(), None);
    assert!(!store.replace(kept("short", b"3", MINUTE)).await.unwrap());
    assert!(store.put_new(kept("short", b"3", MINUTE)).await.unwrap());
    assert_eq!(store.get("long").await.unwrap(), Some(b"2".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_at_once_one_gets_the_value() {
    let store = Backend::open();
    store.put(kept("key", b"value", MINUTE)).await.unwrap();

    let taken = join_all((0..64).map(|_| store.take("key"))).await;

    let got: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(got, [b"value".to_vec()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_put_something_new_at_once_one_does() {
    let store = Backend::open();

    let put = join_all((0..32).map(|_| store.put_new(kept("lock", b"held", MINUTE)))).await;

    assert_eq!(put.into_iter().filter(|kept| *kept.as_ref().unwrap()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_cannot_be_replaced() {
    let store = Backend::open();
    store.put(kept("key", b"1", MINUTE)).await.unwrap();
    assert!(store.replace(kept("key", b"2", MINUTE)).await.unwrap());
    assert!(store.delete("key").await.unwrap());

    assert!(!store.replace(kept("key", b"3", MINUTE)).await.unwrap());
    assert!(!store.delete("key").await.unwrap());
    assert_eq!(store.get("key").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_in_the_order_of_its_scores_and_forgets_what_is_below() {
    let store = Backend::open();
    for (member, score) in [("b", 20), ("a", 10), ("c", 30)] {
        store.put_listed(kept(member, b"1", MINUTE), entry(member, score, 0), 0).await.unwrap();
    }
    store.put_listed(kept("a", b"2", MINUTE), entry("a", 40, 0), 0).await.unwrap();
    let whole = members(&*store).await;

    store.put_listed(kept("d", b"1", MINUTE), entry("d", 50, 30), 0).await.unwrap();
    let deleted = store.delete_listed("list", &[("a", b"a"), ("never there", b"never there")]).await.unwrap();

    assert_eq!(whole, [("b".to_owned(), 20), ("c".to_owned(), 30), ("a".to_owned(), 40)]);
    assert_eq!(deleted, 1);
    assert_eq!(members(&*store).await, [("c".to_owned(), 30), ("d".to_owned(), 50)]);
    assert_eq!(store.get("a").await.unwrap(), None);
    assert_eq!(store.lists(&["no list".to_owned()]).await.unwrap(), [vec![]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_ends_with_its_life() {
    let store = Backend::open();
    let short = Entry { ttl: Duration::from_millis(40), ..entry("a", 1_763_900_000_000, 0) };
    store.put_listed(kept("a", b"1", MINUTE), short, 0).await.unwrap();
    assert_eq!(members(&*store).await, [("a".to_owned(), 1_763_900_000_000)]);

    tokio::time::sleep(Duration::from_millis(80)).await;

    assert_eq!(members(&*store).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_tells_what_is_beyond_its_bound_the_lowest_first() {
    let store = Backend::open();
    let mut beyond = vec![];
    for (member, score) in [("b", 20), ("a", 10), ("c", 30), ("d", 40)] {
        beyond.push(store.put_listed(kept(member, b"1", MINUTE), entry(member, score, 0), 2).await.unwrap());
    }

    let told: Vec<Vec<i64>> = beyond.iter().map(|all| all.iter().map(|(_, score)| *score).collect()).collect();

    assert_eq!(told, [vec![], vec![], vec![10], vec![10, 20]]);
    assert_eq!(members(&*store).await.len(), 4, "nothing is removed by telling");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_neither_kept_nor_listed_again_by_a_renewal() {
    let store = Backend::open();
    store.put_listed(kept("a", b"1", MINUTE), entry("a", 10, 0), 0).await.unwrap();
    store.put_listed(kept("b", b"1", MINUTE), entry("b", 20, 0), 0).await.unwrap();
    store.delete_listed("list", &[("a", b"a")]).await.unwrap();

    let renewed_a = store.replace_listed(kept("a", b"2", MINUTE), entry("a", 30, 0)).await.unwrap();
    let renewed_b = store.replace_listed(kept("b", b"2", MINUTE), entry("b", 40, 0)).await.unwrap();

    assert!(!renewed_a && renewed_b);
    assert_eq!(members(&*store).await, [("b".to_owned(), 40)]);
    assert_eq!(store.get("b").await.unwrap(), Some(b"2".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_lets_a_burst_in_and_then_one_an_interval() {
    let store = Backend::open();
    let rate = Rate { burst: 3, interval: Duration::from_secs(20) };
    let mut told = vec![];
    for _ in 0..4 {
        told.push(store.spend("rate", rate).await.unwrap());
    }

    assert_eq!(told.iter().map(|told| told.remaining).collect::<Vec<_>>(), [2, 1, 0, 0]);
    assert!(told[..3].iter().all(|told| told.wait.is_none()), "{told:?}");
    let wait = told[3].wait.unwrap();
    assert!(wait > Duration::from_secs(18) && wait <= Duration::from_secs(20), "{wait:?}");
    assert!(told[2].reset > Duration::from_secs(58) && told[2].reset <= Duration::from_secs(60), "{told:?}");
    assert!(store.spend("another", rate).await.unwrap().wait.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_counts_everybody_who_comes_at_once() {
    let store = Backend::open();
    let rate = Rate { burst: 10, interval: Duration::from_secs(60) };

    let told = join_all((0..50).map(|_| store.spend("rate", rate))).await;

    assert_eq!(told.into_iter().filter(|told| told.as_ref().unwrap().wait.is_none()).count(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_recovers() {
    let store = Backend::open();
    let rate = Rate { burst: 1, interval: Duration::from_millis(50) };
    assert!(store.spend("rate", rate).await.unwrap().wait.is_none());
    assert!(store.spend("rate", rate).await.unwrap().wait.is_some());

    tokio::time::sleep(Duration::from_millis(70)).await;

    assert!(store.spend("rate", rate).await.unwrap().wait.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers() {
    Backend::open().ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_limit_says_what_counting_would_and_counts_nothing() {
    let store = Backend::open();
    let rate = Rate { burst: 2, interval: Duration::from_secs(20) };
    let mut looked = vec![];
    for _ in 0..5 {
        looked.push(store.look("rate", rate).await.unwrap());
    }
    let spent = [store.spend("rate", rate).await.unwrap(), store.spend("rate", rate).await.unwrap()];

    let beyond = store.look("rate", rate).await.unwrap();

    assert!(looked.iter().all(|told| told.wait.is_none() && told.remaining == 1), "{looked:?}");
    assert!(spent.iter().all(|told| told.wait.is_none()), "{spent:?}");
    assert!(beyond.wait.is_some_and(|wait| wait > Duration::from_secs(18)), "{beyond:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_counts_everybody_who_comes_at_once_and_ends_a_life_after_its_first() {
    let store = Backend::open();

    let mut counted: Vec<_> =
        join_all((0..50).map(|_| store.count("count", MINUTE))).await.into_iter().map(Result::unwrap).collect();
    let life = Duration::from_millis(80);
    let short = [store.count("short", life).await.unwrap(), store.count("short", MINUTE).await.unwrap()];
    tokio::time::sleep(life).await;

    counted.sort_unstable();
    assert_eq!(counted, (1..=50).collect::<Vec<u64>>());
    assert_eq!(short, [1, 2]);
    assert_eq!(store.count("short", MINUTE).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_released_by_its_owner_only() {
    let store = Backend::open();
    assert!(store.put_new(kept("lock", b"owner", MINUTE)).await.unwrap());

    let by_others = [store.delete_if("lock", b"other").await.unwrap(), store.delete_if("lock", b"").await.unwrap()];
    let held = store.get("lock").await.unwrap();
    let by_owner = store.delete_if("lock", b"owner").await.unwrap();

    assert_eq!(by_others, [false, false]);
    assert_eq!(held, Some(b"owner".to_vec()));
    assert!(by_owner);
    assert_eq!(store.get("lock").await.unwrap(), None);
    assert!(!store.delete_if("lock", b"owner").await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_differs_from_the_stores() {
    let store = Backend::open();
    let right = Clock::system();
    let machine = right.clone();
    let ahead = Clock::from_fn(move || machine.now() + TimeDelta::seconds(5));

    let (right, ahead) = (clock_offset(&*store, &right).await.unwrap(), clock_offset(&*store, &ahead).await.unwrap());

    assert!(right.abs() < TimeDelta::seconds(1), "{right}");
    assert!((ahead - TimeDelta::seconds(5)).abs() < TimeDelta::seconds(1), "{ahead}");
}
