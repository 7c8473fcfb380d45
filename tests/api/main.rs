//! The service over HTTP, as a client sees it: every file in both modes, each test with a service, a simulated WeChat and
//! a storage of its own.

mod harness;

/// SQLite and memory, as `dev` runs.
#[path = "."]
mod embedded {
    pub use crate::harness::Embedded as Mode;

    #[path = "auth.rs"]
    mod auth;
    #[path = "errors.rs"]
    mod errors;
    #[path = "introspect.rs"]
    mod introspect;
    #[path = "login.rs"]
    mod login;
    #[path = "me.rs"]
    mod me;
    #[path = "open_data.rs"]
    mod open_data;
    #[path = "phone.rs"]
    mod phone;
    #[path = "rate_limits.rs"]
    mod rate_limits;
    #[path = "register.rs"]
    mod register;
    #[path = "session.rs"]
    mod session;
    #[path = "sessions.rs"]
    mod sessions;
    #[path = "several_apps.rs"]
    mod several_apps;
    #[path = "story.rs"]
    mod story;
}

/// MySQL or MariaDB, and Redis, as in production.
#[path = "."]
mod servers {
    pub use crate::harness::Servers as Mode;

    #[path = "auth.rs"]
    mod auth;
    #[path = "errors.rs"]
    mod errors;
    #[path = "introspect.rs"]
    mod introspect;
    #[path = "login.rs"]
    mod login;
    #[path = "me.rs"]
    mod me;
    #[path = "open_data.rs"]
    mod open_data;
    #[path = "phone.rs"]
    mod phone;
    #[path = "rate_limits.rs"]
    mod rate_limits;
    #[path = "register.rs"]
    mod register;
    #[path = "session.rs"]
    mod session;
    #[path = "sessions.rs"]
    mod sessions;
    #[path = "several_apps.rs"]
    mod several_apps;
    #[path = "story.rs"]
    mod story;
}

mod documents;
mod stand_in;
mod wechat_answers;
