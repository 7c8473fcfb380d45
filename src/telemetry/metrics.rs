//! Metrics in Prometheus' text format. Who counts keeps the handle of what is counted, made once: looking one up by its
//! labels costs more than some requests do. What may be counted exists from the start, so that a rate sees the first one.

use metrics::{Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use std::cell::RefCell;
use std::sync::OnceLock;
use std::time::Duration;

/// How often samples of histograms are counted into their buckets. Until then each takes memory, whether anybody reads
/// the metrics or not.
pub const UPKEEP: Duration = Duration::from_secs(5);

const BUCKETS_SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The metrics of this process, collected from the first call on. Every worker counts into the same ones.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS_SECONDS)
            .expect("there are buckets")
            .install_recorder()
            .expect("this is the one place that installs a recorder");
        describe();
        let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("WEAPP_LOGIN_COMMIT"));
        gauge!("weapp_login_build_info", "version" => version, "commit" => commit).set(1.0);
        handle
    })
}

fn describe() {
    describe_counter!("weapp_login_requests_total", "requests answered, by route, method, status and code");
    describe_histogram!("weapp_login_request_seconds", "time to answer a request, by route");
    describe_gauge!("weapp_login_requests_in_flight", "requests in progress");
    describe_counter!("weapp_login_logins_total", "logins that WeChat vouched for, by mini program and how they ended");
    describe_counter!(
        "weapp_login_wechat_calls_total",
        "calls to WeChat, by mini program, path and errcode (none: no answer)"
    );
    describe_histogram!("weapp_login_wechat_call_seconds", "time WeChat took, by path");
    describe_gauge!("weapp_login_wechat_breaker_state", "0 WeChat is asked, 1 one call tries, 2 it is left alone");
    describe_counter!(
        "weapp_login_wechat_rejected_total",
        "what did not get to ask WeChat, by mini program and reason"
    );
    describe_counter!("weapp_login_tickets_total", "tickets, by what became of them");
    describe_counter!("weapp_login_sessions_total", "sessions, by what became of them");
    describe_counter!("weapp_login_decryptions_total", "data that sessions' keys did not open, by what came of it");
    describe_counter!("weapp_login_registrations_total", "registrations, by mini program, way and how they ended");
    describe_counter!("weapp_login_rate_limits_total", "rate limit checks, by limit and outcome");
    describe_counter!("weapp_login_events_total", "login events, by what became of them");
    describe_gauge!("weapp_login_database_connections", "connections to the database, by state");
    describe_histogram!("weapp_login_database_seconds", "time the database took, by operation, repetitions and all");
    describe_histogram!("weapp_login_redis_seconds", "time of a round trip to redis");
    describe_counter!("weapp_login_redis_connections_total", "connections to redis that were opened, or could not be");
    describe_gauge!("weapp_login_clock_offset_seconds", "how far this machine's clock is ahead of redis'");
    describe_gauge!("weapp_login_build_info", "1, with version and commit as labels");
    Collector::default().describe();
}

/// Everything that is measured, in Prometheus' text format; with what this process takes of the machine.
#[must_use]
pub fn shown() -> String {
    Collector::default().collect();
    recorder().render()
}

/// Counts samples into their buckets for as long as it is polled.
pub async fn upkeep() {
    loop {
        tokio::time::sleep(UPKEEP).await;
        recorder().run_upkeep();
    }
}

/// A counter by `outcome`.
pub fn outcomes(name: &'static str, outcome: &'static str) -> Counter {
    recorder();
    counter!(name, "outcome" => outcome)
}

/// What one worker answered at one path of the table.
pub struct Route {
    /// Such as `/v1/sessions/{id}`.
    pub pattern: String,
    seconds: Histogram,
    answers: RefCell<Vec<Answers>>,
}

/// Answers of one kind.
struct Answers {
    method: &'static str,
    status: u16,
    code: &'static str,
    counter: Counter,
}

impl Route {
    /// The route with this pattern.
    #[must_use]
    pub fn new(pattern: String) -> Route {
        recorder();
        let seconds = histogram!("weapp_login_request_seconds", "route" => pattern.clone());
        Route { pattern, seconds, answers: RefCell::default() }
    }

    /// Has answers of this kind counted from the start on.
    pub fn foresee(&self, method: &'static str, status: u16, code: &'static str) {
        self.counter(method, status, code).increment(0);
    }

    /// Counts one more. A path has few kinds of answers, so they are looked through.
    pub fn count(&self, method: &'static str, status: u16, code: &'static str, took: Duration) {
        self.seconds.record(took.as_secs_f64());
        let mut kinds = self.answers.borrow_mut();
        let same = |kind: &&Answers| kind.status == status && kind.code == code && kind.method == method;
        if let Some(kind) = kinds.iter().find(same) {
            kind.counter.increment(1);
            return;
        }
        let counter = self.counter(method, status, code);
        counter.increment(1);
        kinds.push(Answers { method, status, code, counter });
    }

    fn counter(&self, method: &'static str, status: u16, code: &'static str) -> Counter {
        let labels = [
            ("route", self.pattern.clone()),
            ("method", method.to_owned()),
            ("status", status.to_string()),
            ("code", code.to_owned()),
        ];
        counter!("weapp_login_requests_total", &labels)
    }
}
