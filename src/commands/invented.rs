//! Mini programs that exist nowhere but in the simulator, for whoever has set none.

use crate::settings::{Sources, WechatApp};

const FIRST: (&str, &str) = ("wx00000000000000a1", "simulated-secret-of-the-first-app");
const SECOND: (&str, &str) = ("wx00000000000000a2", "simulated-secret-of-the-second-app");

/// Sets the first one where no source names a mini program; whether that was so.
pub(super) fn presume(sources: &mut Sources) -> bool {
    if sources.name_a_mini_program() {
        return false;
    }
    sources.presume("WECHAT_APP_ID", FIRST.0);
    sources.presume("WECHAT_APP_SECRET", FIRST.1);
    true
}

/// Adds the second one, which takes people as the first does.
pub(super) fn add_second(apps: &mut Vec<WechatApp>) {
    let registration = apps[0].registration.clone();
    let id = SECOND.0.parse().expect("an app id has no spaces");
    apps.push(WechatApp { id, secret: SECOND.1.to_owned().into(), registration });
}
