//! weapp-login
pub mod identity;
