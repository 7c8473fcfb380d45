//! A program that a test starts and ends, and what it wrote.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A running program; dropped, it is killed.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with everything it writes in the file `log`.
    pub fn start(command: &mut Command, log: PathBuf) -> Process {
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started ({error}): run scripts/install-test-servers"));
        Process { child, log }
    }

    /// Everything it has written so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success(), "no process {} to send {name} to", self.child.id());
    }

    /// Kills it as a crash would, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until `up` says so; false when the process ended or half a minute has passed.
    pub fn comes_up(&mut self, mut up: impl FnMut(&Process) -> bool) -> bool {
        comes_true(Duration::from_secs(30), || self.ended().is_some() || up(self)) && self.ended().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that is not ours, found where Debian keeps servers too.
pub fn program(name: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}

/// Runs a program that is not ours to its end; gives back what it printed.
///
/// # Errors
/// What it printed, when it says that it did not work.
pub fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{name}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!("{name}: {printed}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Looks every 20 ms whether `done`; false when `patience` ran out before.
pub fn comes_true(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !done() {
        if begin.elapsed() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// A port that nobody listens at. Below 32768, where Linux begins to hand ports to outgoing connections.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = (std::process::id() % 11_000) as u16;
    (0..1000)
        .map(|_| 20_000 + (first + NEXT.fetch_add(1, Relaxed)) % 12_000)
        .find(|port| TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], *port))).is_ok())
        .expect("a free port")
}

/// A path as a setting.
pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
