//! WeChat as the service needs it: a code's identity, a phone code's number, an access token, and the open data that a
//! phone hands over.
//!
//! Nothing here keeps anything. Everything that WeChat can answer is told apart here, once.

mod client;
mod errcode;
pub mod open_data;

pub use client::{AccessToken, PhoneInfo, WechatClient};
pub use errcode::WechatError;
