//! Who is there: groups of phones that may meet on one account, and phones that never meet.

use crate::history::{Bond, Phone};
use crate::site::{APPS, Site};
use reqwest::Method;
use serde_json::json;
use testkit::Answer;

/// A phone as WeChat knows it.
pub struct Place {
    pub person: String,
    /// Its people may leave.
    pub leaves: bool,
}

/// Groups of five kinds, in turn, until there are so many phones; what WeChat knows of them is told to WeChat.
pub async fn people(site: &Site, count: usize) -> (Vec<Phone>, Vec<Place>) {
    let (mut phones, mut places) = (vec![], vec![]);
    for group in 0.. {
        if phones.len() >= count {
            break;
        }
        let one = |person: &str, app: usize| (format!("g{group}{person}"), APPS[app]);
        let (bond, members, unionid) = match group % 5 {
            0 => (Bond::Unionid, vec![one("", 0), one("", 1)], true),
            1 => (Bond::Identity, vec![one("", 0), one("", 0)], true),
            2 => (Bond::Number, vec![one("a", 0), one("b", 1)], false),
            3 => (Bond::Identity, vec![one("", 1)], false),
            _ => (Bond::Identity, vec![one("", 0)], true),
        };
        for (person, app) in members {
            let mut told = json!({"phone": format!("138{group:08}"), "countryCode": "86"});
            if group % 3 > 0 {
                told["profile"] = json!({"nickName": format!("g{group}")});
            }
            if !unionid {
                told["unionid"] = json!(null);
            }
            site.wechat.steer(Method::PUT, &format!("people/{person}"), told).await;
            let openid = openid(site, &person, app).await;
            phones.push(Phone { group, bond, app: app.to_owned(), openid });
            places.push(Place { person, leaves: group % 2 == 0 });
        }
    }
    (phones, places)
}

/// Asked of WeChat as a service would ask.
async fn openid(site: &Site, person: &str, app: &str) -> String {
    let code = site.wechat.phone(person, app).code().await;
    let secret = format!("hush-secret-of-{app}");
    let url = format!("{}/sns/jscode2session", site.wechat.base);
    let asked = [("appid", app), ("secret", &secret), ("js_code", &code), ("grant_type", "authorization_code")];
    let answer = Answer::to(site.http.get(url).query(&asked)).await.unwrap();
    answer.text("openid").to_owned()
}
