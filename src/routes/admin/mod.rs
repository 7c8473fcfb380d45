//! The table of the admin API, which is on the internal listener only: what `weapp-login users` does, for a back office.
//!
//! Having [`operator::Operator`] as a parameter is the access rule. Every call leaves an event with the operator's name.

mod act;
mod document;
mod find;
mod look;
mod operator;
mod sessions;
mod status;
mod unlink;

use super::docs;
use super::table::Table;
use crate::error::Code;
use actix_web::web::{Data, ServiceConfig};
use document::AdminDocument;

/// What every endpoint fails with.
const FAILURES: &[Code] = &[Code::InvalidClient, Code::RateLimited, Code::InvalidRequest];
/// What an endpoint for one account fails with.
const FAILURES_OF_ONE: &[Code] =
    &[Code::InvalidClient, Code::RateLimited, Code::InvalidRequest, Code::NotFound, Code::PayloadTooLarge];

fn table() -> Table {
    Table::default()
        .add::<find::__path_find, _>(find::find, FAILURES)
        .add::<look::__path_show, _>(look::show, FAILURES_OF_ONE)
        .add::<look::__path_export, _>(look::export, FAILURES_OF_ONE)
        .add::<status::__path_suspend, _>(status::suspend, FAILURES_OF_ONE)
        .add::<status::__path_restore, _>(status::restore, FAILURES_OF_ONE)
        .add::<status::__path_erase, _>(status::erase, FAILURES_OF_ONE)
        .add::<unlink::__path_unlink, _>(unlink::unlink, FAILURES_OF_ONE)
        .add::<sessions::__path_list, _>(sessions::list, FAILURES_OF_ONE)
        .add::<sessions::__path_revoke_one, _>(sessions::revoke_one, FAILURES_OF_ONE)
        .add::<sessions::__path_revoke_all, _>(sessions::revoke_all, FAILURES_OF_ONE)
        .add::<document::__path_show_document, _>(document::show_document, FAILURES)
}

/// Puts the table's paths in their places.
pub(super) fn mount(config: &mut ServiceConfig) {
    config.app_data(Data::new(AdminDocument(docs::described_in(document::empty(), table()))));
    table().mount_paths(config);
}
