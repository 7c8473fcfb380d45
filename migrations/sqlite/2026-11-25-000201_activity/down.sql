DROP VIEW people;
DROP VIEW person_visits;
DROP VIEW person_events;
DROP VIEW daily_failures;
DROP VIEW daily_registrations;
DROP VIEW daily_active_users;
DROP VIEW monthly_active_users;
DROP VIEW daily_events;
DROP VIEW users_by_app;

CREATE TABLE login_events_next (
    id      INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    at      TIMESTAMP NOT NULL,
    user_id INTEGER   NOT NULL,
    app_id  TEXT      NULL,
    kind    TEXT      NOT NULL,
    actor   TEXT      NULL,
    reason  TEXT      NULL
);
INSERT INTO login_events_next (id, at, user_id, app_id, kind, actor, reason)
SELECT id, at, user_id, app_id, kind, actor, reason FROM login_events
WHERE user_id IS NOT NULL AND kind NOT IN ('ticket', 'login_failed', 'register_failed', 'look', 'export');
DROP TABLE login_events;
ALTER TABLE login_events_next RENAME TO login_events;
CREATE INDEX login_events_at ON login_events (at);
CREATE INDEX login_events_user_id_at ON login_events (user_id, at);
CREATE INDEX login_events_kind_at ON login_events (kind, at);

DROP INDEX users_last_seen_on;
ALTER TABLE users DROP COLUMN last_seen_on;
ALTER TABLE users DROP COLUMN status_noted_at;
DROP TABLE visits;

CREATE VIEW daily_registrations AS
SELECT DATE(at) AS day, app_id, COUNT(*) AS registrations
FROM login_events
WHERE kind = 'register'
GROUP BY DATE(at), app_id;

CREATE VIEW daily_active_users AS
SELECT DATE(at) AS day, app_id, COUNT(DISTINCT user_id) AS active_users, COUNT(*) AS logins
FROM login_events
WHERE kind IN ('login', 'register')
GROUP BY DATE(at), app_id;

CREATE VIEW monthly_active_users AS
SELECT SUBSTR(at, 1, 7) AS month, app_id, COUNT(DISTINCT user_id) AS active_users, COUNT(*) AS logins
FROM login_events
WHERE kind IN ('login', 'register')
GROUP BY SUBSTR(at, 1, 7), app_id;

CREATE VIEW daily_events AS
SELECT DATE(at) AS day, app_id, kind, COUNT(*) AS events
FROM login_events
GROUP BY DATE(at), app_id, kind;

CREATE VIEW users_by_app AS
SELECT app_id, COUNT(DISTINCT user_id) AS users,
    COUNT(DISTINCT CASE WHEN last_login_at >= STRFTIME('%Y-%m-%d %H:%M:%f', 'now', '-30 days') THEN user_id END) AS active_users
FROM identities
GROUP BY app_id;
