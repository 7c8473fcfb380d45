//! One at a time for a phone number.
//!
//! A number that no account has yet has no row to lock, and READ COMMITTED locks no gaps. So a number has a slot in
//! `phone_locks`, one of 65,536 by its hash. Thousands of numbers share one: a slot tells nothing about anybody, never has
//! to be deleted, and two people who meet at one by chance wait for each other for milliseconds.

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
pub(super) async fn lock(c: &mut Connection, phones: impl IntoIterator<Item = &Phone>) -> Result<(), Error> {
    // In ascending order, so that two transactions with many numbers do not wait for each other.
    let slots: BTreeSet<_> = phones.into_iter().map(slot).collect();
    if slots.is_empty() {
        return Ok(());
    }
    let rows = slots.iter().map(|slot| format!("({slot}, 1)")).collect::<Vec<_>>().join(", ");
    c.batch_execute(&format!(
        "INSERT INTO phone_locks (slot, taken) VALUES {rows} {ELSE_UPDATE} taken = phone_locks.taken + 1"
    ))
    .await
}

fn slot(phone: &Phone) -> u16 {
    let hash: [u8; 32] = Sha256::digest(phone.as_str()).into();
    u16::from_be_bytes([hash[0], hash[1]])
}
