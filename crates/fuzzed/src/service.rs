//! Requests to the service: every endpoint's body through the parsers that it has, and the headers that anybody can send.

use crate::server::Client;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex};
use weapp_login::app::{App, Shared};
use weapp_login::clock::Clock;
use weapp_login::identity::{Identity, SessionKey};
use weapp_login::random::Random;
use weapp_login::settings::Settings;
use weapp_login::store::Newcomer;
use weapp_login::telemetry::Trace;
use weapp_login::user::Profile;

/// Somebody who is signed in, and somebody who has a ticket for as long as the process lives.
struct Service {
    client: Mutex<Client>,
    session: String,
    runtime: tokio::runtime::Runtime,
    app: App,
    _folder: tempfile::TempDir,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let shared = Shared::new(settings_in(folder.path()), Clock::system()).expect("what the workers share");
    let app = App::new(shared.clone(), 1).expect("a service");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (token, _) = runtime.block_on(async {
        app.users.migrate().await.expect("a schema");
        let (identity, profile) = (identity("oMember"), Profile::default());
        let accounts = app.settings().wechat.phone_accounts;
        let newcomer = Newcomer { identity: &identity, profile: &profile, phone: None, accounts };
        let registered = app.users.register(newcomer, app.clock().now()).await.expect("an account");
        let opened = app.sessions.open(&registered.user, identity, key(), "a fuzzer".into()).await;
        opened.expect("a session")
    });
    let client = Client::of(move |listener| {
        weapp_login::server::serve(shared, listener, None, |_: &mut actix_web::web::ServiceConfig| {})
            .expect("a listener that can be used")
    });
    Service { client: Mutex::new(client), session: token.text(), runtime, app, _folder: folder }
});

/// Settings of a service that keeps everything in `folder`, and whose WeChat is nowhere.
pub(crate) fn settings_in(folder: &Path) -> Settings {
    let database = format!("sqlite://{}", folder.join("people.sqlite3").display());
    let all: BTreeMap<String, String> = [
        ("DATABASE_URL", database.as_str()),
        ("REDIS_URL", "memory:"),
        ("LISTEN", "127.0.0.1:0"),
        ("WECHAT_BASE_URL", "http://127.0.0.1:1"),
        ("WECHAT_APP_ID", "wx0123456789abcdef"),
        ("WECHAT_APP_SECRET", "secret-of-the-fuzzed-app"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("WECHAT_MAX_CALLS_PER_MINUTE", "0"),
        ("TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8"),
        ("INTROSPECTION_CLIENTS", "backend:secret-of-the-only-backend-of-fuzzers"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    Settings::from_environment(&all).expect("settings that hold together")
}

fn identity(openid: &str) -> Identity {
    let app_id = "wx0123456789abcdef".parse().expect("an app id");
    Identity { app_id, openid: openid.parse().expect("an openid"), unionid: None }
}

fn key() -> SessionKey {
    SessionKey::try_from("tiihtNczf5v6AKRyjwEUhQ==".to_owned()).expect("a key of 16 bytes")
}

/// Where a request can go; `*` stands for text of the fuzzer's.
const ENDPOINTS: [&str; 9] = [
    "POST /v1/login",
    "POST /v1/register",
    "PATCH /v1/me",
    "POST /v1/me/phone",
    "POST /v1/open-data",
    "POST /v1/introspect",
    "GET /readyz?require=*",
    "DELETE /v1/sessions/*",
    "GET /v1/auth/*",
];

/// The first byte says where the request goes. Three lines follow: `X-Forwarded-For`, `traceparent`, `User-Agent`. The rest
/// is the body; to `/v1/register`, with a fresh ticket in it.
///
/// # Panics
/// The answer is 500, or there is none.
pub fn service(input: &[u8]) {
    let Some((&endpoint, rest)) = input.split_first() else { return };
    let mut parts = rest.splitn(4, |byte| *byte == b'\n');
    let mut line = || header(parts.next().unwrap_or_default());
    let (forwarded, traceparent, agent) = (line(), line(), line());
    let body = parts.next().unwrap_or_default();

    let trace = Trace::from_header(Some(&traceparent), &Random::system());
    assert!(trace.id().len() == 32 && trace.id().bytes().all(|byte| byte.is_ascii_hexdigit()), "an id that is safe");

    let service = &*SERVICE;
    let endpoint = ENDPOINTS[usize::from(endpoint) % ENDPOINTS.len()];
    let target = endpoint.replace('*', &escaped(body));
    let authorization = match endpoint {
        "POST /v1/introspect" => "Basic YmFja2VuZDpzZWNyZXQtb2YtdGhlLW9ubHktYmFja2VuZC1vZi1mdXp6ZXJz".to_owned(),
        _ => format!("Bearer {}", service.session),
    };
    let head = format!(
        "{target} HTTP/1.1\r\nAuthorization: {authorization}\r\nX-Forwarded-For: {forwarded}\r\n\
         traceparent: {traceparent}\r\nUser-Agent: {agent}\r\n"
    );
    let body = match endpoint {
        "POST /v1/register" => with_ticket(service, body),
        _ if endpoint.contains('*') => vec![],
        _ => body.to_vec(),
    };
    let status = service.client.lock().expect("nothing panics while it asks").status(&head, &body);
    // WeChat is nowhere: 503 is the honest answer where it is needed.
    assert!(status < 500 || status == 503, "{status} from {endpoint}");
}

/// The body with a fresh ticket as its first field, where it is the beginning of an object.
fn with_ticket(service: &Service, body: &[u8]) -> Vec<u8> {
    let Some(rest) = body.strip_prefix(b"{") else { return body.to_vec() };
    let issued = service.runtime.block_on(service.app.tickets.issue(identity("oNewcomer"), key()));
    let (ticket, _) = issued.expect("memory takes it");
    let comma = if rest.trim_ascii_start().starts_with(b"}") { "" } else { "," };
    [format!("{{\"ticket\":\"{}\"{comma}", ticket.text()).as_bytes(), rest].concat()
}

/// What may stand in a header: no controls, which would end it.
fn header(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(1000).collect()
}

/// What may stand in an address.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().take(1000).map(|byte| format!("%{byte:02x}")).collect()
}
