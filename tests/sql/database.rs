//! Databases with the schema of this version, and answers as text.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use secrecy::SecretString;
use std::time::Duration;
use testkit::Database;
use weapp_login::store::{Database as _, MysqlUsers};

/// A database with the schema of this version.
pub async fn migrated() -> Database {
    let database = Database::new();
    MysqlUsers::new(&SecretString::from(database.url()), None, 1, Duration::from_secs(1800))
        .unwrap()
        .migrate()
        .await
        .unwrap();
    database
}

/// One with the people whom `sql/seed-benchmark.sql` invents.
pub async fn seeded(people: u32) -> Database {
    let database = migrated().await;
    invent(&database, people).await;
    database
}

/// Fills an empty database with people.
pub async fn invent(database: &Database, people: u32) {
    let invent = include_str!("../../sql/seed-benchmark.sql");
    database.run(&format!("SET @people = {people};\n{invent}")).await;
}

/// The rows of an answer as text.
pub async fn rows(connection: &mut Conn, sql: &str) -> Vec<Vec<Option<String>>> {
    let rows: Vec<Row> = connection.query(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
}

/// The rows of an answer that has no null in it.
pub async fn full_rows(connection: &mut Conn, sql: &str) -> Vec<Vec<String>> {
    let rows = rows(connection, sql).await.into_iter();
    rows.map(|row| row.into_iter().map(|value| value.unwrap_or_else(|| panic!("a null in {sql}"))).collect()).collect()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => panic!("not of the text protocol: {other:?}"),
    }
}

/// Whether the server is MariaDB and not MySQL.
pub async fn is_mariadb(connection: &mut Conn) -> bool {
    rows(connection, "SELECT VERSION()").await[0][0].as_ref().unwrap().contains("MariaDB")
}
