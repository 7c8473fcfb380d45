-- Roles for the service and for people, each with the least rights that its work needs, on MySQL 8.4 or later and
-- MariaDB 10.11 or later. Run it as an administrator in the migrated database, again after a later migration; a second
-- run changes nothing:
--
--     mysql weapp_login < sql/roles-mysql.sql
--
-- Each statement stands for itself: with --force the client names those that a server refuses, and goes on.
--
-- docs/sql.md says how a user gets a role, and what each may do.

-- The running service: rows of its own tables, no schema. Accounts are never deleted and events never changed.
CREATE ROLE IF NOT EXISTS weapp_service;
GRANT SELECT, INSERT, UPDATE ON users TO weapp_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON identities TO weapp_service;
GRANT SELECT, INSERT, DELETE ON login_events TO weapp_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON visits TO weapp_service;
GRANT SELECT, INSERT, UPDATE ON phone_locks TO weapp_service;
GRANT SELECT ON __diesel_schema_migrations TO weapp_service;

-- Analysts: the views, and of the tables every column that is not personal.
CREATE ROLE IF NOT EXISTS weapp_analyst;
GRANT SELECT ON people TO weapp_analyst;
GRANT SELECT ON person_visits TO weapp_analyst;
GRANT SELECT ON person_events TO weapp_analyst;
GRANT SELECT ON daily_failures TO weapp_analyst;
GRANT SELECT ON daily_registrations TO weapp_analyst;
GRANT SELECT ON daily_active_users TO weapp_analyst;
GRANT SELECT ON monthly_active_users TO weapp_analyst;
GRANT SELECT ON daily_events TO weapp_analyst;
GRANT SELECT ON users_by_app TO weapp_analyst;
GRANT SELECT ON users_by_status TO weapp_analyst;
GRANT SELECT ON users_by_profile_source TO weapp_analyst;
GRANT SELECT ON users_without_unionid TO weapp_analyst;
GRANT SELECT ON phone_bindings TO weapp_analyst;
GRANT SELECT ON merged_users TO weapp_analyst;
GRANT SELECT ON erased_users TO weapp_analyst;
GRANT SELECT (id, language, profile_source, status, merged_into, created_at, updated_at, last_login_at, erased_at,
        last_seen_on, status_noted_at)
    ON users TO weapp_analyst;
GRANT SELECT (app_id, user_id, created_at, last_login_at) ON identities TO weapp_analyst;
GRANT SELECT (id, at, user_id, app_id, kind, way, device) ON login_events TO weapp_analyst;
GRANT SELECT ON visits TO weapp_analyst;
GRANT SELECT ON phone_locks TO weapp_analyst;

-- Support staff: find people by what these can tell (number, name, phone), see what happened, suspend and restore. No
-- unionid and no openid: a person does not know them, and with them one could be followed into other companies' data.
CREATE ROLE IF NOT EXISTS weapp_support;
GRANT SELECT (id, nickname, avatar_url, phone, profile_source, status, merged_into, created_at, updated_at, last_login_at,
        erased_at, status_by, status_reason, last_seen_on, status_noted_at),
    UPDATE (status, status_by, status_reason, updated_at)
    ON users TO weapp_support;
GRANT SELECT (app_id, user_id, created_at, last_login_at) ON identities TO weapp_support;
GRANT SELECT ON login_events TO weapp_support;
GRANT SELECT ON visits TO weapp_support;
GRANT SELECT ON people TO weapp_support;
GRANT SELECT ON person_visits TO weapp_support;
GRANT SELECT ON person_events TO weapp_support;
GRANT SELECT ON daily_failures TO weapp_support;

-- Administrators of accounts: everything may be read, personal columns, openid and unionid too; changed is only what support
-- may change.
CREATE ROLE IF NOT EXISTS weapp_admin;
GRANT SELECT ON * TO weapp_admin;
GRANT UPDATE (status, status_by, status_reason, updated_at) ON users TO weapp_admin;
