//! A MariaDB of a test's own, which can be hung, killed and started again.

use crate::{Process, free_port, program, run, text};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Of the user that the service signs in as.
pub const PASSWORD: &str = "hush-database-password";

/// A MariaDB with an empty database `weapp`, whose user may do everything.
pub struct Mariadb {
    process: Process,
    folder: TempDir,
    data: PathBuf,
    user: String,
    port: u16,
    options: Vec<String>,
}

impl Mariadb {
    /// Starts one.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start() -> Mariadb {
        Mariadb::with(&[])
    }

    /// Starts one with more options.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn with(options: &[String]) -> Mariadb {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Mariadb::in_folders(folder, data, options)
    }

    /// Starts one whose tables lie in `data`, which is empty or not there yet.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn at(data: PathBuf, options: &[String]) -> Mariadb {
        Mariadb::in_folders(tempfile::tempdir().unwrap(), data, options)
    }

    fn in_folders(folder: TempDir, data: PathBuf, options: &[String]) -> Mariadb {
        let user = run(program("id").arg("-un")).unwrap().trim().to_owned();
        let install = ["--skip-test-db", "--skip-name-resolve", "--force", "--auth-root-authentication-method=socket"];
        run(program("mariadb-install-db")
            .args(["--no-defaults", &format!("--user={user}"), &format!("--datadir={}", text(&data))])
            .args(install))
        .unwrap();
        let grants = format!(
            "CREATE DATABASE IF NOT EXISTS weapp;\nCREATE OR REPLACE USER 'weapp'@'%' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL PRIVILEGES ON *.* TO 'weapp'@'%' WITH GRANT OPTION;\n"
        );
        fs::write(folder.path().join("init.sql"), grants).unwrap();
        let port = free_port();
        let process = launch(&folder, &data, &user, port, options);
        let mut server = Mariadb { process, folder, data, user, port, options: options.to_vec() };
        // Another program may take the port between the look and the start: then once more with another.
        for _ in 0..3 {
            if server.is_up() {
                return server;
            }
            server.port = free_port();
            server.process = launch(&server.folder, &server.data, &server.user, server.port, options);
        }
        panic!("no MariaDB that starts: {}", server.process.said());
    }

    fn is_up(&mut self) -> bool {
        let (folder, password) = (self.folder.path(), format!("-p{PASSWORD}"));
        let socket = format!("--socket={}", text(&folder.join("socket")));
        let ask = || run(program("mariadb").args(["--no-defaults", &socket, "-uweapp", &password, "-e", "SELECT 1"]));
        self.process.comes_up(|_| ask().is_ok())
    }

    /// Kills it as a crash would.
    ///
    /// # Panics
    /// The system does not let go of it.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again with what it had.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&mut self) {
        self.process = launch(&self.folder, &self.data, &self.user, self.port, &self.options);
        assert!(self.is_up(), "MariaDB does not start again: {}", self.process.said());
    }

    /// Whether it ended by itself; the end of what it logged, if it did.
    pub fn ended(&mut self) -> Option<String> {
        self.process.ended()?;
        let said = self.process.said();
        let lines: Vec<_> = said.lines().collect();
        Some(lines[lines.len().saturating_sub(60)..].join("\n"))
    }

    /// It accepts connections and answers nothing from here on.
    pub fn hang(&self) {
        self.process.signal("STOP");
    }

    /// It goes on where it hung.
    pub fn go_on(&self) {
        self.process.signal("CONT");
    }

    /// The port that it listens at.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, with the database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mysql://weapp:{PASSWORD}@127.0.0.1:{}/weapp", self.port)
    }
}

fn launch(folder: &TempDir, data: &Path, user: &str, port: u16, options: &[String]) -> Process {
    let inside = |option: &str, name: &str| format!("--{option}={}", text(&folder.path().join(name)));
    let mut command = program("mariadbd");
    command.args(["--no-defaults", &format!("--user={user}"), &format!("--port={port}"), "--bind-address=127.0.0.1"]);
    command.args([format!("--datadir={}", text(data)), inside("socket", "socket"), inside("pid-file", "pid")]);
    command.arg(inside("init-file", "init.sql"));
    command.args([
        "--character-set-server=utf8mb4",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--performance-schema=OFF",
    ]);
    command.args(["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--innodb-flush-method=nosync"]);
    command.args(options);
    Process::start(&mut command, folder.path().join("log"))
}
