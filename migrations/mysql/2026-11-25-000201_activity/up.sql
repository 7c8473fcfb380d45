-- Who was here on which day, failed sign-ins, and from what kind of device: see docs/sql.md.
-- Every statement may run twice: a migration that failed half-way is run again from the start. MySQL knows no
-- ADD COLUMN IF NOT EXISTS, so what is there is asked first.

CREATE TABLE IF NOT EXISTS visits (
    at      DATETIME(3) NOT NULL
        COMMENT 'UTC; beginning of the part of the day that the visit fell into: 00:00 or 16:00, which is midnight at UTC+8',
    user_id BIGINT      NOT NULL
        COMMENT 'users.id of the account, as it was then',
    app_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'the mini program',
    PRIMARY KEY (at, user_id, app_id),
    KEY visits_user_id_at (user_id, at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
  COMMENT = 'who signed in to or used which mini program in which part of a day, once; kept for EVENTS_RETENTION_DAYS';

ALTER TABLE users
    MODIFY updated_at DATETIME(3) NOT NULL
        COMMENT 'UTC; last change of any column but last_login_at, last_seen_on and status_noted_at';
ALTER TABLE login_events
    MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'ticket, register, register_failed, login, login_failed, logout, merge, link, unlink, erase, phone, suspend, restore, revoke, import, look or export',
    MODIFY reason VARCHAR(200) NULL
        COMMENT 'of what failed, the error code; else why, in the words of whoever did it. Personal';

SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'users' AND column_name = 'last_seen_on');
SET @change = IF(@missing, 'ALTER TABLE users
    ADD COLUMN last_seen_on DATE NULL
        COMMENT ''UTC; last day on which the person signed in or used a session; NULL for nobody seen since it is written down'',
    ADD COLUMN status_noted_at DATETIME(3) NULL
        COMMENT ''UTC; up to when login_events tells of the status; before updated_at where SQL changed it and the service has not met it'',
    ADD KEY users_last_seen_on (last_seen_on)', 'DO 0');
PREPARE migration FROM @change;
EXECUTE migration;
DEALLOCATE PREPARE migration;

UPDATE users SET status_noted_at = updated_at WHERE status = 'suspended' AND status_noted_at IS NULL;

SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'login_events' AND column_name = 'device');
SET @change = IF(@missing, 'ALTER TABLE login_events
    MODIFY user_id BIGINT NULL
        COMMENT ''users.id of the account it happened to, as it was then; NULL where nobody is known'',
    ADD COLUMN way VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT ''user_info, silent or phone: how somebody registered, or tried to'',
    ADD COLUMN device VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT ''ios, android, devtools or other: what somebody signed in from, or tried to'',
    ADD COLUMN client_address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT ''address that somebody signed in from, or tried to, as EVENTS_CLIENT_ADDRESS has it kept. Personal'',
    ADD CONSTRAINT login_events_way_known CHECK (way IN (''user_info'', ''silent'', ''phone'')),
    ADD CONSTRAINT login_events_device_known CHECK (device IN (''ios'', ''android'', ''devtools'', ''other'')),
    ADD CONSTRAINT login_events_of_somebody CHECK (user_id IS NOT NULL
        OR kind IN (''ticket'', ''login_failed'', ''register_failed'', ''look''))', 'DO 0');
PREPARE migration FROM @change;
EXECUTE migration;
DEALLOCATE PREPARE migration;

-- As far back as sign-ins tell.
INSERT IGNORE INTO visits (at, user_id, app_id)
SELECT CASE WHEN HOUR(at) < 16 THEN DATE(at) ELSE DATE(at) + INTERVAL 16 HOUR END, user_id, app_id
FROM login_events
WHERE kind IN ('login', 'register') AND app_id IS NOT NULL;

-- A person, once: an account that is no part of another one, and was not erased. Without personal columns.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW people AS
SELECT id, language, profile_source, status, unionid IS NOT NULL AS has_unionid, phone IS NOT NULL AS has_phone,
    created_at, last_login_at, last_seen_on
FROM users
WHERE merged_into IS NULL AND status <> 'erased';

-- Visits of people, those of accounts that became a part of theirs included.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW person_visits AS
SELECT v.at, v.app_id, COALESCE(u.merged_into, u.id) AS person_id
FROM visits AS v JOIN users AS u ON u.id = v.user_id
WHERE u.status <> 'erased';

-- What happened to people, as it is now known whose it was.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW person_events AS
SELECT e.at, e.app_id, e.kind, e.way, e.device, COALESCE(u.merged_into, u.id) AS person_id
FROM login_events AS e JOIN users AS u ON u.id = e.user_id
WHERE u.status <> 'erased';

-- People who registered on a day (UTC) in a mini program; as far back as events are kept.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW daily_registrations AS
SELECT DATE(e.at) AS day, e.app_id, COUNT(*) AS registrations
FROM login_events AS e JOIN users AS u ON u.id = e.user_id
WHERE e.kind = 'register' AND u.merged_into IS NULL AND u.status <> 'erased'
GROUP BY DATE(e.at), e.app_id;

-- People who were here on a day (UTC) in a mini program, and how often they signed in; as far back as both are kept.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW daily_active_users AS
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
CREATE OR REPLACE SQL SECURITY DEFINER VIEW monthly_active_users AS
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
CREATE OR REPLACE SQL SECURITY DEFINER VIEW daily_failures AS
SELECT DATE(at) AS day, app_id, kind, reason AS code, device, COUNT(*) AS failures
FROM login_events
WHERE kind IN ('login_failed', 'register_failed')
GROUP BY DATE(at), app_id, kind, reason, device;

-- People of each mini program, and those who were there within 30 days.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW users_by_app AS
SELECT app_id, SUM(users) AS users, SUM(active_users) AS active_users
FROM (
    SELECT app_id, COUNT(DISTINCT user_id) AS users, 0 AS active_users
    FROM identities
    GROUP BY app_id
    UNION ALL
    SELECT v.app_id, 0, COUNT(DISTINCT COALESCE(u.merged_into, u.id))
    FROM visits AS v JOIN users AS u ON u.id = v.user_id
    WHERE u.status <> 'erased' AND v.at >= UTC_TIMESTAMP(3) - INTERVAL 30 DAY
    GROUP BY v.app_id
) AS counted
GROUP BY app_id;
