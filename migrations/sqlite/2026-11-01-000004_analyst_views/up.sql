-- The same views as in migrations/mysql. They have no rights of their own: whoever reads the file reads everything.

-- Accounts made on a day (UTC) in a mini program; as far back as events are kept.
CREATE VIEW daily_registrations AS
SELECT DATE(at) AS day, app_id, COUNT(*) AS registrations
FROM login_events
WHERE kind = 'register'
GROUP BY DATE(at), app_id;

-- Accounts that signed in at least once on a day (UTC) in a mini program; as far back as events are kept.
CREATE VIEW daily_active_users AS
SELECT DATE(at) AS day, app_id, COUNT(DISTINCT user_id) AS active_users, COUNT(*) AS logins
FROM login_events
WHERE kind IN ('login', 'register')
GROUP BY DATE(at), app_id;

-- The same for a month, written as 2026-11.
CREATE VIEW monthly_active_users AS
SELECT SUBSTR(at, 1, 7) AS month, app_id, COUNT(DISTINCT user_id) AS active_users, COUNT(*) AS logins
FROM login_events
WHERE kind IN ('login', 'register')
GROUP BY SUBSTR(at, 1, 7), app_id;

-- What happened on a day (UTC), of every kind.
CREATE VIEW daily_events AS
SELECT DATE(at) AS day, app_id, kind, COUNT(*) AS events
FROM login_events
GROUP BY DATE(at), app_id, kind;

-- People of each mini program, and those who signed in there within 30 days.
CREATE VIEW users_by_app AS
SELECT app_id, COUNT(DISTINCT user_id) AS users,
    COUNT(DISTINCT CASE WHEN last_login_at >= STRFTIME('%Y-%m-%d %H:%M:%f', 'now', '-30 days') THEN user_id END) AS active_users
FROM identities
GROUP BY app_id;

-- People by status; an account that was merged into another is no person of its own.
CREATE VIEW users_by_status AS
SELECT status, COUNT(*) AS users
FROM users
WHERE merged_into IS NULL
GROUP BY status;

-- People by where their name and picture come from.
CREATE VIEW users_by_profile_source AS
SELECT profile_source, COUNT(*) AS users
FROM users
WHERE merged_into IS NULL AND status <> 'erased'
GROUP BY profile_source;

-- People of each mini program, and those of them whom no other mini program can recognise.
CREATE VIEW users_without_unionid AS
SELECT i.app_id, COUNT(DISTINCT u.id) AS users,
    COUNT(DISTINCT CASE WHEN u.unionid IS NULL THEN u.id END) AS users_without_unionid
FROM identities AS i JOIN users AS u ON u.id = i.user_id
GROUP BY i.app_id;

-- People of each mini program, and those of them whose phone number is known.
CREATE VIEW phone_bindings AS
SELECT i.app_id, COUNT(DISTINCT u.id) AS users,
    COUNT(DISTINCT CASE WHEN u.phone IS NOT NULL THEN u.id END) AS users_with_phone
FROM identities AS i JOIN users AS u ON u.id = i.user_id
GROUP BY i.app_id;

-- Accounts that became a part of another one.
CREATE VIEW merged_users AS
SELECT id AS user_id, merged_into, status, created_at, updated_at
FROM users
WHERE merged_into IS NOT NULL;

-- People who left.
CREATE VIEW erased_users AS
SELECT id AS user_id, created_at, updated_at AS erased_at
FROM users
WHERE status = 'erased' AND merged_into IS NULL;
