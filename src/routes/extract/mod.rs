//! What endpoints take in: each is proof of what it was parsed from, and having one as a parameter is the rule.

mod body;
mod caller;
mod client_address;
mod current_user;
mod schemas;
mod within_limit;

pub use body::MAX_BODY_BYTES;
pub(super) use body::{Body, OptionalBody, base64, bytes, within};
pub(super) use caller::Caller;
pub(crate) use client_address::address as client_address;
pub(super) use current_user::CurrentUser;
pub(super) use schemas::{EncryptedData, InitialVector};
pub(super) use within_limit::{WithinLimit, refuse_beyond};
