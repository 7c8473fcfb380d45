//! The route table, and nothing else: every endpoint is one line here and one file beside it.

mod admin;
mod auth;
mod docs;
mod endpoint;
mod erase;
mod extract;
mod health;
mod introspect;
mod login;
mod me;
mod no_content;
mod open_data;
mod phone;
mod register;
mod register_form;
mod session;
mod sessions;
mod signed_in;
mod table;

pub(crate) use docs::Simulated;
pub use extract::MAX_BODY_BYTES;
pub(crate) use extract::client_address;

use actix_web::web::{Data, ServiceConfig};
use table::Table;

/// Every endpoint of the service.
fn table() -> Table {
    Table::default()
        .add::<session::__path_show, _>(session::show, session::FAILURES)
        .add::<session::__path_close, _>(session::close, session::FAILURES)
        .add::<auth::__path_auth, _>(auth::auth, session::FAILURES)
        .add::<introspect::__path_introspect, _>(introspect::introspect, introspect::FAILURES)
        .add::<login::__path_login, _>(login::login, login::FAILURES)
        .add::<register::__path_register, _>(register::register, register::FAILURES)
        .add::<me::__path_show, _>(me::show, session::FAILURES)
        .add::<me::__path_update, _>(me::update, me::FAILURES)
        .add::<erase::__path_erase, _>(erase::erase, erase::FAILURES)
        .add::<phone::__path_bind, _>(phone::bind, phone::FAILURES)
        .add::<open_data::__path_open, _>(open_data::open, open_data::FAILURES)
        .add::<sessions::__path_list, _>(sessions::list, session::FAILURES)
        .add::<sessions::__path_close_all, _>(sessions::close_all, session::FAILURES)
        .add::<health::__path_alive, _>(health::alive, &[])
        .add::<health::__path_ready, _>(health::ready, health::FAILURES)
        .add::<health::__path_metrics, _>(health::metrics, &[])
        .add::<docs::__path_document, _>(docs::document, &[])
        .add::<sessions::__path_close_one, _>(sessions::close_one, sessions::FAILURES)
        .add_any("/v1/auth/{path:.*}", auth::auth_below)
}

/// Mounts the table, and the page that shows it; where there are operators, the admin API's.
pub fn mount(config: &mut ServiceConfig, operators: bool) {
    if operators {
        admin::mount(config);
    }
    config.app_data(Data::new(docs::described(table())));
    table().mount(config);
    docs::mount_page(config);
}
