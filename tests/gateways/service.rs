//! The real program in its own process, with a simulated WeChat beside it, and people who sign in.

use crate::gateway::{Kind, Listens};
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
    /// Starts one with a second listener for what is not for phones.
    pub fn start(settings: &[(&str, &str)]) -> Service {
        Service::start_with(&[&[("INTERNAL_LISTEN", "127.0.0.1:0")], settings].concat())
    }

    /// Starts one that suits what the gateway's file asks for.
    pub fn start_behind(kind: Kind, settings: &[(&str, &str)]) -> Service {
        if kind.knows_internal_listeners() { Service::start(settings) } else { Service::start_with(settings) }
    }

    fn start_with(settings: &[(&str, &str)]) -> Service {
        let separate = settings.iter().any(|(name, _)| *name == "INTERNAL_LISTEN");
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
        command.arg("dev").current_dir(folder.path()).env_clear();
        command.envs([
            ("LISTEN", "127.0.0.1:0"),
            ("LOG", "weapp_login::commands=info,weapp_login::server=debug"),
            ("LOG_FORMAT", "json"),
            ("TRUSTED_PROXIES", "127.0.0.1"),
        ]);
        command.envs(settings.iter().copied());
        let mut process = Process::start(&mut command, folder.path().join("log"));
        let internal = |said: &str| said.split_once("\"internal\":\"").and_then(|(_, rest)| first(rest, '"'));
        let phones = |said: &str| said.split_once("http://").and_then(|(_, rest)| first(rest, ' '));
        let up = |said: &str| phones(said).is_some() && (!separate || internal(said).is_some());
        process.comes_up(|process| up(&process.said()));
        let said = process.said();
        let address = phones(&said).unwrap_or_else(|| panic!("no address in {said}"));
        let internal =
            if separate { internal(&said).unwrap_or_else(|| panic!("no second address in {said}")) } else { address };
        Service { address, internal, process, _folder: folder }
    }

    pub fn listens(&self) -> Listens {
        Listens { phones: self.address, internal: self.internal }
    }

    /// Everything it has logged so far.
    pub fn said(&self) -> String {
        self.process.said()
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
