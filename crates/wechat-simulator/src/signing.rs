//! WeChat's signature and encryption, from the side that makes them.
//!
//! Written apart from any backend's checks on purpose: code in common would let a mistake agree with itself.

use crate::hex::hex;
use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

/// A session key: 16 bytes to encrypt with, their base64 text to sign with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionKey(pub(crate) [u8; 16]);

impl SessionKey {
    pub(crate) fn text(&self) -> String {
        STANDARD.encode(self.0)
    }
}

/// `signature` as the phone gets it: the SHA-1 of the raw data with the key's text behind it, in lower-case hex.
pub(crate) fn sign(raw_data: &str, key: &SessionKey) -> String {
    hex(&Sha1::digest(format!("{raw_data}{}", key.text())))
}

/// `encryptedData` and `iv` as the phone gets them: AES-128-CBC with PKCS#7 padding, both in base64.
pub(crate) fn encrypt(plaintext: &str, key: &SessionKey, iv: [u8; 16]) -> (String, String) {
    let cipher = cbc::Encryptor::<aes::Aes128>::new(&key.0.into(), &iv.into());
    (STANDARD.encode(cipher.encrypt_padded_vec::<Pkcs7>(plaintext.as_bytes())), STANDARD.encode(iv))
}

/// The login-state signature of a request: HMAC-SHA256 of its body under the key's text, in lower-case hex.
pub(crate) fn login_state_signature(body: &str, key: &SessionKey) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.text().as_bytes()).expect("any length is a key");
    mac.update(body.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// The hash by which a server asks about encrypted data: SHA-256 of its text, in lower-case hex.
pub(crate) fn hash(encrypted_data: &str) -> String {
    hex(&Sha256::digest(encrypted_data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> SessionKey {
        SessionKey(STANDARD.decode(text).unwrap().try_into().unwrap())
    }

    #[test]
    fn wechats_published_sample_encrypts_to_its_published_ciphertext() {
        let plaintext = concat!(
            r#"{"openId":"oGZUI0egBJY1zhBYw2KhdUfwVJJE","nickName":"Band","gender":1,"language":"zh_CN","#,
            r#""city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/"#,
            r#"aSKcBBPpibyKNicHNTMM0qJVh8Kjgiak2AHWr8MHM4WgMEm7GFhsf8OYrySdbvAMvTsw3mo8ibKicsnfN5pRjl1p8HQ/0","#,
            r#""unionId":"ocMvos6NjeKLIBqg5Mr9QjxrP1FA","watermark":{"timestamp":1477314187,"appid":"wx4f4bc4dec97d474b"}}"#
        );
        let iv = STANDARD.decode("r7BXXKkLb8qrSNn05n0qiA==").unwrap().try_into().unwrap();

        let (encrypted, iv) = encrypt(plaintext, &key("tiihtNczf5v6AKRyjwEUhQ=="), iv);

        assert_eq!(iv, "r7BXXKkLb8qrSNn05n0qiA==");
        assert_eq!(
            encrypted,
            "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4\
             lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHI\
             nNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC\
             7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf\
             7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew=="
        );
    }

    #[test]
    fn wechats_published_signature_is_made_with_the_keys_text() {
        let raw_data = concat!(
            r#"{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","#,
            r#""avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAj"#,
            r#"AtpujxyzYsrztuuICqIM5ibXQ/0"}"#
        );

        let signature = sign(raw_data, &key("HyVFkGl5F5OQWJZZaNzBBg=="));

        assert_eq!(signature, "75e81ceda165f4ffa64f4068af58c64b8f54b88c");
    }

    #[test]
    fn wechats_published_login_state_signatures_are_reproduced() {
        let key = key("o0q0otL8aEzpcZL/FT9WsQ==");

        let of_a_body = login_state_signature(r#"{"foo":"bar"}"#, &key);
        let of_nothing = login_state_signature("", &key);

        assert_eq!(of_a_body, "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b");
        assert_eq!(of_nothing, "46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128");
    }
}
