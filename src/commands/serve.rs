//! `weapp-login serve`: production.

use crate::app::App;
use crate::clock::Clock;
use crate::server;
use crate::settings::{self, Secrets, Settings, TokenStoreUrl};
use crate::store::StoreError;
use crate::telemetry;
use actix_web::web::ServiceConfig;
use anyhow::{Context, bail};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long events that nobody could write may hold up the end of the process.
const LAST_WORDS: Duration = Duration::from_secs(5);

pub async fn run() -> anyhow::Result<()> {
    let settings::Loaded { settings, warnings } = settings::load::<Settings>(Secrets::Real)?;
    telemetry::log(&settings.log.filter, settings.log.format);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let listener = TcpListener::bind(&settings.server.listen)
        .with_context(|| format!("cannot listen on {}", settings.server.listen))?;
    if matches!(settings.redis.url, TokenStoreUrl::Memory) {
        tracing::warn!("REDIS_URL is memory: sessions end with this process, and no other replica knows them");
    }
    let app = App::open(settings, Clock::system())?;
    is_complete(&app).await?;
    until_told(app, listener, |_: &mut ServiceConfig| {}).await
}

/// Serves until SIGTERM or SIGINT, then ends in order: no new traffic, what is in progress, the last events.
pub async fn until_told<F>(app: App, listener: TcpListener, beside: F) -> anyhow::Result<()>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let app = Arc::new(app);
    let address = listener.local_addr()?;
    let server = server::serve(app.clone(), listener, beside)?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "serving");
    tokio::select! {
        _ = term.recv() => {
            app.draining.store(true, Relaxed);
            tracing::info!("told to end: /readyz is 503 from now on");
            let drain = app.settings.server.drain;
            tokio::select! { () = tokio::time::sleep(drain) => {} _ = int.recv() => {} }
        }
        _ = int.recv() => app.draining.store(true, Relaxed),
        ended = &mut server => ended??,
    }
    handle.stop(true).await;
    if !server.is_finished() {
        server.await??;
    }
    let writer = app.close();
    drop(app);
    if let Some(writer) = writer
        && tokio::time::timeout(LAST_WORDS, writer).await.is_err()
    {
        tracing::warn!("the last login events could not be written");
    }
    tracing::info!("ended");
    Ok(())
}

/// Names everything that is missing for serving.
async fn is_complete(app: &App) -> anyhow::Result<()> {
    let (database, redis) = tokio::join!(app.users.pending_migrations(), reach_redis(app));
    let mut missing = vec![];
    match database {
        Ok(pending) if pending.is_empty() => {}
        Ok(pending) => {
            missing.push(format!("the database lacks the migrations {}: run weapp-login migrate", pending.join(", ")))
        }
        Err(error) => missing.push(format!("the database: {:#}", anyhow::Error::new(error))),
    }
    if let Err(error) = redis {
        missing.push(format!("redis: {:#}", anyhow::Error::new(error)));
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!("cannot serve:\n  - {}", missing.join("\n  - "))
}

/// Asks twice: a connection may take a second to open, which a machine that starts everything at once can exceed.
async fn reach_redis(app: &App) -> Result<(), StoreError> {
    match app.tokens.ping().await {
        Err(StoreError::Unavailable(_)) => app.tokens.ping().await,
        outcome => outcome,
    }
}
