//! A ticket registers once, and not losing it is the service's part as long as Redis does not lose it.

use super::Verdict;
use crate::history::{Hash, History, Kind, Operation, Redis};
use std::collections::BTreeMap;

const SPENT: &str = "a ticket is spent by success";
const SURVIVES: &str = "a ticket outlives a store that does not answer";
/// Longer than anything is hung or held up here.
const LATE: u64 = 40_000;

pub(super) fn are_spent_by_success(history: &History, verdict: &mut Verdict) {
    for (ticket, uses) in uses(history) {
        let successes: Vec<_> = uses.iter().filter(|operation| operation.succeeded()).collect();
        let Some((first, others)) = successes.split_first() else { continue };
        for other in others {
            let groups = [first, other].map(|operation| history.phones[operation.phone].group);
            let (from, to) = (first.begin, other.end);
            let what = format!("{ticket:x} at {from} and {to} ms, for groups {groups:?}");
            let (low, high) = (from.saturating_sub(LATE), to);
            if groups[0] == groups[1] && any_fault(history, low, high, |redis| redis != Redis::Untouched) {
                verdict.explained("tickets used twice by the same person, after Redis failed over or was held up");
            } else {
                verdict.violation(SPENT, what);
            }
        }
    }
}

/// Who was told to try again with the same ticket finds it, if it was the service that said so.
pub(super) fn survive_an_outage(history: &History, verdict: &mut Verdict) {
    for (ticket, uses) in uses(history) {
        for pair in uses.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            let told_later = before.answer.status == 503 && !before.answer.gateway;
            let gone = after.answer.code.as_deref() == Some("ticket_invalid");
            if !told_later || !gone || after.begin < before.end {
                continue;
            }
            let (phone, from, to) = (after.phone, before.end, after.end);
            if any_fault(history, before.begin, to, |redis| matches!(redis, Redis::Emptied | Redis::FailedOver)) {
                verdict.explained("tickets lost with Redis");
            } else if any_fault(history, before.begin.saturating_sub(1000), to, |redis| redis == Redis::Unheard) {
                verdict.explained("tickets gone after `later`, while Redis was held up or not heard");
            } else {
                verdict
                    .violation(SURVIVES, format!("{ticket:x} of phone {phone}: later at {from} ms, gone at {to} ms"));
            }
        }
    }
}

/// The registrations that each ticket was sent with, in the order of their ends.
fn uses(history: &History) -> BTreeMap<Hash, Vec<&Operation>> {
    let mut uses = BTreeMap::<Hash, Vec<&Operation>>::new();
    for operation in &history.operations {
        if let (Kind::Register | Kind::RegisterStolen, Some(ticket)) = (operation.kind, operation.ticket) {
            uses.entry(ticket).or_default().push(operation);
        }
    }
    uses.values_mut().for_each(|uses| uses.sort_by_key(|operation| operation.end));
    uses
}

fn any_fault(history: &History, from: u64, to: u64, matters: impl Fn(Redis) -> bool) -> bool {
    history.faults.iter().any(|fault| matters(fault.to_redis) && fault.begin <= to && fault.end >= from)
}
