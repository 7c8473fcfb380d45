//! The real program in its own process, with a simulated WeChat beside it, and people who sign in.

use crate::gateway::Listens;
use serde_json::json;
use std::net::SocketAddr;
use std::process::Command;
use tempfile::TempDir;
use testkit::Process;
use testkit::wire::{ask, post};

/// One of the mini programs that `dev` knows.
const APP: &str = "wx00000000000000a1";

pub struct Service {
    pub address: SocketAddr,
    /// Where it tells who somebody is.
    pub internal: SocketAddr,
    process: Process,
    _folder: TempDir,
}

impl Service {
    pub fn start(settings: &[(&str, &str)]) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
        command.arg("dev").current_dir(folder.path()).env_clear();
        command.envs([
            ("LISTEN", "127.0.0.1:0"),
            ("LOG", "weapp_login::commands=info"),
            ("LOG_FORMAT", "json"),
            ("TRUSTED_PROXIES", "127.0.0.1"),
        ]);
        command.env("INTERNAL_LISTEN", "127.0.0.1:0").envs(settings.iter().copied());
        let mut process = Process::start(&mut command, folder.path().join("log"));
        let internal = |said: &str| said.split_once("\"internal\":\"").and_then(|(_, rest)| first(rest, '"'));
        let phones = |said: &str| said.split_once("http://").and_then(|(_, rest)| first(rest, ' '));
        process.comes_up(|process| phones(&process.said()).is_some() && internal(&process.said()).is_some());
        let said = process.said();
        let address = phones(&said).unwrap_or_else(|| panic!("no address in {said}"));
        let internal = internal(&said).unwrap_or_else(|| panic!("no second address in {said}"));
        Service { address, internal, process, _folder: folder }
    }

    pub fn listens(&self) -> Listens {
        Listens { phones: self.address, internal: self.internal }
    }

    /// Ends the process; whatever it had is gone.
    pub fn stop(&mut self) {
        self.process.kill();
    }

    /// Registers `person`, or signs them in, through `gateway`; gives back the token.
    pub fn sign_in(&self, person: &str, gateway: SocketAddr) -> String {
        let app = json!({ "appId": APP });
        let code = post(self.address, &format!("/wx/{person}/login"), &app).text("code").to_owned();
        let login = post(gateway, "/v1/login", &json!({ "appId": APP, "code": code }));
        if login.text("status") == "loggedIn" {
            return login.text("token").to_owned();
        }
        let mut form = post(self.address, &format!("/wx/{person}/getUserInfo"), &app).body;
        form["ticket"] = login.text("ticket").into();
        let registered = post(gateway, "/v1/register", &form);
        assert_eq!(registered.status, 201, "{registered:?}");
        registered.text("token").to_owned()
    }

    /// Makes `person` somebody whom WeChat gives no unionid.
    pub fn take_unionid_from(&self, person: &str) {
        let json = [("Content-Type", "application/json")];
        let answer = ask(self.address, "PUT", &format!("/control/people/{person}"), &json, r#"{"unionid":null}"#);
        assert!(answer.status.is_success(), "{answer:?}");
    }
}

/// The address that `text` begins with, as soon as what follows it is there.
fn first(text: &str, end: char) -> Option<SocketAddr> {
    text.split_once(end)?.0.parse().ok()
}
