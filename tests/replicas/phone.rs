//! Somebody with a phone and the mini program open.

use crate::site::{APP, Site};
use serde_json::json;
use std::ops::Deref;
use testkit::Answer;

pub struct Phone<'a> {
    pub site: &'a Site,
    phone: testkit::Phone,
}

impl Deref for Phone<'_> {
    type Target = testkit::Phone;

    fn deref(&self) -> &testkit::Phone {
        &self.phone
    }
}

impl<'a> Phone<'a> {
    pub fn of(site: &'a Site, person: impl Into<String>) -> Phone<'a> {
        Phone { site, phone: site.wechat.phone(person, APP) }
    }

    /// A login at a replica with a fresh code.
    pub async fn login(&self, replica: &str) -> Answer {
        let code = self.code().await;
        self.site.post(replica, "/v1/login", None, &json!({"code": code})).await
    }

    /// The ticket of somebody whom nobody knows.
    pub async fn ticket(&self, replica: &str) -> String {
        let answer = self.login(replica).await;
        assert_eq!(answer.body["status"], "registrationRequired", "{answer:?}");
        answer.text("ticket").to_owned()
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
