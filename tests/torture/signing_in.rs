//! How a phone signs in: one call where it is known, a registration in one of three ways where it is not.

use crate::history::Kind;
use crate::life::{Life, With, request};
use serde_json::{Value, json};
use std::time::Duration;

/// How often a registration is tried with one ticket.
const ATTEMPTS: usize = 8;

impl Life<'_> {
    pub async fn sign_in(&mut self) {
        let app = self.world.recorder.phones[self.phone].app.clone();
        let body = json!({"code": self.wx("login").await["code"], "appId": app});
        let (_, told) = self.ask_whole(Kind::Login, With { body: Some(&body), ..With::default() }).await;
        self.token = token(&told);
        let Some(ticket) = told["ticket"].as_str() else { return };
        match self.dice.below(100) {
            0..4 => self.world.lying_about.lock().unwrap().push(ticket.to_owned()),
            4..8 => self.steal(ticket).await,
            8..14 => self.tap_twice(ticket).await,
            _ => self.register(ticket).await,
        }
    }

    /// Registers, and does what answers advise.
    async fn register(&mut self, ticket: &str) {
        let way = self.dice.below(3);
        let mut form = self.form(way, ticket).await;
        for _ in 0..ATTEMPTS {
            let with = With { ticket: Some(ticket), body: Some(&form), ..With::default() };
            let (answer, told) = self.ask_whole(Kind::Register, with).await;
            self.token = token(&told);
            let wait = match told["retry"].as_str() {
                _ if self.token.is_some() => return,
                // Nobody knows what became of it: some try again, some start over.
                None if answer.status == 0 && self.dice.chance(50) => Duration::from_millis(500),
                Some("later") => Duration::from_secs(1),
                Some("getUserInfo" | "getPhoneNumber") => Duration::ZERO,
                _ => return,
            };
            tokio::time::sleep(wait).await;
            if told["retry"] != "later" {
                form = self.form(way, ticket).await;
            }
        }
    }

    /// Two requests with one ticket at once.
    async fn tap_twice(&mut self, ticket: &str) {
        let form = self.form(self.phone % 3, ticket).await;
        let (world, phone) = (self.world, self.phone);
        let with = With { ticket: Some(ticket), body: Some(&form), ..With::default() };
        let both = [0, 1].map(|replica| request(world, phone, replica, Kind::Register, with));
        let [first, second] = both;
        let (first, second) = tokio::join!(first, second);
        self.token = token(&first.1).or_else(|| token(&second.1));
    }

    /// Uses a ticket that somebody left lying about, with data of its own; then its own one.
    async fn steal(&mut self, own: &str) {
        let stolen = self.world.lying_about.lock().unwrap().pop();
        if let Some(stolen) = stolen {
            let form = self.form(0, &stolen).await;
            self.ask(Kind::RegisterStolen, With { ticket: Some(&stolen), body: Some(&form), ..With::default() }).await;
        }
        self.register(own).await;
    }

    /// What is sent to register: 0 with user info, 1 with a tap for the number, otherwise silently.
    async fn form(&self, way: usize, ticket: &str) -> Value {
        let mut form = match way {
            0 => self.wx("getUserInfo").await,
            1 => json!({"phoneCode": self.wx("getPhoneNumber").await["code"]}),
            _ => json!({}),
        };
        form["ticket"] = ticket.into();
        form
    }
}

fn token(told: &Value) -> Option<String> {
    told["token"].as_str().map(str::to_owned)
}
