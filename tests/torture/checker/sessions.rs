//! A session that was ended is not accepted any more.

use super::Verdict;
use crate::history::{Hash, History, Kind, Operation, Redis};
use std::collections::BTreeMap;

const REVOKED: &str = "a session that was ended is not accepted";
const SUSPENDED: &str = "a suspension reaches logins at once and sessions within a minute";
/// How long a suspension may take to reach sessions.
const MINUTE: u64 = 60_000;
/// A primary that is lost takes what it acknowledged in its last moments along.
const REPLICATION_WINDOW: u64 = 1_500;

pub(super) fn end_when_revoked(history: &History, verdict: &mut Verdict) {
    let revoked = revoked(history);
    let opened: BTreeMap<Hash, (u64, u64)> = history
        .operations
        .iter()
        .filter_map(|operation| Some((operation.answer.token?, (operation.begin, operation.end))))
        .collect();
    for operation in history.operations.iter().filter(|operation| operation.succeeded()) {
        let Some((begin, end)) = operation.token.and_then(|token| revoked.get(&token)) else { continue };
        if operation.begin < *end {
            continue;
        }
        let failed_over = |from: u64, to: u64| {
            history.faults.iter().any(|fault| {
                fault.to_redis == Redis::FailedOver
                    && fault.begin.saturating_sub(REPLICATION_WINDOW) <= to
                    && fault.end >= from
            })
        };
        let opened = operation.token.and_then(|token| opened.get(&token));
        if failed_over(*begin, *end) {
            verdict.explained("uses of sessions whose end was undone by a fail-over of Redis");
        } else if opened.is_some_and(|(begin, end)| failed_over(*begin, *end)) {
            verdict.explained("uses of sessions that a fail-over of Redis took off their list when they were opened");
        } else {
            let Operation { kind, phone, begin: at, .. } = operation;
            verdict.violation(REVOKED, format!("{kind:?} of phone {phone} at {at} ms, ended at {end} ms"));
        }
    }
}

/// When each token was ended first: the request's begin and end.
fn revoked(history: &History) -> BTreeMap<Hash, (u64, u64)> {
    // What was opened for an account, and when that was told.
    let mut opened = BTreeMap::<u64, Vec<(Hash, u64)>>::new();
    let mut account = BTreeMap::<Hash, u64>::new();
    for operation in &history.operations {
        if let (Some(user), Some(token)) = (operation.signed_in_to(), operation.answer.token) {
            opened.entry(user).or_default().push((token, operation.end));
            account.insert(token, user);
        }
    }
    let mut revoked = BTreeMap::<Hash, (u64, u64)>::new();
    let mut end = |token: Hash, operation: &Operation| {
        let time = (operation.begin, operation.end);
        let first = revoked.entry(token).or_insert(time);
        *first = if time.1 < first.1 { time } else { *first };
    };
    for operation in history.operations.iter().filter(|operation| operation.succeeded()) {
        let Some(token) = operation.token else { continue };
        match operation.kind {
            Kind::SignOut => end(token, operation),
            Kind::SignOutAll | Kind::Erase => {
                end(token, operation);
                let others = account.get(&token).and_then(|user| opened.get(user));
                for (other, told) in others.into_iter().flatten() {
                    if *told <= operation.begin {
                        end(*other, operation);
                    }
                }
            }
            _ => {}
        }
    }
    revoked
}

pub(super) fn end_when_suspended(history: &History, verdict: &mut Verdict) {
    for operation in history.operations.iter().filter(|operation| operation.succeeded()) {
        let Some(seen) = operation.answer.seen else { continue };
        let allowance = if operation.kind.signs_in() { 0 } else { MINUTE };
        for suspension in history.suspensions.iter().filter(|suspension| suspension.user == seen.user) {
            if operation.begin >= suspension.begin + allowance && operation.end <= suspension.end {
                let (kind, at, since) = (operation.kind, operation.begin, suspension.begin);
                let user = seen.user;
                verdict.violation(SUSPENDED, format!("{kind:?} at {at} ms, account {user} suspended since {since} ms"));
            }
        }
    }
}
