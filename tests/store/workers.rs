//! One store under the runtimes of several workers, each of one thread, whose requests are dropped half-way.

use crate::backends::{Mysql, People, Sqlite};
use crate::histories::{identity, named, now};
use std::sync::Arc;
use std::time::Duration;
use weapp_login::store::{Newcomer, UserStore};

/// A worker registers people, drops many of the calls at every stage of theirs, and goes on.
fn worker(users: Arc<dyn UserStore>, name: &'static str) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for round in 0..40_u64 {
                let who = identity("wx1", &format!("{name}{round}"), Some(&format!("u{round}")));
                let profile = named("x");
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(Duration::from_micros(round * 150)) => {}
                    _ = users.register(Newcomer::new(&who, &profile), now()) => {}
                }
                let user = users.register(Newcomer::new(&who, &named("x")), now()).await.unwrap().user;
                assert_eq!(
                    users.find(&who, now()).await.unwrap().map(|found| found.id),
                    Some(user.id),
                    "{name} {round}"
                );
            }
        });
    })
}

async fn calls_that_are_dropped_do_no_harm<B: People>() {
    let (_backend, users) = B::migrated().await;

    let workers = [worker(users.clone(), "a"), worker(users.clone(), "b")];

    for worker in workers {
        tokio::task::spawn_blocking(move || worker.join().unwrap()).await.unwrap();
    }
    let exported = users.export(None, 1000).await.unwrap();
    assert_eq!(exported.len(), 80);
    assert_eq!(exported.iter().map(|person| person.id).collect::<std::collections::HashSet<_>>().len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_dropped_do_no_harm_on_sqlite() {
    calls_that_are_dropped_do_no_harm::<Sqlite>().await;
}

#[test]
fn calls_that_are_dropped_do_no_harm_on_mysql() {
    // Connections belong to the worker that made them, so each has a pool of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let backend = runtime.block_on(async { Mysql::migrated().await.0 });

    let workers = [worker(backend.open(), "a"), worker(backend.open(), "b")];

    workers.into_iter().for_each(|worker| worker.join().unwrap());
    let exported = runtime.block_on(async { backend.open().export(None, 1000).await.unwrap() });
    assert_eq!(exported.len(), 80);
    assert_eq!(exported.iter().map(|person| person.id).collect::<std::collections::HashSet<_>>().len(), 40);
}

#[tokio::test]
async fn a_database_is_brought_up_to_date_on_a_runtime_of_one_thread() {
    let (_backend, users) = Sqlite::migrated().await;

    assert_eq!(users.pending_migrations().await.unwrap(), Vec::<String>::new());
}
