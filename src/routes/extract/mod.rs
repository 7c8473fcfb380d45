//! What endpoints take in: each is proof of what it was parsed from, and having one as a parameter is the rule.

mod body;
mod client_address;
mod current_user;
mod device;
mod within_limit;

pub(super) use body::{Body, base64, bytes, within};
pub(super) use client_address::ClientAddress;
pub(super) use current_user::CurrentUser;
pub(super) use device::Device;
pub(super) use within_limit::{WithinLimit, refuse_beyond};
