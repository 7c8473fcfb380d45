//! The system calls of a process, counted by strace.

use crate::process::{Running, said};
use crate::servers::started;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tokio::time::sleep;

/// A count under way.
pub struct Trace {
    strace: Running,
    summary: PathBuf,
}

impl Trace {
    /// Begins to count what the process `id` asks of the kernel; nothing where this machine lets no process be traced.
    ///
    /// # Errors
    /// strace is not installed.
    pub async fn of(id: u32, folder: &Path) -> anyhow::Result<Option<Trace>> {
        said(Command::new("strace").arg("-V")).context("run scripts/install-test-servers")?;
        let summary = folder.join("system-calls");
        let mut strace = Command::new("strace");
        strace.args(["-c", "-f", "-p", &id.to_string(), "-o"]).arg(&summary);
        let mut strace = started(&mut strace, &folder.join("strace.log"))?;
        // It tells nowhere but in words that it has begun.
        sleep(Duration::from_millis(500)).await;
        Ok(strace.0.try_wait()?.is_none().then_some(Trace { strace, summary }))
    }

    /// How often which call was made.
    ///
    /// # Errors
    /// strace's summary is not as expected.
    pub fn end(self) -> anyhow::Result<BTreeMap<String, u64>> {
        // It writes what it counted when it is ended.
        drop(self.strace);
        let summary = std::fs::read_to_string(&self.summary)?;
        let mut calls = BTreeMap::new();
        // "% time  seconds  usecs/call  calls  [errors]  name", then a line of dashes and the total.
        for line in summary.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            if let ([_, _, _, number, ..], Some(name)) = (words.as_slice(), words.last())
                && let Ok(number) = number.parse()
                && *name != "total"
            {
                calls.insert((*name).to_owned(), number);
            }
        }
        anyhow::ensure!(!calls.is_empty(), "strace counted nothing");
        Ok(calls)
    }
}
