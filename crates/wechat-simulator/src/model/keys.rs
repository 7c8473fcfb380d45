//! One person's session key in one mini program: when it is replaced, when it is dead, and what the phone signs with.
//! Rules 14 to 26 of docs/simulator.md.

use super::options::{Options, Rotation};
use super::time::after;
use crate::signing::SessionKey;
use chrono::{DateTime, Utc};

/// A key that an exchange has handed out, or will. Its version counts the replacements, from 1.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) bytes: SessionKey,
    pub(crate) version: u64,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Key {
    pub(crate) fn is_expired(&self, options: &Options, now: DateTime<Utc>) -> bool {
        let idle = options.idle_ttl.is_some_and(|idle| now >= after(self.last_used_at, idle));
        idle || now >= self.expires_at
    }
}

/// The last operation that obtained a login code, and the key that belongs to it (0: none yet).
#[derive(Clone, Copy)]
struct CodeOperation {
    at: DateTime<Utc>,
    code_number: u64,
    key_version: u64,
}

/// Why the phone refuses to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLoginState {
    Never,
    Expired,
}

/// The keys of one person in one mini program. New bytes are handed in, so that nothing here is random.
#[derive(Default)]
pub(crate) struct Keys {
    current: Option<Key>,
    versions: u64,
    last_operation: Option<CodeOperation>,
    pinned_until: Option<DateTime<Utc>>,
    reset_at: Option<DateTime<Utc>>,
}

impl Keys {
    /// The key of the last rotation, dead or alive.
    pub(crate) fn current(&self) -> Option<&Key> {
        self.current.as_ref()
    }

    /// The version of the current key; 0 when there is none.
    pub(crate) fn version(&self) -> u64 {
        self.current.as_ref().map_or(0, |key| key.version)
    }

    /// Notes that login code number `code_number` was obtained. Under [`Rotation::OnLogin`] the key may be replaced.
    pub(crate) fn note_login(
        &mut self,
        code_number: u64,
        options: &Options,
        now: DateTime<Utc>,
        bytes: impl FnOnce(u64) -> SessionKey,
    ) {
        if options.rotation == Rotation::OnLogin {
            self.rotate_if_due(options, now, bytes);
        }
        self.last_operation = Some(CodeOperation { at: now, code_number, key_version: self.version() });
    }

    /// The key that the exchange of login code number `code_number` hands out. Under [`Rotation::OnExchange`] it may be
    /// a new one.
    pub(crate) fn exchange(
        &mut self,
        code_number: u64,
        options: &Options,
        now: DateTime<Utc>,
        bytes: impl FnOnce(u64) -> SessionKey,
    ) -> &Key {
        if options.rotation == Rotation::OnExchange || self.current.is_none() {
            self.rotate_if_due(options, now, bytes);
        }
        let version = self.version();
        if let Some(operation) = self.last_operation.as_mut().filter(|operation| operation.code_number == code_number) {
            operation.key_version = version;
        }
        self.touch(options, now);
        self.current.as_ref().expect("the rotation made one where there was none")
    }

    /// What the phone signs with, and its version; version 0 is the hidden key of a person who never had one.
    pub(crate) fn sign_with(
        &mut self,
        options: &Options,
        now: DateTime<Utc>,
        hidden: impl FnOnce() -> SessionKey,
    ) -> (SessionKey, u64) {
        self.touch(options, now);
        self.current.as_ref().map_or_else(|| (hidden(), 0), |key| (key.bytes.clone(), key.version))
    }

    /// Whether the phone has a login state to sign under.
    pub(crate) fn login_state(&self, options: &Options, now: DateTime<Utc>) -> Result<(), NoLoginState> {
        let operation = self.last_operation.ok_or(NoLoginState::Never)?;
        let dead_key = self.current.as_ref().is_some_and(|key| key.is_expired(options, now));
        if now >= after(operation.at, options.absolute_ttl) || (dead_key && !options.expired_key_still_signs) {
            return Err(NoLoginState::Expired);
        }
        Ok(())
    }

    /// `wx.checkSession`: the key that belongs to the last code operation is the current one and alive.
    pub(crate) fn check(&mut self, options: &Options, now: DateTime<Utc>) -> bool {
        let belongs = |key: &Key| self.last_operation.is_some_and(|operation| operation.key_version == key.version);
        let valid = self.current.as_ref().is_some_and(|key| belongs(key) && !key.is_expired(options, now));
        if valid && options.check_pins_key {
            self.pinned_until = Some(after(now, options.min_refresh_period));
        }
        if valid {
            self.touch(options, now);
        }
        valid
    }

    /// The current key if it is alive: the only one that server-side checks accept.
    pub(crate) fn valid(&self, options: &Options, now: DateTime<Utc>) -> Option<&Key> {
        self.current.as_ref().filter(|key| !key.is_expired(options, now))
    }

    /// Replaces a living key by a new one with the old one's expiry. False when the last reset is too recent.
    pub(crate) fn reset(
        &mut self,
        options: &Options,
        now: DateTime<Utc>,
        bytes: impl FnOnce(u64) -> SessionKey,
    ) -> bool {
        if self.reset_at.is_some_and(|at| now < after(at, options.reset_interval)) {
            return false;
        }
        let expires_at = self.current.as_ref().map_or(after(now, options.absolute_ttl), |key| key.expires_at);
        self.replace(now, expires_at, bytes);
        self.reset_at = Some(now);
        true
    }

    /// Makes the current key dead at once; the phone does not notice.
    pub(crate) fn expire(&mut self, now: DateTime<Utc>) {
        if let Some(key) = &mut self.current {
            key.expires_at = key.expires_at.min(now);
        }
    }

    fn rotate_if_due(&mut self, options: &Options, now: DateTime<Utc>, bytes: impl FnOnce(u64) -> SessionKey) {
        let due = self.current.as_ref().is_none_or(|key| {
            let pinned = self.pinned_until.is_some_and(|until| now < until);
            let old = now > after(key.created_at, options.min_refresh_period) && !pinned;
            old || key.is_expired(options, now)
        });
        if due {
            self.replace(now, after(now, options.absolute_ttl), bytes);
        }
    }

    fn replace(&mut self, now: DateTime<Utc>, expires_at: DateTime<Utc>, bytes: impl FnOnce(u64) -> SessionKey) {
        self.versions += 1;
        let version = self.versions;
        self.current = Some(Key { bytes: bytes(version), version, created_at: now, last_used_at: now, expires_at });
    }

    fn touch(&mut self, options: &Options, now: DateTime<Utc>) {
        if let Some(key) = self.current.as_mut().filter(|key| !key.is_expired(options, now)) {
            key.last_used_at = now;
        }
    }
}
