//! Accounts that contradict themselves are refused by the schema, whoever writes them.

use crate::database::full_rows;
use crate::embedded::people;
use crate::roles::Roles;
use diesel::connection::SimpleConnection;
use mysql_async::prelude::Queryable;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_an_account_that_contradicts_itself() {
    let roles = Roles::new().await;
    let mut admin = roles.database.connect().await;
    let people = "INSERT INTO users (id, nickname, merged_into, status, erased_at, created_at, updated_at) VALUES \
         (1, 'alice', NULL, 'active', NULL, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)), \
         (2, '', 1, 'active', NULL, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)), \
         (3, '', NULL, 'erased', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))";
    admin.query_drop(people).await.unwrap();
    let before = full_rows(&mut admin, "SELECT id, nickname, status FROM users ORDER BY id").await;
    let mut support = roles.connect("support").await;
    let contradictions = [
        "UPDATE users SET status = 'erased' WHERE id = 1",
        "UPDATE users SET status = 'active' WHERE id = 3",
        "UPDATE users SET status = 'suspended' WHERE id = 2",
    ];

    for sql in contradictions {
        for connection in [&mut support, &mut admin] {
            let error = connection.query_drop(sql).await.unwrap_err().to_string();
            assert!(error.contains("users_"), "{sql}: {error}");
        }
    }
    let half = "UPDATE users SET status = 'erased', erased_at = UTC_TIMESTAMP(3) WHERE id = 1";
    let error = admin.query_drop(half).await.unwrap_err().to_string();

    assert!(error.contains("users_erased_wholly"), "{error}");
    assert_eq!(full_rows(&mut admin, "SELECT id, nickname, status FROM users ORDER BY id").await, before);
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_a_file_cannot_contradict_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = people(&folder).await;

    for (sql, check) in [
        ("UPDATE users SET status = 'erased' WHERE id = 4214", "users_erased_at_if_erased"),
        ("UPDATE users SET status = 'erased', erased_at = DATETIME('now') WHERE id = 4214", "users_erased_wholly"),
        ("UPDATE users SET status = 'active' WHERE id = 5001", "users_erased_at_if_erased"),
        ("UPDATE users SET status = 'suspended' WHERE id = 4715", "users_merged_not_suspended"),
    ] {
        let error = connection.batch_execute(sql).unwrap_err().to_string();
        assert!(error.contains(check), "{sql}: {error}");
    }
}
