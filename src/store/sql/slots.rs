//! One at a time for a phone number, and for what leads to an account.
//!
//! A number that no account has yet has no row to lock, and READ COMMITTED locks no gaps. So a number has a slot in
//! `phone_locks`, one of 65,536 by its hash. Thousands of numbers share one: a slot tells nothing about anybody, never has
//! to be deleted, and two people who meet at one by chance wait for each other for milliseconds.
//!
//! An account has a row, and a lock on it holds on one server. In a cluster that compares at commit what was changed, somebody
//! may be added to an account on one node while it is erased on another, and no row is changed by both. So whoever changes which
//! identities lead to an account counts its slot, too.

use super::{Connection, ELSE_UPDATE};
use crate::user::Phone;
use diesel::result::Error;
use diesel_async::SimpleAsyncConnection;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Makes other transactions that lock one of these numbers wait until this one ends.
///
/// It must be the first thing that a transaction does: SQLite then reads what the one before it wrote, and nobody waits
/// here who holds what others wait for. The count makes it a change, which is what replicas of a cluster compare.
pub(super) async fn lock_phones(c: &mut Connection, phones: impl IntoIterator<Item = &Phone>) -> Result<(), Error> {
    take(c, phones.into_iter().map(|phone| slot(phone.as_str().as_bytes())).collect()).await
}

/// Makes transactions that change which identities lead to one of these accounts notice each other, on whichever node they
/// are. The rows of the accounts are locked before.
pub(super) async fn lock_accounts(c: &mut Connection, accounts: &[i64]) -> Result<(), Error> {
    take(c, accounts.iter().map(|id| slot(&id.to_be_bytes())).collect()).await
}

/// In ascending order, so that two transactions with many slots do not wait for each other.
async fn take(c: &mut Connection, slots: BTreeSet<u16>) -> Result<(), Error> {
    if slots.is_empty() {
        return Ok(());
    }
    let rows = slots.iter().map(|slot| format!("({slot}, 1)")).collect::<Vec<_>>().join(", ");
    c.batch_execute(&format!(
        "INSERT INTO phone_locks (slot, taken) VALUES {rows} {ELSE_UPDATE} taken = phone_locks.taken + 1"
    ))
    .await
}

fn slot(of: &[u8]) -> u16 {
    let hash: [u8; 32] = Sha256::digest(of).into();
    u16::from_be_bytes([hash[0], hash[1]])
}
