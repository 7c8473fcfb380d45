//! What endpoints take in: each is proof of what it was parsed from, and having one as a parameter is the rule.

mod body;
mod client_address;
mod current_user;
mod device;
mod within_limit;

pub use body::{Body, base64, bytes, within};
pub use client_address::ClientAddress;
pub use current_user::CurrentUser;
pub use device::Device;
pub use within_limit::{WithinLimit, refuse_beyond};
