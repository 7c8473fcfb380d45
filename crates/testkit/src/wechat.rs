//! The simulated WeChat at its address: how a test steers it, and the phones of its people.

use crate::Answer;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// A simulated WeChat.
#[derive(Debug, Clone)]
pub struct Wechat {
    /// Such as `http://127.0.0.1:20000`.
    pub base: String,
    http: Client,
}

impl Wechat {
    /// The one at `base`.
    pub fn at(base: impl Into<String>, http: Client) -> Wechat {
        Wechat { base: base.into(), http }
    }

    /// Steers it: an order to `/control/{path}`.
    ///
    /// # Panics
    /// It does not obey.
    pub async fn steer(&self, method: Method, path: &str, body: Value) {
        let url = format!("{}/control/{path}", self.base);
        let answer = Answer::to(self.http.request(method, url).json(&body)).await.unwrap();
        assert!(answer.status.is_success(), "{path}: {answer:?}");
    }

    /// The next `times` answers at `path` go wrong.
    ///
    /// # Panics
    /// It knows no such fault.
    pub async fn fault(&self, path: &str, kind: &str, value: impl Into<Value>, times: u32) {
        let fault = json!({"path": path, "kind": kind, "value": value.into(), "times": times});
        self.steer(Method::POST, "faults", fault).await;
    }

    /// A phone of `person`, whom nobody need know yet, with the mini program `app` open.
    pub fn phone(&self, person: impl Into<String>, app: &str) -> Phone {
        Phone { wechat: self.clone(), person: person.into(), app: app.to_owned() }
    }
}

/// Somebody with a phone, and a mini program open.
#[derive(Debug, Clone)]
pub struct Phone {
    wechat: Wechat,
    /// Who it is to the simulated WeChat.
    pub person: String,
    /// The mini program.
    pub app: String,
}

impl Phone {
    /// What the call `wx.{call}` hands to `success`.
    ///
    /// # Panics
    /// It fails.
    pub async fn wx(&self, call: &str) -> Value {
        let url = format!("{}/wx/{}/{call}", self.wechat.base, self.person);
        let answer = Answer::to(self.wechat.http.post(url).json(&json!({"appId": self.app}))).await.unwrap();
        assert_eq!(answer.status, 200, "{call}: {answer:?}");
        answer.body
    }

    /// A fresh login code.
    ///
    /// # Panics
    /// WeChat gives none.
    pub async fn code(&self) -> String {
        self.wx("login").await["code"].as_str().unwrap().to_owned()
    }

    /// Everything that a registration with `ticket` sends, with data fetched just now.
    ///
    /// # Panics
    /// WeChat gives no data.
    pub async fn form(&self, ticket: &str) -> Value {
        let mut form = self.wx("getUserInfo").await;
        form["ticket"] = ticket.into();
        form
    }

    /// Lets the session key of this person and mini program expire.
    ///
    /// # Panics
    /// WeChat does not obey.
    pub async fn expire_session_key(&self) {
        let path = format!("people/{}/expire-session-key", self.person);
        self.wechat.steer(Method::POST, &path, json!({"appId": self.app})).await;
    }

    /// Changes what WeChat knows of this person, such as `{"unionid": null}`.
    ///
    /// # Panics
    /// WeChat does not obey.
    pub async fn set(&self, what: Value) {
        self.wechat.steer(Method::PUT, &format!("people/{}", self.person), what).await;
    }
}
