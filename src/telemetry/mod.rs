//! What the service tells about itself: log lines, the trace that a request belongs to, metrics.
//!
//! Never in any of them: a code, ticket, token, session key, openid, unionid, profile, phone number or body.

pub mod log;
pub mod metrics;
pub mod sign_ins;
pub mod spans;
mod trace;

pub use trace::Trace;
