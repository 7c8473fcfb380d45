//! The contract of a user store, kept by a SQL backend: each call is one of its attempts, made again where that is safe.
//! Mounted by each SQL backend.

use super::super::{Connections, Imported, LoginEvent, Person, Registered, StoreError, UserStore};
use super::rows::{Failure, retrying};
use super::{Connection, Users};
use crate::identity::{AppId, Identity, OpenId};
use crate::user::{AvatarUrl, Nickname, Phone, Profile, Status, User, UserId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel_async::RunQueryDsl;
use diesel_async::pooled_connection::deadpool::Object;

impl Users {
    /// A connection that is alive as far as is known.
    pub(super) async fn connection(&self) -> Result<Object<Connection>, StoreError> {
        self.pool.get().await.map_err(StoreError::unavailable)
    }

    async fn try_ping(&self) -> Result<(), Failure> {
        let mut connection = self.connection().await?;
        diesel::sql_query("SELECT 1").execute(&mut connection).await?;
        Ok(())
    }
}

#[async_trait]
impl UserStore for Users {
    async fn find(&self, identity: &Identity, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        retrying(&self.suspicion, || self.try_find(identity, now)).await
    }

    async fn register(
        &self,
        identity: &Identity,
        profile: &Profile,
        now: DateTime<Utc>,
    ) -> Result<Registered, StoreError> {
        retrying(&self.suspicion, || self.try_register(identity, profile, now)).await
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        retrying(&self.suspicion, || self.try_by_id(id)).await
    }

    async fn by_pair(&self, app_id: &AppId, openid: &OpenId) -> Result<Option<User>, StoreError> {
        retrying(&self.suspicion, || self.try_by_pair(app_id, openid)).await
    }

    async fn update_profile(
        &self,
        id: UserId,
        nickname: Option<&Nickname>,
        avatar_url: Option<&AvatarUrl>,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        retrying(&self.suspicion, || self.try_update_profile(id, nickname, avatar_url, now)).await
    }

    async fn set_phone(&self, id: UserId, phone: &Phone, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        retrying(&self.suspicion, || self.try_set_phone(id, phone, now)).await
    }

    async fn set_status(&self, id: UserId, status: Status, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        retrying(&self.suspicion, || self.try_set_status(id, status, now)).await
    }

    async fn erase(&self, id: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
        retrying(&self.suspicion, || self.try_erase(id, now)).await
    }

    async fn merged(&self, id: UserId) -> Result<Vec<UserId>, StoreError> {
        retrying(&self.suspicion, || self.try_merged(id)).await
    }

    async fn record(&self, events: &[LoginEvent]) -> Result<(), StoreError> {
        retrying(&self.suspicion, || self.try_record(events)).await
    }

    async fn forget_events(&self, before: DateTime<Utc>, most: i64) -> Result<usize, StoreError> {
        retrying(&self.suspicion, || self.try_forget_events(before, most)).await
    }

    async fn import(&self, people: &[Person]) -> Result<Vec<Imported>, StoreError> {
        retrying(&self.suspicion, || self.try_import(people)).await
    }

    async fn export(&self, after: Option<(&AppId, &OpenId)>, most: i64) -> Result<Vec<Person>, StoreError> {
        retrying(&self.suspicion, || self.try_export(after, most)).await
    }

    async fn identities(&self, id: UserId) -> Result<Vec<(AppId, DateTime<Utc>, Option<DateTime<Utc>>)>, StoreError> {
        retrying(&self.suspicion, || self.try_identities(id)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        retrying(&self.suspicion, || self.try_ping()).await
    }

    fn connections(&self) -> Connections {
        let status = self.pool.status();
        Connections {
            idle: status.available,
            busy: status.size.saturating_sub(status.available),
            awaited: status.waiting,
        }
    }

    async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        self.pending().await
    }

    async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.apply_pending().await
    }
}
