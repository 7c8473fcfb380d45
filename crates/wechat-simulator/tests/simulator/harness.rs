//! A simulator on a free port with a clock of its own, and the eyes of a backend: HTTP, and the checks of signed data
//! written once more from WeChat's documentation.

use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use testkit::wire;
use wechat_simulator::{Clock, Options, SimulatedApp, Simulator};

pub(crate) const APP: &str = "wx0123456789abcdef";
pub(crate) const OTHER_APP: &str = "wxfedcba9876543210";
pub(crate) const SECRET: &str = "not-a-secret";
/// What the clock says before anybody advances it: 2023-11-14T22:13:20Z.
pub(crate) const START: i64 = 1_700_000_000;

/// A clock that stands still at [`START`].
pub(crate) fn clock() -> Clock {
    Arc::new(|| DateTime::from_timestamp(START, 0).unwrap())
}

/// Two mini programs of one platform, and a seed.
pub(crate) fn options() -> Options {
    Options { apps: vec![app(APP), app(OTHER_APP)], seed: Some(1), ..Options::default() }
}

pub(crate) fn app(id: &str) -> SimulatedApp {
    SimulatedApp::new(id, SECRET)
}

/// An answer as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn text_of(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_else(|| panic!("no text {field} in {self:?}")).to_owned()
    }

    pub(crate) fn errcode(&self) -> i64 {
        self.json()["errcode"].as_i64().unwrap_or_else(|| panic!("no errcode in {self:?}"))
    }
}

/// A simulator that serves until it is dropped.
pub(crate) struct Desk {
    pub(crate) address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The order to stop is sent at once; the thread that serves ends by itself.
        drop(self.handle.stop(false));
    }
}

impl Desk {
    pub(crate) fn new(options: Options) -> Desk {
        let simulator = Simulator::new(options, clock());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = simulator.serve(listener).unwrap();
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Desk { address, handle: receive.recv().unwrap() }
    }

    /// Everything the server sent until it closed the connection.
    pub(crate) fn raw(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: simulator\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        wire::raw(self.address, (head + body).as_bytes())
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let answer = wire::ask(self.address, method, path, &[], body);
        let content_type = answer.header("content-type").first().copied().unwrap_or_default().to_owned();
        Answer { status: answer.status.as_u16(), content_type, text: answer.raw }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, &body.to_string())
    }

    /// Steers, and expects to be obeyed.
    pub(crate) fn steer(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(method, path, &body.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.steer("POST", "/control/clock", json!({"advanceSeconds": seconds}));
    }

    pub(crate) fn expire_key(&self, person: &str) {
        self.steer("POST", &format!("/control/people/{person}/expire-session-key"), json!({"appId": APP}));
    }

    pub(crate) fn fault(&self, path: &str, kind: &str, value: Value, times: u32) {
        self.steer("POST", "/control/faults", json!({"path": path, "kind": kind, "value": value, "times": times}));
    }

    pub(crate) fn wx(&self, person: &str, api: &str) -> Answer {
        self.wx_with(person, api, json!({"appId": APP}))
    }

    pub(crate) fn wx_with(&self, person: &str, api: &str, body: Value) -> Answer {
        self.post(&format!("/wx/{person}/{api}"), body)
    }

    pub(crate) fn code(&self, person: &str) -> String {
        self.wx(person, "login").text_of("code")
    }

    pub(crate) fn exchange(&self, code: &str) -> Answer {
        self.exchange_in(APP, code)
    }

    pub(crate) fn exchange_in(&self, app: &str, code: &str) -> Answer {
        self.get(&format!(
            "/sns/jscode2session?appid={app}&secret={SECRET}&js_code={code}&grant_type=authorization_code"
        ))
    }

    /// `wx.login`, the exchange, and the key it hands out.
    pub(crate) fn sign_in(&self, person: &str) -> String {
        let answer = self.exchange(&self.code(person));
        answer.text_of("session_key")
    }

    pub(crate) fn openid(&self, person: &str) -> String {
        self.exchange(&self.code(person)).text_of("openid")
    }

    /// `wx.getUserInfo`, expected to succeed.
    pub(crate) fn user_info(&self, person: &str) -> Signed {
        Signed::of(&self.wx(person, "getUserInfo"))
    }

    pub(crate) fn token(&self) -> String {
        self.get(&token_path(APP, SECRET)).text_of("access_token")
    }

    /// What `/cgi-bin/stable_token` answers.
    pub(crate) fn stable_token(&self, force_refresh: bool) -> Answer {
        let grant = "client_credential";
        let body = json!({"grant_type": grant, "appid": APP, "secret": SECRET, "force_refresh": force_refresh});
        self.post("/cgi-bin/stable_token", body)
    }

    /// The events after `seq`.
    pub(crate) fn events(&self, seq: u64) -> Vec<Value> {
        self.get(&format!("/control/log?after={seq}")).json()["events"].as_array().unwrap().clone()
    }
}

pub(crate) fn token_path(app: &str, secret: &str) -> String {
    format!("/cgi-bin/token?grant_type=client_credential&appid={app}&secret={secret}")
}

/// What a phone signed and encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) raw_data: String,
    pub(crate) signature: String,
    pub(crate) encrypted_data: String,
    pub(crate) iv: String,
}

impl Signed {
    pub(crate) fn of(answer: &Answer) -> Signed {
        assert_eq!(answer.status, 200, "{answer:?}");
        Signed {
            raw_data: answer.text_of("rawData"),
            signature: answer.text_of("signature"),
            encrypted_data: answer.text_of("encryptedData"),
            iv: answer.text_of("iv"),
        }
    }

    /// Whether the signature and the encryption were both made with this key. They must agree.
    pub(crate) fn is_by(&self, key: &str) -> bool {
        let signed = hex(&Sha1::digest(format!("{}{key}", self.raw_data))) == self.signature;
        let decrypted = decrypt(&self.encrypted_data, &self.iv, key).is_some();
        assert_eq!(signed, decrypted, "signature and encryption disagree about the key");
        signed
    }
}

/// The JSON text inside `encryptedData`, if this key opens it.
pub(crate) fn decrypt(encrypted_data: &str, iv: &str, key: &str) -> Option<String> {
    let bytes = |text: &str| -> [u8; 16] { STANDARD.decode(text).unwrap().try_into().unwrap() };
    let cipher = cbc::Decryptor::<aes::Aes128>::new(&bytes(key).into(), &bytes(iv).into());
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(&STANDARD.decode(encrypted_data).unwrap()).ok()?;
    let text = String::from_utf8(plain).ok()?;
    serde_json::from_str::<Value>(&text).is_ok().then_some(text)
}

/// The signature of an empty request body, as server-side key checks want it.
pub(crate) fn empty_signature(key: &str) -> String {
    let mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    hex(&mac.finalize().into_bytes())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
