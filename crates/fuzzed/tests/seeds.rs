//! The kept seeds, and what becomes of them by chance, through the functions that fuzzers call.

use std::path::Path;
use std::time::{Duration, Instant};

type Target = fn(&[u8]);

/// The seeds of a target, in the order of their names.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn every_seed_holds() {
    for (name, target) in fuzzed::ALL {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| tried(name, *target, seed));
    }
}

#[test]
fn no_input_is_too_short() {
    for (_, target) in fuzzed::ALL {
        for length in 0..4 {
            target(&vec![0; length]);
        }
    }
}

/// A second for each target, or `FUZZ_SECONDS`; the same inputs each time, as far as the time reaches.
#[test]
fn what_chance_makes_of_the_seeds_holds() {
    #[expect(clippy::disallowed_methods, reason = "how long a developer wants to wait")]
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for (name, target) in fuzzed::ALL {
        let (seeds, mut chance, begin, mut inputs) = (seeds(name), Chance(0x9e37_79b9_7f4a_7c15), Instant::now(), 0);
        while begin.elapsed() < Duration::from_secs(seconds) {
            let input = chance.changed(&seeds);
            tried(name, *target, &input);
            inputs += 1;
        }
        println!("{name}: {inputs} inputs");
    }
}

/// Feeds one input; where it fails, the input is told.
fn tried(name: &str, target: Target, input: &[u8]) {
    if let Err(panic) = std::panic::catch_unwind(|| target(input)) {
        println!("{name} does not hold for b\"{}\"", input.escape_ascii());
        std::panic::resume_unwind(panic);
    }
}

/// Numbers that look like chance and are the same in every run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    /// One of the seeds after a few changes.
    fn changed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        const WORDS: [&[u8]; 12] = [
            b"null",
            b"[",
            b"{}",
            b"\"",
            b"\\ud800",
            b"-1",
            b"9223372036854775807",
            b"1e999",
            b"\xff",
            b"\0",
            b"\n",
            b"%",
        ];
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let (at, end) = (self.below(input.len()), self.below(input.len() + 1));
            match self.below(7) {
                0 if !input.is_empty() => input[at] ^= 1 << self.below(8),
                1 if !input.is_empty() => input[at] = self.below(256) as u8,
                2 if at < end => drop(input.drain(at..end)),
                3 => input.truncate(end),
                4 if at < end && input.len() < 4096 => {
                    let piece = input[at..end].to_vec();
                    input.splice(end..end, piece);
                }
                5 => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len());
                    input.splice(end.., other[from..].iter().copied());
                }
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    input.splice(end..end, word.iter().copied());
                }
            }
        }
        input
    }
}
