//! Which migrations a database lacks.

use super::{Backend, Connection, MIGRATIONS};
use crate::store::StoreError;
use crate::store::failure::Failure;
use diesel::QueryableByName;
use diesel::migration::MigrationSource;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The names of those that this program has and the database has not. It only reads, so that `serve` needs no right to
/// change the schema; the library's own question would create its table.
pub(super) async fn names(c: &mut Connection) -> Result<Vec<String>, Failure> {
    let mut names = ours()?;
    let query = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
    let applied: Vec<Applied> = match query.load(c).await {
        Ok(applied) => applied,
        Err(error) if ["doesn't exist", "no such table"].iter().any(|text| error.to_string().contains(text)) => vec![],
        Err(error) => return Err(error.into()),
    };
    // A name is its version with a word behind: 2026-11-01-000001_users has the version 20261101000001.
    let version = |name: &str| name.split('_').next().unwrap_or_default().replace('-', "");
    names.retain(|name| !applied.iter().any(|applied| applied.version == version(name)));
    Ok(names)
}

/// The names of all migrations that this program has, in their order.
fn ours() -> Result<Vec<String>, StoreError> {
    let ours = MigrationSource::<Backend>::migrations(&MIGRATIONS).map_err(StoreError::broken)?;
    let mut names: Vec<_> = ours.iter().map(|migration| migration.name().to_string()).collect();
    names.sort();
    Ok(names)
}
