//! What is printed, for people or for programs.

use super::desk::Desk;
use crate::commands::ending::Ending;
use crate::user::UserId;
use serde_json::Value;

/// Prints `words`, or `document` where JSON is asked for.
pub(super) fn say(desk: &Desk, words: &str, document: &Value) {
    match desk.json {
        true => println!("{document}"),
        false => println!("{words}"),
    }
}

/// There is no account with that number.
pub(super) fn nobody(id: UserId) -> Ending {
    eprintln!("weapp-login: there is no account {id}");
    Ending::Nobody
}
