//! Every acknowledged registration is there, once.

use super::Verdict;
use super::erasures::Erasures;
use crate::history::{Bond, History, Kind, Operation, User};
use std::collections::{BTreeMap, BTreeSet};

const LOST: &str = "an acknowledged registration exists";
const TWICE: &str = "nobody is registered twice";
const ROWS: &str = "an identity leads to one living account, and an account has one";

/// Who signed in once is known to every later login, and at the end the identity leads to the account that was told or to
/// the one that became of it.
pub(super) fn no_registration_is_lost(history: &History, verdict: &mut Verdict) {
    let erasures = Erasures::of(history);
    let users: BTreeMap<u64, &User> = history.users.iter().map(|user| (user.id, user)).collect();
    let led: BTreeMap<(&str, &str), u64> =
        history.identities.iter().map(|row| ((row.app.as_str(), row.openid.as_str()), row.user)).collect();
    let mut sign_ins = BTreeMap::<(&str, &str), Vec<(&Operation, u64)>>::new();
    for operation in &history.operations {
        if let Some(user) = operation.signed_in_to() {
            sign_ins.entry(identity(history, operation)).or_default().push((operation, user));
        }
    }
    for operation in history.operations.iter().filter(|operation| operation.kind == Kind::Login) {
        if operation.answer.ticket.is_none() {
            continue;
        }
        let (group, earlier) = (history.phones[operation.phone].group, sign_ins.get(&identity(history, operation)));
        let known = earlier.into_iter().flatten().find(|(earlier, _)| {
            earlier.end <= operation.begin && !erasures.possible(group, earlier.begin, operation.end)
        });
        if let Some((earlier, user)) = known {
            let phone = operation.phone;
            let (at, since) = (operation.begin, earlier.end);
            verdict.violation(LOST, format!("phone {phone} is unknown at {at} ms, account {user} since {since} ms"));
        }
    }
    for (identity, sign_ins) in &sign_ins {
        for (operation, user) in sign_ins {
            let group = history.phones[operation.phone].group;
            if erasures.possible(group, operation.begin, u64::MAX) {
                continue;
            }
            let now = led.get(identity).copied();
            if now != Some(kept(&users, *user)) {
                let (phone, at) = (operation.phone, operation.end);
                verdict.violation(LOST, format!("phone {phone}: account {user} at {at} ms, {now:?} at the end"));
                break;
            }
        }
    }
}

/// Nobody is told twice that they are new, unless they left in between.
pub(super) fn nobody_is_registered_twice(history: &History, verdict: &mut Verdict) {
    let erasures = Erasures::of(history);
    // People with one unionid are one person; the others are told apart by their identities.
    let mut created = BTreeMap::<(usize, &str, &str), Vec<&Operation>>::new();
    for operation in history.operations.iter().filter(|operation| operation.answer.status == 201) {
        let phone = &history.phones[operation.phone];
        let (app, openid) = if phone.bond == Bond::Unionid { ("", "") } else { identity(history, operation) };
        created.entry((phone.group, app, openid)).or_default().push(operation);
    }
    for ((group, ..), mut times) in created {
        times.sort_by_key(|operation| operation.end);
        for pair in times.windows(2) {
            if !erasures.possible(group, pair[0].begin, pair[1].end) {
                let ids = pair.iter().map(|operation| operation.answer.seen.map(|seen| seen.user)).collect::<Vec<_>>();
                let (first, second) = (pair[0].end, pair[1].end);
                verdict.violation(TWICE, format!("group {group}: new at {first} and at {second} ms: {ids:?}"));
            }
        }
    }
}

/// What the database holds makes sense by itself.
pub(super) fn rows_agree(history: &History, verdict: &mut Verdict) {
    let living = |user: &&User| user.merged_into.is_none() && user.status != "erased";
    let living: BTreeMap<u64, &User> = history.users.iter().filter(living).map(|user| (user.id, user)).collect();
    let phones: BTreeMap<(&str, &str), (usize, Bond)> = history
        .phones
        .iter()
        .map(|phone| ((phone.app.as_str(), phone.openid.as_str()), (phone.group, phone.bond)))
        .collect();
    let (mut seen, mut unionids) = (BTreeSet::new(), BTreeSet::new());
    let (mut groups, mut accounts) = (BTreeMap::<u64, BTreeSet<usize>>::new(), BTreeMap::<usize, BTreeSet<u64>>::new());
    for row in &history.identities {
        let user = row.user;
        if !seen.insert((row.app.as_str(), row.openid.as_str())) {
            verdict.violation(ROWS, format!("an identity of account {user} stands there twice"));
        }
        if !living.contains_key(&user) {
            verdict.violation(ROWS, format!("an identity leads to account {user}, which is not alive"));
        }
        match phones.get(&(row.app.as_str(), row.openid.as_str())) {
            None => verdict.violation(ROWS, format!("nobody has an identity that leads to account {user}")),
            Some((group, bond)) => {
                groups.entry(user).or_default().insert(*group);
                if *bond == Bond::Unionid {
                    accounts.entry(*group).or_default().insert(user);
                }
            }
        }
    }
    for user in living.values() {
        if !groups.contains_key(&user.id) {
            verdict.violation(ROWS, format!("account {} has no identity", user.id));
        }
        if let Some(unionid) = &user.unionid
            && !unionids.insert(unionid)
        {
            verdict.violation(ROWS, format!("the unionid of account {} stands there twice", user.id));
        }
    }
    for (user, groups) in groups.iter().filter(|(_, groups)| groups.len() > 1) {
        verdict.violation(ROWS, format!("account {user} is of several groups: {groups:?}"));
    }
    for (group, accounts) in accounts.iter().filter(|(_, accounts)| accounts.len() > 1) {
        verdict.violation(ROWS, format!("group {group} has one unionid and accounts {accounts:?}"));
    }
}

/// Whose the operation is to WeChat: of the ticket where one was stolen, but that never succeeds.
fn identity<'a>(history: &'a History, operation: &Operation) -> (&'a str, &'a str) {
    let phone = &history.phones[operation.phone];
    (&phone.app, &phone.openid)
}

/// The account that stays of `user`.
fn kept(users: &BTreeMap<u64, &User>, user: u64) -> u64 {
    let mut kept = user;
    while let Some(keeper) = users.get(&kept).and_then(|user| user.merged_into) {
        kept = keeper;
    }
    kept
}
