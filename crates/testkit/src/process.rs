//! A program that a test starts and ends, and what it wrote.

use crate::comes_true;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A running program; dropped, it is killed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with everything it writes in the file `log`.
    ///
    /// # Panics
    /// There is no such program, or no such folder.
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

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has written so far.
    ///
    /// # Panics
    /// Its log is gone.
    #[must_use]
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// Sends a signal by name, such as `TERM`.
    ///
    /// # Panics
    /// It has ended.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success(), "no process {} to send {name} to", self.child.id());
    }

    /// Kills it as a crash would, and waits until it is gone.
    ///
    /// # Panics
    /// The system does not let go of it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, by `TERM`, and waits five seconds for that: for programs that end others themselves.
    pub fn ask_to_end(&mut self) {
        if self.ended().is_none() {
            self.signal("TERM");
            comes_true(Duration::from_secs(5), || self.ended().is_some());
        }
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// The system does not say.
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
#[must_use]
pub fn program(name: &str) -> Command {
    #[expect(clippy::disallowed_methods, reason = "where programs are found")]
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}

/// Runs a program that is not ours to its end; gives back what it printed.
///
/// # Errors
/// What it printed, when it says that it did not work.
///
/// # Panics
/// There is no such program.
pub fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{name}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!("{name}: {printed}{}", String::from_utf8_lossy(&output.stderr)))
}

/// A path as a setting.
///
/// # Panics
/// It is no text.
#[must_use]
pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
