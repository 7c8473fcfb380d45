//! The dictionary of `docs/sql.md`, which is the schema's own comments.

use crate::database::{full_rows, migrated, rows, seeded};
use crate::document;
use mysql_async::Conn;

const BEGIN: &str = "<!-- Made from the comments in the schema by: UPDATE_DOCS=1 cargo test --test sql -->";
const END: &str = "<!-- End of what is made. -->";

pub const TABLES: &str = "SELECT table_name AS name, table_comment AS comment FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' \
     ORDER BY FIELD(table_name, 'visits', 'login_events', 'identities', 'users') DESC, name";

/// Name, type, whether it may be null, and comment of every column of a table, in their order.
pub async fn columns(connection: &mut Conn, table: &str) -> Vec<Vec<String>> {
    let sql = format!(
        "SELECT column_name AS name, column_type AS type, is_nullable AS nullable, column_comment AS comment \
         FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{table}' \
         ORDER BY ordinal_position"
    );
    full_rows(connection, &sql).await
}

async fn dictionary(connection: &mut Conn) -> String {
    let mut text = String::new();
    for table in full_rows(connection, TABLES).await {
        let [name, comment] = &table[..] else { unreachable!("two columns were asked for") };
        text += &format!("### `{name}`\n\n{comment}.\n\n| column | type | personal | meaning |\n|---|---|---|---|\n");
        for column in columns(connection, name).await {
            let [column, kind, nullable, comment] = &column[..] else { unreachable!("four columns were asked for") };
            // MariaDB writes the width that MySQL 8 left out: bigint(20).
            let kind = if kind.contains("int(") { kind.split('(').next().unwrap() } else { kind };
            let null = if nullable == "YES" { ", null" } else { "" };
            let (meaning, personal) = match comment.strip_suffix(". Personal") {
                Some(meaning) => (meaning, "yes"),
                None => (comment.as_str(), ""),
            };
            text += &format!("| `{column}` | {kind}{null} | {personal} | {meaning} |\n");
        }
        text += "\nIndexes: ";
        let indexes = format!(
            "SELECT index_name AS name, MIN(non_unique) AS several, \
             GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', ') AS columns \
             FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = '{name}' \
             GROUP BY index_name ORDER BY index_name <> 'PRIMARY', name"
        );
        let indexes = full_rows(connection, &indexes).await.into_iter().map(|index| {
            let unique = if index[1] == "0" && index[0] != "PRIMARY" { ", unique" } else { "" };
            format!("`{}` ({}{unique})", index[0], index[2])
        });
        text += &format!("{}.\n\n", indexes.collect::<Vec<_>>().join(", "));
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dictionary_says_what_the_schema_says() {
    let database = migrated().await;
    let text = document::text();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();

    let made = dictionary(&mut database.connect().await).await;

    #[expect(clippy::disallowed_methods, reason = "whether a developer wants the document rewritten")]
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(document::PATH, format!("{before}{BEGIN}\n\n{made}{END}{after}")).unwrap();
    } else {
        assert_eq!(written.trim(), made.trim(), "rewrite it with UPDATE_DOCS=1 cargo test --test sql");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_and_every_column_has_a_comment() {
    let database = migrated().await;
    let mut admin = database.connect().await;
    let tables = full_rows(&mut admin, TABLES).await;
    assert_eq!(tables.len(), 6);

    for table in tables {
        assert!(!table[1].is_empty(), "{}", table[0]);
        for column in columns(&mut admin, &table[0]).await {
            assert!(!column[3].is_empty(), "{}.{}", table[0], column[0]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_explains_every_view_and_its_columns() {
    let database = migrated().await;
    let sql = "SELECT c.table_name AS view, c.column_name AS name \
         FROM information_schema.columns AS c JOIN information_schema.views AS v USING (table_schema, table_name) \
         WHERE table_schema = DATABASE()";

    let found = full_rows(&mut database.connect().await, sql).await;

    let mut found: Vec<_> = found.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let mut documented = document::view_columns();
    found.sort();
    documented.sort();
    assert_eq!(documented, found);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nickname_is_found_by_its_beginning_and_if_asked_whatever_its_case_and_one_emoji_is_not_another() {
    let database = seeded(5000).await;
    let mut admin = database.connect().await;
    let found = "SELECT MIN(nickname), MAX(nickname) FROM users WHERE nickname LIKE";
    let in_any_case = "SELECT MIN(nickname), MAX(nickname) FROM users WHERE nickname COLLATE utf8mb4_general_ci LIKE";

    let as_written = rows(&mut admin, &format!("{found} 'alice 471%'")).await;
    let by_another_case = rows(&mut admin, &format!("{found} 'ALICE 471%'")).await;
    let by_case = rows(&mut admin, &format!("{in_any_case} 'ALICE 471%'")).await;
    let by_emoji = rows(&mut admin, &format!("{found} '😀%'")).await;
    let by_another = rows(&mut admin, &format!("{found} '🐼%'")).await;

    assert!(as_written[0][0].as_ref().unwrap().starts_with("alice 471"), "{as_written:?}");
    assert_eq!(by_another_case, [[None, None]]);
    assert_eq!(by_case, as_written);
    assert!(by_emoji[0].iter().all(|name| name.as_ref().unwrap().starts_with('😀')), "{by_emoji:?}");
    assert_eq!(by_another, [[None, None]]);
}

/// MySQL, MariaDB, TiDB and OceanBase have these; the default of each is unknown to one of the others.
#[tokio::test(flavor = "multi_thread")]
async fn every_text_has_a_collation_that_all_databases_know() {
    let database = migrated().await;
    let of_columns = "SELECT DISTINCT c.collation_name FROM information_schema.columns AS c \
         JOIN information_schema.tables AS t USING (table_schema, table_name) \
         WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND c.collation_name IS NOT NULL ORDER BY 1";
    let of_tables = "SELECT DISTINCT table_collation FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'";
    let mut admin = database.connect().await;

    let (columns, tables) = (full_rows(&mut admin, of_columns).await, full_rows(&mut admin, of_tables).await);

    assert_eq!(columns, [["ascii_bin"], ["utf8mb4_bin"]]);
    assert_eq!(tables, [["utf8mb4_bin"]]);
}
