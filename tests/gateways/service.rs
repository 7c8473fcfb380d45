//! The real program in its own process, with a simulated WeChat beside it, and people who sign in.

use crate::http::{ask, post};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// One of the mini programs that `dev` knows.
const APP: &str = "wx00000000000000a1";

pub struct Service {
    pub address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Service {
    pub fn start(settings: &[(&str, &str)]) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_weapp-login"))
            .arg("dev")
            .current_dir(folder.path())
            .env_clear()
            .envs([("LISTEN", "127.0.0.1:0"), ("LOG", "off"), ("TRUSTED_PROXIES", "127.0.0.1")])
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.next().expect("a first line").unwrap();
        let (_, rest) = said.split_once("http://").unwrap_or_else(|| panic!("no address in {said}"));
        let address = rest.split(' ').next().unwrap().parse().unwrap();
        // The rest is read too, so that the program never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Service { address, child, _folder: folder }
    }

    /// Ends the process; whatever it had is gone.
    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Registers `person`, or signs them in, through `gateway`; gives back the token.
    pub fn sign_in(&self, person: &str, gateway: SocketAddr) -> String {
        let app = json!({ "appId": APP });
        let code = post(self.address, &format!("/wx/{person}/login"), &app).text("code");
        let login = post(gateway, "/v1/login", &json!({ "appId": APP, "code": code }));
        if login.text("status") == "loggedIn" {
            return login.text("token");
        }
        let mut form = post(self.address, &format!("/wx/{person}/getUserInfo"), &app).json();
        form["ticket"] = login.text("ticket").into();
        let registered = post(gateway, "/v1/register", &form);
        assert_eq!(registered.status, 201, "{registered:?}");
        registered.text("token")
    }

    /// Makes `person` somebody whom WeChat gives no unionid.
    pub fn take_unionid_from(&self, person: &str) {
        let json = [("Content-Type", "application/json")];
        let answer = ask(self.address, "PUT", &format!("/control/people/{person}"), &json, r#"{"unionid":null}"#);
        assert!((200..300).contains(&answer.status), "{answer:?}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
