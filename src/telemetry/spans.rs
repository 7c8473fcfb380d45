//! Traces, where somebody collects them: a span for each request, and one for everything that it asks of WeChat, Redis and
//! the database.
//!
//! They leave over OTLP in batches, from a thread of their own; what a collector does not take in time is dropped. Without a
//! collector, a span is a look at one word. A span holds names, statuses and times, nothing of what was asked or answered.

use super::trace::{Parent, Trace};
use crate::public_roots::public_roots;
use crate::random::Random;
use crate::settings::TraceSettings;
use async_trait::async_trait;
use futures_util::future::Either;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span};
use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a collector may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum CannotExport {
    /// TLS cannot be set up on this machine.
    #[error("no HTTP client for OTEL_EXPORTER_OTLP_ENDPOINT")]
    Http(#[from] reqwest::Error),
    /// Something in the environment contradicts the settings.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT")]
    Exporter(#[from] ExporterBuildError),
}

/// Sends spans until it is told to end.
pub struct Export(SdkTracerProvider);

impl Export {
    /// Begins to collect spans and to send them over `runtime`, if `settings` name a collector. The first of a process counts.
    ///
    /// # Errors
    /// The collector cannot be talked to in the way that the environment asks for.
    pub fn start(settings: &TraceSettings, runtime: Handle) -> Result<Option<Export>, CannotExport> {
        let Some(endpoint) = &settings.endpoint else { return Ok(None) };
        let http = reqwest::Client::builder().timeout(EXPORT_TIMEOUT);
        let http = http.tls_certs_merge(public_roots()).build()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender { http, runtime })
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT_TIMEOUT)
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')))
            .build()?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.share))))
            .with_resource(
                Resource::builder().with_service_name(settings.service.clone()).with_attribute(version).build(),
            )
            .build();
        let _ = TRACER.set(provider.tracer("weapp-login"));
        Ok(Some(Export(provider)))
    }

    /// Sends what is left. It waits for the collector, so it must not be called on a thread that answers requests.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(EXPORT_TIMEOUT) {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Sends over the service's own runtime: the thread that exports has none.
#[derive(Debug)]
struct Sender {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let exchange = self.runtime.spawn(async move {
            let answer = http.execute(request.try_into()?).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
        });
        let (status, headers, body) = exchange.await??;
        let mut answer = http::Response::new(body);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        Ok(answer)
    }
}

/// The span of a request.
pub struct RequestSpan(Context);

impl RequestSpan {
    /// The place of a request in the trace that `traceparent` names, or in one of its own; and its span, where spans are
    /// collected.
    #[must_use]
    pub fn begin(traceparent: Option<&str>, random: &Random) -> (Trace, Option<RequestSpan>) {
        let Some(tracer) = TRACER.get() else { return (Trace::from_header(traceparent, random), None) };
        let named = traceparent.and_then(Trace::named);
        let above = named.as_ref().map_or_else(Context::new, remote);
        // It has its name when its route is known.
        let span = tracer.span_builder("request").with_kind(SpanKind::Server).start_with_context(tracer, &above);
        let trace = named.unwrap_or_else(|| Trace::of(span.span_context().trace_id().to_bytes()));
        (trace, Some(RequestSpan(Context::new().with_span(span))))
    }

    /// Ends it with what was answered; `code` is empty where all was well.
    pub fn end(&self, method: &'static str, route: &str, status: u16, code: &'static str) {
        let span = self.0.span();
        if !span.is_recording() {
            return;
        }
        span.update_name(format!("{method} {route}"));
        span.set_attribute(KeyValue::new("http.request.method", method));
        span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if !code.is_empty() {
            span.set_attribute(KeyValue::new("error.type", code));
        }
        if status >= 500 {
            span.set_status(Status::error(code));
        }
        span.end();
    }
}

/// `work`, with everything that it asks for below `span`.
pub fn below<F: Future>(span: Option<&RequestSpan>, work: F) -> impl Future<Output = F::Output> {
    match span {
        None => Either::Left(work),
        Some(span) => Either::Right(work.with_context(span.0.clone())),
    }
}

fn remote(trace: &Trace) -> Context {
    let Parent { span, sampled } = trace.parent().expect("a trace that a header names has a parent");
    let trace_id = TraceId::from_bytes(trace.bytes());
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let context = SpanContext::new(trace_id, SpanId::from_bytes(span), flags, true, TraceState::NONE);
    Context::new().with_remote_span_context(context)
}

/// Something that a request asks of another server. Its span ends when this is dropped.
pub struct Asked(Option<Span>);

/// Begins the span of `operation` of `system`, such as `redis`; of nothing where no request is collected at the moment.
#[must_use]
pub fn asked(system: &'static str, operation: impl FnOnce() -> Cow<'static, str>) -> Asked {
    let Some(tracer) = TRACER.get() else { return Asked(None) };
    let begin = |above: &Context| {
        let sampled = above.span().span_context().is_sampled();
        sampled.then(|| {
            let operation = operation();
            let attributes = match system {
                "wechat" => vec![KeyValue::new("peer.service", system), KeyValue::new("url.path", operation.clone())],
                _ => {
                    vec![KeyValue::new("db.system.name", system), KeyValue::new("db.operation.name", operation.clone())]
                }
            };
            let span = tracer.span_builder(format!("{system} {operation}")).with_kind(SpanKind::Client);
            span.with_attributes(attributes).start_with_context(tracer, above)
        })
    };
    Asked(Context::map_current(begin))
}

impl Asked {
    /// What came of it: `error` tells what kind of failure, where it failed.
    pub fn answered(&mut self, error: Option<impl Into<Cow<'static, str>>>) {
        if let (Some(span), Some(error)) = (&mut self.0, error) {
            let error = error.into();
            span.set_attribute(KeyValue::new("error.type", error.clone()));
            span.set_status(Status::error(error));
        }
    }
}
