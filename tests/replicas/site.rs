//! An installation: a simulated WeChat, a database, a Redis, and replicas of the service as processes of their own.

use mysql_async::prelude::{FromRow, Queryable};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::{Answer, Database, Process, Wechat, comes_true, free_address, given, unique};

/// The mini program of every test, and what WeChat gave for it.
pub const APP: &str = "wx0000000000000001";
pub const SECRET: &str = "hush-secret-of-the-app";

/// How long a program may take to come up on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the replicas of one installation share.
pub struct Site {
    pub wechat: Wechat,
    pub http: Client,
    settings: BTreeMap<String, String>,
    /// None where a test brings its own.
    _database: Option<Database>,
    folder: TempDir,
    _simulator: Process,
}

impl Site {
    /// An installation with a database of its own, whose schema is up to date, and with the Redis of the test run; where
    /// `settings` name others, with those.
    pub async fn start(settings: &[(&str, &str)]) -> Site {
        let site = Site::without_schema(settings).await;
        let migrated = site.run("migrate", &[]);
        assert_eq!(migrated.code, Some(0), "{migrated:?}");
        site
    }

    /// The same before its first migration.
    pub async fn without_schema(settings: &[(&str, &str)]) -> Site {
        let http = testkit::client();
        let folder = tempfile::tempdir().unwrap();
        let mut all: BTreeMap<String, String> = [
            ("WECHAT_APP_ID", APP),
            ("WECHAT_APP_SECRET", SECRET),
            ("RATE_LIMIT_PER_MINUTE", "0"),
            ("DATABASE_POOL_SIZE", "8"),
            ("DRAIN_SECONDS", "0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let database = (!all.contains_key("DATABASE_URL")).then(Database::new);
        if let Some(database) = &database {
            all.insert("DATABASE_URL".into(), database.url());
        }
        all.entry("REDIS_URL".into()).or_insert_with(|| given("TEST_REDIS_URL"));
        all.entry("REDIS_KEY_PREFIX".into()).or_insert_with(|| format!("weapp_{}:", unique()));
        let (simulator, wechat) = simulator(&all, &folder);
        all.insert("WECHAT_BASE_URL".into(), wechat.clone());
        let wechat = Wechat::at(wechat, http.clone());
        // Tests are faster than thumbs.
        let often = json!({"loginsPerSecond": 1000, "exchangesPerMinute": 100_000});
        wechat.steer(Method::PUT, "options", often).await;
        Site { wechat, http, settings: all, _database: database, folder, _simulator: simulator }
    }

    fn command(&self, name: &str, settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
        command.arg(name).current_dir(self.folder.path()).env_clear().envs(&self.settings);
        command.envs(settings.iter().copied());
        command
    }

    /// Starts a replica; `settings` are its own.
    pub fn replica(&self, settings: &[(&str, &str)]) -> Replica {
        let mut command = self.command("serve", settings);
        command.env("LISTEN", "127.0.0.1:0");
        let mut process = Process::start(&mut command, self.folder.path().join(format!("replica-{}", unique())));
        let mut base = None;
        process.comes_up(|process| {
            base = address(&process.said());
            base.is_some()
        });
        let base = base.unwrap_or_else(|| panic!("no replica that serves: {}", process.said()));
        Replica { base, process }
    }

    /// Runs another command of the program to its end; an empty setting is one that is not there.
    pub fn run(&self, name: &str, settings: &[(&str, &str)]) -> Ended {
        self.runs(name, settings).wait()
    }

    /// Starts another command of the program.
    pub fn runs(&self, name: &str, settings: &[(&str, &str)]) -> Running {
        let said = self.folder.path().join(format!("{name}-{}", unique()));
        let begin = Instant::now();
        Running { process: Process::start(&mut self.command(name, settings), said), begin }
    }

    /// Sends a request, with a token if there is one.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn try_ask(
        &self,
        method: Method,
        url: String,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::to(request).await
    }

    pub async fn get(&self, base: &str, path: &str, token: &str) -> Answer {
        self.try_ask(Method::GET, format!("{base}{path}"), Some(token), None).await.unwrap()
    }

    pub async fn post(&self, base: &str, path: &str, token: Option<&str>, body: &Value) -> Answer {
        self.try_ask(Method::POST, format!("{base}{path}"), token, Some(body)).await.unwrap()
    }

    pub async fn delete(&self, base: &str, path: &str, token: &str) -> Answer {
        self.try_ask(Method::DELETE, format!("{base}{path}"), Some(token), None).await.unwrap()
    }

    /// What a query on the installation's database finds.
    pub async fn rows<T: FromRow + Send + 'static>(&self, query: &str) -> Vec<T> {
        let mut connection = mysql_async::Conn::from_url(&self.settings["DATABASE_URL"]).await.unwrap();
        let rows = connection.query(query).await.unwrap();
        connection.disconnect().await.unwrap();
        rows
    }

    pub async fn number(&self, query: &str) -> i64 {
        self.rows::<i64>(query).await[0]
    }
}

/// A running replica; dropped, it is killed.
pub struct Replica {
    pub base: String,
    pub process: Process,
}

/// A command under way.
pub struct Running {
    process: Process,
    begin: Instant,
}

impl Running {
    pub fn wait(mut self) -> Ended {
        let ended = comes_true(PATIENCE, || self.process.ended().is_some());
        assert!(ended, "it runs for more than {PATIENCE:?}: {}", self.process.said());
        let took = self.begin.elapsed();
        Ended { code: self.process.ended().and_then(|status| status.code()), said: self.process.said(), took }
    }
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    /// Everything it wrote.
    pub said: String,
    pub took: Duration,
}

/// A port that nobody listens at, as part of an address.
pub fn nobody() -> String {
    free_address().to_string()
}

/// The address in the log line of a replica that began to serve.
fn address(log: &str) -> Option<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let serving = lines.into_iter().find(|line| line["message"] == "serving")?;
    Some(format!("http://{}", serving["address"].as_str()?))
}

fn simulator(settings: &BTreeMap<String, String>, folder: &TempDir) -> (Process, String) {
    let start = || {
        let address = nobody();
        let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
        command.args(["simulate", "--listen", &address]).current_dir(folder.path()).env_clear();
        command.envs(settings.iter().filter(|(name, _)| name.starts_with("WECHAT_APP")));
        let mut process = Process::start(&mut command, folder.path().join(format!("simulator-{address}")));
        let up = process.comes_up(|_| std::net::TcpStream::connect(&address).is_ok());
        up.then(|| (process, format!("http://{address}")))
    };
    (0..3).find_map(|_| start()).expect("a simulator that starts")
}
