//! Databases of their own on the server that the test run was given, and answers as text.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};
use secrecy::SecretString;
use weapp_login::app::install_crypto;
use weapp_login::store::{Database, MysqlUsers};
use weapp_login::token::random_bytes;

/// A database that is dropped with this value.
pub struct Database {
    pub name: String,
}

fn server() -> url::Url {
    #[expect(clippy::disallowed_methods, reason = "what the test run was given")]
    let given = std::env::var("TEST_DATABASE_URL");
    given.expect("TEST_DATABASE_URL is not set: run the tests by `make test`").parse().unwrap()
}

/// Eight characters that nobody else on the server uses.
pub fn unique() -> String {
    format!("{:08x}", u32::from_ne_bytes(random_bytes()))
}

impl Database {
    /// An empty one.
    pub async fn new() -> Database {
        install_crypto();
        let name = format!("weapp_sql_{}", unique());
        let mut server = Conn::from_url(server()).await.unwrap();
        server.query_drop(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await.unwrap();
        server.disconnect().await.unwrap();
        Database { name }
    }

    /// One with the schema of this version.
    pub async fn migrated() -> Database {
        let database = Database::new().await;
        MysqlUsers::new(&SecretString::from(database.url()), None, 1, std::time::Duration::from_secs(1800))
            .unwrap()
            .migrate()
            .await
            .unwrap();
        database
    }

    /// One with the people whom `sql/seed-benchmark.sql` invents.
    pub async fn seeded(people: u32) -> Database {
        let database = Database::migrated().await;
        let mut admin = database.connect().await;
        admin.query_drop(format!("SET @people = {people}")).await.unwrap();
        admin.query_drop(include_str!("../../sql/seed-benchmark.sql")).await.unwrap();
        admin.disconnect().await.unwrap();
        database
    }

    pub fn url(&self) -> String {
        let mut url = server();
        url.set_path(&self.name);
        url.into()
    }

    pub fn url_as(&self, user: &str, password: &str) -> String {
        let mut url: url::Url = self.url().parse().unwrap();
        url.set_username(user).unwrap();
        url.set_password(Some(password)).unwrap();
        url.into()
    }

    pub async fn connect(&self) -> Conn {
        Conn::from_url(self.url()).await.unwrap()
    }

    pub async fn connect_as(&self, user: &str, password: &str) -> Conn {
        Conn::from_url(self.url_as(user, password)).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {}", self.name);
        let work = async move {
            let mut server = Conn::from_url(server()).await.unwrap();
            server.query_drop(drop).await.unwrap();
            server.disconnect().await.unwrap();
        };
        let run = move || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
        std::thread::spawn(run).join().unwrap();
    }
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
