DROP VIEW IF EXISTS people;
DROP VIEW IF EXISTS person_visits;
DROP VIEW IF EXISTS person_events;
DROP VIEW IF EXISTS daily_failures;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW daily_registrations AS
SELECT DATE(at) AS day, app_id, COUNT(*) AS registrations
FROM login_events
WHERE kind = 'register'
GROUP BY DATE(at), app_id;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW daily_active_users AS
SELECT DATE(at) AS day, app_id, COUNT(DISTINCT user_id) AS active_users, COUNT(*) AS logins
FROM login_events
WHERE kind IN ('login', 'register')
GROUP BY DATE(at), app_id;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW monthly_active_users AS
SELECT SUBSTR(at, 1, 7) AS month, app_id, COUNT(DISTINCT user_id) AS active_users, COUNT(*) AS logins
FROM login_events
WHERE kind IN ('login', 'register')
GROUP BY SUBSTR(at, 1, 7), app_id;

CREATE OR REPLACE SQL SECURITY DEFINER VIEW users_by_app AS
SELECT app_id, COUNT(DISTINCT user_id) AS users,
    COUNT(DISTINCT CASE WHEN last_login_at >= UTC_TIMESTAMP(3) - INTERVAL 30 DAY THEN user_id END) AS active_users
FROM identities
GROUP BY app_id;

DELETE FROM login_events WHERE user_id IS NULL OR kind IN ('ticket', 'login_failed', 'register_failed', 'look', 'export');
ALTER TABLE login_events
    DROP CONSTRAINT login_events_way_known,
    DROP CONSTRAINT login_events_device_known,
    DROP CONSTRAINT login_events_of_somebody;
ALTER TABLE login_events
    MODIFY user_id BIGINT NOT NULL
        COMMENT 'users.id of the account it happened to, as it was then',
    MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'register, login, logout, merge, link, unlink, erase, phone, suspend, restore, revoke or import',
    MODIFY reason VARCHAR(200) NULL
        COMMENT 'why, in the words of whoever did it. Personal',
    DROP COLUMN way,
    DROP COLUMN device,
    DROP COLUMN client_address;

ALTER TABLE users
    MODIFY updated_at DATETIME(3) NOT NULL
        COMMENT 'UTC; last change of any column but last_login_at',
    DROP KEY users_last_seen_on,
    DROP COLUMN last_seen_on,
    DROP COLUMN status_noted_at;

DROP TABLE visits;
