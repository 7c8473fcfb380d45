//! Every query of `docs/sql.md` on a database with people in it.

use crate::database::{is_mariadb, rows, seeded};
use crate::document::{days, questions};
use crate::roles::{Roles, may};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

/// Enough that the server would rather use an index than read all, and as many as a test has time for.
pub const PEOPLE: u32 = 20_000;
/// How the server may find the rows of a table. What is missing is `ALL`, every row, and `index`, every row of an index.
const BY_INDEX: [&str; 8] =
    ["const", "eq_ref", "ref", "ref_or_null", "range", "index_merge", "unique_subquery", "index_subquery"];

#[test]
fn there_are_questions_of_both_kinds() {
    let questions = questions();

    let daily = questions.iter().filter(|question| question.daily).count();

    assert!(daily >= 20 && questions.len() - daily >= 10, "{daily} of {}", questions.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_has_an_answer_for_whoever_may_ask_it_and_for_nobody_else() {
    let roles = Roles::among(PEOPLE).await;
    let mut connections = vec![];
    for role in ["admin", "analyst", "support"] {
        let mut connection = roles.connect(role).await;
        for line in days(8) {
            connection.query_drop(line).await.unwrap();
        }
        connections.push((role, connection));
    }

    for question in questions() {
        for (role, connection) in &mut connections {
            let asked = format!("{} as {role}", question.title);
            if *role != "admin" && !question.roles.contains(role) {
                assert!(!may(connection, &question.sql).await, "{asked}");
            } else if question.sql.starts_with("UPDATE") {
                let mut undo = roles.database.connect().await;
                connection.query_drop(&question.sql).await.unwrap_or_else(|error| panic!("{asked}: {error}"));
                assert_eq!(connection.affected_rows(), 1, "{asked}");
                let before = if question.title.starts_with("Suspend") { "active" } else { "suspended" };
                undo.query_drop(format!("UPDATE users SET status = '{before}' WHERE id = 4714")).await.unwrap();
            } else {
                let answer = rows(connection, &question.sql).await;
                assert!(!answer.is_empty(), "{asked}: nothing was found");
            }
        }
        if question.title.starts_with("Suspend") {
            let mut admin = roles.database.connect().await;
            admin.query_drop(&question.sql).await.unwrap();
        }
    }
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_daily_is_found_by_an_index_whatever_days_are_meant() {
    let database = seeded(PEOPLE).await;
    let mut admin = database.connect().await;

    for hours in [8, 0] {
        for line in days(hours) {
            admin.query_drop(line).await.unwrap();
        }
        for question in questions().into_iter().filter(|question| question.daily) {
            let plan = plan(&mut admin, &question.sql).await;
            assert!(!plan.is_empty(), "{}", question.title);
            for step in plan {
                assert!(known(&step), "{} at UTC+{hours}: {step:?}", question.title);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_of_the_plans_sees_a_table_that_is_read_whole() {
    let database = seeded(PEOPLE).await;
    let mut admin = database.connect().await;

    let plan = plan(&mut admin, "SELECT id FROM users WHERE nickname LIKE '%alice'").await;

    assert!(["ALL", "index"].contains(&plan[0].kind.as_str()), "{plan:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_variable_finds_an_id_by_its_index_only_as_ascii() {
    let database = seeded(PEOPLE).await;
    let mut admin = database.connect().await;
    admin.query_drop("SET NAMES utf8mb4; SET @id = 'oExampleUnion000000000004714'").await.unwrap();

    let as_it_is = plan(&mut admin, "SELECT nickname FROM users WHERE unionid = @id").await;
    let as_ascii = plan(&mut admin, "SELECT nickname FROM users WHERE unionid = CONVERT(@id USING ascii)").await;

    assert_eq!(as_it_is[0].kind, "ALL");
    assert_eq!((as_ascii[0].kind.as_str(), as_ascii[0].key.as_deref()), ("const", Some("users_unionid")));
}

/// How the server finds the rows of one table.
#[derive(Debug)]
pub struct Step {
    #[expect(dead_code, reason = "shown when a test fails")]
    table: String,
    pub kind: String,
    pub key: Option<String>,
}

/// Whether the server goes straight to the rows.
pub fn known(step: &Step) -> bool {
    BY_INDEX.contains(&step.kind.as_str()) && step.key.is_some()
}

/// The steps that read a stored table; what is made on the way (`<derived2>`) is not among them.
pub async fn plan(connection: &mut Conn, sql: &str) -> Vec<Step> {
    // MySQL 9 shows a tree unless told otherwise; MariaDB knows nothing else than the table.
    let format = if is_mariadb(connection).await { "" } else { "FORMAT=TRADITIONAL" };
    let rows: Vec<Row> = connection.query(format!("EXPLAIN {format} {sql}")).await.unwrap();
    let mut steps = vec![];
    for row in rows {
        let column = |name: &str| row.get::<Option<String>, _>(name).expect("EXPLAIN has this column");
        let Some(table) = column("table") else { panic!("no table is read: {:?}\n{sql}", column("Extra")) };
        if !table.starts_with('<') {
            steps.push(Step { table, kind: column("type").unwrap_or_default(), key: column("key") });
        }
    }
    steps
}
