-- Fills an empty, migrated MySQL or MariaDB database with invented people, to see how queries behave on large tables:
--
--     mysql weapp_bench < sql/seed-benchmark.sql                                        a million people
--     (echo 'SET @people = 20000;'; cat sql/seed-benchmark.sql) | mysql weapp_bench     fewer, or up to ten million
--
-- Person n is account n: registered in one of two mini programs over the last three years, the later the larger n. Seven
-- of ten have a unionid, and four of these use the second mini program too; three of ten have a phone. One account in 100
-- was merged into its predecessor, one in 200 erased, one in 1000 is suspended. There are as many sign-ins as people,
-- over the last 181 days, and visits that follow from them. The same number of people gives the same rows; only the times move with the clock.

SET NAMES utf8mb4;
SET @people = COALESCE(@people, 1000000);
SET @now = UTC_TIMESTAMP(3);

CREATE TEMPORARY TABLE numbers (n INT NOT NULL PRIMARY KEY);
INSERT INTO numbers
WITH digits (d) AS (
    SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
    UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
), many (n) AS (
    SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d + 100000 * f.d + 1000000 * g.d
    FROM digits AS a JOIN digits AS b JOIN digits AS c JOIN digits AS d JOIN digits AS e JOIN digits AS f
        JOIN digits AS g ON 1000000 * g.d < @people
)
SELECT n FROM many WHERE n <= @people;

INSERT INTO users (id, unionid, nickname, avatar_url, phone, profile_source, status, merged_into,
    created_at, updated_at, last_login_at, erased_at)
SELECT n,
    IF(n % 10 < 7 AND n % 200 <> 50, CONCAT('oExampleUnion', LPAD(n, 15, '0')), NULL),
    CASE WHEN n % 200 = 50 THEN '' WHEN n % 5 < 3 THEN '微信用户'
        ELSE CONCAT(ELT(1 + CRC32(n) % 8, 'alice', 'bob', 'carol', 'dave', '小明', '😀', '李雷', 'zoe'), ' ', n) END,
    IF(n % 200 = 50, '', CONCAT('https://thumb.example.com/', n, '/132')),
    IF(n % 10 IN (1, 4, 7), CONCAT('+861', LPAD(3000000000 + n - IF(n % 1000 = 714, 500, 0), 10, '0')), NULL),
    CASE WHEN n % 200 = 50 OR n % 5 < 3 THEN 'anonymous' WHEN n % 5 = 3 THEN 'wechat' ELSE 'user' END,
    CASE WHEN n % 200 = 50 THEN 'erased' WHEN n % 1000 = 11 THEN 'suspended' ELSE 'active' END,
    IF(n % 100 = 15, n - 1, NULL),
    @now - INTERVAL (1 - n / @people) * 94608000 + 30 SECOND,
    @now - INTERVAL (1 - n / @people) * 94608000 * (CRC32(n) % 100 / 100) + 20 SECOND,
    @now - INTERVAL (1 - n / @people) * 94608000 * (CRC32(n) % 100 / 100) + 20 SECOND,
    IF(n % 200 = 50, @now - INTERVAL (1 - n / @people) * 94608000 * (CRC32(n) % 100 / 100) + 20 SECOND, NULL)
FROM numbers ORDER BY n;

INSERT INTO identities (app_id, openid, user_id, created_at, last_login_at)
SELECT IF(n % 3 = 0, 'wx1111111111111111', 'wx0123456789abcdef'), CONCAT('oExampleOpen', LPAD(n, 16, '0')),
    COALESCE(u.merged_into, u.id), u.created_at, u.last_login_at
FROM numbers JOIN users AS u ON u.id = n WHERE u.status <> 'erased';
INSERT INTO identities (app_id, openid, user_id, created_at, last_login_at)
SELECT IF(n % 3 = 0, 'wx0123456789abcdef', 'wx1111111111111111'), CONCAT('oExampleElse', LPAD(n, 16, '0')),
    COALESCE(u.merged_into, u.id), u.created_at, u.last_login_at
FROM numbers JOIN users AS u ON u.id = n WHERE u.unionid IS NOT NULL AND n % 2 = 0;

-- Most sign-ins are of a fifth of the people; all happen after the registration.
INSERT INTO login_events (at, user_id, app_id, kind, device, client_address)
SELECT GREATEST(u.created_at, @now - INTERVAL (1 - n / @people) * 15638400 + 10 SECOND), u.id,
    IF(n % 3 = 0, 'wx1111111111111111', 'wx0123456789abcdef'), IF(n % 50 = 1, 'logout', 'login'),
    IF(n % 50 = 1, NULL, ELT(1 + n % 7 DIV 2, 'ios', 'android', 'android', 'other')), IF(n % 50 = 1, NULL, '203.0.113.0')
FROM numbers JOIN users AS u ON u.id = 1 + CRC32(CONCAT('sign-in ', n)) % IF(n % 10 < 7, CEIL(@people / 5), @people)
WHERE u.status <> 'erased' ORDER BY n;
-- Person 4714, whom the examples ask for, signs in every seven hours.
INSERT INTO login_events (at, user_id, app_id, kind, device)
SELECT @now - INTERVAL n * 7 HOUR, 4714, 'wx0123456789abcdef', 'login', 'ios' FROM numbers WHERE n <= 10;
INSERT INTO login_events (at, user_id, app_id, kind, way, device)
SELECT created_at, id, IF(id % 3 = 0, 'wx1111111111111111', 'wx0123456789abcdef'), 'register',
    ELT(1 + id % 3, 'silent', 'user_info', 'phone'), IF(id % 2, 'ios', 'android')
FROM users WHERE created_at >= @now - INTERVAL 181 DAY;
-- Every registration had a ticket, one in five had one more, and one in ten failed once.
INSERT INTO login_events (at, app_id, kind, device)
SELECT at - INTERVAL 20 SECOND, app_id, 'ticket', device FROM login_events WHERE kind = 'register' AND id % 5 < 4;
INSERT INTO login_events (at, app_id, kind, way, reason, device, client_address)
SELECT at - INTERVAL 5 SECOND, app_id, 'register_failed', way, 'signature_mismatch', device, '203.0.113.0'
FROM login_events WHERE kind = 'register' AND id % 10 = 3;
-- One sign-in in 40 fails, now and then of somebody who is known.
INSERT INTO login_events (at, user_id, app_id, kind, reason, device, client_address)
SELECT @now - INTERVAL (1 - n / @people) * 15638400 + 10 SECOND, IF(n % 120 = 7, u.id, NULL), 'wx0123456789abcdef', 'login_failed',
    IF(n % 120 = 7, 'user_suspended', ELT(1 + n % 2, 'code_invalid', 'code_used')), 'android', '198.51.100.0'
FROM numbers LEFT JOIN users AS u ON u.id = 11 + n DIV 1000 * 1000 WHERE n % 40 = 7 ORDER BY n;
INSERT INTO login_events (at, user_id, app_id, kind, actor, reason)
SELECT updated_at, id, NULL, CASE WHEN status = 'erased' THEN 'erase' WHEN status = 'suspended' THEN 'suspend' ELSE 'merge' END,
    IF(status = 'suspended', 'zoe', NULL), IF(status = 'suspended', 'request 4711', NULL)
FROM users
WHERE (status <> 'active' OR merged_into IS NOT NULL) AND updated_at >= @now - INTERVAL 181 DAY;

-- Who signed in was here, and came back with the open session two days later.
INSERT IGNORE INTO visits (at, user_id, app_id)
SELECT CASE WHEN HOUR(at) < 16 THEN DATE(at) ELSE DATE(at) + INTERVAL 16 HOUR END, user_id, app_id
FROM login_events WHERE kind IN ('login', 'register');
INSERT IGNORE INTO visits (at, user_id, app_id)
SELECT DATE(at) + INTERVAL 2 DAY, user_id, app_id
FROM login_events WHERE kind = 'login' AND at < @now - INTERVAL 3 DAY AND id % 2 = 0;
UPDATE users JOIN (SELECT user_id, MAX(DATE(at)) AS day FROM visits GROUP BY user_id) AS seen ON seen.user_id = users.id
SET last_seen_on = day WHERE status <> 'erased';

ANALYZE TABLE users, identities, login_events, visits;
DROP TEMPORARY TABLE numbers;
