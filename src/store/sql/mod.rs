//! Every query, once: a module that each SQL backend mounts, and which speaks to the backend's own connection.
//!
//! Here each call of the contracts is named and handed to the function that does it; what surrounds it is `attempt.rs`'s.

mod account;
mod create;
mod events;
mod export;
mod find;
mod import;
mod link;
mod lookup;
mod merge;
mod noted;
mod pending;
mod register;
mod renew;
mod search;
mod slots;
mod suspension;
mod visits;
mod written;
mod youngest;

use super::{Backend, Connection, ELSE_UPDATE, MIGRATIONS, NEWER, Users, caveats, first_id, last_id, lock, writable};
use crate::identity::{AppId, Identity, OpenId};
use crate::store::attempt::Operation;
use crate::store::{
    Account, Accounts, Act, Connections, Database, EventKind, Events, Held, Imported, Newcomer, NotUnlinked, Noted,
    People, Person, Present, Registered, Sought, StoreError, Transfer, WayIn,
};
use crate::user::{AvatarUrl, Nickname, Phone, Status, User, UserId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl People for Users {
    async fn find(&self, identity: &Identity, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        self.attempts.run(Operation::Find, async |c| find::find(c, identity, now).await).await
    }

    async fn register(&self, newcomer: Newcomer<'_>, now: DateTime<Utc>) -> Result<Registered, StoreError> {
        self.attempts.run(Operation::Register, async |c| register::register(c, newcomer, now).await).await
    }

    async fn by_pair(&self, app_id: &AppId, openid: &OpenId) -> Result<Option<User>, StoreError> {
        self.attempts.run(Operation::ByPair, async |c| find::known(c, app_id, openid).await).await
    }
}

#[async_trait]
impl Accounts for Users {
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.attempts.run(Operation::ById, async |c| account::by_id(c, id).await).await
    }

    async fn update_profile(
        &self,
        id: UserId,
        nickname: Option<&Nickname>,
        avatar_url: Option<&AvatarUrl>,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        self.attempts
            .run(Operation::UpdateProfile, async |c| account::update_profile(c, id, nickname, avatar_url, now).await)
            .await
    }

    async fn set_phone(&self, id: UserId, phone: &Phone, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        self.attempts.run(Operation::SetPhone, async |c| account::set_phone(c, id, phone, now).await).await
    }

    async fn set_status(&self, id: UserId, status: Status, act: Act<'_>) -> Result<Option<User>, StoreError> {
        self.attempts.run(Operation::SetStatus, async |c| account::set_status(c, id, status, act).await).await
    }

    async fn erase(&self, id: UserId, act: Act<'_>) -> Result<(), StoreError> {
        self.attempts.run(Operation::Erase, async |c| account::erase(c, id, act).await).await
    }

    async fn unlink(
        &self,
        id: UserId,
        app_id: &AppId,
        openid: Option<&OpenId>,
        act: Act<'_>,
    ) -> Result<Result<User, NotUnlinked>, StoreError> {
        self.attempts.run(Operation::Unlink, async |c| link::unlink(c, id, app_id, openid, act).await).await
    }

    async fn merged(&self, id: UserId) -> Result<Vec<UserId>, StoreError> {
        self.attempts.run(Operation::Merged, async |c| account::merged(c, id).await).await
    }

    async fn identities(&self, id: UserId) -> Result<Vec<WayIn>, StoreError> {
        self.attempts.run(Operation::Identities, async |c| account::identities(c, id).await).await
    }

    async fn youngest(&self, after: UserId, most: i64) -> Result<Vec<Account>, StoreError> {
        self.attempts.run(Operation::Youngest, async |c| youngest::youngest(c, after, most).await).await
    }

    async fn note(&self, id: Option<UserId>, kind: EventKind, act: Act<'_>) -> Result<(), StoreError> {
        self.attempts
            .run(Operation::Note, async |c| Ok(events::append(c, id.map(|id| id.0), None, kind, act).await?))
            .await
    }

    async fn search(
        &self,
        sought: Sought<'_>,
        after: UserId,
        most: i64,
    ) -> Result<(Vec<UserId>, Option<UserId>), StoreError> {
        self.attempts.run(Operation::Search, async |c| search::search(c, sought, after, most).await).await
    }

    async fn held(&self, id: UserId) -> Result<Option<Held>, StoreError> {
        self.attempts.run(Operation::Held, async |c| search::held(c, id).await).await
    }
}

#[async_trait]
impl Events for Users {
    async fn record(&self, noted: &[Noted]) -> Result<(), StoreError> {
        self.attempts.run(Operation::Record, async |c| noted::record(c, noted).await).await
    }

    async fn record_again(&self, noted: &[Noted]) -> Result<(), StoreError> {
        self.attempts.run(Operation::Record, async |c| noted::record_again(c, noted).await).await
    }

    async fn forget_events(&self, before: DateTime<Utc>, most: i64) -> Result<usize, StoreError> {
        self.attempts.run(Operation::ForgetEvents, async |c| events::forget(c, before, most).await).await
    }

    async fn forget_visits(&self, before: DateTime<Utc>, most: i64) -> Result<usize, StoreError> {
        self.attempts.run(Operation::ForgetVisits, async |c| visits::forget(c, before, most).await).await
    }
}

#[async_trait]
impl Transfer for Users {
    async fn import(&self, people: &[Person], act: Act<'_>) -> Result<Vec<Imported>, StoreError> {
        self.attempts.run(Operation::Import, async |c| import::import(c, people, act).await).await
    }

    async fn present(&self, people: &[Person]) -> Result<Present, StoreError> {
        self.attempts.run(Operation::Present, async |c| Ok(import::present(c, people).await?)).await
    }

    async fn export(&self, after: Option<(&AppId, &OpenId)>, most: i64) -> Result<Vec<Person>, StoreError> {
        self.attempts.run(Operation::Export, async |c| export::export(c, after, most).await).await
    }

    async fn export_without_pair(&self, after: UserId, most: i64) -> Result<(Vec<Person>, Option<UserId>), StoreError> {
        self.attempts
            .run(Operation::ExportWithoutPair, async |c| export::export_without_pair(c, after, most).await)
            .await
    }
}

#[async_trait]
impl Database for Users {
    async fn ping(&self) -> Result<(), StoreError> {
        self.attempts.run(Operation::Ping, async |c| writable(c).await).await
    }

    fn connections(&self) -> Connections {
        self.attempts.connections()
    }

    async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        self.attempts.run(Operation::PendingMigrations, async |c| pending::names(c).await).await
    }

    async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.apply_pending().await
    }

    async fn caveats(&self) -> Result<Vec<String>, StoreError> {
        self.attempts.run(Operation::Caveats, async |c| caveats(c).await).await
    }
}
