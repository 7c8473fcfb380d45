//! The service over HTTP, as a client sees it: every file in both modes, each test with a service, a simulated WeChat and
//! a storage of its own.

mod harness;

/// SQLite and memory, as `dev` runs.
#[path = "."]
mod embedded {
    pub use crate::harness::Embedded as Mode;
    #[path = "cases.rs"]
    mod cases;
}

/// MySQL or MariaDB, and Redis, as in production.
#[path = "."]
mod servers {
    pub use crate::harness::Servers as Mode;
    #[path = "cases.rs"]
    mod cases;
}

mod documents;
mod stand_in;
mod wechat_answers;
