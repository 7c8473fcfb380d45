//! `/healthz`, `/readyz` and `/metrics`: for whoever runs the service.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::telemetry::metrics::recorder;
use actix_web::web::{Data, Json};
use serde::Serialize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use utoipa::ToSchema;

/// How long a store may take to show that it answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// What readiness fails with.
pub(super) const FAILURES: &[Code] = &[Code::StorageUnavailable, Code::Overloaded];

/// All is well.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Tell that the process lives.
#[utoipa::path(get, path = "/healthz", tag = "Operations",
    responses((status = 200, description = "The process lives", body = Health)))]
pub(super) async fn alive() -> Result<Json<Health>, ApiError> {
    Ok(Json(Health { status: "ok" }))
}

/// Tell whether traffic should come here.
///
/// 503 names what does not answer; it is also the answer from SIGTERM on.
#[utoipa::path(get, path = "/readyz", tag = "Operations",
    responses((status = 200, description = "Redis and the database answer", body = Health)))]
pub(super) async fn ready(app: Data<App>) -> Result<Json<Health>, ApiError> {
    if app.shared.is_draining() {
        return Err(ApiError::new(Code::Overloaded, "this replica is ending"));
    }
    let (database, redis) = tokio::join!(
        tokio::time::timeout(ANSWER_TIMEOUT, app.users.ping()),
        tokio::time::timeout(ANSWER_TIMEOUT, app.tokens.ping())
    );
    let silent: Vec<_> = [("database", matches!(database, Ok(Ok(())))), ("redis", matches!(redis, Ok(Ok(()))))]
        .into_iter()
        .filter(|(_, answers)| !answers)
        .map(|(name, _)| name)
        .collect();
    if silent.is_empty() {
        return Ok(Json(Health { status: "ok" }));
    }
    Err(ApiError::new(Code::StorageUnavailable, format!("no answer from: {}", silent.join(", "))))
}

/// Show the metrics.
///
/// Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "Operations",
    responses((status = 200, description = "The metrics of this replica", body = String, content_type = "text/plain")))]
pub(super) async fn metrics(app: Data<App>) -> Result<String, ApiError> {
    let connections = app.shared.database_connections();
    for (state, number) in [("idle", connections.idle), ("busy", connections.busy), ("awaited", connections.awaited)] {
        metrics::gauge!("weapp_login_database_connections", "state" => state).set(number as f64);
    }
    metrics::gauge!("weapp_login_requests_in_flight").set(app.shared.in_flight.load(Relaxed) as f64);
    Ok(recorder().render())
}
