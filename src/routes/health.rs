//! `/healthz`, `/readyz` and `/metrics`: for whoever runs the service.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::telemetry::metrics::shown;
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// How long a store may take to show that it answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// What readiness fails with.
pub(super) const FAILURES: &[Code] = &[Code::InvalidRequest, Code::StorageUnavailable, Code::Overloaded];

/// All is well.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Tell that the process lives.
#[utoipa::path(get, path = "/healthz", operation_id = "checkHealth", tag = "Operations",
    responses((status = 200, description = "The process lives", body = Health)))]
pub(super) async fn alive() -> Result<Json<Health>, ApiError> {
    Ok(Json(Health { status: "ok" }))
}

/// What this replica has to serve with.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// `ready`, or `degraded` when one of the servers is down.
    #[schema(example = "ready")]
    status: &'static str,
    /// `up` or `down`.
    #[schema(example = "up")]
    redis: &'static str,
    /// `up` or `down`.
    #[schema(example = "up")]
    database: &'static str,
}

/// What a caller cannot do without.
#[derive(Deserialize, IntoParams)]
pub(super) struct Required {
    /// `redis`, `database` or both, comma-separated: 503 when one of them is down.
    #[param(example = "redis,database", pattern = "^ *(redis|database)? *(, *(redis|database)? *)*$")]
    require: Option<String>,
}

/// Tell whether traffic should come here.
///
/// 503 from SIGTERM on. The loss of a server that all replicas share is told and is no 503, or a gateway would take all of
/// them out at once; whoever wants that asks with `require`.
#[utoipa::path(get, path = "/readyz", operation_id = "checkReadiness", tag = "Operations", params(Required),
    responses((status = 200, description = "Traffic may come", body = Readiness)))]
pub(super) async fn ready(app: Data<App>, asked: Query<Required>) -> Result<Json<Readiness>, ApiError> {
    if app.shared.is_draining() {
        return Err(ApiError::new(Code::Overloaded, "this replica is ending"));
    }
    let required: Vec<_> = asked.require.iter().flat_map(|names| names.split(',')).map(str::trim).collect();
    if let Some(other) = required.iter().find(|name| !["redis", "database", ""].contains(*name)) {
        return Err(ApiError::invalid(format!("require names redis and database, not {other:?}")));
    }
    let (database, redis) = tokio::join!(
        tokio::time::timeout(ANSWER_TIMEOUT, app.users.ping()),
        tokio::time::timeout(ANSWER_TIMEOUT, app.tokens.ping())
    );
    let servers = [("redis", matches!(redis, Ok(Ok(())))), ("database", matches!(database, Ok(Ok(()))))];
    let silent: Vec<_> = servers.iter().filter(|(_, answers)| !answers).map(|(name, _)| *name).collect();
    if silent.iter().any(|name| required.contains(name)) {
        return Err(ApiError::new(Code::StorageUnavailable, format!("no answer from: {}", silent.join(", "))));
    }
    let [redis, database] = servers.map(|(_, answers)| if answers { "up" } else { "down" });
    Ok(Json(Readiness { status: if silent.is_empty() { "ready" } else { "degraded" }, redis, database }))
}

/// Show the metrics.
///
/// Prometheus' text format.
#[utoipa::path(get, path = "/metrics", operation_id = "showMetrics", tag = "Operations",
    responses((status = 200, description = "The metrics of this replica", body = String, content_type = "text/plain")))]
pub(super) async fn metrics(app: Data<App>) -> Result<String, ApiError> {
    let connections = app.shared.database_connections();
    for (state, number) in [("idle", connections.idle), ("busy", connections.busy), ("awaited", connections.awaited)] {
        metrics::gauge!("weapp_login_database_connections", "state" => state).set(number as f64);
    }
    metrics::gauge!("weapp_login_requests_in_flight").set(app.shared.in_flight.load(Relaxed) as f64);
    Ok(shown())
}
