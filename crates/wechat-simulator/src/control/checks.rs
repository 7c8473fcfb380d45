//! Laying down what WeChat says of texts and of encrypted phone numbers. A reset forgets it. Rule 44 of
//! docs/simulator.md.

use super::order::{Answer, Refusal, ok, read, set};
use crate::model::checks::{Checks, Encrypted, TextRule};
use crate::model::journal::event;
use crate::model::wechat::Wechat;
use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChecksChange {
    texts: Option<Vec<TextRule>>,
    encrypted: Option<Encrypted>,
}

pub(super) fn checks_shown(checks: &Checks) -> Value {
    json!({"texts": checks.texts, "encrypted": checks.encrypted})
}

pub(super) async fn change_checks(wechat: Data<Wechat>, body: Bytes) -> Answer {
    let change: ChecksChange = read(&body)?;
    if change.texts.iter().flatten().any(|rule| rule.contains.is_empty()) {
        return Err(Refusal::new("contains is a text that is not empty"));
    }
    let now = wechat.now();
    let mut world = wechat.world();
    set(&mut world.checks.texts, change.texts);
    set(&mut world.checks.encrypted, change.encrypted);
    world.journal.write(event("changeChecks", None, now));
    ok(checks_shown(&world.checks))
}
