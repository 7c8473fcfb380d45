//! What admins and analysts are promised: the schema and its comments, the views, the roles, and `docs/sql.md` with every
//! query in it. On the server of `TEST_DATABASE_URL` and on SQLite.

mod contradictions;
mod cookbook;
mod database;
mod dictionary;
mod document;
mod embedded;
mod large_tables;
mod many_people;
mod migrations;
mod roles;
mod service_role;
