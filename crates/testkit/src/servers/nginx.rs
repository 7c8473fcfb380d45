//! The nginx of `deploy/` in front of any number of replicas.

use crate::{Process, free_port, program, text};
use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// A gateway; dropped, it ends.
pub struct Nginx {
    /// Such as `http://127.0.0.1:20000`.
    pub base: String,
    process: Process,
    _folder: TempDir,
}

impl Nginx {
    /// Starts one in front of `replicas`, each an address such as `http://127.0.0.1:20001`.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn before(replicas: &[&str]) -> Nginx {
        // Another program may take the port between the look and the start: then once more with another.
        (0..3).find_map(|_| Nginx::try_before(replicas)).expect("an nginx that starts")
    }

    fn try_before(replicas: &[&str]) -> Option<Nginx> {
        let folder = tempfile::tempdir().unwrap();
        // Started by root, nginx works as another user, who must be able to enter.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let inside = |name: &str| text(&folder.path().join(name));
        let address = format!("127.0.0.1:{}", free_port());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx.conf");
        let mut settings = fs::read_to_string(path).unwrap();
        let mut replace = |from: &str, to: &str| {
            assert!(settings.contains(from), "the file does not say {from}");
            settings = settings.replace(from, to);
        };
        let servers = replicas.iter().map(|replica| replica.trim_start_matches("http://"));
        let servers: Vec<_> = servers.map(|server| format!("server {server} max_fails=1 fail_timeout=2s;")).collect();
        replace("server 127.0.0.1:8081 max_fails=1 fail_timeout=2s;", &servers.join("\n"));
        replace("server 127.0.0.1:8082 max_fails=1 fail_timeout=2s;", "");
        replace("127.0.0.1:8000", &address);
        replace("/dev/shm/weapp-login-auth", &inside("cache"));
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let paths = kinds.map(|kind| format!("{kind}_temp_path {};", inside(kind))).join(" ");
        replace("http {", &format!("pid {};\nhttp {{\n  access_log off; {paths}", inside("pid")));
        fs::write(inside("nginx.conf"), settings).unwrap();
        let mut command = program("nginx");
        command.args(["-e", "stderr", "-g", "daemon off;", "-p", &inside(""), "-c", &inside("nginx.conf")]);
        let mut process = Process::start(&mut command, folder.path().join("log"));
        let up = process.comes_up(|_| TcpStream::connect(&address).is_ok());
        up.then_some(Nginx { base: format!("http://{address}"), process, _folder: folder })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Nginx must end its worker processes itself.
        self.process.ask_to_end();
    }
}
