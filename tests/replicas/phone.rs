//! Somebody with a phone and the mini program open.

use crate::answer::Answer;
use crate::site::{APP, Site};
use serde_json::{Value, json};

pub struct Phone<'a> {
    pub site: &'a Site,
    pub person: String,
}

impl<'a> Phone<'a> {
    pub fn of(site: &'a Site, person: impl Into<String>) -> Phone<'a> {
        Phone { site, person: person.into() }
    }

    /// What a call of `wx` hands to `success`.
    pub async fn wx(&self, call: &str) -> Value {
        let path = format!("/wx/{}/{call}", self.person);
        let answer = self.site.post(&self.site.wechat, &path, None, &json!({"appId": APP})).await;
        assert_eq!(answer.status, 200, "{call}: {answer:?}");
        answer.body
    }

    /// A login at a replica with a fresh code.
    pub async fn login(&self, replica: &str) -> Answer {
        let code = self.wx("login").await["code"].clone();
        self.site.post(replica, "/v1/login", None, &json!({"code": code})).await
    }

    /// The ticket of somebody whom nobody knows.
    pub async fn ticket(&self, replica: &str) -> String {
        let answer = self.login(replica).await;
        assert_eq!(answer.body["status"], "registrationRequired", "{answer:?}");
        answer.text("ticket").to_owned()
    }

    /// Everything that a registration sends, with data fetched just now.
    pub async fn form(&self, ticket: &str) -> Value {
        let mut form = self.wx("getUserInfo").await;
        form["ticket"] = ticket.into();
        form
    }

    pub async fn register(&self, replica: &str, ticket: &str) -> Answer {
        let form = self.form(ticket).await;
        self.site.post(replica, "/v1/register", None, &form).await
    }

    /// Registers somebody whom nobody knows; gives back the answer, with the token.
    pub async fn join(&self, replica: &str) -> Answer {
        let ticket = self.ticket(replica).await;
        let answer = self.register(replica, &ticket).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }
}
