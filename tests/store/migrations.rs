//! The schema can be brought up from several processes at once.

use crate::backends::{Mysql, People, Sqlite};
use futures_util::future::join_all;

async fn four_at_once<B: People>() {
    let backend = B::new();
    let stores: Vec<_> = (0..4).map(|_| backend.open()).collect();

    let tasks = stores.iter().map(|store| {
        let store = store.clone();
        tokio::spawn(async move { store.migrate().await.unwrap() })
    });
    let applied: Vec<Vec<String>> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();

    let all: usize = applied.iter().map(Vec::len).sum();
    let there = std::fs::read_dir(B::MIGRATIONS).unwrap().count();
    assert_eq!(all, there, "each migration is applied once: {applied:?}");
    assert_eq!(stores[0].pending_migrations().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn four_replicas_migrate_mysql_at_once() {
    four_at_once::<Mysql>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn four_replicas_migrate_sqlite_at_once() {
    four_at_once::<Sqlite>().await;
}

#[test]
fn sqlite_has_every_migration_but_those_that_only_comment() {
    let names = |folder| {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };

    let mut mysql = names(Mysql::MIGRATIONS);
    mysql.retain(|name| !name.to_str().unwrap().ends_with("_comments"));
    assert_eq!(mysql, names(Sqlite::MIGRATIONS));
}
