//! When people of a group may have left.

use crate::history::{History, Kind};
use std::collections::BTreeMap;

/// How long after its answer a request may take effect that was not acknowledged: longer than anything hangs here.
const LATE: u64 = 120_000;

/// The times, by group, within which an erasure took effect or may have.
pub(super) struct Erasures(BTreeMap<usize, Vec<(u64, u64)>>);

impl Erasures {
    pub(super) fn of(history: &History) -> Erasures {
        let mut all = BTreeMap::<usize, Vec<(u64, u64)>>::new();
        for operation in history.operations.iter().filter(|operation| operation.kind == Kind::Erase) {
            // A gateway may have sent it twice, so a refusal says nothing of the first time.
            let end = if operation.succeeded() { operation.end } else { operation.end + LATE };
            all.entry(history.phones[operation.phone].group).or_default().push((operation.begin, end));
        }
        Erasures(all)
    }

    /// Whether somebody of `group` may have left at some time from `begin` to `end`.
    pub(super) fn possible(&self, group: usize, begin: u64, end: u64) -> bool {
        let times = self.0.get(&group).map_or(&[][..], Vec::as_slice);
        times.iter().any(|(from, to)| *from <= end && *to >= begin)
    }
}
