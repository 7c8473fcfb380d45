//! `weapp-login serve`: production.

use super::readiness;
use crate::app::{App, Shared};
use crate::background::Background;
use crate::clock::Clock;
use crate::server;
use crate::settings::{self, Secrets, Settings, TokenStoreUrl};
use crate::telemetry::log;
use crate::telemetry::spans::Export;
use actix_web::web::ServiceConfig;
use anyhow::Context;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

/// How long events that nobody could write may hold up the end of the process.
const LAST_EVENTS_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a process that ends looks whether it may.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub(super) async fn run() -> anyhow::Result<()> {
    let settings::Loaded { settings, warnings } = settings::load::<Settings>(Secrets::Real)?;
    log::start(&settings.log.filter, settings.log.format);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let listener = TcpListener::bind(&settings.server.listen)
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
    if matches!(settings.redis.url, TokenStoreUrl::Memory) {
        tracing::warn!("REDIS_URL is memory: sessions end with this process, and no other replica knows them");
    }
    if settings.server.internal_listen.is_none() && !settings.server.admin_tokens.is_empty() {
        tracing::warn!("ADMIN_TOKENS is set and INTERNAL_LISTEN is not: the admin API is nowhere");
    }
    for base in settings.wechat.in_clear() {
        tracing::warn!(
            host = base.host_str(),
            "WECHAT_BASE_URL is http: app secrets and codes are readable on the way there"
        );
    }
    let shared = Shared::new(settings, Clock::system())?;
    let export = Export::start(&shared.settings.traces, Handle::current())?;
    readiness::require(&App::new(shared.clone(), 1)?).await?;
    let ended = until_told(shared, listener, |_: &mut ServiceConfig| {}).await;
    if let Some(export) = export {
        tokio::task::spawn_blocking(move || export.end()).await?;
    }
    ended
}

/// Serves until SIGTERM or SIGINT, then ends in order: no new traffic, what is in progress, the last events, the last lines
/// of the log.
pub(super) async fn until_told<F>(shared: Arc<Shared>, listener: TcpListener, beside: F) -> anyhow::Result<()>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let address = listener.local_addr()?;
    let background = Background::start(&shared)?;
    let internal = internal(&shared)?;
    let server = server::serve(shared.clone(), listener, internal, beside)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    tracing::info!(%address, version = env!("WEAPP_LOGIN_VERSION"), workers = server::workers(), "serving");
    tokio::select! {
        _ = term.recv() => {
            shared.draining.store(true, Relaxed);
            tracing::info!("told to end: /readyz is 503 from now on");
            let drain = shared.settings.server.drain;
            tokio::select! { () = tokio::time::sleep(drain) => {} _ = int.recv() => {} }
        }
        _ = int.recv() => shared.draining.store(true, Relaxed),
        ended = &mut server => ended??,
    }
    // A worker takes its tasks with it, those too whose clients hung up: so they end first.
    let shutdown = shared.settings.server.shutdown;
    let _ = tokio::time::timeout(shutdown, idle(&shared)).await;
    handle.stop(true).await;
    if !server.is_finished() {
        server.await??;
    }
    drop(shared);
    if let Some(writer) = background.end()
        && tokio::time::timeout(LAST_EVENTS_TIMEOUT, writer).await.is_err()
    {
        tracing::warn!("the last login events could not be written");
    }
    log::flush_all();
    tracing::info!("ended");
    Ok(())
}

/// The second listener, where the settings name one.
fn internal(shared: &Shared) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = &shared.settings.server.internal_listen else { return Ok(None) };
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!(internal = %listener.local_addr()?, "what is not for phones is served apart");
    Ok(Some(listener))
}

/// Ends when no request is in progress.
async fn idle(shared: &Shared) {
    while shared.in_flight.load(Relaxed) > 0 {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
