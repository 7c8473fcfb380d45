//! The migrations of both backends: up, down and up again, and the same schema on both.

use crate::database::{full_rows, migrated};
use crate::embedded;
use diesel::sqlite::SqliteConnection;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncMysqlConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::time::Duration;
use testkit::Database;
use weapp_login::store::{Database as _, MysqlUsers};

fn migrations(backend: &str) -> FileBasedMigrations {
    FileBasedMigrations::from_path(format!("{}/migrations/{backend}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Every table and view as the server would write it, but for the next number.
async fn mysql_schema(connection: &mut Conn) -> Vec<String> {
    let names =
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY name";
    let mut schema = vec![];
    for name in full_rows(connection, names).await {
        let row: mysql_async::Row =
            connection.query_first(format!("SHOW CREATE TABLE {}", name[0])).await.unwrap().unwrap();
        let text: String = row.get(1).unwrap();
        schema.push(text.split(" AUTO_INCREMENT=").next().unwrap().to_owned());
    }
    schema
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_migration_did_on_the_server_is_undone_and_done_again() {
    let database = migrated().await;
    let mut admin = database.connect().await;
    let first = mysql_schema(&mut admin).await;
    let connection = AsyncMysqlConnection::establish(&database.url()).await.unwrap();
    let mut harness = AsyncMigrationHarness::new(connection);

    let reverted = harness.revert_all_migrations(migrations("mysql")).unwrap().len();
    let empty = mysql_schema(&mut admin).await;
    let applied = harness.run_pending_migrations(migrations("mysql")).unwrap().len();
    let second = mysql_schema(&mut admin).await;

    assert_eq!((reverted, applied), (8, 8));
    assert!(empty.len() == 1 && empty[0].contains("__diesel_schema_migrations"), "{empty:?}");
    assert!(!empty[0].contains("COMMENT"), "{empty:?}");
    assert_eq!(first, second);
    assert_eq!(first.len(), 21, "{first:#?}");
}

#[test]
fn what_every_migration_did_in_a_file_is_undone_and_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = embedded::open(&folder);
    let schema = |connection: &mut SqliteConnection| {
        embedded::lines(connection, "SELECT COALESCE(sql, name) AS line FROM sqlite_master ORDER BY type, name")
    };
    let applied = connection.run_pending_migrations(migrations("sqlite")).unwrap().len();
    let first = schema(&mut connection);

    let reverted = connection.revert_all_migrations(migrations("sqlite")).unwrap().len();
    let empty = schema(&mut connection);
    connection.run_pending_migrations(migrations("sqlite")).unwrap();
    let second = schema(&mut connection);

    assert_eq!((applied, reverted), (7, 7));
    assert!(empty.iter().all(|line| line.contains("__diesel") || line.contains("sqlite_")), "{empty:?}");
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_failed_half_way_is_run_again() {
    let database = migrated().await;
    let mut admin = database.connect().await;
    let whole = mysql_schema(&mut admin).await;
    // As if the server had gone in the middle of the views.
    admin.query_drop("DROP VIEW phone_bindings, merged_users").await.unwrap();
    admin.query_drop("DELETE FROM __diesel_schema_migrations WHERE version >= '20261101000004'").await.unwrap();
    let store = MysqlUsers::new(&SecretString::from(database.url()), None, 1, Duration::from_secs(1800)).unwrap();

    let pending = store.pending_migrations().await.unwrap();
    let applied = store.migrate().await.unwrap();

    let names = [
        "2026-11-01-000004_analyst_views",
        "2026-11-01-000005_bookkeeping_comments",
        "2026-11-24-000005_phone_locks",
        "2026-11-24-000101_who_and_why",
        "2026-11-25-000201_activity",
    ];
    assert_eq!(pending, names);
    assert_eq!(applied.len(), 5);
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert_eq!(mysql_schema(&mut admin).await, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_lacks_every_migration() {
    let database = Database::new();
    let store = MysqlUsers::new(&SecretString::from(database.url()), None, 1, Duration::from_secs(1800)).unwrap();

    let pending = store.pending_migrations().await.unwrap();

    assert_eq!(pending.len(), 8);
    assert_eq!(full_rows(&mut database.connect().await, "SHOW TABLES").await, Vec::<Vec<String>>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn both_backends_have_the_same_tables_views_columns_and_indexes() {
    let database = migrated().await;
    let mut admin = database.connect().await;
    let folder = tempfile::tempdir().unwrap();
    let mut file = embedded::open(&folder);
    file.run_pending_migrations(migrations("sqlite")).unwrap();

    let columns = "SELECT CONCAT(table_name, '.', column_name) AS line FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_%'";
    let indexes = "SELECT CONCAT(index_name, ' ', seq_in_index, ' ', column_name) AS line \
         FROM information_schema.statistics \
         WHERE table_schema = DATABASE() AND table_name NOT LIKE '\\_%' AND index_name <> 'PRIMARY'";
    let columns_in_file = "SELECT m.name || '.' || c.name AS line FROM sqlite_master AS m, pragma_table_info(m.name) AS c \
         WHERE m.type IN ('table', 'view') AND m.name NOT LIKE '\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'";
    let indexes_in_file = "SELECT m.name || ' ' || (i.seqno + 1) || ' ' || i.name AS line \
         FROM sqlite_master AS m, pragma_index_info(m.name) AS i WHERE m.type = 'index' AND m.name NOT LIKE 'sqlite%'";

    for (server, embedded) in [(columns, columns_in_file), (indexes, indexes_in_file)] {
        let server: BTreeSet<_> = full_rows(&mut admin, server).await.into_iter().map(|row| row[0].clone()).collect();
        let embedded: BTreeSet<_> = embedded::lines(&mut file, embedded).into_iter().collect();
        assert!(server.len() > 8);
        assert_eq!(server, embedded);
    }
}
