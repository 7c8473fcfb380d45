//! A gateway of `deploy/` with its addresses replaced by free ones.

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::time::Duration;
use tempfile::TempDir;

#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Nginx { cache: bool },
    Haproxy,
}

/// A running gateway; it ends when dropped.
pub struct Gateway {
    pub address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Gateway {
    /// Starts a gateway in front of two replicas of the service and an application.
    pub fn start(kind: Kind, replicas: [SocketAddr; 2], application: SocketAddr) -> Gateway {
        // Another program may take a port between the look and the start: then once more with others.
        (0..3).find_map(|_| Gateway::try_start(kind, replicas, application)).expect("a gateway that starts")
    }

    fn try_start(kind: Kind, replicas: [SocketAddr; 2], application: SocketAddr) -> Option<Gateway> {
        let folder = tempfile::tempdir().unwrap();
        // Started by root, nginx works as another user, who must be able to enter.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let (address, inner) = (free_address(), free_address());
        let addresses = [
            ("127.0.0.1:8000", address.to_string()),
            ("127.0.0.1:8081", replicas[0].to_string()),
            ("127.0.0.1:8082", replicas[1].to_string()),
            ("127.0.0.1:3000", application.to_string()),
            ("127.0.0.1:8090", inner.to_string()),
        ];
        let mut command = match kind {
            Kind::Nginx { cache } => nginx(folder.path(), &addresses, cache),
            Kind::Haproxy => haproxy(folder.path(), &addresses),
        };
        let log = fs::File::create(folder.path().join("log")).unwrap();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{name} cannot be started ({error}): run scripts/install-test-servers"));
        let mut gateway = Gateway { address, child, folder };
        gateway.is_up().then_some(gateway)
    }

    fn is_up(&mut self) -> bool {
        for _ in 0..200 {
            if self.child.try_wait().unwrap().is_some() {
                eprintln!("{}", fs::read_to_string(self.folder.path().join("log")).unwrap());
                return false;
            }
            if TcpStream::connect(self.address).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // TERM, because nginx must end its worker processes itself.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn nginx(folder: &Path, addresses: &[(&str, String)], cache: bool) -> Command {
    let inside = |name: &str| folder.join(name).display().to_string();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};", inside(kind)))
        .join(" ");
    let mut text = replaced("nginx.conf", &addresses[..4]);
    text = with(&text, "http {", &format!("pid {};\nhttp {{\n  access_log off; {paths}", inside("pid")));
    text = with(&text, "/dev/shm/weapp-login-auth", &inside("cache"));
    if cache {
        text = with(&text, "proxy_cache off;", "proxy_cache weapp_login_auth;");
    }
    fs::write(folder.join("nginx.conf"), text).unwrap();
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-g", "daemon off;", "-p"]).arg(folder).arg("-c").arg(folder.join("nginx.conf"));
    command
}

fn haproxy(folder: &Path, addresses: &[(&str, String)]) -> Command {
    let script = folder.join("haproxy-auth.lua");
    fs::write(&script, replaced("haproxy-auth.lua", &addresses[4..])).unwrap();
    let text =
        with(&replaced("haproxy.cfg", addresses), "/etc/haproxy/haproxy-auth.lua", &script.display().to_string());
    fs::write(folder.join("haproxy.cfg"), text).unwrap();
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(folder.join("haproxy.cfg"));
    command
}

/// A file of `deploy/` with other addresses.
fn replaced(file: &str, addresses: &[(&str, String)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    let text = fs::read_to_string(path).unwrap();
    addresses.iter().fold(text, |text, (from, to)| with(&text, from, to))
}

fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the file does not say {from}");
    text.replace(from, to)
}

/// An address that nobody listens at. Below 32768, where Linux begins to hand ports to outgoing connections.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = (std::process::id() % 11_000) as u16;
    (0..1000)
        .map(|_| SocketAddr::from(([127, 0, 0, 1], 20_000 + (first + NEXT.fetch_add(1, Relaxed)) % 12_000)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}
