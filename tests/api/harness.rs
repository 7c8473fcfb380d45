//! A service to test, and who uses it: a phone that nobody knows yet, and a member who is signed in.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use testkit::{Answer, Database, Wechat, given};
use weapp_login::app::{App, Shared};
use weapp_login::background::Background;
use weapp_login::clock::Clock;
use weapp_login::settings::{Settings, WechatApp};
use wechat_simulator::{Options, SimulatedApp, Simulator};

/// The mini programs of every test.
pub const APP: &str = "wx0000000000000001";
pub const OTHER_APP: &str = "wx0000000000000002";
pub const SECRET: &str = "secret-of-the-test-app";

/// What a service under test keeps its things in.
pub trait Storage {
    fn new() -> Self;
    /// Settings that name it.
    fn settings(&self) -> Vec<(String, String)>;
    /// The column `line` of every row of an answer.
    async fn lines(&self, sql: &str) -> Vec<String>;
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

    async fn lines(&self, sql: &str) -> Vec<String> {
        use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let file = self.0.path().join("people.sqlite3");
        let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        let lines: Vec<Line> = sql_query(sql).load(&mut connection).unwrap();
        lines.into_iter().map(|line| line.line).collect()
    }
}

/// A database and a key prefix of its own on the servers that the test run was given.
pub struct Servers(Database);

impl Storage for Servers {
    fn new() -> Self {
        Servers(Database::new())
    }

    fn settings(&self) -> Vec<(String, String)> {
        vec![
            ("DATABASE_URL".into(), self.0.url()),
            ("DATABASE_POOL_SIZE".into(), "8".into()),
            ("REDIS_URL".into(), given("TEST_REDIS_URL")),
            ("REDIS_KEY_PREFIX".into(), format!("{}:", self.0.name)),
        ]
    }

    async fn lines(&self, sql: &str) -> Vec<String> {
        use mysql_async::prelude::Queryable;
        self.0.connect().await.query(sql).await.unwrap()
    }
}

/// A running service with a WeChat of its own.
pub struct TestApp<S: Storage> {
    pub app: Arc<App>,
    pub base: String,
    /// Where the internal listener is, if the settings ask for one.
    pub internal: Option<String>,
    pub wechat: Wechat,
    pub http: Client,
    /// What the service's clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
    handles: Vec<actix_web::dev::ServerHandle>,
    background: Option<Background>,
    /// Kept for as long as the service uses it.
    pub storage: S,
}

impl<S: Storage> TestApp<S> {
    /// A service with the settings of a default installation, without rate limits.
    pub async fn start() -> TestApp<S> {
        TestApp::with(&[], Options::default()).await
    }

    /// A service with `settings` besides, and a WeChat with `options`.
    pub async fn with(settings: &[(&str, &str)], options: Options) -> TestApp<S> {
        let app = |id: &str| SimulatedApp::new(id, SECRET);
        let apps = if options.apps.is_empty() { vec![app(APP), app(OTHER_APP)] } else { options.apps.clone() };
        let clock = Clock::system();
        let simulator = Simulator::new(Options { apps, ..options }, Arc::new(move || clock.now()));
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
            let registration = settings.wechat.apps[0].registration.clone();
            let other = WechatApp { id: OTHER_APP.parse().unwrap(), secret: SECRET.to_owned().into(), registration };
            settings.wechat.apps.push(other);
        }
        #[expect(clippy::disallowed_methods, reason = "whether a developer wants to see the log")]
        if std::env::var_os("TEST_LOG").is_some() {
            weapp_login::telemetry::log::start("warn", weapp_login::settings::LogFormat::Pretty);
        }
        let ahead = Arc::new(AtomicI64::new(0));
        let (machine, offset) = (Clock::system(), ahead.clone());
        let clock =
            Clock::from_fn(move || machine.now() + chrono::TimeDelta::milliseconds(offset.load(Ordering::SeqCst)));
        let shared = Shared::new(settings, clock).unwrap();
        let app = Arc::new(App::new(shared.clone(), 1).unwrap());
        app.users.migrate().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let background = Background::start(&shared).unwrap();
        let second = shared.settings.server.internal_listen.as_ref().map(|address| TcpListener::bind(address).unwrap());
        let internal = second.as_ref().map(|listener| format!("http://{}", listener.local_addr().unwrap()));
        let server =
            weapp_login::server::serve(shared, listener, second, |_: &mut actix_web::web::ServiceConfig| {}).unwrap();
        let handles = vec![server.handle()];
        tokio::spawn(server);
        let http = testkit::client();
        let wechat = Wechat::at(wechat, http.clone());
        TestApp { app, base, internal, wechat, http, ahead, handles, background: Some(background), storage }
    }

    /// Lets the service's clock jump.
    pub fn advance(&self, seconds: i64) {
        self.ahead.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.http.post(format!("{}{path}", self.base)).json(body)).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.http.get(format!("{}{path}", self.base))).await.unwrap()
    }

    /// A phone of `person`, whom nobody need know yet.
    pub fn phone(&self, person: &str) -> Phone<'_, S> {
        Phone { test: self, phone: self.wechat.phone(person, APP) }
    }

    /// A registered person, signed in.
    pub async fn member(&self, person: &str) -> Member<'_, S> {
        self.phone(person).member().await
    }
}

impl<S: Storage> Drop for TestApp<S> {
    fn drop(&mut self) {
        self.background.take().map(Background::end);
        for handle in self.handles.drain(..) {
            // The message is sent when the future is made; nobody waits for the server's end.
            drop(handle.stop(false));
        }
    }
}

/// Somebody with a phone, and one of the mini programs open.
pub struct Phone<'a, S: Storage> {
    pub test: &'a TestApp<S>,
    phone: testkit::Phone,
}

impl<S: Storage> Deref for Phone<'_, S> {
    type Target = testkit::Phone;

    fn deref(&self) -> &testkit::Phone {
        &self.phone
    }
}

impl<'a, S: Storage> Phone<'a, S> {
    /// The same person in another mini program.
    pub fn in_app(&self, app: &str) -> Phone<'a, S> {
        Phone { test: self.test, phone: self.test.wechat.phone(&self.person, app) }
    }

    pub async fn user_info(&self) -> Value {
        self.wx("getUserInfo").await
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
        Answer::to(request).await.unwrap()
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
