//! What an operation asks of the servers and of the kernel, counted: the guard of what `docs/performance.md` tells. Counts
//! are the same on a slow machine and on a busy one, which times are not.
//!
//! The program runs as in production, in a process of its own on one core, between proxies that count.

mod login;
mod service;
mod session_check;
mod system_calls;
