//! Access tokens of one mini program: two pools that know nothing of each other. Rule 34 of docs/simulator.md.

use super::entropy::Seed;
use super::errcode::Errcode;
use super::options::Options;
use super::time::after;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// How long a dead token is still told from one that never was.
const MEMORY: Duration = Duration::from_secs(86_400);

struct Token {
    text: String,
    expires_at: DateTime<Utc>,
    /// Retired before its time: no longer "expired" but "not the latest".
    retired: bool,
}

impl Token {
    fn is_alive(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }
}

/// The tokens of one mini program. The last of each pool is the current one.
#[derive(Default)]
pub(crate) struct Tokens {
    classic: Vec<Token>,
    stable: Vec<Token>,
    issued: u64,
    forced_at: Option<DateTime<Utc>>,
}

impl Tokens {
    /// `/cgi-bin/token`: a fresh token; the one before goes on for the overlap. Returns it with its life in seconds.
    pub(crate) fn fetch(&mut self, app: &str, seed: &Seed, options: &Options, now: DateTime<Utc>) -> (String, i64) {
        let token = self.make(app, seed, options, now);
        retire_last(&mut self.classic, after(now, options.token_overlap));
        let answer = (token.text.clone(), (token.expires_at - now).num_seconds());
        self.classic.push(token);
        forget_old(&mut self.classic, now);
        answer
    }

    /// `/cgi-bin/stable_token` in normal mode: the same token until shortly before its end.
    pub(crate) fn stable(&mut self, app: &str, seed: &Seed, options: &Options, now: DateTime<Utc>) -> (String, i64) {
        let lasting = |token: &&Token| token.expires_at > after(now, options.token_overlap);
        if self.stable.last().filter(lasting).is_none() {
            let token = self.make(app, seed, options, now);
            self.stable.push(token);
            forget_old(&mut self.stable, now);
        }
        let token = self.stable.last().expect("made if there was none");
        (token.text.clone(), (token.expires_at - now).num_seconds())
    }

    /// Whether a forced refresh would make a new token, or comes too soon after the last one.
    pub(crate) fn may_force(&self, options: &Options, now: DateTime<Utc>) -> bool {
        self.forced_at.is_none_or(|at| now >= after(at, options.force_refresh_interval))
    }

    /// `/cgi-bin/stable_token` with `force_refresh`: every earlier stable token is dead at once.
    pub(crate) fn force(&mut self, app: &str, seed: &Seed, options: &Options, now: DateTime<Utc>) -> (String, i64) {
        retire_last(&mut self.stable, now);
        for token in &mut self.stable {
            token.expires_at = token.expires_at.min(now);
            token.retired = true;
        }
        self.forced_at = Some(now);
        self.stable(app, seed, options, now)
    }

    /// Whether this app's token `text` opens `/wxa`; `None` when it was never issued or is long forgotten.
    pub(crate) fn judge(&self, text: &str, now: DateTime<Utc>) -> Option<Result<(), Errcode>> {
        let token = self.classic.iter().chain(&self.stable).find(|token| token.text == text)?;
        Some(match token {
            _ if token.is_alive(now) => Ok(()),
            _ if token.retired => Err(Errcode::INVALID_CREDENTIAL),
            _ => Err(Errcode::TOKEN_EXPIRED),
        })
    }

    fn make(&mut self, app: &str, seed: &Seed, options: &Options, now: DateTime<Utc>) -> Token {
        self.issued += 1;
        let text = format!("99_{}", seed.alphanumeric::<133>("access token", &[app, &self.issued.to_string()]));
        Token { text, expires_at: after(now, options.token_ttl), retired: false }
    }
}

fn retire_last(pool: &mut [Token], at: DateTime<Utc>) {
    if let Some(token) = pool.last_mut().filter(|token| token.expires_at > at) {
        token.expires_at = at;
        token.retired = true;
    }
}

fn forget_old(pool: &mut Vec<Token>, now: DateTime<Utc>) {
    pool.retain(|token| now < after(token.expires_at, MEMORY));
}
