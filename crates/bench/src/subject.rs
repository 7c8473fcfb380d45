//! What is measured: the program of this repository, or another one that speaks the same requests.

use crate::http::{Ask, Connection};
use crate::load::Operation;
use crate::process::{Running, on_core, said};
use crate::servers::{Servers, free, started};
use crate::upstream::Upstream;
use crate::{APP, SECRET};
use anyhow::Context;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a subject is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `weapp-login serve`, after `weapp-login migrate`.
    WeappLogin,
    /// A program with settings of its own names, and the file with the SQL of its tables: see `docs/performance.md`.
    Floor { schema: Option<PathBuf> },
}

/// A program to be measured, with a database of its own.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: String,
    pub program: PathBuf,
    pub kind: Kind,
}

/// The servers that a subject is to use: those of the run, or proxies before them.
#[derive(Debug, Clone, Copy)]
pub struct Behind {
    pub mysql: SocketAddr,
    pub redis: SocketAddr,
    pub wechat: SocketAddr,
}

impl Behind {
    /// The servers of the run themselves.
    pub fn direct(servers: &Servers, upstream: &Upstream) -> Behind {
        Behind { mysql: servers.mysql, redis: servers.redis, wechat: upstream.address }
    }
}

/// A subject that runs; dropped, it is ended.
pub struct Served {
    pub address: SocketAddr,
    /// From its start to its first answer that it is ready.
    pub ready_after: Duration,
    running: Running,
}

impl Served {
    pub fn id(&self) -> u32 {
        self.running.id()
    }
}

impl Subject {
    /// Makes its database and its tables.
    ///
    /// # Errors
    /// The server, or the program's own migration, says no.
    pub fn prepare(&self, servers: &Servers, behind: Behind) -> anyhow::Result<()> {
        let database = self.database();
        servers.sql(&format!("CREATE DATABASE `{database}` CHARACTER SET utf8mb4"))?;
        match &self.kind {
            Kind::WeappLogin => {
                let mut command = Command::new(&self.program);
                self.settings(command.arg("migrate"), behind, free()?);
                said(&mut command).map(drop)
            }
            Kind::Floor { schema: Some(schema) } => {
                let text = fs::read_to_string(schema).with_context(|| format!("{}", schema.display()))?;
                servers.sql(&format!("USE `{database}`;\n{text}")).map(drop)
            }
            Kind::Floor { schema: None } => Ok(()),
        }
    }

    /// Starts it on core `core`, with its log in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// It ends, or is not ready within half a minute.
    pub async fn start(&self, behind: Behind, core: Option<u32>, folder: &Path) -> anyhow::Result<Served> {
        let address = free()?;
        let mut command = on_core(core, &self.program);
        if self.kind == Kind::WeappLogin {
            command.arg("serve");
        }
        self.settings(&mut command, behind, address);
        let log = folder.join(format!("{}.log", self.database()));
        let mut running = started(command.current_dir(folder), &log)?;
        let path = if self.kind == Kind::WeappLogin { "/readyz" } else { "/health" };
        let ready = async || match Connection::open(address).await {
            Ok(mut connection) => connection.ask(Ask::Get(path)).await.is_ok_and(|answer| answer.status == 200),
            Err(_) => false,
        };
        let ready_after = running.until(&self.name, ready).await.with_context(|| format!("see {}", log.display()))?;
        Ok(Served { address, ready_after, running })
    }

    /// Whether it answers this at all.
    pub fn does(&self, operation: Operation) -> bool {
        self.kind == Kind::WeappLogin || operation != Operation::GatewayCheck
    }

    fn database(&self) -> String {
        self.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    }

    /// As in production, with the log, the metrics and every limit; the limits so high that one address may send the load.
    fn settings(&self, command: &mut Command, behind: Behind, listen: SocketAddr) {
        let mysql = format!("mysql://bench:bench@{}/{}", behind.mysql, self.database());
        let (redis, wechat) = (format!("redis://{}/0", behind.redis), format!("http://{}", behind.wechat));
        let (listen, port) = (listen.to_string(), listen.port().to_string());
        command.env_clear().envs(match self.kind {
            Kind::WeappLogin => vec![
                ("LISTEN", listen.as_str()),
                ("DATABASE_URL", &mysql),
                ("REDIS_URL", &redis),
                ("WECHAT_BASE_URL", &wechat),
                ("WECHAT_APP_ID", APP),
                ("WECHAT_APP_SECRET", SECRET),
                ("RATE_LIMIT_PER_MINUTE", "50000000"),
                ("WECHAT_MAX_CALLS_PER_MINUTE", "50000000"),
                ("MAX_IN_FLIGHT", "20000"),
                ("WECHAT_MAX_IN_FLIGHT", "20000"),
                ("DRAIN_SECONDS", "0"),
                ("LOG", "info"),
            ],
            Kind::Floor { .. } => vec![
                ("PORT", port.as_str()),
                ("MYSQL_URL", &mysql),
                ("REDIS_URL", &redis),
                ("WECHAT_BASE", &wechat),
                ("WECHAT_APPID", APP),
                ("WECHAT_SECRET", SECRET),
            ],
        });
        // taskset is found by it.
        command.env("PATH", "/usr/bin:/bin");
    }
}
