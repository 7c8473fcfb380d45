//! The views and the cookbook on SQLite.

use crate::document::{questions, view_columns};
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use tempfile::TempDir;
use weapp_login::store::{Database, SqliteUsers};

/// The people of the examples, and something for every question to find.
const PEOPLE: &str = "
INSERT INTO users (id, unionid, nickname, phone, profile_source, status, merged_into, created_at, updated_at, last_login_at, erased_at)
VALUES
    (4214, NULL, 'bob 4214', '+8613000004214', 'user', 'active', NULL,
        DATETIME('now', '-8 days', 'start of day', '+9 hours'), DATETIME('now'), DATETIME('now'), NULL),
    (4714, 'oExampleUnion000000000004714', 'alice 4714', '+8613000004214', 'user', 'active', NULL,
        DATETIME('now', '-2 hours'), DATETIME('now'), DATETIME('now'), NULL),
    (4715, NULL, '', NULL, 'anonymous', 'active', 4714, DATETIME('now', '-3 days'), DATETIME('now'), NULL, NULL),
    (5000, NULL, '', NULL, 'anonymous', 'suspended', NULL, DATETIME('now', '-90 days'), DATETIME('now'), NULL, NULL),
    (5001, NULL, '', NULL, 'anonymous', 'erased', NULL, DATETIME('now', '-90 days'), DATETIME('now'), NULL, DATETIME('now'));
INSERT INTO identities (app_id, openid, user_id, created_at, last_login_at)
VALUES
    ('wx0123456789abcdef', 'oExampleOpen0000000000004214', 4214, DATETIME('now', '-9 days'), DATETIME('now')),
    ('wx0123456789abcdef', 'oExampleOpen0000000000004714', 4714, DATETIME('now', '-2 hours'), DATETIME('now')),
    ('wx1111111111111111', 'oExampleElse0000000000004714', 4714, DATETIME('now', '-2 hours'), NULL);
INSERT INTO visits (at, user_id, app_id)
VALUES
    (DATETIME('now', '+8 hours', 'start of day', '-8 hours', '-1 days'), 4715, 'wx0123456789abcdef'),
    (DATETIME('now', '+8 hours', 'start of day', '-8 hours', '-1 days'), 4214, 'wx0123456789abcdef'),
    (DATETIME('now', '+8 hours', 'start of day', '-8 hours', '-1 days'), 5001, 'wx0123456789abcdef'),
    (DATETIME('now', 'start of day'), 4714, 'wx0123456789abcdef');
INSERT INTO login_events (at, user_id, app_id, kind, reason, device)
VALUES
    (DATETIME('now', '-1 minutes'), 5000, 'wx0123456789abcdef', 'login_failed', 'user_suspended', 'ios'),
    (DATETIME('now', '-1 minutes'), NULL, 'wx0123456789abcdef', 'login_failed', 'code_invalid', 'ios'),
    (DATETIME('now', '-2 minutes'), NULL, 'wx0123456789abcdef', 'ticket', NULL, 'ios');
INSERT INTO login_events (at, user_id, app_id, kind)
VALUES
    (DATETIME('now', '-8 days', 'start of day', '+9 hours'), 4214, 'wx0123456789abcdef', 'register'),
    (DATETIME('now', '-7 days', 'start of day', '+9 hours'), 4214, 'wx0123456789abcdef', 'login'),
    (DATETIME('now', '-1 days', 'start of day', '+9 hours'), 4214, 'wx0123456789abcdef', 'login'),
    (DATETIME('now', '-5 days'), 4714, 'wx0123456789abcdef', 'register'),
    (DATETIME('now', '-1 minutes'), 4714, 'wx0123456789abcdef', 'login'),
    (DATETIME('now', '-1 days'), 4715, NULL, 'merge'),
    (DATETIME('now', '-1 days'), 5000, NULL, 'suspend'),
    (DATETIME('now', '-1 days'), 5001, NULL, 'erase'),
    (DATETIME('now', '-200 days'), 5000, 'wx0123456789abcdef', 'login');";

pub fn open(folder: &TempDir) -> SqliteConnection {
    SqliteConnection::establish(folder.path().join("people.sqlite3").to_str().unwrap()).unwrap()
}

/// The column `line` of every row of an answer.
pub fn lines(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let lines: Vec<Line> = sql_query(sql).load(connection).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

fn number(connection: &mut SqliteConnection, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let answer: Number = sql_query(sql).get_result(connection).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    answer.n
}

/// A file with the people of the examples.
pub async fn people(folder: &TempDir) -> SqliteConnection {
    SqliteUsers::new(&folder.path().join("people.sqlite3")).unwrap().migrate().await.unwrap();
    let mut connection = open(folder);
    connection.batch_execute(PEOPLE).unwrap();
    connection
}

/// The replacements that `docs/sql.md` lists.
fn translated(sql: &str) -> String {
    let sql = sql.replace(" + INTERVAL @utc HOUR)", ", '+8 hours')");
    let sql = replaced(&sql, "UTC_TIMESTAMP(3)", |ago| format!("STRFTIME('%Y-%m-%d %H:%M:%f', 'now'{ago})"));
    let today = |ago| format!("DATETIME('now', '+8 hours', 'start of day', '-8 hours'{ago})");
    let sql = replaced(&sql, "@today", today);
    assert!(!sql.contains("INTERVAL") && !sql.contains('@') && !sql.contains("UTC_"), "no form for SQLite: {sql}");
    sql
}

/// `sql` with every `moment`, and the interval behind it, in SQLite's form.
fn replaced(sql: &str, moment: &str, form: impl Fn(String) -> String) -> String {
    let mut parts = sql.split(moment);
    let mut done = parts.next().unwrap().to_owned();
    for part in parts {
        let Some(interval) = part.strip_prefix(" - INTERVAL ") else {
            done += &(form(String::new()) + part);
            continue;
        };
        let (count, rest) = interval.split_once(' ').unwrap();
        let unit: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        done += &(form(format!(", '-{count} {}s'", unit.to_lowercase())) + &rest[unit.len()..]);
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn the_questions_have_answers_in_a_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = people(&folder).await;

    for question in questions().into_iter().filter(|question| !question.mysql_only) {
        let sql = translated(question.sql.trim_end_matches(';'));
        let found = if sql.starts_with("UPDATE") {
            sql_query(&sql).execute(&mut connection).unwrap() as i64
        } else {
            number(&mut connection, &format!("SELECT COUNT(*) AS n FROM ({sql})"))
        };
        assert!(found > 0, "{}: nothing was found by\n{sql}", question.title);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_counts_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = people(&folder).await;

    let mut views: Vec<_> = view_columns().into_iter().map(|(view, _)| view).collect();
    views.dedup();
    for view in &views {
        assert!(number(&mut connection, &format!("SELECT COUNT(*) AS n FROM {view}")) > 0, "{view}");
    }

    let mut sum = |column: &str, view: &str| number(&mut connection, &format!("SELECT SUM({column}) AS n FROM {view}"));
    assert_eq!(views.len(), 15);
    assert_eq!(sum("registrations", "daily_registrations"), 2);
    assert_eq!(sum("users", "users_by_status"), 4);
    assert_eq!(sum("users_without_unionid", "users_without_unionid"), 1);
    assert_eq!(sum("users_with_phone", "phone_bindings"), 3);
    assert_eq!(sum("active_users", "users_by_app"), 2);
    assert_eq!(sum("active_users", "daily_active_users"), 3);
    assert_eq!(sum("failures", "daily_failures"), 2);
    assert_eq!(sum("merged_into", "merged_users"), 4714);
    assert_eq!(sum("user_id", "erased_users"), 5001);
}
