//! 256 random bits, their text, the name under which what they stand for is stored, and the key that seals it.
//!
//! The store holds the name (a hash) and the sealed value. Whoever reads the store has neither the token nor, without
//! it, the key: both are derived from the token in one direction only.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 12;

/// What a token is for. A ticket can never be used as a session, nor the other way round: name and key differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Ticket,
    Session,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Purpose::Ticket => "ticket",
            Purpose::Session => "session",
        }
    }
}

/// The secret that a client holds. Its text is 43 characters of base64url.
#[derive(Clone)]
pub struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// A token nobody has seen.
    pub fn random() -> Token {
        Token(Zeroizing::new(random_bytes()))
    }

    /// The token that `text` writes, if it has the form of one.
    pub fn parse(text: &str) -> Option<Token> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Token(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// What is handed to the client.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_slice())
    }

    /// The key in the store, such as `session:4mRr…`: a hash, from which the token cannot be found.
    pub fn name(&self, purpose: Purpose) -> String {
        let hash = Sha256::new().chain_update(purpose.label()).chain_update(self.0.as_slice()).finalize();
        format!("{}:{}", purpose.label(), URL_SAFE_NO_PAD.encode(hash))
    }

    /// `plain`, readable only with this token.
    pub fn seal(&self, purpose: Purpose, plain: &[u8]) -> Vec<u8> {
        Seal::derive(self.0.as_slice(), purpose.label()).seal(plain)
    }

    /// What [`Token::seal`] sealed; nothing if it was sealed with another token or for another purpose, or changed since.
    pub fn unseal(&self, purpose: Purpose, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        Seal::derive(self.0.as_slice(), purpose.label()).unseal(sealed)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A key that seals: AES-256-GCM with a random nonce before the ciphertext.
pub struct Seal(Aes256Gcm);

impl Seal {
    /// The key that `secret` gives for `purpose` (HKDF-SHA256).
    pub fn derive(secret: &[u8], purpose: &str) -> Seal {
        let mut key = Zeroizing::new([0; 32]);
        let info = [b"weapp-login ", purpose.as_bytes()];
        Hkdf::<Sha256>::new(None, secret)
            .expand_multi_info(&info, key.as_mut_slice())
            .expect("32 bytes is a valid length");
        Seal(Aes256Gcm::new_from_slice(key.as_slice()).expect("the key has 32 bytes"))
    }

    /// `plain`, readable only with this key.
    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let payload = Payload { msg: plain, aad: b"" };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload).expect("a session is far below the cipher's 64 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    /// What [`Seal::seal`] sealed with the same key.
    pub fn unseal(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.0.decrypt(&Nonce::from(*nonce), sealed).ok().map(Zeroizing::new)
    }
}

/// `N` bytes of the operating system's randomness.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's randomness")]
    getrandom::fill(&mut bytes).expect("an operating system without randomness cannot run a login");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text() {
        let token = Token::random();

        let again = Token::parse(&token.text()).unwrap();

        assert_eq!(token.text().len(), 43);
        assert_eq!(again.name(Purpose::Session), token.name(Purpose::Session));
    }

    #[test]
    fn what_is_no_token_is_not_parsed() {
        let whole = Token::random().text();
        for bad in ["", "abc", &whole[..42], &format!("{whole}A"), &whole.replace(&whole[3..4], "%")] {
            assert!(Token::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_value_opens_only_with_its_token_and_purpose_and_unchanged() {
        let token = Token::random();
        let sealed = token.seal(Purpose::Ticket, b"session key");
        let mut changed = sealed.clone();
        changed[NONCE_BYTES] ^= 1;

        assert_eq!(token.unseal(Purpose::Ticket, &sealed).unwrap().as_slice(), b"session key");
        assert!(token.unseal(Purpose::Session, &sealed).is_none());
        assert!(Token::random().unseal(Purpose::Ticket, &sealed).is_none());
        assert!(token.unseal(Purpose::Ticket, &changed).is_none());
        assert!(token.unseal(Purpose::Ticket, &sealed[..5]).is_none());
    }

    #[test]
    fn neither_the_name_nor_the_sealed_value_holds_the_secret() {
        let token = Token::random();

        let stored = [token.name(Purpose::Session).into_bytes(), token.seal(Purpose::Session, b"openid")].concat();

        assert!(!stored.windows(6).any(|part| part == b"openid"));
        assert!(!stored.windows(32).any(|part| part == token.0.as_slice()));
        assert!(!stored.windows(43).any(|part| part == token.text().as_bytes()));
    }
}
