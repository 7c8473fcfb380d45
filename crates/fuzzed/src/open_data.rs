//! Data that a phone hands over: arbitrary bytes, and arbitrary JSON that the session key holds together.

use aes::Aes128;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use chrono::{DateTime, TimeDelta};
use weapp_login::identity::{Identity, SessionKey};
use weapp_login::wechat::PhoneInfo;
use weapp_login::wechat::open_data::{Expected, Sealed, Signed, open};

/// The bytes of `tiihtNczf5v6AKRyjwEUhQ==`.
const KEY: [u8; 16] = [0xb6, 0x28, 0xa1, 0xb4, 0xd7, 0x33, 0x7f, 0x9b, 0xfa, 0x00, 0xa4, 0x72, 0x8f, 0x01, 0x14, 0x85];
const IV: [u8; 16] = [7; 16];

/// The first byte says what the rest is: the plain text (0), or the encrypted one, behind whose first bytes the rest is
/// signed text (anything else).
///
/// # Panics
/// Data is opened that names another person or another mini program.
pub fn open_data(input: &[u8]) {
    let Some((&form, rest)) = input.split_first() else { return };
    let key = SessionKey::try_from("tiihtNczf5v6AKRyjwEUhQ==".to_owned()).expect("a key of 16 bytes");
    let identity = Identity {
        app_id: "wx4f4bc4dec97d474b".parse().expect("an app id"),
        openid: "oGZUI0egBJY1zhBYw2KhdUfwVJJE".parse().expect("an openid"),
        unionid: Some("ocMvos6NjeKLIBqg5Mr9QjxrP1FA".parse().expect("a unionid")),
    };
    let now = DateTime::from_timestamp(1_477_314_200, 0).expect("a time");
    let expected = Expected { identity: &identity, max_age: TimeDelta::seconds(i64::from(form & 2) * 300), now };
    let opened = if form & 1 == 0 {
        let encrypted = cbc::Encryptor::<Aes128>::new(&KEY.into(), &IV.into()).encrypt_padded_vec::<Pkcs7>(rest);
        open(Sealed { encrypted: &encrypted, iv: &IV, signed: None }, &key, &expected)
    } else {
        let (iv, rest) = rest.split_at(rest.len().min(16));
        let (signature, encrypted) = rest.split_at(rest.len().min(40));
        let (raw_data, signature) = (String::from_utf8_lossy(encrypted), String::from_utf8_lossy(signature));
        let signed = (form & 4 == 0).then_some(Signed { raw_data: &raw_data, signature: &signature });
        open(Sealed { encrypted, iv, signed }, &key, &expected)
    };
    let Ok(opened) = opened else { return };
    let profile = opened.profile();
    assert!(profile.avatar_url.is_empty() || profile.avatar_url.len() <= 4 * rest.len(), "made of what was sent");
    let shown = opened.without_ids();
    assert!(!shown.contains_key("openId") && !shown.contains_key("unionId"), "ids are not shown");
    assert_eq!(shown["watermark"]["appid"], "wx4f4bc4dec97d474b", "the mini program's own");
    if let Ok(info) = serde_json::from_value::<PhoneInfo>(shown.into()) {
        let _ = info.phone();
    }
}
