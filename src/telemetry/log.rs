//! The log on standard error: events of any kind as they happen, and one line a request.
//!
//! A system call a line is a third of what a request costs the kernel, so the lines of requests wait in the thread that
//! answered them, 50 ms or 32 KiB at the most, and are written together. A line about a failure of ours is
//! written at once, as is everything else that is logged, each with the lines that wait before it. The end of a thread
//! and [`flush_all`] lose nothing; a process that is killed loses the lines of its last 50 ms.

use crate::clock::Rfc3339;
use crate::settings::LogFormat;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// How long a line may wait to be written with others.
pub const WAIT: Duration = Duration::from_millis(50);
/// What waits in one thread at the most.
const MAX_WAITING_BYTES: usize = 32 * 1024;
/// Where the HTTP library complains of bytes that are no HTTP: it names neither a peer nor a request, anybody can make it do
/// so, and whoever sent them is told 400. Only a filter that names the library lets it through.
const NO_HTTP: &str = "actix_http";
/// The name that filters know the lines of requests by.
const TARGET: &str = "weapp_login::server";

/// The one line that a request leaves.
#[derive(Serialize)]
pub struct RequestLine<'a> {
    /// When it was answered.
    pub timestamp: Rfc3339,
    /// The trace's id.
    pub request_id: &'a str,
    /// Such as `GET`.
    pub method: &'static str,
    /// The pattern of its path, such as `/v1/sessions/{id}`.
    pub route: &'a str,
    /// Of the answer.
    pub status: u16,
    /// From the request's head to the answer's.
    pub milliseconds: f64,
    /// The code of a problem; empty when all was well.
    pub code: &'static str,
    /// The account that the request was for, once that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<i64>,
    /// The client's address, as far as it may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<IpAddr>,
    /// What lies behind a problem, with its own causes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonLine<'a> {
    level: &'static str,
    message: &'static str,
    target: &'static str,
    #[serde(flatten)]
    request: &'a RequestLine<'a>,
}

static FORMAT: OnceLock<LogFormat> = OnceLock::new();
static EVERY_THREAD: Mutex<Vec<Weak<Waiting>>> = Mutex::new(Vec::new());

thread_local! {
    static HERE: Arc<Waiting> = {
        let waiting = Arc::new(Waiting::default());
        let mut all = EVERY_THREAD.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|thread| thread.strong_count() > 0);
        all.push(Arc::downgrade(&waiting));
        waiting
    };
}

/// Lines of one thread that wait. Another thread takes the lock at the end of the process only.
#[derive(Default)]
struct Waiting(Mutex<Vec<u8>>);

impl Waiting {
    fn lines(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flush(&self) {
        write_out(&mut self.lines());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Begins to write what `filter` lets through to standard error. The first call of a process counts.
pub fn start(filter: &str, format: LogFormat) {
    let filter = if filter.contains(NO_HTTP) { filter.to_owned() } else { format!("{filter},{NO_HTTP}=off") };
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_ansi(colours).with_env_filter(filter).with_writer(|| InOrder);
    // A second call, as in tests, finds the first one's subscriber in place.
    let began = match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
        LogFormat::Pretty => lines.with_target(false).compact().try_init(),
    };
    if began.is_ok() {
        let _ = FORMAT.set(format);
    }
}

/// How much a request's line says to whoever reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The failure is ours: an `ERROR`, written at once.
    Failure,
    /// An `INFO`.
    Usual,
    /// A question of a machine that asks every few seconds, and all is well: a `DEBUG`.
    Routine,
}

/// Leaves the line of a request. True when it is the first that waits here: then the caller sees to it that [`flush`] is
/// called after [`WAIT`].
#[must_use]
pub fn request(line: &RequestLine<'_>, weight: Weight) -> bool {
    if FORMAT.get() != Some(&LogFormat::Json) {
        event(line, weight);
        return false;
    }
    let (enabled, level) = match weight {
        Weight::Failure => (tracing::enabled!(target: TARGET, Level::ERROR), "ERROR"),
        Weight::Usual => (tracing::enabled!(target: TARGET, Level::INFO), "INFO"),
        Weight::Routine => (tracing::enabled!(target: TARGET, Level::DEBUG), "DEBUG"),
    };
    if !enabled {
        return false;
    }
    HERE.with(|here| {
        let mut lines = here.lines();
        let first = lines.is_empty();
        let line = JsonLine { level, message: "request", target: TARGET, request: line };
        serde_json::to_writer(&mut *lines, &line).expect("texts and numbers into memory");
        lines.push(b'\n');
        let full = weight == Weight::Failure || lines.len() >= MAX_WAITING_BYTES;
        if full {
            write_out(&mut lines);
        }
        first && !full
    })
}

/// Writes what waits in this thread.
pub fn flush() {
    HERE.with(|here| here.flush());
}

/// Writes what waits in any thread: for the end of the process.
pub fn flush_all() {
    let all = EVERY_THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().filter_map(Weak::upgrade).for_each(|thread| thread.flush());
}

fn write_out(lines: &mut Vec<u8>) {
    if !lines.is_empty() {
        // Standard error is where failures are told; its own have nowhere to go.
        let _ = io::stderr().write_all(lines);
        lines.clear();
    }
}

/// The line as an event, for people who read along and for subscribers of a test's own.
fn event(line: &RequestLine<'_>, weight: Weight) {
    let RequestLine { request_id, method, route, status, milliseconds, code, account, client, cause, .. } = *line;
    let client = client.map(tracing::field::display);
    macro_rules! tell {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET, request_id, method, route, status, milliseconds, code, account, client, cause, "request"
            )
        };
    }
    match weight {
        Weight::Failure => tell!(error),
        Weight::Usual => tell!(info),
        Weight::Routine => tell!(debug),
    }
}

/// Standard error, behind the lines that this thread wrote before.
struct InOrder;

impl Write for InOrder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // At the end of a thread its lines may be gone, and written, already.
        let _ = HERE.try_with(|here| here.flush());
        io::stderr().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
