//! weapp-login
pub mod identity;
pub mod simulator;
