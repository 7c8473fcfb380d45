//! WeChat as the service needs it: a code's identity, a phone code's number, an access token, and the open data that a
//! phone hands over.
//!
//! Nothing here keeps anything but what it needs to leave a silent WeChat alone. Everything that WeChat can answer is told apart here, once.

mod answer;
mod breaker;
mod client;
mod counts;
mod errcode;
mod gate;
pub mod open_data;

pub use client::{AccessToken, PhoneInfo, WechatClient};
pub use errcode::WechatError;
pub use gate::{Gate, Place};
