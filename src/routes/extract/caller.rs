//! The device that somebody signs in from, and whom they turn out to be.

use super::client_address::address;
use crate::exchange::{Exchange, app};
use crate::store::{Device, Origin};
use crate::user::UserId;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::rc::Rc;

/// Whoever wants to be signed in.
pub(crate) struct Caller {
    /// What they recognise the device by, made from the user agent, such as `iPhone · WeChat 8.0.50`; 64 characters at most.
    pub device: String,
    /// Where they are, for their events.
    pub origin: Origin,
    exchange: Rc<Exchange>,
}

impl Caller {
    /// Notes, for the log, which account they have.
    pub(crate) fn is(&self, account: UserId) {
        self.exchange.account.set(Some(account));
    }

    /// Which account they turned out to have.
    pub(crate) fn account(&self) -> Option<UserId> {
        self.exchange.account.get()
    }
}

impl FromRequest for Caller {
    type Error = Infallible;
    type Future = Ready<Result<Caller, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent.unwrap_or_default();
        let address = app(request).settings().database.client_addresses.told(address(request));
        let origin = Origin { device: device(agent), address };
        ready(Ok(Caller { device: label(agent), origin, exchange: Exchange::of(request) }))
    }
}

fn label(agent: &str) -> String {
    const SYSTEMS: &[(&str, &str)] = &[
        ("wechatdevtools", "Developer tools"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("OpenHarmony", "HarmonyOS"),
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("Linux", "Linux"),
    ];
    let system = SYSTEMS.iter().find(|(mark, _)| agent.contains(mark)).map_or("Unknown device", |(_, name)| name);
    let wechat = agent
        .split("MicroMessenger/")
        .nth(1)
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').take(20).collect::<String>());
    match wechat.filter(|version| !version.is_empty()) {
        Some(version) => format!("{system} · WeChat {version}"),
        None => system.to_owned(),
    }
}

fn device(agent: &str) -> Device {
    const MARKS: &[(&str, Device)] = &[
        ("wechatdevtools", Device::Devtools),
        ("iPhone", Device::Ios),
        ("iPad", Device::Ios),
        ("Android", Device::Android),
    ];
    MARKS.iter().find(|(mark, _)| agent.contains(mark)).map_or(Device::Other, |(_, device)| *device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_device_and_wechat() {
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Mobile/15E148 MicroMessenger/8.0.50(0x1800323d) NetType/WIFI Language/zh_CN";

        assert_eq!(label(iphone), "iPhone · WeChat 8.0.50");
        assert_eq!(device(iphone), Device::Ios);
        assert_eq!(device("Mozilla/5.0 (Linux; Android 14) wechatdevtools/1.06"), Device::Devtools);
        assert_eq!(device("curl/8"), Device::Other);
        assert_eq!(label("curl/8"), "Unknown device");
        assert_eq!(label("Android MicroMessenger/x"), "Android");
    }
}
