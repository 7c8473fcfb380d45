//! The data that a phone hands over on WeChat's behalf: is it WeChat's, is it fresh, and whose is it.
//!
//! Pure functions of bytes; none of them can panic, whatever the bytes. Source of all rules here:
//! <https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html>

use crate::identity::{AppId, Identity, SessionKey};
use crate::user::Profile;
use aes::Aes128;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Why data is not accepted, in the order in which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Signed with another key, or changed.
    #[error("the signature was not made over this data with this session key")]
    Signature,
    /// Encrypted with another key, or changed, or no JSON.
    #[error("the data was not encrypted with this session key, or is not whole")]
    Decryption,
    /// Made for another mini program.
    #[error("the data was made for another mini program")]
    Watermark,
    /// About somebody else.
    #[error("the data is about another person")]
    Identity,
    /// Too old, or from the future.
    #[error("the data is too old, or from the future")]
    Stale,
}

impl Refused {
    /// Whether the key did not open the data to what it must be, as it happens to data that somebody made up.
    #[must_use]
    pub fn is_failed_decryption(self) -> bool {
        matches!(self, Refused::Decryption | Refused::Watermark | Refused::Identity)
    }
}

/// How far ahead of ours WeChat's clock may be.
const MAX_AHEAD: TimeDelta = TimeDelta::seconds(60);

/// What a phone hands over, parsed and not yet believed.
#[derive(Clone, Copy)]
pub struct Sealed<'a> {
    /// AES-128-CBC of a JSON object.
    pub encrypted: &'a [u8],
    /// 16 bytes, if it is whole.
    pub iv: &'a [u8],
    /// Looked at first, where it was given.
    pub signed: Option<Signed<'a>>,
}

/// The part of the data that is readable, and its signature.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// Byte for byte as the phone gave it.
    pub raw_data: &'a str,
    /// 40 hexadecimal digits.
    pub signature: &'a str,
}

/// Whose data it must be, and of what time.
pub struct Expected<'a> {
    /// The person and the mini program.
    pub identity: &'a Identity,
    /// How old it may be; zero accepts any time.
    pub max_age: TimeDelta,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Data that is WeChat's, made for this mini program, about this person if it is about a person, and fresh. Having it is
/// the proof: there is no other way to it than [`open`].
#[derive(Debug)]
pub struct Opened(Map<String, Value>);

/// Opens what a phone handed over with the session key of the last exchange, and looks at everything in it that must be
/// as expected.
///
/// # Errors
/// The first of the reasons, in the order of [`Refused`], that holds.
pub fn open(sealed: Sealed<'_>, key: &SessionKey, expected: &Expected<'_>) -> Result<Opened, Refused> {
    if let Some(signed) = sealed.signed {
        check_signature(signed, key)?;
    }
    let data = decrypted(sealed.encrypted, sealed.iv, key)?;
    check_watermark(&data, &expected.identity.app_id)?;
    check_identity(&data, expected.identity)?;
    check_time(&data, expected.max_age, expected.now)?;
    Ok(Opened(data))
}

impl Opened {
    /// The profile; what is missing or of another type is empty.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let gender = match self.0.get("gender") {
            Some(Value::Number(number)) => number.as_i64().and_then(|number| number.try_into().ok()),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        Profile {
            nickname: text("nickName"),
            avatar_url: text("avatarUrl"),
            gender: gender.unwrap_or_default(),
            language: text("language"),
            city: text("city"),
            province: text("province"),
            country: text("country"),
        }
        .tidied()
    }

    /// The data as a `T`.
    ///
    /// # Errors
    /// It is data of another kind.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        serde_json::from_value(Value::Object(self.0))
    }

    /// The data for the client: without openid and unionid, wherever they stand and however they are spelled.
    #[must_use]
    pub fn without_ids(self) -> Map<String, Value> {
        let mut data = self.0;
        leave_ids_out(&mut data);
        data
    }
}

fn leave_ids_out(data: &mut Map<String, Value>) {
    data.retain(|name, _| !name.eq_ignore_ascii_case("openId") && !name.eq_ignore_ascii_case("unionId"));
    for value in data.values_mut() {
        match value {
            Value::Object(inner) => leave_ids_out(inner),
            Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(leave_ids_out),
            _ => {}
        }
    }
}

/// The signature is the lower-case hexadecimal SHA-1 of the raw data followed by the session key's text. It takes as long
/// whatever differs.
fn check_signature(signed: Signed<'_>, key: &SessionKey) -> Result<(), Refused> {
    let digest = Sha1::new().chain_update(signed.raw_data.as_bytes()).chain_update(key.text().as_bytes()).finalize();
    let mut expected = [0; 40];
    hex::encode_to_slice(digest, &mut expected).expect("SHA-1 has 20 bytes");
    let same: bool = expected.ct_eq(signed.signature.as_bytes()).into();
    if same { Ok(()) } else { Err(Refused::Signature) }
}

/// The JSON object that `encrypted` holds. A wrong key, a wrong length, wrong padding and bytes that are no JSON are the
/// same answer: with a wrong key, chance decides which of them it is.
fn decrypted(encrypted: &[u8], iv: &[u8], key: &SessionKey) -> Result<Map<String, Value>, Refused> {
    let bytes = key.bytes();
    let cipher = cbc::Decryptor::<Aes128>::new_from_slices(bytes.as_slice(), iv).map_err(|_| Refused::Decryption)?;
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(encrypted).map(Zeroizing::new).map_err(|_| Refused::Decryption)?;
    serde_json::from_slice(&plain).map_err(|_| Refused::Decryption)
}

fn check_watermark(data: &Map<String, Value>, app: &AppId) -> Result<(), Refused> {
    let made_for = data.get("watermark").and_then(|watermark| watermark.get("appid")).and_then(Value::as_str);
    if made_for == Some(app.as_str()) { Ok(()) } else { Err(Refused::Watermark) }
}

/// The data, where it says whose it is, must be about `identity`. A unionid that only one of the two knows is no
/// contradiction: a mini program can be bound to an Open Platform account at any moment.
fn check_identity(data: &Map<String, Value>, identity: &Identity) -> Result<(), Refused> {
    let differs = |name: &str, ours: Option<&str>| match (data.get(name), ours) {
        (None | Some(Value::Null), _) | (_, None) => false,
        (Some(theirs), Some(ours)) => theirs != "" && theirs != ours,
    };
    let unionid = identity.unionid.as_ref().map(|unionid| unionid.as_str());
    if differs("openId", Some(identity.openid.as_str())) || differs("unionId", unionid) {
        Err(Refused::Identity)
    } else {
        Ok(())
    }
}

/// Data without a time is of no time.
fn check_time(data: &Map<String, Value>, max_age: TimeDelta, now: DateTime<Utc>) -> Result<(), Refused> {
    if max_age.is_zero() {
        return Ok(());
    }
    let made_at = match data.get("watermark").and_then(|watermark| watermark.get("timestamp")) {
        Some(Value::Number(seconds)) => seconds.as_i64(),
        Some(Value::String(seconds)) => seconds.parse().ok(),
        _ => None,
    };
    let age = made_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).map(|made_at| now - made_at);
    match age {
        Some(age) if age <= max_age && age >= -MAX_AHEAD => Ok(()),
        _ => Err(Refused::Stale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use cbc::cipher::BlockModeEncrypt;
    use proptest::prelude::*;

    fn vectors() -> Vec<Map<String, Value>> {
        serde_json::from_str(include_str!("../../tests/fixtures/vectors.json")).unwrap()
    }

    fn text<'a>(vector: &'a Map<String, Value>, name: &str) -> &'a str {
        vector[name].as_str().unwrap()
    }

    fn key(text: &str) -> SessionKey {
        text.to_owned().try_into().unwrap()
    }

    fn key_of(bytes: [u8; 16]) -> SessionKey {
        key(&STANDARD.encode(bytes))
    }

    fn encrypted(plain: &[u8], iv: [u8; 16], key: [u8; 16]) -> Vec<u8> {
        cbc::Encryptor::<Aes128>::new(&key.into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(plain)
    }

    fn signed(raw_data: &str, signature: &str, key: &SessionKey) -> Result<(), Refused> {
        check_signature(Signed { raw_data, signature }, key)
    }

    fn object(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_official_sample_decrypts() {
        for vector in vectors().iter().filter(|vector| text(vector, "kind") == "decrypt_user_info") {
            let (data, iv) = (STANDARD.decode(text(vector, "encrypted_data")), STANDARD.decode(text(vector, "iv")));

            let opened = decrypted(&data.unwrap(), &iv.unwrap(), &key(text(vector, "session_key"))).unwrap();

            assert_eq!(opened, object(text(vector, "plaintext")));
            assert_eq!(check_watermark(&opened, &text(vector, "appid").parse().unwrap()), Ok(()));
            assert_eq!(Opened(opened).profile().nickname, "Band");
        }
    }

    #[test]
    fn the_official_signature_verifies() {
        let all = vectors();
        let vector = all.iter().find(|vector| text(vector, "kind") == "signature_sha1").unwrap();
        let (raw, signature) = (text(vector, "raw_data"), text(vector, "signature"));
        let key = key(text(vector, "session_key"));

        assert_eq!(signed(raw, signature, &key), Ok(()));
        assert_eq!(signed(&format!("{raw} "), signature, &key), Err(Refused::Signature));
        assert_eq!(signed(raw, &signature.to_uppercase(), &key), Err(Refused::Signature));
        assert_eq!(signed(raw, "", &key), Err(Refused::Signature));
    }

    #[test]
    fn another_apps_or_persons_data_is_refused() {
        let identity = Identity {
            app_id: "wx1".parse().unwrap(),
            openid: "oA".parse().unwrap(),
            unionid: Some("uA".parse().unwrap()),
        };
        let data = object(r#"{"openId":"oA","unionId":"uA","watermark":{"appid":"wx1","timestamp":1}}"#);

        assert_eq!(check_identity(&data, &identity), Ok(()));
        assert_eq!(check_identity(&object(r#"{"openId":"oa"}"#), &identity), Err(Refused::Identity));
        assert_eq!(check_identity(&object(r#"{"unionId":"uB"}"#), &identity), Err(Refused::Identity));
        assert_eq!(check_identity(&object(r#"{"openId":7}"#), &identity), Err(Refused::Identity));
        assert_eq!(check_identity(&object(r#"{"openId":"","unionId":null}"#), &identity), Ok(()));
        assert_eq!(check_watermark(&data, &"wx2".parse().unwrap()), Err(Refused::Watermark));
        assert_eq!(check_watermark(&object("{}"), &"wx1".parse().unwrap()), Err(Refused::Watermark));
    }

    #[test]
    fn data_is_stale_after_its_age_and_a_minute_before_its_time_unless_the_check_is_off() {
        let data = object(r#"{"watermark":{"timestamp":1000}}"#);
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let age = TimeDelta::seconds(600);

        assert_eq!(check_time(&data, age, at(1600)), Ok(()));
        assert_eq!(check_time(&data, age, at(1601)), Err(Refused::Stale));
        assert_eq!(check_time(&data, TimeDelta::zero(), at(9_999_999)), Ok(()));
        assert_eq!(check_time(&object("{}"), age, at(0)), Err(Refused::Stale));
        assert_eq!(check_time(&data, age, at(940)), Ok(()));
        assert_eq!(check_time(&data, age, at(939)), Err(Refused::Stale));
    }

    #[test]
    fn a_profile_survives_fields_of_the_wrong_type() {
        let data = object(r#"{"nickName":"李","gender":"1","city":null,"country":7,"avatarUrl":"http://tmp/x"}"#);

        let profile = Opened(data).profile();

        assert_eq!((profile.nickname.as_str(), profile.gender, profile.avatar_url.as_str()), ("李", 1, ""));
    }

    proptest! {
        #[test]
        fn what_is_encrypted_is_decrypted(value in "\\PC{0,200}", iv: [u8; 16], bytes: [u8; 16]) {
            let plain = serde_json::json!({ "value": value }).to_string();

            let opened = decrypted(&encrypted(plain.as_bytes(), iv, bytes), &iv, &key_of(bytes)).unwrap();

            prop_assert_eq!(opened["value"].as_str(), Some(value.as_str()));
        }

        #[test]
        fn a_flipped_bit_of_key_or_data_never_passes_for_the_original(iv: [u8; 16], bytes: [u8; 16], at in 0usize..128, in_key: bool) {
            let plain = br#"{"openId":"oGZUI0egBJY1zhBYw2KhdUfwVJJE"}"#;
            let (mut data, mut wrong) = (encrypted(plain, iv, bytes), bytes);
            if in_key { wrong[at / 8] ^= 1 << (at % 8) } else { data[at / 8] ^= 1 << (at % 8) }

            let opened = decrypted(&data, &iv, &key_of(wrong));

            prop_assert_ne!(opened.ok(), Some(object(std::str::from_utf8(plain).unwrap())));
        }

        #[test]
        fn nothing_of_any_length_panics(data: Vec<u8>, iv: Vec<u8>, bytes: [u8; 16]) {
            let opened = decrypted(&data, &iv, &key_of(bytes));

            if iv.len() != 16 || data.is_empty() || data.len() % 16 != 0 {
                prop_assert_eq!(opened, Err(Refused::Decryption));
            }
        }

        #[test]
        fn a_signature_holds_for_its_own_bytes_only(raw in "\\PC{0,80}", other in "\\PC{0,80}", a: [u8; 16], b: [u8; 16]) {
            let digest = Sha1::new().chain_update(&raw).chain_update(key_of(a).text()).finalize();
            let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();

            prop_assert_eq!(signed(&raw, &signature, &key_of(a)), Ok(()));
            prop_assert_eq!(signed(&other, &signature, &key_of(a)).is_ok(), raw == other);
            prop_assert_eq!(signed(&raw, &signature, &key_of(b)).is_ok(), a == b);
        }
    }
}
