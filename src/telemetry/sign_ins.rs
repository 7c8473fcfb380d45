//! Sign-ins and registrations of each mini program, counted.

use super::metrics::recorder;
use crate::identity::AppId;
use crate::registration::Way;
use metrics::{Counter, counter};
use std::collections::HashMap;

/// How a login ended that WeChat vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Somebody known is signed in.
    LoggedIn,
    /// Somebody unknown has a ticket.
    RegistrationRequired,
    /// Somebody unknown, where nobody new is taken.
    RegistrationClosed,
}

/// How a registration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// There is an account more.
    Created,
    /// The account was there by then.
    Known,
    /// The identity joined the account with its phone number.
    Linked,
}

/// Those of every configured mini program, from the start on.
pub struct SignIns {
    apps: HashMap<AppId, OfApp>,
}

struct OfApp {
    logins: [Counter; 3],
    registrations: [[Counter; 3]; 3],
}

impl SignIns {
    /// Of the mini programs `apps`.
    pub fn new<'a>(apps: impl IntoIterator<Item = &'a AppId>) -> SignIns {
        recorder();
        SignIns { apps: apps.into_iter().map(|app| (app.clone(), OfApp::new(app))).collect() }
    }

    /// Counts a login into `app`.
    pub fn count_login(&self, app: &AppId, ended: Login) {
        if let Some(of_app) = self.apps.get(app) {
            of_app.logins[ended as usize].increment(1);
        }
    }

    /// Counts a registration in `app`.
    pub fn count_registration(&self, app: &AppId, way: Way, ended: Registration) {
        if let Some(of_app) = self.apps.get(app) {
            of_app.registrations[way as usize][ended as usize].increment(1);
        }
    }
}

impl OfApp {
    fn new(app: &AppId) -> OfApp {
        let logins = ["logged_in", "registration_required", "registration_closed"]
            .map(|outcome| counter!("weapp_login_logins_total", "app" => app.to_string(), "outcome" => outcome));
        let registrations = Way::ALL.map(|way| {
            ["created", "known", "linked"].map(|outcome| {
                let labels =
                    [("app", app.to_string()), ("way", way.setting().to_owned()), ("outcome", outcome.to_owned())];
                counter!("weapp_login_registrations_total", &labels)
            })
        });
        OfApp { logins, registrations }
    }
}
