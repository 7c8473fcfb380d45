//! What a login costs, measured and counted from outside: it knows the program's settings and its HTTP, nothing of its
//! insides.
//!
//! [`people`] are made by formula, so that whoever asks and whoever answers need no common memory. [`upstream`] stands in
//! for WeChat and answers at once; [`http`] is the client; [`load`] has people sign in; [`proxy`] counts what a service
//! asks of its servers; [`servers`] and [`subject`] start what is measured; [`share`] gives it a part of a
//! core; [`process`] and [`trace`] read what it used; [`measure`] is
//! the plan of a run and [`report`] what comes of it.
//!
//! The client is our own: one keep-alive connection, one buffer, no header map. A general client spends more on a request
//! than the service does on a session check, on the core that the databases need.

pub mod http;
pub mod load;
pub mod measure;
pub mod people;
pub mod process;
pub mod proxy;
pub mod report;
pub mod servers;
pub mod share;
pub mod subject;
pub mod trace;
pub mod upstream;

/// The mini program of every run, and the secret that WeChat gave for it.
pub const APP: &str = "wxbench0000000001";
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
