//! What the service notes of what happens: the words of the contract [`Events`](super::Events).

use crate::identity::AppId;
use crate::registration::Way;
use crate::user::UserId;
use chrono::{DateTime, NaiveTime, Timelike, Utc};
use std::net::IpAddr;

/// What happened, as `login_events` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum EventKind {
    /// Somebody unknown got a ticket to register with.
    Ticket,
    /// An account was made.
    Register,
    /// Somebody was not registered.
    RegisterFailed,
    /// Somebody known signed in.
    Login,
    /// Somebody was not signed in.
    LoginFailed,
    /// A session was ended by its holder.
    Logout,
    /// The account became a part of another one.
    Merge,
    /// An identity joined the account because of its phone number.
    Link,
    /// An identity was taken out of the account, and got one of its own.
    Unlink,
    /// Everything personal was removed.
    Erase,
    /// A phone number was stored.
    Phone,
    /// An admin closed the account.
    Suspend,
    /// An admin opened it again.
    Restore,
    /// An admin ended sessions.
    Revoke,
    /// The account, or one more way into it, was moved in from elsewhere.
    Import,
    /// An operator looked at the account, or for one.
    Look,
    /// An operator was given everything that is held about the person.
    Export,
}

impl EventKind {
    /// The text in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What kind of device somebody uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Device {
    /// A phone or a tablet of Apple's.
    Ios,
    /// One with Android.
    Android,
    /// WeChat's developer tools.
    Devtools,
    /// Anything else.
    Other,
}

impl Device {
    /// The text in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Where a sign-in came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// On what.
    pub device: Device,
    /// As much of the address as is kept.
    pub address: Option<IpAddr>,
}

/// A row of `login_events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginEvent {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: EventKind,
    /// The account it happened to, where somebody is known.
    pub user_id: Option<UserId>,
    /// Absent for what no mini program did, such as an admin.
    pub app_id: Option<AppId>,
    /// How somebody registered, or tried to.
    pub way: Option<Way>,
    /// The error code of what failed.
    pub code: Option<&'static str>,
    /// Of a sign-in or a try.
    pub origin: Option<Origin>,
}

impl LoginEvent {
    /// What happened to somebody known, without the particulars of a sign-in.
    pub fn new(at: DateTime<Utc>, kind: EventKind, user_id: UserId, app_id: Option<AppId>) -> LoginEvent {
        LoginEvent { at, kind, user_id: Some(user_id), app_id, way: None, code: None, origin: None }
    }
}

/// A row of `visits`: somebody was in a mini program in a part of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// When that part began.
    pub at: DateTime<Utc>,
    /// Whose.
    pub user_id: UserId,
    /// Where.
    pub app_id: AppId,
}

impl Visit {
    /// A visit at `time`.
    pub fn new(time: DateTime<Utc>, user_id: UserId, app_id: AppId) -> Visit {
        Visit { at: Visit::part(time), user_id, app_id }
    }

    /// When the part of the day began that `time` falls into: 00:00 or 16:00 UTC, which is midnight at UTC+8. So a visit
    /// belongs to one day by either clock.
    pub fn part(time: DateTime<Utc>) -> DateTime<Utc> {
        let hour = if time.hour() < 16 { 0 } else { 16 };
        let begin = NaiveTime::from_hms_opt(hour, 0, 0).expect("there is such an hour");
        time.date_naive().and_time(begin).and_utc()
    }
}

/// Something for the database to remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// A row of `login_events`.
    Event(LoginEvent),
    /// A row of `visits`, unless it is there.
    Visit(Visit),
    /// A suspended account was met. Where SQL suspended it, nobody has written the event yet.
    Suspension {
        /// When it was met.
        at: DateTime<Utc>,
        /// Whose.
        user_id: UserId,
    },
}

impl Noted {
    /// The account that it is about, where somebody is known.
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Noted::Event(event) => event.user_id,
            Noted::Visit(Visit { user_id, .. }) | Noted::Suspension { user_id, .. } => Some(*user_id),
        }
    }

    /// What it is, for the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Noted::Event(event) => event.kind.as_str(),
            Noted::Visit(_) => "visit",
            Noted::Suspension { .. } => "suspension",
        }
    }
}

impl From<LoginEvent> for Noted {
    fn from(event: LoginEvent) -> Noted {
        Noted::Event(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_day_is_of_one_day_in_london_and_of_one_in_beijing() {
        let part = |time: &str| Visit::part(time.parse().unwrap()).to_rfc3339();

        assert_eq!(part("2026-11-25T15:59:59.999Z"), "2026-11-25T00:00:00+00:00");
        assert_eq!(part("2026-11-25T16:00:00Z"), "2026-11-25T16:00:00+00:00");
        assert_eq!(part("2026-11-26T00:00:00Z"), "2026-11-26T00:00:00+00:00");
    }
}
