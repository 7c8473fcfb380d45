//! Every answer is a success of its request's or a row of the error table, and none says that something broke inside.

use super::Verdict;
use crate::history::{History, Operation};
use weapp_login::error::Code;

pub(super) fn are_well_formed(history: &History, verdict: &mut Verdict) {
    for operation in &history.operations {
        if let Some(wrong) = wrong(operation) {
            verdict.violation("an answer is a success or a row of the error table", wrong);
        }
    }
}

fn wrong(operation: &Operation) -> Option<String> {
    let Operation { kind, begin, answer, .. } = operation;
    let (status, told) = (answer.status, answer.malformed.as_deref().unwrap_or_default());
    // A gateway answers for itself when it reaches no replica, and so does the HTTP server of a replica that was stopped
    // between accepting a connection and reading its first request: to it, the client was too slow.
    if status == 0 || answer.gateway && matches!(status, 408 | 502..=504) {
        return None;
    }
    if status == 500 || answer.code.as_deref() == Some("internal") {
        return Some(format!("{kind:?} at {begin} ms: a 500: {told}"));
    }
    if let Some(malformed) = &answer.malformed {
        return Some(format!("{kind:?} at {begin} ms: {status}: {malformed}"));
    }
    if operation.succeeded() {
        return None;
    }
    let Some(code) = &answer.code else { return Some(format!("{kind:?} at {begin} ms: {status} without a code")) };
    let row = Code::ALL.iter().find(|row| row.name() == code);
    match row {
        None => Some(format!("{kind:?} at {begin} ms: nobody knows the code {code}")),
        Some(row) if row.status() != status => Some(format!("{kind:?} at {begin} ms: {code} with status {status}")),
        Some(_) => None,
    }
}
