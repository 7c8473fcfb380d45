//! Where traces go.

use super::parsers::{Parsed, optional, text};
use super::reader::{Reader, Section};
use super::section::section;
use url::Url;

section! {
    /// Traces, over OpenTelemetry's protocol. The names are OpenTelemetry's own.
    pub struct TraceSettings {
        /// address of a collector that takes OTLP over HTTP, such as http://collector:4318; without one nothing is traced
        endpoint: Option<Url> = "OTEL_EXPORTER_OTLP_ENDPOINT", optional(endpoint), {
            chinese: "接收 OTLP/HTTP 的采集器地址，如 http://collector:4318；不设则不采集链路",
        };
        /// share of the traces begun here that are collected, 0 to 1; those begun by a gateway are as it decided
        share: f64 = "OTEL_TRACES_SAMPLER_ARG", share, {
            default: "1",
            chinese: "由本服务发起的链路的采样比例，0 到 1；由网关发起的以网关的决定为准",
        };
        /// the name that collectors know the service by
        service: String = "OTEL_SERVICE_NAME", text, { default: "weapp-login", chinese: "采集器中显示的服务名" };
    }
}

impl Section for TraceSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        TraceSettings::fields(reader)
    }
}

fn endpoint(text: &str) -> Parsed<Url> {
    let url = text.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "is not an address such as http://collector:4318".into())
}

fn share(text: &str) -> Parsed<f64> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "must be a number from 0 to 1".into())
}
