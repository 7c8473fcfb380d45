//! What each role of `sql/` may do and may not, asked of the server as a user who has it.

use crate::database::{full_rows, invent, is_mariadb};
use crate::dictionary::{TABLES, columns};
use crate::document::view_columns;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use secrecy::SecretString;
use std::fs::File;
use std::process::Command;
use testkit::{Database, ignorant, program, unique};
use weapp_login::store::{Database as _, MysqlUsers};

const PASSWORD: &str = "a-password-of-the-tests";
/// "denied" of the server: for a database, a table, a column, an administrator's privilege.
const DENIED: [u16; 4] = [1044, 1142, 1143, 1227];

/// A database made by the role that migrates, with users who have the roles; these are names of its own, because roles
/// belong to the whole server.
pub struct Roles {
    pub database: Database,
    admin: Conn,
    mark: String,
}

impl Roles {
    pub async fn new() -> Roles {
        let database = Database::new();
        let mut roles = Roles { admin: database.connect().await, database, mark: unique() };
        roles.script(include_str!("../../sql/role-migrator-mysql.sql")).await;
        let migrator = roles.user("migrator").await;
        if is_mariadb(&mut roles.admin).await {
            let grant = format!("GRANT SELECT ON {}.* TO '{migrator}'@'%'", roles.database.name);
            roles.admin.query_drop(grant).await.unwrap();
        }
        let migrated = Command::new(env!("CARGO_BIN_EXE_weapp-login"))
            .arg("migrate")
            .env_clear()
            .env("DATABASE_URL", roles.database.url_as(&migrator, PASSWORD))
            .current_dir(std::env::temp_dir())
            .output()
            .unwrap();
        assert!(migrated.status.success(), "{migrated:?}");
        for _ in 0..2 {
            roles.script(include_str!("../../sql/roles-mysql.sql")).await;
        }
        for role in ["service", "analyst", "support", "admin"] {
            roles.user(role).await;
        }
        roles
    }

    /// The same, with the people whom `sql/seed-benchmark.sql` invents.
    pub async fn among(people: u32) -> Roles {
        let roles = Roles::new().await;
        invent(&roles.database, people).await;
        roles
    }

    /// Address of the database for the user who has this role.
    pub fn url(&self, role: &str) -> String {
        self.database.url_as(&self.name(role), PASSWORD)
    }

    /// Ends the users and the roles.
    pub async fn end(mut self) {
        for role in ["service", "analyst", "support", "admin", "migrator"] {
            let name = self.name(role);
            self.admin.query_drop(format!("DROP USER '{name}'@'%'")).await.unwrap();
            self.admin.query_drop(format!("DROP ROLE weapp_{role}_{}", self.mark)).await.unwrap();
        }
        self.admin.disconnect().await.unwrap();
    }

    fn name(&self, role: &str) -> String {
        format!("{role}_{}", self.mark)
    }

    async fn script(&mut self, text: &str) {
        let text = self.marked(text);
        self.admin.query_drop(text).await.unwrap();
    }

    /// The text with this database's names for the roles.
    fn marked(&self, text: &str) -> String {
        ["service", "analyst", "support", "admin", "migrator"].iter().fold(text.to_owned(), |text, role| {
            text.replace(&format!("weapp_{role}"), &format!("weapp_{role}_{}", self.mark))
        })
    }

    async fn user(&mut self, role: &str) -> String {
        let name = self.name(role);
        let word = if is_mariadb(&mut self.admin).await { "FOR" } else { "TO" };
        let granted = format!("weapp_{role}_{}", self.mark);
        for sql in [
            format!("CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'"),
            format!("GRANT {granted} TO '{name}'@'%'"),
            format!("SET DEFAULT ROLE {granted} {word} '{name}'@'%'"),
        ] {
            self.admin.query_drop(sql).await.unwrap();
        }
        name
    }

    /// A connection of the user who has this role.
    pub async fn connect(&self, role: &str) -> Conn {
        self.database.connect_as(&self.name(role), PASSWORD).await
    }
}

pub async fn may(connection: &mut Conn, sql: &str) -> bool {
    match connection.query_drop(sql).await {
        Ok(()) => true,
        Err(Error::Server(error)) if DENIED.contains(&error.code) => false,
        Err(error) => panic!("{sql}: {error}"),
    }
}

async fn assert_denied(connection: &mut Conn, statements: &[&str]) {
    for sql in statements {
        assert!(!may(connection, sql).await, "{sql}");
    }
}

async fn assert_allowed(connection: &mut Conn, statements: &[&str]) {
    for sql in statements {
        assert!(may(connection, sql).await, "{sql}");
    }
}

const WRITES: [&str; 6] = [
    "INSERT INTO login_events (at, user_id, kind) VALUES (UTC_TIMESTAMP(3), 1, 'login')",
    "UPDATE users SET phone = NULL",
    "UPDATE identities SET user_id = 1",
    "DELETE FROM users",
    "DELETE FROM login_events",
    "DROP TABLE login_events",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_reads_the_views_and_every_column_that_is_not_personal() {
    let roles = Roles::new().await;
    let mut admin = roles.database.connect().await;
    let mut analyst = roles.connect("analyst").await;

    let mut personal = 0;
    for table in full_rows(&mut admin, TABLES).await.into_iter().filter(|table| !table[0].starts_with("__")) {
        for column in columns(&mut admin, &table[0]).await {
            let allowed = may(&mut analyst, &format!("SELECT {} FROM {} LIMIT 1", column[0], table[0])).await;
            let is_personal = column[3].ends_with("Personal");
            assert_eq!(allowed, !is_personal, "{}.{}", table[0], column[0]);
            personal += usize::from(is_personal);
        }
    }
    let mut views: Vec<_> = view_columns().into_iter().map(|(view, _)| format!("SELECT * FROM {view}")).collect();
    views.dedup();
    assert_allowed(&mut analyst, &views.iter().map(String::as_str).collect::<Vec<_>>()).await;

    assert_eq!(personal, 14);
    assert_denied(&mut analyst, &WRITES).await;
    assert_denied(
        &mut analyst,
        &["SELECT * FROM users", "SELECT 1 FROM users WHERE phone = '1'", "DROP VIEW erased_users"],
    )
    .await;
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn support_finds_and_suspends_people_and_changes_nothing_else() {
    let roles = Roles::new().await;
    let mut admin = roles.database.connect().await;
    let insert = "INSERT INTO users (id, nickname, phone, created_at, updated_at) \
         VALUES (1, 'alice', '+8613000000001', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))";
    admin.query_drop(insert).await.unwrap();
    let mut support = roles.connect("support").await;

    assert_allowed(
        &mut support,
        &[
            "SELECT id, nickname, status, last_login_at FROM users WHERE phone = '+8613000000001'",
            "SELECT app_id, created_at, last_login_at FROM identities WHERE user_id = 1",
            "SELECT at, kind, app_id FROM login_events WHERE user_id = 1",
            "UPDATE users SET status = 'suspended', updated_at = UTC_TIMESTAMP(3) WHERE id = 1 AND status = 'active'",
        ],
    )
    .await;
    assert_eq!(full_rows(&mut admin, "SELECT status FROM users").await, [["suspended"]]);
    assert_allowed(&mut support, &["UPDATE users SET status = 'active' WHERE id = 1"]).await;

    assert_denied(&mut support, &WRITES).await;
    assert_denied(
        &mut support,
        &[
            "SELECT unionid FROM users",
            "SELECT gender FROM users",
            "SELECT openid FROM identities",
            "SELECT id FROM users WHERE unionid = 'o'",
            "UPDATE users SET nickname = 'x' WHERE id = 1",
            "UPDATE users SET status = 'active', phone = NULL WHERE id = 1",
            "UPDATE users SET merged_into = 1 WHERE id = 1",
            "INSERT INTO users (created_at, updated_at) VALUES (UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
        ],
    )
    .await;
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_reads_everything_and_changes_no_more_than_support() {
    let roles = Roles::new().await;
    let mut admin = roles.connect("admin").await;

    assert_allowed(
        &mut admin,
        &[
            "SELECT * FROM users",
            "SELECT openid FROM identities",
            "SELECT * FROM __diesel_schema_migrations",
            "UPDATE users SET status = 'suspended', status_by = 'zoe', updated_at = UTC_TIMESTAMP(3) WHERE id = 1",
        ],
    )
    .await;
    assert_denied(&mut admin, &WRITES).await;
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_changes_rows_and_no_table() {
    let roles = Roles::new().await;
    let mut service = roles.connect("service").await;

    assert_denied(
        &mut service,
        &[
            "DROP TABLE login_events",
            "TRUNCATE TABLE login_events",
            "ALTER TABLE users ADD COLUMN spare INT",
            "CREATE TABLE spare (id INT)",
            "CREATE INDEX spare ON users (city)",
            "DELETE FROM users",
            "UPDATE login_events SET kind = 'login'",
            "DELETE FROM __diesel_schema_migrations",
            "CREATE USER spare",
            "SELECT * FROM mysql.user",
        ],
    )
    .await;
    let store =
        MysqlUsers::new(&SecretString::from(roles.url("service")), None, 1, std::time::Duration::from_secs(1800))
            .unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert!(store.migrate().await.is_err());
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_migrates_changes_the_schema_and_no_users_of_the_server() {
    let roles = Roles::new().await;
    let mut migrator = roles.connect("migrator").await;

    assert_allowed(
        &mut migrator,
        &["ALTER TABLE users ADD COLUMN spare INT", "CREATE INDEX spare ON users (spare)", "DROP VIEW erased_users"],
    )
    .await;
    assert_denied(&mut migrator, &["CREATE USER spare", "SELECT * FROM mysql.user", "CREATE DATABASE weapp_spare"])
        .await;
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_server_without_rights_to_columns_every_other_right_is_given_and_each_refusal_is_told() {
    let mut roles = Roles::new().await;
    for role in ["analyst", "support"] {
        let granted = format!("weapp_{role}_{}", roles.mark);
        roles.admin.query_drop(format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {granted}")).await.unwrap();
    }
    let before = ignorant(roles.database.server(), "GRANT SELECT (");
    let url: url::Url = roles.database.url().parse().unwrap();

    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), roles.marked(include_str!("../../sql/roles-mysql.sql"))).unwrap();

    let told = program("mariadb")
        .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", &format!("--port={}", before.port()), "--force"])
        .args([&format!("--user={}", url.username()), &format!("--password={}", url.password().unwrap())])
        .arg(format!("--database={}", roles.database.name))
        .stdin(File::open(script.path()).unwrap())
        .output()
        .unwrap();

    let said = String::from_utf8_lossy(&told.stderr);
    assert_eq!(said.matches("ERROR 1064").count(), 5, "{said}");
    let (mut analyst, mut support) = (roles.connect("analyst").await, roles.connect("support").await);
    assert_allowed(&mut analyst, &["SELECT * FROM daily_registrations", "SELECT * FROM visits"]).await;
    assert_denied(&mut analyst, &["SELECT id FROM users", "SELECT nickname FROM users"]).await;
    assert_allowed(&mut support, &["SELECT * FROM people", "SELECT * FROM login_events"]).await;
    assert_denied(&mut support, &["SELECT id FROM users", "SELECT openid FROM identities"]).await;
    roles.end().await;
}
