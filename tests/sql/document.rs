//! `docs/sql.md` as the other tests read it.

pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sql.md");

/// A question of the cookbook.
#[derive(Debug)]
pub struct Question {
    pub title: String,
    pub sql: String,
    pub daily: bool,
    /// Roles that may ask it, besides the administrators'.
    pub roles: Vec<&'static str>,
    /// Whether the query is for MySQL and MariaDB alone.
    pub mysql_only: bool,
}

pub fn text() -> String {
    std::fs::read_to_string(PATH).unwrap()
}

/// Every question, each of which has one query and is marked `daily` or `report`.
pub fn questions() -> Vec<Question> {
    text().split("\n## SQLite\n").next().unwrap().split("\n### ").skip(1).map(question).collect()
}

fn question(section: &str) -> Question {
    let (title, rest) = section.split_once('\n').unwrap();
    let blocks: Vec<_> = rest.split("```sql\n").collect();
    assert_eq!(blocks.len(), 2, "{title}: one block of SQL");
    let sql = blocks[1].split("```").next().unwrap().trim().to_owned();
    let marks: Vec<_> = blocks[0].split_whitespace().take_while(|word| word.starts_with('`')).collect();
    let (daily, report) = (marks.contains(&"`daily`"), marks.contains(&"`report`"));
    assert!(daily != report, "{title}: daily or report");
    assert!(daily || blocks[0].contains("Cost: "), "{title}: what does it cost?");
    let named = |role: &&str| marks.contains(&format!("`{role}`").as_str());
    let roles: Vec<_> = ["analyst", "support"].into_iter().filter(named).collect();
    assert!(roles.is_empty() == named(&"admin"), "{title}: who may ask it?");
    Question { title: title.to_owned(), sql, daily, roles, mysql_only: blocks[0].contains("`MySQL only`") }
}

/// How a connection says which days it means.
pub fn days(hours: u32) -> Vec<String> {
    let text = text();
    let section = text.split("\n## Whose day it is\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let sql = section.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    sql.lines().map(|line| line.replace("@utc = 8", &format!("@utc = {hours}"))).collect()
}

/// View and column of every row of the table of views.
pub fn view_columns() -> Vec<(String, String)> {
    let text = text();
    let section = text.split("\n## Views\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut all = vec![];
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let columns = cells[2].split(", ").map(|column| column.trim_matches('`').to_owned());
        all.extend(columns.map(|column| (cells[1].trim_matches('`').to_owned(), column)));
    }
    all
}
