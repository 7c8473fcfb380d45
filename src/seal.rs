//! What lies in the token store is sealed: whoever reads the store learns nothing, and whoever writes to it is found out.
//!
//! A sealed value is one byte that names the form of what is inside, a random nonce of 12 bytes, and AES-256-GCM over
//! the rest; the first byte is authenticated with it.

use crate::random::Random;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;
use zeroize::Zeroizing;

/// Bytes that sealing adds.
pub const OVERHEAD: usize = 1 + NONCE_LEN + 16;

/// A key that seals and opens.
pub struct Seal(LessSafeKey);

/// What was sealed, and the form that it was written in.
pub struct Unsealed {
    /// The first byte of the value, by which a later program reads what an earlier one wrote.
    pub form: u8,
    /// What is inside; wiped when dropped.
    pub plain: Zeroizing<Vec<u8>>,
}

impl Seal {
    /// The seal with this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Seal {
        Seal(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has the cipher's 32 bytes")))
    }

    /// The seal for `purpose` of whoever knows `secret`, which may be any text (HKDF-SHA256).
    #[must_use]
    pub fn of_secret(secret: &[u8], purpose: &str) -> Seal {
        let mut key = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(secret)
            .expand(&[b"weapp-login ", purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|derived| derived.fill(key.as_mut_slice()))
            .expect("32 bytes is a valid length");
        Seal::new(&key)
    }

    /// `plain`, which is of the form `form`, readable only with this key.
    #[must_use]
    pub fn seal(&self, form: u8, plain: &[u8], random: &Random) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD);
        sealed.push(form);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from([form]),
                &mut sealed[1 + NONCE_LEN..],
            )
            .expect("what is sealed here is far below the cipher's 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// What [`Seal::seal`] sealed with the same key; nothing if it was another one, or anything was changed since.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Unsealed> {
        let (&form, rest) = sealed.split_first()?;
        let (&nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = Zeroizing::new(rest.to_vec());
        let length =
            self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from([form]), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(Unsealed { form, plain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_with_its_own_key_only_and_unchanged() {
        let random = Random::system();
        let seal = Seal::new(&random.bytes());

        let sealed = seal.seal(1, b"session key", &random);

        let opened = seal.open(&sealed).unwrap();
        assert_eq!((opened.form, opened.plain.as_slice()), (1, b"session key".as_slice()));
        assert!(Seal::new(&random.bytes()).open(&sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open(&changed).is_none(), "byte {at}");
            assert!(seal.open(&sealed[..at]).is_none(), "the first {at} bytes");
        }
    }

    #[test]
    fn a_secret_gives_another_seal_for_another_purpose() {
        let random = Random::system();

        let sealed = Seal::of_secret(b"app secret", "access token").seal(1, b"token", &random);

        assert!(Seal::of_secret(b"app secret", "access token").open(&sealed).is_some());
        assert!(Seal::of_secret(b"app secret", "phone").open(&sealed).is_none());
        assert!(Seal::of_secret(b"app secre", "access token").open(&sealed).is_none());
    }
}
