//! The HTTP server: its workers, and what surrounds every request.

mod admission;
mod audience;
mod boundary;
mod headers;
mod problem;
mod record;

use crate::app::{App, Shared};
use crate::routes;
use crate::telemetry::metrics::Route;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App as Routes, HttpServer};
use audience::Audience;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How long an idle connection stays open: longer than gateways keep theirs (60 seconds), so that none sends a request
/// into a closing one.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves on `listener` what the table says, and whatever `beside` mounts next to it, until the server is told to stop. It
/// takes no signals. Each worker makes a service of its own. With an `internal` listener what is not for phones is there, and
/// only there; the admin API is nowhere without.
///
/// # Errors
/// A listener cannot be used.
pub fn serve<F>(
    shared: Arc<Shared>,
    listener: TcpListener,
    internal: Option<TcpListener>,
    beside: F,
) -> io::Result<Server>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let shutdown = shared.settings.server.shutdown.as_secs();
    let workers = workers();
    let audience = Audience { internal: internal.as_ref().map(TcpListener::local_addr).transpose()? };
    let operators = internal.is_some() && !shared.settings.server.admin_tokens.is_empty();
    let server = HttpServer::new(move || {
        let app = App::new(shared.clone(), workers).expect("the process made one before it began to serve");
        Routes::new()
            .app_data(Data::new(app))
            .app_data(audience)
            .app_data(Rc::new(Route::new("none".into())))
            .wrap(from_fn(boundary::boundary))
            .configure(beside.clone())
            .configure(|config| routes::mount(config, operators))
    })
    .workers(workers)
    .disable_signals()
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(shutdown)
    .listen(listener)?;
    let server = match internal {
        Some(internal) => server.listen(internal)?,
        None => server,
    };
    Ok(server.run())
}

/// One for each core that this process may use: those it is pinned to, and as many as its control group pays for.
#[must_use]
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
