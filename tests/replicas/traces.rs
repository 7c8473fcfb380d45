//! What a collector of traces is sent, read as OpenTelemetry defines it.

use crate::phone::Phone;
use crate::site::{Replica, Site};
use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::comes_true;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Takes what it is sent, as a collector does.
struct Collector {
    base: String,
    spans: Arc<Mutex<Vec<(String, Span)>>>,
}

impl Collector {
    fn start() -> Collector {
        let spans = Arc::<Mutex<Vec<_>>>::default();
        let kept = spans.clone();
        let take = move |body: web::Bytes| {
            let sent = ExportTraceServiceRequest::decode(body).unwrap();
            for resource in sent.resource_spans {
                let service = text(&resource.resource.unwrap().attributes, "service.name");
                let all = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                kept.lock().unwrap().extend(all.map(|span| (service.clone(), span)));
            }
            async { HttpResponse::Ok().finish() }
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let app = move || App::new().route("/v1/traces", web::post().to(take.clone()));
            let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap();
            actix_web::rt::System::new().block_on(server.run())
        });
        Collector { base, spans }
    }

    /// The spans of `trace`, once `count` of them have come.
    async fn of(&self, trace: &str, count: usize) -> Vec<(String, Span)> {
        for _ in 0..300 {
            let all = self.spans.lock().unwrap().clone();
            let of: Vec<_> = all.into_iter().filter(|(_, span)| hex::encode(&span.trace_id) == trace).collect();
            if of.len() >= count {
                return of;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{:?}", self.spans.lock().unwrap());
    }
}

/// Tells a replica to end; what it wrote until then.
fn end(mut replica: Replica) -> String {
    replica.process.ask_to_end();
    assert!(comes_true(Duration::from_secs(30), || replica.process.ended().is_some()), "{}", replica.process.said());
    replica.process.said()
}

fn text(attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue], key: &str) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_one_trace_that_its_gateway_began_and_its_log_line_names() {
    let collector = Collector::start();
    let site = Site::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.base), ("RATE_LIMIT_PER_MINUTE", "100")]).await;
    let (replica, alice) = (site.replica(&[]), Phone::of(&site, "alice"));
    let joined = alice.join(&replica.base).await;
    let login = |flags: &'static str, code: Value| {
        let request = site.http.post(format!("{}/v1/login", replica.base)).json(&json!({ "code": code }));
        request.header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}")).send()
    };

    let answer = login("01", alice.code().await.into()).await.unwrap();

    assert_eq!(answer.status(), 200, "{answer:?}");
    let spans = collector.of(TRACE, 5).await;
    let named = |name: &str| {
        let found = spans.iter().find(|(_, span)| span.name == name);
        found.map(|(_, span)| span).unwrap_or_else(|| panic!("no {name} in {spans:?}"))
    };
    let request = named("POST /v1/login");
    assert_eq!(hex::encode(&request.parent_span_id), PARENT);
    assert_eq!(text(&request.attributes, "http.route"), "/v1/login");
    assert_eq!(text(&request.attributes, "http.response.status_code"), "200");
    for name in ["wechat /sns/jscode2session", "redis EVALSHA", "redis ZADD PEXPIRE SET ZRANGE", "mysql find"] {
        let below = named(name);
        assert_eq!(below.parent_span_id, request.span_id, "{name} is the request's");
        let within = request.start_time_unix_nano..=request.end_time_unix_nano;
        assert!(within.contains(&below.start_time_unix_nano) && within.contains(&below.end_time_unix_nano), "{name}");
    }
    assert!(spans.iter().all(|(service, _)| service == "weapp-login"), "{spans:?}");
    assert!(replica.process.said().contains(&format!("\"request_id\":\"{TRACE}\"")), "{}", replica.process.said());

    // A trace of the service's own has the id of the log line, too; and nothing in any span is a secret.
    let refused = site.get(&replica.base, "/v1/session", "not-a-token").await;
    let own = refused.body["requestId"].as_str().unwrap().to_owned();
    let own = collector.of(&own, 1).await;
    assert_eq!(
        (own[0].1.name.as_str(), text(&own[0].1.attributes, "error.type")),
        ("GET /v1/session", "session_invalid".into())
    );
    let everything = format!("{:?}", collector.spans.lock().unwrap());
    for secret in [joined.text("token"), crate::site::SECRET, "hush", "weapp_"] {
        assert!(!everything.contains(secret), "{secret} is in {everything}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_does_not_collect_is_not_and_a_collector_that_is_away_costs_no_request() {
    let collector = Collector::start();
    let site = Site::start(&[]).await;
    let traced = site.replica(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.base)]);
    let alone = site.replica(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")]);
    let health = |flags: &'static str| {
        let request = site.http.get(format!("{}/healthz", traced.base));
        request.header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}")).send()
    };

    health("00").await.unwrap();
    health("01").await.unwrap();
    let answers = [site.get(&alone.base, "/healthz", "").await, site.get(&alone.base, "/readyz", "").await];

    assert_eq!(collector.of(TRACE, 1).await.len(), 1, "one of two was to be collected");
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let ended = end(alone);
    assert!(ended.contains("\"ended\""), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_spans_are_sent_before_a_replica_ends() {
    let collector = Collector::start();
    let site = Site::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.base)]).await;
    let replica = site.replica(&[]);

    let answer = site.get(&replica.base, "/v1/session", "not-a-token").await;
    end(replica);

    let trace = answer.body["requestId"].as_str().unwrap();
    let spans = collector.spans.lock().unwrap();
    assert!(spans.iter().any(|(_, span)| hex::encode(&span.trace_id) == trace), "{spans:?}");
}
