//! What a user store is asked with and what it answers: the words of its contracts.

use crate::identity::{AppId, Identity, OpenId, UnionId};
use crate::registration::PhoneAccounts;
use crate::user::{Phone, Profile, ProfileSource, Status, User, UserId};
use chrono::{DateTime, Utc};

/// Somebody who registers.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer<'a> {
    /// Who WeChat says they are.
    pub identity: &'a Identity,
    /// What they show.
    pub profile: &'a Profile,
    /// The number that WeChat vouches for, where they told it.
    pub phone: Option<&'a Phone>,
    /// What becomes of them if an account has that number already.
    pub accounts: PhoneAccounts,
}

impl<'a> Newcomer<'a> {
    /// Somebody who tells no number.
    pub fn new(identity: &'a Identity, profile: &'a Profile) -> Newcomer<'a> {
        Newcomer { identity, profile, phone: None, accounts: PhoneAccounts::Separate }
    }
}

/// What came of registering somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The account, as it is stored.
    pub user: User,
    /// How they came to it.
    pub outcome: Outcome,
}

impl Registered {
    /// Whether an account was made.
    pub fn created(&self) -> bool {
        self.outcome == Outcome::Created
    }
}

/// How somebody who registers comes to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was made for them.
    Created,
    /// They had it by then: another device was faster, or an answer was lost and this is a retry.
    Known,
    /// It has their number, and they became one more identity of it. The event is written.
    Linked,
}

/// Why an identity was not taken out of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUnlinked {
    /// Nobody has that number.
    #[error("there is no such account")]
    NoAccount,
    /// The account has no such way in; it may have been taken out before.
    #[error("the account has no such identity in this mini program")]
    NoIdentity,
    /// The mini program alone does not tell which one is meant.
    #[error("the account has several identities in this mini program: name the openid")]
    Several,
    /// Nothing would be left to sign in to the account with.
    #[error("it is the account's only identity")]
    Only,
}

/// Something that is done to an account.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// Who of the staff did it, in 64 characters at most; absent for the person themselves.
    pub by: Option<&'a str>,
    /// Why, in 200 characters at most. It outlives the person's data, so it should hold none of it.
    pub reason: Option<&'a str>,
}

/// What the person themselves, or the service, does.
impl From<DateTime<Utc>> for Act<'_> {
    fn from(at: DateTime<Utc>) -> Self {
        Act { at, by: None, reason: None }
    }
}

/// Whom somebody looks for.
#[derive(Debug, Clone, Copy)]
pub enum Sought<'a> {
    /// Everybody with this number.
    Phone(&'a Phone),
    /// Everybody whose number ends with these digits. The database reads every number.
    PhoneEnd(&'a str),
    /// Everybody whose name begins like this, whatever its case.
    Nickname(&'a str),
    /// The person who has this id in a mini program.
    OpenId(&'a AppId, &'a OpenId),
    /// The person who has this id everywhere.
    UnionId(&'a UnionId),
}

/// An account with one way into it, if it has any, as people are moved in and out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Number of the account; 0 for somebody who is to be moved in.
    pub id: UserId,
    /// The way in: a mini program, and WeChat's id of the person there. Absent for somebody known by phone number only.
    pub pair: Option<(AppId, OpenId)>,
    /// WeChat's id of the person everywhere, where it gives one.
    pub unionid: Option<UnionId>,
    /// What they show.
    pub profile: Profile,
    /// Where that came from.
    pub profile_source: ProfileSource,
    /// The number that WeChat vouched for.
    pub phone: Option<Phone>,
    /// What may be done with the account.
    pub status: Status,
    /// First registration.
    pub created_at: DateTime<Utc>,
}

/// An account as it stands in its row, with the pairs that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who it is; of a merged or erased one, what is left of that.
    pub user: User,
    /// The person across the mini programs of one owner, where WeChat gave it.
    pub unionid: Option<UnionId>,
    /// The account that stays in its place.
    pub merged_into: Option<UserId>,
    /// The pairs that lead to it, in the order of mini program and openid.
    pub pairs: Vec<(AppId, OpenId)>,
}

/// A way into an account, as support staff see it: without the openid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayIn {
    /// The mini program.
    pub app_id: AppId,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
    /// The last login there; absent for somebody who was moved in and never came.
    pub last_login_at: Option<DateTime<Utc>>,
}

/// Connections of this process to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Connections that wait for a request.
    pub idle: usize,
    /// Connections in use.
    pub busy: usize,
    /// Requests that wait for one.
    pub awaited: usize,
}

/// What came of moving one person in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// An account was made.
    Created,
    /// The unionid was there, and the pair became one more way into its account.
    Joined,
    /// The pair was there; of somebody without a pair, an account with the number was.
    Known,
}
