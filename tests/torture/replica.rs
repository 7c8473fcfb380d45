//! A replica of the service: the real program, in a process that can be killed, hung and started again at its address.

use crate::proxy::{Mode, Proxy};
use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use testkit::{Process, free_address, program, run, text};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_weapp-login");

/// What replicas reach over proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    Database,
    Redis,
    Wechat,
}

pub struct Replica {
    /// Such as `http://127.0.0.1:20000`.
    pub base: String,
    address: SocketAddr,
    log: PathBuf,
    settings: BTreeMap<&'static str, String>,
    links: BTreeMap<Server, Proxy>,
    clock: Option<PathBuf>,
    process: Mutex<Option<Process>>,
}

impl Replica {
    /// One that does not run yet, with its log in `folder`. The address of every server that a proxy can stand before is
    /// that of a proxy.
    pub async fn new(
        folder: &Path,
        number: usize,
        mut settings: BTreeMap<&'static str, String>,
        servers: &[(Server, &'static str, String, SocketAddr)],
    ) -> Replica {
        let address = free_address();
        settings.insert("LISTEN", address.to_string());
        let mut links = BTreeMap::new();
        for (server, setting, pattern, at) in servers {
            let proxy = Proxy::before(*at).await;
            settings.insert(setting, pattern.replace("{}", &proxy.address.to_string()));
            links.insert(*server, proxy);
        }
        let log = folder.join(format!("replica-{number}.log"));
        let (base, process) = (format!("http://{address}"), Mutex::new(None));
        Replica { base, address, log, settings, links, clock: None, process }
    }

    /// From its next start on its clock can be moved; false when this machine lacks the library for that.
    pub fn with_clock(&mut self) -> bool {
        let found = run(program("sh").args(["-c", "ls /usr/lib/*/faketime/libfaketime.so.1"]));
        let Some(library) = found.ok().and_then(|found| Some(found.lines().next()?.to_owned())) else { return false };
        let file = self.log.with_extension("clock");
        fs::write(&file, "+0").unwrap();
        self.settings.insert("FAKETIME_TIMESTAMP_FILE", text(&file));
        self.settings.insert("FAKETIME_CACHE_DURATION", "1".to_owned());
        self.settings.insert("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned());
        self.settings.insert("LD_PRELOAD", library);
        self.clock = Some(file);
        true
    }

    /// Another command of the program, with this replica's settings, to its end.
    pub fn run(&self, name: &str) -> Result<String, String> {
        run(Command::new(PROGRAM).arg(name).env_clear().envs(&self.settings))
    }

    /// Starts it and waits until it listens.
    pub fn start(&self) {
        let mut command = Command::new(PROGRAM);
        command.arg("serve").env_clear().envs(&self.settings);
        let mut process = Process::start(&mut command, self.log.clone());
        let up = process.comes_up(|_| TcpStream::connect(self.address).is_ok());
        assert!(up, "a replica does not start: {}", self.said());
        *self.process.lock().unwrap() = Some(process);
    }

    pub fn kill(&self) {
        if let Some(process) = self.process.lock().unwrap().as_mut() {
            process.kill();
        }
    }

    /// Asks it to end, as an update does.
    pub fn end(&self) {
        if let Some(process) = self.process.lock().unwrap().as_mut() {
            process.ask_to_end();
        }
    }

    pub fn signal(&self, name: &str) {
        if let Some(process) = self.process.lock().unwrap().as_ref() {
            process.signal(name);
        }
    }

    /// What becomes of what it and `server` send each other; nothing changes where no proxy stands between them.
    pub fn set(&self, server: Server, mode: Mode) {
        if let Some(proxy) = self.links.get(&server) {
            proxy.set(mode);
        }
    }

    /// Its clock is so many seconds from the machine's, within a second from here on.
    pub fn move_clock(&self, seconds: i64) {
        if let Some(clock) = &self.clock {
            fs::write(clock, format!("{seconds:+}")).unwrap();
        }
    }

    /// Everything it logged.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}
