//! A primary, two replicas of it and three sentinels that watch them.

use super::redis::{GATHERING, Redis};
use crate::{Process, comes_true, free_port, program, run};
use std::fs;
use tempfile::TempDir;

/// Redis servers that sentinels fail over.
pub struct Sentinels {
    /// The primary at first.
    pub primary: Redis,
    /// Its replicas at first.
    pub replicas: Vec<Redis>,
    sentinels: Vec<(u16, Process)>,
    _folder: TempDir,
}

impl Sentinels {
    /// Starts them and waits until they know each other.
    ///
    /// # Panics
    /// They do not come together.
    #[must_use]
    pub fn start() -> Sentinels {
        let primary = Redis::start();
        let port = primary.port.to_string();
        let replicas: Vec<_> = (0..2).map(|_| Redis::with(&["--replicaof", "127.0.0.1", &port])).collect();
        let linked = || replicas.iter().all(|replica| replica.info("master_link_status") == "up");
        assert!(comes_true(GATHERING, linked), "the replicas do not find their primary");
        let folder = tempfile::tempdir().unwrap();
        let sentinels: Vec<_> = (0..3).map(|number| sentinel(&folder, number, primary.port)).collect();
        let complete = || {
            sentinels.iter().all(|(port, _)| {
                let known = run(program("redis-cli").args(["-p", &port.to_string(), "INFO", "sentinel"]));
                known.is_ok_and(|known| known.contains("status=ok") && known.contains("slaves=2,sentinels=3"))
            })
        };
        assert!(comes_true(GATHERING, complete), "the sentinels do not find each other");
        Sentinels { primary, replicas, sentinels, _folder: folder }
    }

    /// The sentinels' addresses.
    #[must_use]
    pub fn url(&self) -> String {
        let addresses: Vec<_> = self.sentinels.iter().map(|(port, _)| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/main", addresses.join(","))
    }
}

fn sentinel(folder: &TempDir, number: usize, primary: u16) -> (u16, Process) {
    let start = || {
        let port = free_port();
        let settings = folder.path().join(format!("sentinel{number}.conf"));
        // A primary counts as down after a second: short for production, long for a loaded test machine.
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor main 127.0.0.1 {primary} 2\n\
             sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n",
            folder.path().display()
        );
        fs::write(&settings, text).unwrap();
        let log = folder.path().join(format!("log{number}"));
        let mut process = Process::start(program("redis-server").arg(&settings).arg("--sentinel"), log);
        let up = process.comes_up(|_| run(program("redis-cli").args(["-p", &port.to_string(), "PING"])).is_ok());
        up.then_some((port, process))
    };
    (0..3).find_map(|_| start()).expect("a sentinel that starts")
}
