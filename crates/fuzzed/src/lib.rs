//! What fuzzers call, one function for each kind of input from outside: any bytes are a valid argument, and each function
//! panics where what it feeds breaks a promise. `fuzz/` gives them to libFuzzer; the tests of this crate replay the kept
//! seeds through them.

mod open_data;
mod sealed;
mod server;
mod service;
mod settings;
mod simulator;

pub use open_data::open_data;
pub use sealed::sealed;
pub use service::service;
pub use settings::{redis_url, settings};
pub use simulator::simulator;

/// What is called with bytes from outside.
pub type Fuzzed = fn(&[u8]);

/// Every function by its name, which is that of its folder of seeds.
pub const ALL: &[(&str, Fuzzed)] = &[
    ("open_data", open_data),
    ("redis_url", redis_url),
    ("sealed", sealed),
    ("service", service),
    ("settings", settings),
    ("simulator", simulator),
];
