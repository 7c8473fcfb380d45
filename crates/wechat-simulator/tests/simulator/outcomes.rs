//! Rule 22: what the order of the calls leads to, in both models of rotation.

use crate::harness::{APP, Desk, options};
use wechat_simulator::{Options, Rotation};

const BOTH: [Rotation; 2] = [Rotation::OnExchange, Rotation::OnLogin];

fn desk(rotation: Rotation) -> Desk {
    Desk::new(Options { rotation, ..options() })
}

/// Somebody whose key is old enough to be replaced, as most people's is.
fn with_an_old_key(rotation: Rotation) -> Desk {
    let desk = desk(rotation);
    desk.sign_in("alice");
    desk.advance(301);
    desk
}

#[test]
fn rule_22a_exchange_first_always_works() {
    for rotation in BOTH {
        for age in [0, 299, 301, 3600, 4 * 86_400] {
            let desk = desk(rotation);
            desk.sign_in("alice");
            desk.advance(age);

            let key = desk.sign_in("alice");

            assert!(desk.user_info("alice").is_by(&key), "{rotation:?}, a key {age} s old");
        }
    }
}

#[test]
fn rule_22b_data_between_login_and_exchange_fails_once_when_the_exchange_rotates() {
    for (rotation, expected) in [(Rotation::OnExchange, [false, true]), (Rotation::OnLogin, [true, true])] {
        let desk = with_an_old_key(rotation);

        let tries = [(); 2].map(|()| {
            let code = desk.code("alice");
            let data = desk.user_info("alice");
            data.is_by(&desk.exchange(&code).text_of("session_key"))
        });

        assert_eq!(tries, expected, "{rotation:?}");
    }
}

#[test]
fn rule_22c_data_before_login_fails_once_in_both_models() {
    for rotation in BOTH {
        let desk = with_an_old_key(rotation);

        let tries = [(); 2].map(|()| {
            let data = desk.user_info("alice");
            data.is_by(&desk.sign_in("alice"))
        });

        assert_eq!(tries, [false, true], "{rotation:?}");
    }
}

#[test]
fn rule_22d_any_order_works_while_the_key_is_young() {
    for rotation in BOTH {
        let desk = desk(rotation);
        desk.sign_in("alice");
        desk.advance(300);

        let before_login = desk.user_info("alice");
        let code = desk.code("alice");
        let before_exchange = desk.user_info("alice");
        let key = desk.exchange(&code).text_of("session_key");

        assert!(before_login.is_by(&key) && before_exchange.is_by(&key), "{rotation:?}");
    }
}

#[test]
fn rule_22e_one_devices_rotation_kills_the_key_kept_for_the_other() {
    for rotation in BOTH {
        let desk = desk(rotation);
        let kept_for_the_tablet = desk.sign_in("alice");
        desk.advance(301);

        let kept_for_the_phone = desk.sign_in("alice");

        assert_ne!(kept_for_the_phone, kept_for_the_tablet);
        let data_of_the_tablet = desk.user_info("alice");
        assert!(!data_of_the_tablet.is_by(&kept_for_the_tablet), "{rotation:?}");
        assert!(data_of_the_tablet.is_by(&kept_for_the_phone), "{rotation:?}");
        assert!(!desk.get(&format!("/control/people/alice?appId={APP}")).text.contains(&kept_for_the_phone));
    }
}
