//! What holds in both modes: every file of cases, over the storage that `super::Mode` names.

use super::Mode;

mod admin;
mod auth;
mod erase;
mod errors;
mod events;
mod forged;
mod introspect;
mod login;
mod me;
mod open_data;
mod phone;
mod rate_limits;
mod register;
mod session;
mod sessions;
mod several_apps;
mod silent_wechat;
mod story;
mod ways;
