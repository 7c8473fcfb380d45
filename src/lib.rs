//! weapp-login
pub mod clock;
pub mod error;
pub mod identity;
pub mod redis_url;
pub mod settings;
pub mod store;
pub mod token;
pub mod user;
