//! A Redis of a test's own, which can be killed, hung and started again.

use crate::{Process, free_port, program, run, text};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// A Redis that keeps nothing over a restart.
pub struct Redis {
    /// The port that it listens at.
    pub port: u16,
    process: Process,
    folder: TempDir,
    options: Vec<String>,
}

impl Redis {
    /// Starts one.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start() -> Redis {
        Redis::with(&[])
    }

    /// Starts one with more options, in which `{port}` stands for its port and `{free}` for another free one.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn with(options: &[&str]) -> Redis {
        // Another program may take the port between the look and the start: then once more with another.
        (0..3).find_map(|_| Redis::try_start(options)).expect("a Redis that starts")
    }

    fn try_start(options: &[&str]) -> Option<Redis> {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let number = port.to_string();
        let mut all = vec!["--port", &number, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            .into_iter()
            .chain(["--repl-diskless-sync-delay", "0"])
            .map(str::to_owned)
            .collect::<Vec<_>>();
        all.extend(["--dir".into(), text(folder.path()), "--unixsocket".into(), text(&socket(&folder))]);
        let filled = |option: &&str| option.replace("{port}", &number).replace("{free}", &free_port().to_string());
        all.extend(options.iter().map(filled));
        let process = launch(&folder, &all);
        let mut redis = Redis { port, process, folder, options: all };
        redis.is_up().then_some(redis)
    }

    fn is_up(&mut self) -> bool {
        let socket = socket(&self.folder);
        self.process.comes_up(|_| ping(&socket))
    }

    /// Kills it as a crash would.
    ///
    /// # Panics
    /// The system does not let go of it.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again, empty, at the same port.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&mut self) {
        self.process = launch(&self.folder, &self.options);
        assert!(self.is_up(), "Redis does not start again: {}", self.process.said());
    }

    /// It accepts connections and answers nothing from here on.
    pub fn hang(&self) {
        self.process.signal("STOP");
    }

    /// It goes on where it hung.
    pub fn go_on(&self) {
        self.process.signal("CONT");
    }

    /// What `redis-cli` prints.
    ///
    /// # Panics
    /// It does not answer.
    pub fn ask(&self, arguments: &[&str]) -> String {
        run(program("redis-cli").arg("-s").arg(socket(&self.folder)).args(arguments)).unwrap()
    }

    /// A field of `INFO`.
    ///
    /// # Panics
    /// It does not answer.
    #[must_use]
    pub fn info(&self, field: &str) -> String {
        let all = self.ask(&["INFO", "everything"]);
        let line = all.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

fn launch(folder: &TempDir, options: &[String]) -> Process {
    Process::start(program("redis-server").args(options), folder.path().join("log"))
}

/// Asked for through the socket, which only this server has made. "NOAUTH" is an answer, too.
fn ping(socket: &PathBuf) -> bool {
    let answer = run(program("redis-cli").arg("-s").arg(socket).arg("PING"));
    answer.is_ok_and(|answer| answer.starts_with("PONG") || answer.starts_with("NOAUTH"))
}

fn socket(folder: &TempDir) -> PathBuf {
    folder.path().join("socket")
}

/// How long servers may take to find together.
pub(super) const GATHERING: Duration = Duration::from_secs(30);
