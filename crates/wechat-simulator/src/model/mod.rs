//! The state machine: everything WeChat remembers, and what each question changes. Pure: time is an argument, and what
//! is unpredictable comes from a seed. It knows nothing of HTTP.

pub(crate) mod checks;
pub(crate) mod codes;
pub(crate) mod entropy;
pub(crate) mod errcode;
pub(crate) mod exchange;
pub(crate) mod faults;
pub(crate) mod ids;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod options;
pub(crate) mod people;
pub(crate) mod phone_codes;
pub(crate) mod privacy;
pub(crate) mod quotas;
pub(crate) mod time;
pub(crate) mod tokens;
pub(crate) mod wechat;
pub(crate) mod world;
