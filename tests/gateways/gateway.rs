//! A gateway of `deploy/` with its addresses replaced by free ones.

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use testkit::wire::ask;
use testkit::{Process, comes_true, free_address, program};

#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Nginx { cache: bool },
    Haproxy,
    Traefik,
    Envoy,
    Caddy,
}

impl Kind {
    /// Whether its file asks the replicas' internal listeners for what is not for phones, and not their only one.
    pub fn knows_internal_listeners(self) -> bool {
        matches!(self, Kind::Nginx { .. } | Kind::Haproxy)
    }

    /// Whether its own errors are in the form that the service's clients understand.
    pub fn tells_why(self) -> bool {
        !matches!(self, Kind::Traefik)
    }

    /// Waits until what listens at `address` does its work, too.
    fn settle(self, address: SocketAddr) {
        match self {
            // It says 404 to everything until it has read its routes.
            Kind::Traefik => {
                let routed = || ask(address, "GET", "/", &[], "").status != 404;
                assert!(comes_true(Duration::from_secs(20), routed), "no routes");
            }
            // It sends nothing to a replica before it has found it well; one that breaks off looks the same in the end.
            Kind::Envoy => {
                comes_true(Duration::from_secs(5), || ask(address, "GET", "/v1/session", &[], "").status != 503);
            }
            Kind::Nginx { .. } | Kind::Haproxy | Kind::Caddy => {}
        }
    }
}

/// Where a replica listens.
#[derive(Debug, Clone, Copy)]
pub struct Listens {
    pub phones: SocketAddr,
    pub internal: SocketAddr,
}

impl From<SocketAddr> for Listens {
    /// One without a listener of its own for what is not for phones.
    fn from(phones: SocketAddr) -> Listens {
        Listens { phones, internal: phones }
    }
}

/// A running gateway; it ends when dropped.
pub struct Gateway {
    pub address: SocketAddr,
    process: Process,
    _folder: TempDir,
}

impl Gateway {
    /// Starts a gateway in front of two replicas of the service and an application.
    pub fn start(kind: Kind, replicas: [Listens; 2], application: SocketAddr) -> Gateway {
        // Another program may take a port between the look and the start: then once more with others.
        (0..3).find_map(|_| Gateway::try_start(kind, replicas, application)).expect("a gateway that starts")
    }

    fn try_start(kind: Kind, replicas: [Listens; 2], application: SocketAddr) -> Option<Gateway> {
        let folder = tempfile::tempdir().unwrap();
        // Started by root, nginx works as another user, who must be able to enter.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let (address, inner) = (free_address(), free_address());
        let addresses = [
            ("127.0.0.1:8000", address.to_string()),
            ("127.0.0.1:8081", replicas[0].phones.to_string()),
            ("127.0.0.1:8082", replicas[1].phones.to_string()),
            ("127.0.0.1:9081", replicas[0].internal.to_string()),
            ("127.0.0.1:9082", replicas[1].internal.to_string()),
            ("127.0.0.1:3000", application.to_string()),
            ("127.0.0.1:8090", inner.to_string()),
        ];
        let mut command = match kind {
            Kind::Nginx { cache } => nginx(folder.path(), &addresses, cache),
            Kind::Haproxy => haproxy(folder.path(), &addresses),
            Kind::Traefik => traefik(folder.path(), &addresses),
            Kind::Envoy => envoy(folder.path(), &addresses),
            Kind::Caddy => caddy(folder.path(), &addresses),
        };
        let mut process = Process::start(&mut command, folder.path().join("log"));
        if process.comes_up(|_| TcpStream::connect(address).is_ok()) {
            kind.settle(address);
            return Some(Gateway { address, process, _folder: folder });
        }
        eprintln!("{}", process.said());
        None
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Nginx must end its worker processes itself.
        self.process.ask_to_end();
    }
}

fn nginx(folder: &Path, addresses: &[(&str, String)], cache: bool) -> Command {
    let inside = |name: &str| folder.join(name).display().to_string();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};", inside(kind)))
        .join(" ");
    let mut text = replaced("nginx.conf", &addresses[..6]);
    text = with(&text, "http {", &format!("pid {};\nhttp {{\n  access_log off; {paths}", inside("pid")));
    text = with(&text, "/dev/shm/weapp-login-auth", &inside("cache"));
    if cache {
        text = with(&text, "proxy_cache off;", "proxy_cache weapp_login_auth;");
    }
    fs::write(folder.join("nginx.conf"), text).unwrap();
    let mut command = program("nginx");
    command.args(["-e", "stderr", "-g", "daemon off;", "-p"]).arg(folder).arg("-c").arg(folder.join("nginx.conf"));
    command
}

fn haproxy(folder: &Path, addresses: &[(&str, String)]) -> Command {
    let script = folder.join("haproxy-auth.lua");
    fs::write(&script, replaced("haproxy-auth.lua", &addresses[6..])).unwrap();
    let text =
        with(&replaced("haproxy.cfg", addresses), "/etc/haproxy/haproxy-auth.lua", &script.display().to_string());
    fs::write(folder.join("haproxy.cfg"), text).unwrap();
    let mut command = program("haproxy");
    command.arg("-db").arg("-f").arg(folder.join("haproxy.cfg"));
    command
}

fn traefik(folder: &Path, addresses: &[(&str, String)]) -> Command {
    let routes = folder.join("traefik-dynamic.yml");
    fs::write(&routes, replaced("traefik-dynamic.yml", &without(addresses, &[0, 3, 4]))).unwrap();
    let text = with(
        &replaced("traefik.yml", &without(addresses, &[1, 2, 3, 4, 5])),
        "/etc/traefik/traefik-dynamic.yml",
        &routes.display().to_string(),
    );
    fs::write(folder.join("traefik.yml"), text).unwrap();
    let mut command = program("traefik");
    command.arg("--configFile").arg(folder.join("traefik.yml"));
    command
}

fn envoy(folder: &Path, addresses: &[(&str, String)]) -> Command {
    // Its file names a host and a port apart.
    let apart = |address: &str| address.replace(':', ", port_value: ");
    let spelled: Vec<_> = without(addresses, &[3, 4]).iter().map(|(from, to)| (apart(from), apart(to))).collect();
    let spelled: Vec<_> = spelled.iter().map(|(from, to)| (from.as_str(), to.clone())).collect();
    fs::write(folder.join("envoy.yaml"), replaced("envoy.yaml", &spelled)).unwrap();
    let mut command = program("envoy");
    command.args(["--disable-hot-restart", "--concurrency", "1", "-l", "warning", "-c"]).arg(folder.join("envoy.yaml"));
    command
}

fn caddy(folder: &Path, addresses: &[(&str, String)]) -> Command {
    let port = format!("http://:{}", addresses[0].1.rsplit(':').next().unwrap());
    let text = with(&replaced("Caddyfile", &without(addresses, &[0, 3, 4, 6])), "http://:8000", &port);
    fs::write(folder.join("Caddyfile"), text).unwrap();
    let mut command = program("caddy");
    command.env("HOME", folder).args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
    command
}

/// The addresses but for those that a file does not name.
fn without<'a>(addresses: &[(&'a str, String)], unnamed: &[usize]) -> Vec<(&'a str, String)> {
    addresses.iter().enumerate().filter(|(place, _)| !unnamed.contains(place)).map(|(_, pair)| pair.clone()).collect()
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
