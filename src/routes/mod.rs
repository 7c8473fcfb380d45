//! The route table, and nothing else: every endpoint is one line here and one file beside it.

mod auth;
mod body;
mod client_address;
mod current_user;
mod detached;
mod device;
pub mod docs;
mod health;
mod introspect;
mod login;
mod me;
mod not_found;
mod open_data;
mod phone;
mod register;
mod session;
mod sessions;
mod signed_in;

use actix_web::web::{PayloadConfig, ServiceConfig};
use detached::at;
use tokio::runtime::Handle;

/// Longest body of a request, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;

/// Every endpoint of the service. Handlers run on `runtime`.
pub fn table(routes: &mut ServiceConfig, runtime: &Handle) {
    routes.app_data(PayloadConfig::new(MOST_BYTES));
    at("/v1/login", runtime).post(login::login).mount(routes);
    at("/v1/register", runtime).post(register::register).mount(routes);
    at("/v1/session", runtime).get(session::show).delete(session::close).mount(routes);
    at("/v1/sessions", runtime).get(sessions::list).delete(sessions::close_all).mount(routes);
    at("/v1/sessions/{id}", runtime).delete(sessions::close_one).mount(routes);
    at("/v1/auth", runtime).get(auth::auth).mount(routes);
    at("/v1/auth/{path:.*}", runtime).any(auth::auth_below).mount(routes);
    at("/v1/introspect", runtime).post(introspect::introspect).mount(routes);
    at("/v1/me", runtime).get(me::show).patch(me::update).delete(me::erase).mount(routes);
    at("/v1/me/phone", runtime).post(phone::bind).mount(routes);
    at("/v1/open-data", runtime).post(open_data::open).mount(routes);
    at("/healthz", runtime).get(health::alive).mount(routes);
    at("/readyz", runtime).get(health::ready).mount(routes);
    at("/metrics", runtime).get(health::metrics).mount(routes);
    at("/openapi.json", runtime).get(docs::document).mount(routes);
    docs::mount_page(routes);
    not_found::mount(routes);
}
