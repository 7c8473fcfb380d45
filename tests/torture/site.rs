//! An installation: replicas behind a gateway, their database, their Redis and WeChat.

use crate::redis::Redis;
use crate::replica::{PROGRAM, Replica, Server};
use crate::tables::Tables;
use reqwest::{Client, Method};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use tempfile::TempDir;
use testkit::{Nginx, Process, Wechat, free_address, text};

pub const APPS: [&str; 2] = ["wx0000000000000001", "wx0000000000000002"];
const REPLICAS: usize = 3;

pub struct Site {
    pub http: Client,
    pub wechat: Wechat,
    /// The database's address for whoever administers it.
    pub admin: String,
    pub replicas: Vec<Replica>,
    pub gateway: String,
    /// Whether the clock of the last replica can be moved.
    pub has_clock: bool,
    pub has_disk: bool,
    pub tables: Mutex<Tables>,
    pub redis: Mutex<Redis>,
    pub folder: TempDir,
    _nginx: Nginx,
    _simulator: Process,
}

impl Site {
    /// Starts all of it. `kind` of Redis is `single`, `sentinel` or `cluster`.
    pub async fn start(kind: &str, seed: u64) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let http = testkit::client();
        let apps = APPS.map(|app| format!("[[wechat.apps]]\nid = \"{app}\"\nsecret = \"hush-secret-of-{app}\"\n"));
        let file = folder.path().join("weapp-login.toml");
        fs::write(&file, apps.concat()).unwrap();
        let (simulator, simulated) = simulator(folder.path(), &file, seed);
        let wechat = Wechat::at(format!("http://{simulated}"), http.clone());
        let often = json!({"loginsPerSecond": 1000, "exchangesPerMinute": 100_000});
        wechat.steer(Method::PUT, "options", often).await;
        let (tables, redis) = (Tables::start(), Redis::start(kind));
        let database = SocketAddr::from(([127, 0, 0, 1], tables.mariadb.port()));
        let user = tables.service_user().await;
        let mut servers = vec![
            (Server::Database, "DATABASE_URL", format!("mysql://{user}@{{}}/weapp"), database),
            (Server::Wechat, "WECHAT_BASE_URL", "http://{}".to_owned(), simulated),
        ];
        servers.extend(redis.only().map(|only| (Server::Redis, "REDIS_URL", "redis://{}".to_owned(), only)));
        let settings: BTreeMap<_, _> = [
            ("WEAPP_LOGIN_CONFIG", text(&file)),
            ("REDIS_URL", redis.url()),
            ("DATABASE_POOL_SIZE", "8".to_owned()),
            ("PHONE_ACCOUNTS", "link".to_owned()),
            ("RATE_LIMIT_PER_MINUTE", "1000000".to_owned()),
            ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ("DRAIN_SECONDS", "0".to_owned()),
        ]
        .into();
        let mut replicas = vec![];
        for number in 0..REPLICAS {
            replicas.push(Replica::new(folder.path(), number, settings.clone(), &servers).await);
        }
        replicas[0].run("migrate").unwrap();
        let has_clock = replicas[REPLICAS - 1].with_clock();
        replicas.iter().for_each(Replica::start);
        let nginx = Nginx::before(&replicas.iter().map(|replica| replica.base.as_str()).collect::<Vec<_>>());
        Site {
            http,
            wechat,
            admin: tables.mariadb.url(),
            replicas,
            gateway: nginx.base.clone(),
            has_clock,
            has_disk: tables.has_disk(),
            tables: Mutex::new(tables),
            redis: Mutex::new(redis),
            folder,
            _nginx: nginx,
            _simulator: simulator,
        }
    }
}

fn simulator(folder: &Path, settings: &Path, seed: u64) -> (Process, SocketAddr) {
    let start = || {
        let address = free_address();
        let mut command = Command::new(PROGRAM);
        command.args(["simulate", "--listen", &address.to_string(), "--seed", &seed.to_string()]);
        command.env_clear().env("WEAPP_LOGIN_CONFIG", settings);
        let mut process = Process::start(&mut command, folder.join("simulator.log"));
        let up = process.comes_up(|_| TcpStream::connect(address).is_ok());
        up.then_some((process, address))
    };
    (0..3).find_map(|_| start()).expect("a simulator that starts")
}
