//! A service to test, and who uses it: a phone that nobody knows yet, and a member who is signed in.

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use testkit::given;
use weapp_login::app::{App, install_crypto};
use weapp_login::clock::Clock;
use weapp_login::settings::{Settings, WechatApp};
use weapp_login::simulator::{Options, SimulatedApp, Simulator};
use weapp_login::token::random_bytes;

/// The mini programs of every test.
pub const APP: &str = "wx0000000000000001";
pub const OTHER_APP: &str = "wx0000000000000002";
pub const SECRET: &str = "secret-of-the-test-app";

/// What a service under test keeps its things in.
pub trait Storage {
    fn new() -> Self;
    /// Settings that name it.
    fn settings(&self) -> Vec<(String, String)>;
}

/// A SQLite file of its own, and memory.
pub struct Embedded(TempDir);

impl Storage for Embedded {
    fn new() -> Self {
        Embedded(tempfile::tempdir().unwrap())
    }

    fn settings(&self) -> Vec<(String, String)> {
        let file = self.0.path().join("people.sqlite3");
        vec![("DATABASE_URL".into(), format!("sqlite://{}", file.display())), ("REDIS_URL".into(), "memory:".into())]
    }
}

/// A database and a key prefix of its own on the servers that the test run was given.
pub struct Servers {
    database: String,
}

/// `TEST_DATABASE_URL` with another database.
pub fn database_url(database: &str) -> String {
    let mut url = url::Url::parse(&given("TEST_DATABASE_URL")).unwrap();
    url.set_path(database);
    url.into()
}

/// Runs SQL on the server, outside of any database.
pub async fn on_server(sql: &str) {
    use mysql_async::prelude::Queryable;
    let mut connection = mysql_async::Conn::from_url(given("TEST_DATABASE_URL")).await.unwrap();
    connection.query_drop(sql).await.unwrap();
    connection.disconnect().await.unwrap();
}

/// Runs `work` to its end on a thread of its own, for constructors and destructors, which cannot wait.
fn elsewhere(work: impl Future<Output = ()> + Send + 'static) {
    let run = move || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::spawn(run).join().unwrap();
}

impl Storage for Servers {
    fn new() -> Self {
        install_crypto();
        let database = format!("weapp_{:016x}", u64::from_ne_bytes(random_bytes()));
        let create = format!("CREATE DATABASE {database} CHARACTER SET utf8mb4");
        elsewhere(async move { on_server(&create).await });
        Servers { database }
    }

    fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("DATABASE_URL".into(), database_url(&self.database)),
            ("DATABASE_POOL_SIZE".into(), "8".into()),
            ("REDIS_URL".into(), given("TEST_REDIS_URL")),
            ("REDIS_KEY_PREFIX".into(), format!("{}:", self.database)),
        ]
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {}", self.database);
        elsewhere(async move { on_server(&drop).await });
    }
}

/// A running service with a WeChat of its own.
pub struct TestApp<S: Storage> {
    pub app: Arc<App>,
    pub base: String,
    pub wechat: String,
    pub http: Client,
    /// What the service's clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
    handles: Vec<actix_web::dev::ServerHandle>,
    /// Kept for as long as the service uses it.
    _storage: S,
}

impl<S: Storage> TestApp<S> {
    /// A service with the settings of a default installation, without rate limits.
    pub async fn start() -> TestApp<S> {
        TestApp::with(&[], Options::default()).await
    }

    /// A service with `settings` besides, and a WeChat with `options`.
    pub async fn with(settings: &[(&str, &str)], options: Options) -> TestApp<S> {
        let app = |id: &str| SimulatedApp::new(id.parse().unwrap(), SECRET);
        let apps = if options.apps.is_empty() { vec![app(APP), app(OTHER_APP)] } else { options.apps.clone() };
        let clock = Clock::system();
        let simulator = Simulator::new(Options { apps, ..options }, Arc::new(move || clock.now().timestamp_millis()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wechat = format!("http://{}", listener.local_addr().unwrap());
        let server = simulator.serve(listener).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let mut test = TestApp::against(&wechat, settings).await;
        test.handles.push(handle);
        test
    }

    /// A service whose WeChat is at `wechat`.
    pub async fn against(wechat: &str, settings: &[(&str, &str)]) -> TestApp<S> {
        TestApp::beside(S::new(), wechat, settings).await
    }

    /// A service on a storage that may be another one's, too.
    pub async fn beside(storage: S, wechat: &str, settings: &[(&str, &str)]) -> TestApp<S> {
        let mut all: BTreeMap<String, String> = storage.settings().into_iter().collect();
        for (name, value) in [
            ("LISTEN", "127.0.0.1:0"),
            ("WECHAT_BASE_URL", wechat),
            ("WECHAT_APP_ID", APP),
            ("WECHAT_APP_SECRET", SECRET),
            ("RATE_LIMIT_PER_MINUTE", "0"),
            ("SHUTDOWN_SECONDS", "1"),
        ] {
            all.insert(name.into(), value.into());
        }
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut settings = Settings::from_environment(&all).unwrap();
        if settings.wechat.apps[0].id.as_str() == APP {
            settings.wechat.apps.push(WechatApp { id: OTHER_APP.parse().unwrap(), secret: SECRET.to_owned().into() });
        }
        #[expect(clippy::disallowed_methods, reason = "whether a developer wants to see the log")]
        if std::env::var_os("TEST_LOG").is_some() {
            weapp_login::telemetry::log("warn", weapp_login::settings::LogFormat::Pretty);
        }
        let ahead = Arc::new(AtomicI64::new(0));
        let (machine, offset) = (Clock::system(), ahead.clone());
        let clock =
            Clock::from_fn(move || machine.now() + chrono::TimeDelta::milliseconds(offset.load(Ordering::SeqCst)));
        let app = Arc::new(App::open(settings, clock).unwrap());
        app.users.migrate().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server =
            weapp_login::server::serve(app.clone(), listener, |_: &mut actix_web::web::ServiceConfig| {}).unwrap();
        let handles = vec![server.handle()];
        tokio::spawn(server);
        let http = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        TestApp { app, base, wechat: wechat.to_owned(), http, ahead, handles, _storage: storage }
    }

    /// Lets the service's clock jump.
    pub fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.http.post(format!("{}{path}", self.base)).json(body).send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(format!("{}{path}", self.base)).send().await.unwrap()).await
    }

    /// Steers WeChat.
    pub async fn steer(&self, method: Method, path: &str, body: Value) {
        let url = format!("{}/control/{path}", self.wechat);
        let answer = self.http.request(method, url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    /// The next answer of WeChat at `path` goes wrong.
    pub async fn fault(&self, path: &str, kind: &str, value: i64, times: u32) {
        self.steer(Method::POST, "faults", json!({"path": path, "kind": kind, "value": value, "times": times})).await;
    }

    /// A phone of `person`, whom nobody need know yet.
    pub fn phone(&self, person: &str) -> Phone<'_, S> {
        Phone { test: self, person: person.to_owned(), app: APP.to_owned() }
    }

    /// A registered person, signed in.
    pub async fn member(&self, person: &str) -> Member<'_, S> {
        self.phone(person).member().await
    }
}

impl<S: Storage> Drop for TestApp<S> {
    fn drop(&mut self) {
        self.app.close();
        for handle in self.handles.drain(..) {
            // The message is sent when the future is made; nobody waits for the server's end.
            drop(handle.stop(false));
        }
    }
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(response: Response) -> Answer {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }

    /// A field of the body that is a text.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("{name} in {self:?}"))
    }

    /// Status, code and advice of a problem; its form is checked on the way.
    pub fn problem(&self) -> (u16, &str, &str) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status.as_u16(), "{self:?}");
        assert_eq!(self.body["requestId"], self.headers["x-request-id"].to_str().unwrap(), "{self:?}");
        assert!(!self.text("title").is_empty() && !self.text("detail").is_empty() && !self.text("type").is_empty());
        assert_eq!(self.headers.contains_key("retry-after"), self.text("retry") == "later", "{self:?}");
        (self.status.as_u16(), self.text("code"), self.text("retry"))
    }
}

/// Somebody with a phone, and one of the mini programs open.
pub struct Phone<'a, S: Storage> {
    pub test: &'a TestApp<S>,
    pub person: String,
    pub app: String,
}

impl<'a, S: Storage> Phone<'a, S> {
    /// The same person in another mini program.
    pub fn in_app(&self, app: &str) -> Phone<'a, S> {
        Phone { test: self.test, person: self.person.clone(), app: app.to_owned() }
    }

    /// What a call of `wx` hands to `success`.
    pub async fn wx(&self, call: &str, extra: Value) -> Value {
        let mut body = json!({"appId": self.app});
        body.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap_or_default());
        let url = format!("{}/wx/{}/{call}", self.test.wechat, self.person);
        let answer = Answer::of(self.test.http.post(url).json(&body).send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{call}: {answer:?}");
        answer.body
    }

    pub async fn code(&self) -> String {
        self.wx("login", json!({})).await["code"].as_str().unwrap().to_owned()
    }

    pub async fn user_info(&self) -> Value {
        self.wx("getUserInfo", json!({})).await
    }

    pub async fn login(&self) -> Answer {
        let code = self.code().await;
        self.login_with(&code).await
    }

    pub async fn login_with(&self, code: &str) -> Answer {
        self.test.post("/v1/login", &json!({"code": code, "appId": self.app})).await
    }

    /// A ticket for somebody whom nobody knows.
    pub async fn ticket(&self) -> String {
        let answer = self.login().await;
        assert_eq!(answer.body["status"], "registrationRequired", "{answer:?}");
        answer.text("ticket").to_owned()
    }

    /// Registers with `ticket` and data fetched now.
    pub async fn register(&self, ticket: &str) -> Answer {
        let info = self.user_info().await;
        self.register_with(ticket, &info).await
    }

    pub async fn register_with(&self, ticket: &str, info: &Value) -> Answer {
        let mut body = info.clone();
        body["ticket"] = ticket.into();
        self.test.post("/v1/register", &body).await
    }

    /// Signs in, registering on the way if need be.
    pub async fn member(self) -> Member<'a, S> {
        let mut answer = self.login().await;
        if answer.body["status"] == "registrationRequired" {
            answer = self.register(answer.text("ticket")).await;
        }
        assert_eq!(answer.body["status"], "loggedIn", "{answer:?}");
        let (token, user) = (answer.text("token").to_owned(), answer.body["user"].clone());
        Member { phone: self, token, user }
    }

    pub async fn expire_session_key(&self) {
        let path = format!("people/{}/expire-session-key", self.person);
        self.test.steer(Method::POST, &path, json!({"appId": self.app})).await;
    }

    pub async fn set(&self, what: Value) {
        self.test.steer(Method::PUT, &format!("people/{}", self.person), what).await;
    }
}

/// Somebody who is signed in.
pub struct Member<'a, S: Storage> {
    pub phone: Phone<'a, S>,
    pub token: String,
    pub user: Value,
}

impl<S: Storage> Member<'_, S> {
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let test = self.phone.test;
        let mut request = test.http.request(method, format!("{}{path}", test.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None).await
    }

    /// The number of the account.
    pub fn id(&self) -> weapp_login::user::UserId {
        weapp_login::user::UserId(self.user["id"].as_str().unwrap().parse().unwrap())
    }
}

/// Waits until `done` holds, five seconds at most.
pub async fn eventually(what: &str, done: impl AsyncFn() -> bool) {
    for _ in 0..100 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not come about within five seconds");
}
