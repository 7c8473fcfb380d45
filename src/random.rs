//! Chance, as an argument: whoever decides something by it is given a source of it.

use std::sync::{Arc, Mutex};
use zeroize::Zeroize;

/// Read from the operating system at a time. One read serves dozens of requests: five system calls fewer a login
/// (`docs/performance.md`).
const POOL_BYTES: usize = 1024;

/// Hands out the operating system's randomness. Clones share what was read and not used yet; each byte is handed out
/// once and wiped.
#[derive(Clone)]
pub struct Random(Arc<Mutex<Pool>>);

struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

impl Random {
    /// The operating system's.
    #[must_use]
    pub fn system() -> Random {
        Random(Arc::new(Mutex::new(Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES })))
    }

    /// `N` bytes that nobody was given before; 1,024 at most.
    ///
    /// # Panics
    /// The operating system has no randomness: then nothing that signs people in may run.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        const { assert!(N <= POOL_BYTES) };
        let mut pool = self.0.lock().expect("nothing panics while it holds the pool, or the process is ending");
        if pool.used + N > POOL_BYTES {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's randomness")]
            getrandom::fill(&mut pool.bytes).expect("an operating system without randomness cannot run a login");
            pool.used = 0;
        }
        let fresh = pool.used..pool.used + N;
        pool.used = fresh.end;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&pool.bytes[fresh.clone()]);
        pool.bytes[fresh].zeroize();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_byte_is_handed_out_twice_however_many_are_asked_for() {
        let random = Random::system();

        let all: HashSet<[u8; 24]> = (0..1000).map(|_| random.bytes()).collect();

        assert_eq!(all.len(), 1000);
    }

    #[test]
    fn clones_share_the_pool_and_what_was_handed_out_is_wiped() {
        let random = Random::system();

        let first: [u8; 32] = random.bytes();
        let second: [u8; 32] = random.clone().bytes();

        assert_ne!(first, second);
        let pool = random.0.lock().unwrap();
        assert!(pool.bytes[..64].iter().all(|byte| *byte == 0));
    }
}
