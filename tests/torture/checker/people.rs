//! Nobody sees anybody else.

use super::Verdict;
use crate::history::{History, NOBODY};
use std::collections::BTreeMap;

const RULE: &str = "nobody sees somebody else";

pub(super) fn nobody_sees_somebody_else(history: &History, verdict: &mut Verdict) {
    let mut owners = BTreeMap::<u64, usize>::new();
    for operation in &history.operations {
        let Some(seen) = operation.answer.seen else { continue };
        let (kind, phone, at) = (operation.kind, operation.phone, operation.begin);
        let group = history.phones[phone].group;
        let owner = *owners.entry(seen.user).or_insert(group);
        let openid = seen.openid.map(|phone| history.phones.get(phone).map_or(NOBODY, |phone| phone.group));
        let shown = [Some(owner), seen.name, seen.number, openid];
        if shown.iter().flatten().any(|shown| *shown != group) {
            let what = format!("{kind:?} of phone {phone} (group {group}) at {at} ms shows {seen:?}, of group {owner}");
            verdict.violation(RULE, what);
        }
    }
}
