//! What endpoints take in: each is proof of what it was parsed from, and having one as a parameter is the rule.

mod body;
mod caller;
mod client_address;
mod current_user;
mod within_limit;

pub(super) use body::{Body, OptionalBody, base64, bytes, within};
pub(super) use caller::Caller;
pub(crate) use client_address::address as client_address;
pub(super) use current_user::CurrentUser;
pub(super) use within_limit::{WithinLimit, refuse_beyond};
