//! What the service tells about itself: log lines, the trace that a request belongs to, metrics.
//!
//! Never in any of them: a code, ticket, token, session key, openid, unionid, profile, phone number or body.

use crate::settings::LogFormat;
use crate::token::random_bytes;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;

tokio::task_local! {
    /// The trace of the request that this task works for.
    pub static TRACE: Trace;
}

/// A request's place in a trace, as W3C Trace Context writes it. The trace's id is the request id that people see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    id: String,
    span: String,
    sampled: bool,
}

impl Trace {
    /// The trace that `traceparent` names, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`, with a span
    /// of our own; a trace of our own if it names none.
    pub fn from_header(traceparent: Option<&str>) -> Trace {
        let span = hex(&random_bytes::<8>());
        match traceparent.and_then(parsed) {
            Some((id, sampled)) => Trace { id, span, sampled },
            None => Trace { id: hex(&random_bytes::<16>()), span, sampled: true },
        }
    }

    /// 32 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The header that hands this trace on.
    pub fn header(&self) -> String {
        format!("00-{}-{}-{:02x}", self.id, self.span, u8::from(self.sampled))
    }
}

/// The header that hands on the trace of the task at hand, if it has one.
pub fn traceparent() -> Option<String> {
    TRACE.try_with(Trace::header).ok()
}

fn parsed(traceparent: &str) -> Option<(String, bool)> {
    let mut parts = traceparent.trim().split('-');
    let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let whole = digits(version, 2) && version != "ff" && digits(id, 32) && digits(parent, 16) && digits(flags, 2);
    let known = version != "00" || parts.next().is_none();
    let named = id.bytes().any(|b| b != b'0') && parent.bytes().any(|b| b != b'0');
    (whole && known && named).then(|| (id.to_owned(), u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Begins to write log lines to standard error. The first call of a process counts.
pub fn log(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, as in tests, finds the first one's subscriber in place.
    let _ = match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
        LogFormat::Pretty => lines.with_target(false).compact().try_init(),
    };
}

/// The metrics of this process, collected from the first call on.
pub fn metrics() -> &'static PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| {
        let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)
            .expect("there are buckets")
            .install_recorder()
            .expect("this is the one place that installs a recorder");
        metrics::describe_counter!(
            "weapp_login_requests_total",
            "requests answered, by route, method, status and code"
        );
        metrics::describe_histogram!("weapp_login_request_seconds", "time to answer a request, by route");
        metrics::describe_gauge!("weapp_login_requests_in_flight", "requests in progress");
        metrics::describe_counter!(
            "weapp_login_wechat_calls_total",
            "calls to WeChat, by path and errcode (none: no answer)"
        );
        metrics::describe_histogram!("weapp_login_wechat_call_seconds", "time WeChat took, by path");
        metrics::describe_counter!("weapp_login_tickets_total", "tickets, by what became of them");
        metrics::describe_counter!("weapp_login_sessions_total", "sessions, by what became of them");
        metrics::describe_counter!("weapp_login_rate_limits_total", "rate limit checks, by limit and outcome");
        metrics::describe_counter!("weapp_login_events_total", "login events, by what became of them");
        metrics::describe_gauge!("weapp_login_database_connections", "connections to the database, by state");
        metrics::describe_gauge!("weapp_login_build_info", "1, with the version as a label");
        metrics::gauge!("weapp_login_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        handle
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_taken_from_a_valid_header_and_handed_on_with_our_span() {
        let trace = Trace::from_header(Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));

        assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(trace.header().starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        assert!(trace.header().ends_with("-01") && !trace.header().contains("00f067aa0ba902b7"));
    }

    #[test]
    fn anything_else_begins_a_trace_of_our_own() {
        for header in [
            "",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f-00f067aa0ba902b7-01\n{}",
        ] {
            let trace = Trace::from_header(Some(header));
            assert!(trace.id().len() == 32 && !header.contains(trace.id()), "{header}");
        }
    }
}
