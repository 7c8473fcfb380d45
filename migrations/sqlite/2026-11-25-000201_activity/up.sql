-- As in migrations/mysql. SQLite lets no column become nullable: the table is made anew, without the views that read it.
DROP VIEW daily_registrations;
DROP VIEW daily_active_users;
DROP VIEW monthly_active_users;
DROP VIEW daily_events;
DROP VIEW users_by_app;

CREATE TABLE visits (
    at      TIMESTAMP NOT NULL,
    user_id INTEGER   NOT NULL,
    app_id  TEXT      NOT NULL,
    PRIMARY KEY (at, user_id, app_id)
) WITHOUT ROWID;
CREATE INDEX visits_user_id_at ON visits (user_id, at);

ALTER TABLE users ADD COLUMN last_seen_on DATE NULL;
ALTER TABLE users ADD COLUMN status_noted_at TIMESTAMP NULL;
CREATE INDEX users_last_seen_on ON users (last_seen_on);
UPDATE users SET status_noted_at = updated_at WHERE status = 'suspended';

CREATE TABLE login_events_next (
    id      INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    at      TIMESTAMP NOT NULL,
    user_id INTEGER   NULL,
    app_id  TEXT      NULL,
    kind    TEXT      NOT NULL,
    actor   TEXT      NULL,
    reason  TEXT      NULL,
    way     TEXT      NULL,
    device  TEXT      NULL,
    client_address TEXT NULL,
    CONSTRAINT login_events_way_known CHECK (way IN ('user_info', 'silent', 'phone')),
    CONSTRAINT login_events_device_known CHECK (device IN ('ios', 'android', 'devtools', 'other')),
    CONSTRAINT login_events_of_somebody CHECK (user_id IS NOT NULL
        OR kind IN ('ticket', 'login_failed', 'register_failed', 'look'))
);
INSERT INTO login_events_next (id, at, user_id, app_id, kind, actor, reason)
SELECT id, at, user_id, app_id, kind, actor, reason FROM login_events;
DROP TABLE login_events;
ALTER TABLE login_events_next RENAME TO login_events;
CREATE INDEX login_events_at ON login_events (at);
CREATE INDEX login_events_user_id_at ON login_events (user_id, at);
CREATE INDEX login_events_kind_at ON login_events (kind, at);

-- As far back as sign-ins tell. A time is written as the program writes it.
INSERT OR IGNORE INTO visits (at, user_id, app_id)
SELECT DATE(at) || CASE WHEN STRFTIME('%H', at) < '16' THEN ' 00:00:00' ELSE ' 16:00:00' END, user_id, app_id
FROM login_events
WHERE kind IN ('login', 'register') AND app_id IS NOT NULL;

-- What happened on a day (UTC), of every kind.
CREATE VIEW daily_events AS
SELECT DATE(at) AS day, app_id, kind, COUNT(*) AS events
FROM login_events
GROUP BY DATE(at), app_id, kind;

-- A person, once: an account that is no part of another one, and was not erased. Without personal columns.
CREATE VIEW people AS
SELECT id, language, profile_source, status, unionid IS NOT NULL AS has_unionid, phone IS NOT NULL AS has_phone,
    created_at, last_login_at, last_seen_on
FROM users
WHERE merged_into IS NULL AND status <> 'erased';

-- Visits of people, those of accounts that became a part of theirs included.
CREATE VIEW person_visits AS
SELECT v.at, v.app_id, COALESCE(u.merged_into, u.id) AS person_id
FROM visits AS v JOIN users AS u ON u.id = v.user_id
WHERE u.status <> 'erased';

-- What happened to people, as it is now known whose it was.
CREATE VIEW person_events AS
SELECT e.at, e.app_id, e.kind, e.way, e.device, COALESCE(u.merged_into, u.id) AS person_id
FROM login_events AS e JOIN users AS u ON u.id = e.user_id
WHERE u.status <> 'erased';

-- People who registered on a day (UTC) in a mini program; as far back as events are kept.
CREATE VIEW daily_registrations AS
SELECT DATE(e.at) AS day, e.app_id, COUNT(*) AS registrations
FROM login_events AS e JOIN users AS u ON u.id = e.user_id
WHERE e.kind = 'register' AND u.merged_into IS NULL AND u.status <> 'erased'
GROUP BY DATE(e.at), e.app_id;

-- People who were here on a day (UTC) in a mini program, and how often they signed in; as far back as both are kept.
CREATE VIEW daily_active_users AS
SELECT day, app_id, SUM(active_users) AS active_users, SUM(logins) AS logins
FROM (
    SELECT DATE(v.at) AS day, v.app_id, COUNT(DISTINCT COALESCE(u.merged_into, u.id)) AS active_users, 0 AS logins
    FROM visits AS v JOIN users AS u ON u.id = v.user_id
    WHERE u.status <> 'erased'
    GROUP BY DATE(v.at), v.app_id
    UNION ALL
    SELECT DATE(e.at), e.app_id, 0, COUNT(*)
    FROM login_events AS e JOIN users AS u ON u.id = e.user_id
    WHERE e.kind IN ('login', 'register') AND e.app_id IS NOT NULL AND u.status <> 'erased'
    GROUP BY DATE(e.at), e.app_id
) AS counted
GROUP BY day, app_id;

-- The same for a month, written as 2026-11.
CREATE VIEW monthly_active_users AS
SELECT month, app_id, SUM(active_users) AS active_users, SUM(logins) AS logins
FROM (
    SELECT SUBSTR(v.at, 1, 7) AS month, v.app_id, COUNT(DISTINCT COALESCE(u.merged_into, u.id)) AS active_users, 0 AS logins
    FROM visits AS v JOIN users AS u ON u.id = v.user_id
    WHERE u.status <> 'erased'
    GROUP BY SUBSTR(v.at, 1, 7), v.app_id
    UNION ALL
    SELECT SUBSTR(e.at, 1, 7), e.app_id, 0, COUNT(*)
    FROM login_events AS e JOIN users AS u ON u.id = e.user_id
    WHERE e.kind IN ('login', 'register') AND e.app_id IS NOT NULL AND u.status <> 'erased'
    GROUP BY SUBSTR(e.at, 1, 7), e.app_id
) AS counted
GROUP BY month, app_id;

-- Sign-ins and registrations that failed on a day (UTC), by the error code that the mini program was told.
CREATE VIEW daily_failures AS
SELECT DATE(at) AS day, app_id, kind, reason AS code, device, COUNT(*) AS failures
FROM login_events
WHERE kind IN ('login_failed', 'register_failed')
GROUP BY DATE(at), app_id, kind, reason, device;

-- People of each mini program, and those who were there within 30 days.
CREATE VIEW users_by_app AS
SELECT app_id, SUM(users) AS users, SUM(active_users) AS active_users
FROM (
    SELECT app_id, COUNT(DISTINCT user_id) AS users, 0 AS active_users
    FROM identities
    GROUP BY app_id
    UNION ALL
    SELECT v.app_id, 0, COUNT(DISTINCT COALESCE(u.merged_into, u.id))
    FROM visits AS v JOIN users AS u ON u.id = v.user_id
    WHERE u.status <> 'erased' AND v.at >= STRFTIME('%Y-%m-%d %H:%M:%f', 'now', '-30 days')
    GROUP BY v.app_id
) AS counted
GROUP BY app_id;
