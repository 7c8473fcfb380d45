//! How long tickets and sessions live.

use super::parsers::{time_delta_seconds, whole};
use super::reader::{Reader, Section};
use super::section::section;
use chrono::TimeDelta;

section! {
    /// How long tickets and sessions live.
    pub struct SessionSettings {
        /// life of a ticket
        ticket_ttl: TimeDelta = "TICKET_TTL_SECONDS", time_delta_seconds(1), {
            default: "300",
            chinese: "ticket 的有效期",
        };
        /// life of a session that is not used
        ttl: TimeDelta = "SESSION_TTL_SECONDS", time_delta_seconds(1), {
            default: "604800",
            chinese: "会话不使用时的有效期",
        };
        /// life of a session however much it is used; not below SESSION_TTL_SECONDS
        max_age: TimeDelta = "SESSION_MAX_AGE_SECONDS", time_delta_seconds(1), {
            default: "2592000",
            chinese: "会话无论怎样使用的最长有效期；不得小于 SESSION_TTL_SECONDS",
        };
        /// sessions a person may have, the longest unused ends first; 0: any number
        per_user: u32 = "SESSIONS_PER_USER", whole(0, 100_000), {
            default: "20",
            chinese: "一个人可有的会话数，超出时结束最久未用的；0 为不限",
        };
    }
}

impl Section for SessionSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let sessions = SessionSettings::fields(reader)?;
        if sessions.max_age < sessions.ttl {
            reader.problem("SESSION_MAX_AGE_SECONDS: must not be below SESSION_TTL_SECONDS");
        }
        Some(sessions)
    }
}
