//! Which migrations a database lacks. Mounted by each SQL backend.

use super::super::StoreError;
use super::{Backend, Connection, MIGRATIONS, Users};
use diesel::QueryableByName;
use diesel::migration::MigrationSource;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

impl Users {
    pub(super) async fn pending(&self) -> Result<Vec<String>, StoreError> {
        let ours = names()?;
        lacking(&mut *self.connection().await?, ours).await
    }
}

/// The names of all migrations that this program has, in their order.
fn names() -> Result<Vec<String>, StoreError> {
    let ours = MigrationSource::<Backend>::migrations(&MIGRATIONS).map_err(StoreError::broken)?;
    let mut names: Vec<_> = ours.iter().map(|migration| migration.name().to_string()).collect();
    names.sort();
    Ok(names)
}

/// Those of `names` that the database has not. It only reads, so that `serve` needs no right to change the schema; the
/// library's own question would create its table.
async fn lacking(connection: &mut Connection, mut names: Vec<String>) -> Result<Vec<String>, StoreError> {
    let query = diesel::sql_query("SELECT version FROM __diesel_schema_migrations");
    let applied: Vec<Applied> = match query.load(connection).await {
        Ok(applied) => applied,
        Err(error) if ["doesn't exist", "no such table"].iter().any(|text| error.to_string().contains(text)) => vec![],
        Err(error) => return Err(StoreError::unavailable(error)),
    };
    // A name is its version with a word behind: 2026-11-01-000001_users has the version 20261101000001.
    let version = |name: &str| name.split('_').next().unwrap_or_default().replace('-', "");
    names.retain(|name| !applied.iter().any(|applied| applied.version == version(name)));
    Ok(names)
}
