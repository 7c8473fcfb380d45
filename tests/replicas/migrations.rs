//! `migrate`, from several replicas at once.

use crate::phone::Phone;
use crate::site::{Ended, Running, Site};
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use std::path::Path;
use testkit::{Database, ignorant};

/// How many migrations a backend has.
fn migrations(backend: &str) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend);
    std::fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().join("up.sql").is_file()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_that_migrate_mysql_at_once_apply_every_migration_once() {
    let site = Site::without_schema(&[]).await;

    let ended = four_at_once(&site);

    let applied: usize = ended.iter().map(|ended| ended.said.matches("applied ").count()).sum();
    assert!(ended.iter().all(|ended| ended.code == Some(0)), "{ended:?}");
    assert_eq!(applied, migrations("mysql"), "{ended:?}");
    let versions = site.number("SELECT COUNT(*) FROM __diesel_schema_migrations").await;
    let tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN \
                  ('users', 'identities', 'login_events')";
    assert_eq!((versions, site.number(tables).await), (applied as i64, 3));
    let replica = site.replica(&[]);
    Phone::of(&site, "alice").join(&replica.base).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_that_migrate_one_sqlite_file_at_once_apply_every_migration_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.sqlite3");
    let site = Site::without_schema(&[("DATABASE_URL", &format!("sqlite://{}", file.display()))]).await;

    let ended = four_at_once(&site);

    assert!(ended.iter().all(|ended| ended.code == Some(0)), "{ended:?}");
    assert_eq!(versions_in(&file), migrations("sqlite"));
    let replica = site.replica(&[]);
    Phone::of(&site, "alice").join(&replica.base).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_refuses_to_serve_before_the_migrations_and_names_the_command() {
    let site = Site::without_schema(&[]).await;

    let refused = site.run("serve", &[("LISTEN", "127.0.0.1:0")]);
    let checked = site.run("check", &[]);
    let exported = site.run("export", &[]);
    let placeholder = site.run("migrate", &[("DATABASE_URL", "mysql://weapp:change-me@127.0.0.1:1/weapp_login")]);

    assert_eq!(placeholder.code, Some(1));
    assert!(placeholder.said.contains("DATABASE_URL: is still the placeholder of an example"), "{placeholder:?}");
    for ended in [&refused, &checked, &exported] {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.said.contains("run weapp-login migrate"), "{ended:?}");
        assert!(ended.said.contains("2026-11-01-000001_users"), "{ended:?}");
    }
    assert_eq!(site.run("migrate", &[]).code, Some(0));
    site.replica(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_locks_is_migrated_and_whoever_migrates_is_told() {
    let database = Database::new();
    let through = database.url_through(ignorant(database.server(), "GET_LOCK"));
    let site = Site::without_schema(&[("DATABASE_URL", &database.url())]).await;

    let told = site.run("migrate", &[("DATABASE_URL", &through)]);
    let again = site.run("migrate", &[]);

    assert_eq!(told.code, Some(0), "{told:?}");
    assert_eq!(told.said.matches("applied ").count(), migrations("mysql"), "{told:?}");
    assert!(told.said.contains("note: this server has no GET_LOCK: run one migrate at a time"), "{told:?}");
    assert!(again.said.contains("the schema is up to date") && !again.said.contains("has no GET_LOCK"), "{again:?}");
    assert!(!again.said.contains("keeps no"), "this server keeps what the schema asks for: {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_in_the_middle_is_told_with_what_is_there_and_what_is_not() {
    let database = Database::new();
    let through = database.url_through(ignorant(database.server(), "phone_locks ("));
    let site = Site::without_schema(&[("DATABASE_URL", &database.url())]).await;

    let refused = site.run("migrate", &[("DATABASE_URL", &through)]);
    let again = site.run("migrate", &[]);

    assert_eq!(refused.code, Some(1), "{refused:?}");
    let words =
        "2026-11-24-000005_phone_locks was refused; 5 before it are applied and 2 after it are not; run it again when";
    assert!(refused.said.contains(words) && refused.said.contains("SQL syntax"), "{refused:?}");
    assert_eq!((again.code, again.said.matches("applied ").count()), (Some(0), 3), "{again:?}");
}

fn four_at_once(site: &Site) -> Vec<Ended> {
    let running: Vec<_> = (0..4).map(|_| site.runs("migrate", &[])).collect();
    running.into_iter().map(Running::wait).collect()
}

fn versions_in(file: &Path) -> usize {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let versions = diesel::sql_query("SELECT version AS name FROM __diesel_schema_migrations");
    versions.load::<Version>(&mut connection).unwrap().iter().filter(|version| !version.name.is_empty()).count()
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    name: String,
}
