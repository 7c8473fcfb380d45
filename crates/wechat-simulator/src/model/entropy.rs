//! Where every unpredictable value comes from: a keyed hash of the seed and of what the value is for.
//!
//! Derived rather than drawn in turn, so that one person's keys do not depend on who else came before.

use crate::hex::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[derive(Clone)]
pub(crate) struct Seed([u8; 32]);

impl Seed {
    pub(crate) fn of(number: u64) -> Seed {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Seed(bytes)
    }

    /// A seed nobody can repeat.
    pub(crate) fn unrepeatable() -> Seed {
        let mut bytes = [0; 32];
        #[expect(clippy::disallowed_methods, reason = "without a seed nobody shall foresee what is drawn")]
        getrandom::fill(&mut bytes).expect("the operating system has randomness");
        Seed(bytes)
    }

    /// `N` bytes for this `purpose` and these `parts`: always the same for the same seed.
    pub(crate) fn bytes<const N: usize>(&self, purpose: &str, parts: &[&str]) -> [u8; N] {
        let mut out = [0; N];
        for (block, chunk) in out.chunks_mut(32).enumerate() {
            let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length is a key");
            mac.update(&(block as u64).to_be_bytes());
            for part in std::iter::once(&purpose).chain(parts) {
                mac.update(&(part.len() as u64).to_be_bytes());
                mac.update(part.as_bytes());
            }
            chunk.copy_from_slice(&mac.finalize().into_bytes()[..chunk.len()]);
        }
        out
    }

    /// `N` letters and digits.
    pub(crate) fn alphanumeric<const N: usize>(&self, purpose: &str, parts: &[&str]) -> String {
        self.bytes::<N>(purpose, parts).iter().map(|b| char::from(ALPHANUMERIC[usize::from(*b) % 62])).collect()
    }

    /// `N` bytes in lower-case hexadecimal.
    pub(crate) fn hex<const N: usize>(&self, purpose: &str, parts: &[&str]) -> String {
        hex(&self.bytes::<N>(purpose, parts))
    }

    /// A number below `limit`.
    pub(crate) fn number(&self, limit: u64, purpose: &str, parts: &[&str]) -> u64 {
        u64::from_be_bytes(self.bytes::<8>(purpose, parts)) % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_purpose_or_person_others() {
        let seed = Seed::of(7);

        let key = seed.bytes::<16>("key", &["wx1", "alice", "1"]);

        assert_eq!(key, Seed::of(7).bytes::<16>("key", &["wx1", "alice", "1"]));
        assert_ne!(key, Seed::of(8).bytes::<16>("key", &["wx1", "alice", "1"]));
        assert_ne!(key, seed.bytes::<16>("iv", &["wx1", "alice", "1"]));
        assert_ne!(key, seed.bytes::<16>("key", &["wx1a", "lice", "1"]));
    }

    #[test]
    fn long_texts_do_not_repeat_themselves() {
        let text = Seed::of(7).alphanumeric::<64>("token", &[]);

        assert_eq!(text.len(), 64);
        assert_ne!(text[..32], text[32..]);
    }
}
