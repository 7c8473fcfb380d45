//! A MariaDB and a Redis that belong to a run alone: Debian's, on loopback, in a folder that goes with the run.

use crate::process::{Running, said};
use anyhow::Context;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

/// Both servers, running.
pub struct Servers {
    pub mysql: SocketAddr,
    pub redis: SocketAddr,
    mariadbd: Running,
    redis_server: Running,
}

impl Servers {
    /// Starts both with their things in `folder`.
    ///
    /// # Errors
    /// One of them is not installed or does not start.
    pub async fn start(folder: &Path) -> anyhow::Result<Servers> {
        let (mysql, redis) = (free()?, free()?);
        let mariadbd = mariadb(folder, mysql)?;
        let mut redis_server = program("redis-server");
        redis_server.args(["--bind", "127.0.0.1", "--port", &redis.port().to_string(), "--save", ""]);
        redis_server.args(["--appendonly", "no"]).current_dir(folder);
        let redis_server = started(&mut redis_server, &folder.join("redis.log"))?;
        let mut servers = Servers { mysql, redis, mariadbd, redis_server };
        let listens = async |at: SocketAddr| tokio::net::TcpStream::connect(at).await.is_ok();
        servers.redis_server.until("redis-server", async || listens(redis).await).await?;
        servers.mariadbd.until("mariadbd", async || listens(mysql).await && sql(mysql, "SELECT 1").is_ok()).await?;
        // Without the socket's file no client can leave TCP, where it is counted.
        fs::remove_file(folder.join("mariadb.sock")).context("MariaDB made no socket")?;
        Ok(servers)
    }

    /// Runs SQL; tells what it found, a line for a row.
    ///
    /// # Errors
    /// What the server says.
    pub fn sql(&self, text: &str) -> anyhow::Result<String> {
        sql(self.mysql, text)
    }

    /// What MySQL has counted since it began: `Questions`, `Com_select` and others.
    ///
    /// # Errors
    /// It does not answer.
    pub fn mysql_counts(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        let lines = self.sql("SHOW GLOBAL STATUS")?;
        let pairs = lines.lines().filter_map(|line| line.split_once('\t'));
        Ok(pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
    }

    /// How many commands Redis has carried out, those inside scripts among them.
    ///
    /// # Errors
    /// It does not answer.
    pub fn redis_commands(&self) -> anyhow::Result<u64> {
        let info = self.redis_ask(&["INFO", "commandstats"])?;
        let calls =
            info.lines().filter_map(|line| line.split_once(":calls=")?.1.split(',').next()?.parse::<u64>().ok());
        Ok(calls.sum())
    }

    /// Runs one command of Redis.
    ///
    /// # Errors
    /// It does not answer.
    pub fn redis_ask(&self, command: &[&str]) -> anyhow::Result<String> {
        said(program("redis-cli").args(["-p", &self.redis.port().to_string()]).args(command))
    }

    /// Process ids of MariaDB and of Redis.
    pub fn ids(&self) -> (u32, u32) {
        (self.mariadbd.id(), self.redis_server.id())
    }
}

/// Starts a program whose words go into the file `log`.
///
/// # Errors
/// It is not there, or the file cannot be written.
pub fn started(command: &mut Command, log: &Path) -> anyhow::Result<Running> {
    let file = File::options().create(true).append(true).open(log)?;
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn();
    Ok(Running(child.with_context(|| format!("{name} cannot be started: see scripts/install-test-servers"))?))
}

/// An address on loopback that nobody listens at.
///
/// # Errors
/// There is none.
pub fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn sql(at: SocketAddr, text: &str) -> anyhow::Result<String> {
    let port = format!("--port={}", at.port());
    let client = ["--no-defaults", "-N", "-B", "-ubench", "-pbench", "-h127.0.0.1", "--protocol=tcp"];
    said(program("mariadb").args(client).args([&port, "-e", text]))
}

/// Durable but for a second at a power cut, as many run it; otherwise as it comes, with room for the people of a run.
fn mariadb(folder: &Path, at: SocketAddr) -> anyhow::Result<Running> {
    let user = format!("--user={}", said(Command::new("id").arg("-un"))?.trim());
    let inside = |option: &str, name: &str| format!("--{option}={}", folder.join(name).display());
    let data = inside("datadir", "mariadb");
    let install = ["--skip-test-db", "--skip-name-resolve", "--force", "--auth-root-authentication-method=socket"];
    // Temporary tables of two installations at once have the same names.
    said(program("mariadb-install-db").env("TMPDIR", folder).args(["--no-defaults", &user, &data]).args(install))?;
    let grants =
        "CREATE OR REPLACE USER 'bench'@'%' IDENTIFIED BY 'bench';\nGRANT ALL PRIVILEGES ON *.* TO 'bench'@'%';\n";
    fs::write(folder.join("mariadb.sql"), grants)?;
    let mut command = program("mariadbd");
    command.env("TMPDIR", folder);
    command.args([
        "--no-defaults",
        &user,
        &data,
        &inside("socket", "mariadb.sock"),
        &inside("pid-file", "mariadb.pid"),
    ]);
    command.args([&inside("init-file", "mariadb.sql"), "--bind-address=127.0.0.1", &format!("--port={}", at.port())]);
    command.args(["--character-set-server=utf8mb4", "--skip-name-resolve", "--skip-log-bin", "--max-connections=500"]);
    command.args(["--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=256M", "--performance-schema=OFF"]);
    started(&mut command, &folder.join("mariadb.log"))
}

/// A program found where Debian keeps servers too.
fn program(name: &str) -> Command {
    #[expect(clippy::disallowed_methods, reason = "where programs are")]
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}
