//! People by number: the same number is the same person to the load and to the stand-in for WeChat.

use crate::APP;
use aes::Aes128;
use base64::{Engine, engine::general_purpose::STANDARD};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use serde_json::json;
use sha1::{Digest, Sha1};
use std::time::UNIX_EPOCH;

/// Somebody with WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person(pub u64);

impl Person {
    /// The person whose code it is.
    pub fn of_code(code: &str) -> Option<Person> {
        code.strip_prefix("code-")?.parse().ok().map(Person)
    }

    /// What `wx.login` gives.
    pub fn code(self) -> String {
        format!("code-{}", self.0)
    }

    /// 28 characters, as WeChat's have.
    pub fn openid(self) -> String {
        format!("o{:027}", self.0)
    }

    pub fn unionid(self) -> String {
        format!("u{:027}", self.0)
    }

    /// With a character beyond 16 bits, which a careless column would lose.
    pub fn nickname(self) -> String {
        format!("微信用户🙂{}", self.0)
    }

    /// The key of the last exchange, in base64.
    pub fn session_key(self) -> String {
        STANDARD.encode(self.sixteen(1))
    }

    /// The body that registers this person with `ticket`: everything that `wx.getUserInfo` returns, made now.
    pub fn registration(self, ticket: &str) -> String {
        let avatar = format!("https://thirdwx.qlogo.cn/mmopen/vi_32/{:016x}/132", self.0);
        let profile = json!({"nickName": self.nickname(), "gender": 0, "language": "zh_CN", "city": "", "province": "",
            "country": "", "avatarUrl": avatar});
        let raw = profile.to_string();
        let digest = Sha1::new().chain_update(&raw).chain_update(self.session_key()).finalize();
        let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut data = profile;
        data["openId"] = self.openid().into();
        data["unionId"] = self.unionid().into();
        data["watermark"] = json!({"timestamp": seconds_since_1970(), "appid": APP});
        let (key, iv) = (self.sixteen(1), self.sixteen(2));
        let encrypted = cbc::Encryptor::<Aes128>::new(&key.into(), &iv.into())
            .encrypt_padded_vec::<Pkcs7>(data.to_string().as_bytes());
        json!({"ticket": ticket, "rawData": raw, "signature": signature, "encryptedData": STANDARD.encode(encrypted),
            "iv": STANDARD.encode(iv)})
        .to_string()
    }

    fn sixteen(self, use_: u64) -> [u8; 16] {
        let (high, low) = (scattered(self.0 ^ (use_ << 56)), scattered(self.0.wrapping_add(use_)));
        (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
    }
}

/// A number that looks like chance and is the same in every run.
pub fn scattered(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (mixed >> 29)
}

fn seconds_since_1970() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the phone's clock, which the service compares with its own")]
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).expect("no machine's clock stands before 1970").as_secs()
}
