//! 256 random bits, their text, the name under which what they stand for is stored, and the key that seals it.
//!
//! The store holds the name and the sealed value. Whoever reads the store has neither the token nor, without it, the
//! key: both are derived from the token in one direction only (HKDF-Expand with the token, which is random, as the
//! pseudo-random key: one HMAC-SHA256 each).

use crate::random::Random;
use crate::seal::{Seal, Unsealed};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use std::fmt;
use zeroize::Zeroizing;

/// Characters of a token's text.
pub const TEXT_LENGTH: usize = 43;

/// What a token is for. A ticket can never be used as a session, nor the other way round: name and key differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Redeemed once, by a registration.
    Ticket,
    /// Sent with every request of somebody who is signed in.
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

/// The secret that a client holds. Its text is [`TEXT_LENGTH`] characters of base64url.
#[derive(Clone)]
pub struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// A token nobody has seen.
    #[must_use]
    pub fn random(random: &Random) -> Token {
        Token(Zeroizing::new(random.bytes()))
    }

    /// The token that `text` writes, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Token> {
        if text.len() != TEXT_LENGTH {
            return None;
        }
        // The decoder wants room for whole groups of three bytes.
        let mut bytes = Zeroizing::new([0; 33]);
        let length = URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()).ok()?;
        Some(Token(Zeroizing::new(bytes[..length].try_into().ok()?)))
    }

    /// What is handed to the client.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_slice())
    }

    /// Where the store keeps what this token stands for, and what opens it.
    #[must_use]
    pub fn place(&self, purpose: Purpose) -> Place {
        let prk = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut name = String::with_capacity(purpose.label().len() + 1 + TEXT_LENGTH);
        name.push_str(purpose.label());
        name.push(':');
        URL_SAFE_NO_PAD.encode_string(expanded(&prk, purpose, b" name\x01"), &mut name);
        Place { name, prk, purpose }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The place in the store that belongs to a token.
pub struct Place {
    name: String,
    prk: hmac::Key,
    purpose: Purpose,
}

impl Place {
    /// The key in the store, such as `session:4mRr…`, from which the token cannot be found.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `plain`, which is of the form `form`, readable only with the token.
    #[must_use]
    pub fn seal(&self, form: u8, plain: &[u8], random: &Random) -> Vec<u8> {
        self.sealing().seal(form, plain, random)
    }

    /// What [`Place::seal`] sealed; nothing if it was another token's or for another purpose, or changed since.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Unsealed> {
        self.sealing().open(sealed)
    }

    fn sealing(&self) -> Seal {
        Seal::new(&Zeroizing::new(expanded(&self.prk, self.purpose, b" key\x01")))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.name)
    }
}

/// The first and only block of HKDF-Expand (RFC 5869, section 2.3): the info ends in the block's number.
fn expanded(prk: &hmac::Key, purpose: Purpose, of: &[u8]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(prk);
    for part in [b"weapp-login ".as_slice(), purpose.label().as_bytes(), of] {
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text() {
        let token = Token::random(&Random::system());

        let again = Token::parse(&token.text()).unwrap();

        assert_eq!(token.text().len(), TEXT_LENGTH);
        assert_eq!(again.place(Purpose::Session).name(), token.place(Purpose::Session).name());
    }

    #[test]
    fn what_is_no_token_is_not_parsed() {
        let whole = Token::random(&Random::system()).text();
        for bad in ["", "abc", &whole[..42], &format!("{whole}A"), &whole.replace(&whole[3..4], "%")] {
            assert!(Token::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_value_opens_only_with_its_token_and_purpose() {
        let random = Random::system();
        let token = Token::random(&random);

        let sealed = token.place(Purpose::Ticket).seal(1, b"session key", &random);

        assert_eq!(token.place(Purpose::Ticket).open(&sealed).unwrap().plain.as_slice(), b"session key");
        assert!(token.place(Purpose::Session).open(&sealed).is_none());
        assert!(Token::random(&random).place(Purpose::Ticket).open(&sealed).is_none());
    }

    #[test]
    fn name_and_key_are_hkdf_expand_of_the_token() {
        let token = Token(Zeroizing::new([7; 32]));
        let mut name = [0; 32];
        let info = [b"weapp-login ".as_slice(), b"session", b" name"];
        ring::hkdf::Prk::new_less_safe(ring::hkdf::HKDF_SHA256, &[7; 32])
            .expand(&info, ring::hkdf::HKDF_SHA256)
            .unwrap()
            .fill(&mut name)
            .unwrap();

        let place = token.place(Purpose::Session);

        assert_eq!(place.name(), format!("session:{}", URL_SAFE_NO_PAD.encode(name)));
    }

    #[test]
    fn neither_the_name_nor_the_sealed_value_holds_the_secret() {
        let random = Random::system();
        let token = Token::random(&random);
        let place = token.place(Purpose::Session);

        let stored = [place.name().as_bytes(), &place.seal(1, b"openid", &random)].concat();

        assert!(!stored.windows(6).any(|part| part == b"openid"));
        assert!(!stored.windows(32).any(|part| part == token.0.as_slice()));
        assert!(!stored.windows(43).any(|part| part == token.text().as_bytes()));
    }
}
