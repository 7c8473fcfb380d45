//! A client that does what answers advise, and what it was advised.

use crate::phone::Phone;
use crate::site::Site;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::Answer;

/// More than this nobody tries.
const ATTEMPTS: usize = 60;

/// A person who is signed in, and how that came about.
#[derive(Debug)]
pub struct SignedIn {
    pub token: String,
    pub user: i64,
    pub took: Duration,
    /// How often which advice was followed.
    pub advice: BTreeMap<String, usize>,
}

enum Next {
    Done(Answer),
    Advice(Advice),
}

enum Advice {
    Restart,
    GetUserInfo,
    Later(Duration),
    /// Nobody knows what became of the request.
    Unanswered,
}

/// Signs `phone` in at `gateway`.
pub async fn sign_in(phone: &Phone<'_>, gateway: &str) -> SignedIn {
    let begin = Instant::now();
    let (mut ticket, mut advice) = (None::<String>, BTreeMap::new());
    for _ in 0..ATTEMPTS {
        let step = match &ticket {
            None => {
                let code = phone.wx("login").await["code"].clone();
                ask(phone.site, &format!("{gateway}/v1/login"), &json!({ "code": code })).await
            }
            Some(ticket) => ask(phone.site, &format!("{gateway}/v1/register"), &phone.form(ticket).await).await,
        };
        let followed = match step {
            Next::Done(answer) if answer.body["status"] == "registrationRequired" => {
                ticket = Some(answer.text("ticket").to_owned());
                continue;
            }
            Next::Done(answer) => {
                let user = answer.body["user"]["id"].as_str().unwrap().parse().unwrap();
                return SignedIn { token: answer.text("token").to_owned(), user, took: begin.elapsed(), advice };
            }
            Next::Advice(Advice::GetUserInfo) => "getUserInfo",
            Next::Advice(Advice::Restart) => {
                ticket = None;
                "restart"
            }
            Next::Advice(Advice::Later(wait)) => {
                tokio::time::sleep(wait).await;
                "later"
            }
            Next::Advice(Advice::Unanswered) => {
                ticket = None;
                tokio::time::sleep(Duration::from_millis(100)).await;
                "unanswered"
            }
        };
        *advice.entry(followed.to_owned()).or_default() += 1;
    }
    panic!("{} is not signed in after {ATTEMPTS} attempts: {advice:?}", phone.person);
}

async fn ask(site: &Site, url: &str, body: &Value) -> Next {
    let Ok(answer) = site.try_ask(Method::POST, url.to_owned(), None, Some(body)).await else {
        return Next::Advice(Advice::Unanswered);
    };
    if answer.status.is_success() {
        return Next::Done(answer);
    }
    Next::Advice(match answer.text("retry") {
        "restart" => Advice::Restart,
        "getUserInfo" => Advice::GetUserInfo,
        "later" => Advice::Later(Duration::from_secs(answer.retry_after().expect("Retry-After goes with later"))),
        _ => panic!("{answer:?}"),
    })
}
