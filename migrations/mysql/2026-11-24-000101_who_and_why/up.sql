-- Who changed an account and why, when it was erased, and checks that no role can get past.
-- Every statement may run twice: a migration that failed half-way is run again from the start. MySQL knows no
-- ADD COLUMN IF NOT EXISTS, so what is there is asked first.

ALTER TABLE users
    MODIFY updated_at DATETIME(3) NOT NULL
        COMMENT 'UTC; last change of any column but last_login_at';
ALTER TABLE login_events
    MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'register, login, logout, merge, link, unlink, erase, phone, suspend, restore, revoke or import';

SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'users' AND column_name = 'erased_at');
SET @change = IF(@missing, 'ALTER TABLE users
    ADD COLUMN erased_at DATETIME(3) NULL
        COMMENT ''UTC; when the account was erased; NULL for every other one. Only the service sets it'',
    ADD COLUMN status_by VARCHAR(64) NULL
        COMMENT ''who of the staff gave the account its status; NULL where that was the person, or nobody. Personal'',
    ADD COLUMN status_reason VARCHAR(200) NULL
        COMMENT ''why, in the words of whoever did it, such as the number of a request. Personal''', 'DO 0');
PREPARE migration FROM @change;
EXECUTE migration;
DEALLOCATE PREPARE migration;

SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'login_events' AND column_name = 'actor');
SET @change = IF(@missing, 'ALTER TABLE login_events
    ADD COLUMN actor VARCHAR(64) NULL
        COMMENT ''who of the staff did it; NULL for the person, or the service. Personal'',
    ADD COLUMN reason VARCHAR(200) NULL
        COMMENT ''why, in the words of whoever did it. Personal''', 'DO 0');
PREPARE migration FROM @change;
EXECUTE migration;
DEALLOCATE PREPARE migration;

-- What the checks ask for, of rows that were changed by hand: erasing is carried through, and who became a part of another
-- account has no status of their own.
DELETE FROM identities WHERE user_id IN (SELECT id FROM users WHERE status = 'erased');
UPDATE users
SET unionid = NULL, phone = NULL, nickname = '', avatar_url = '', gender = 0, language = '', city = '', province = '',
    country = '', profile_source = 'anonymous', erased_at = COALESCE(erased_at, updated_at)
WHERE status = 'erased';
UPDATE users SET status = 'active' WHERE merged_into IS NOT NULL AND status = 'suspended';

SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.table_constraints
    WHERE table_schema = DATABASE() AND table_name = 'users' AND constraint_name = 'users_erased_wholly');
SET @change = IF(@missing, 'ALTER TABLE users
    ADD CONSTRAINT users_erased_at_if_erased CHECK ((status = ''erased'') = (erased_at IS NOT NULL)),
    ADD CONSTRAINT users_erased_wholly CHECK (status <> ''erased'' OR (unionid IS NULL AND phone IS NULL AND nickname = ''''
        AND avatar_url = '''' AND gender = 0 AND language = '''' AND city = '''' AND province = '''' AND country = ''''
        AND profile_source = ''anonymous'')),
    ADD CONSTRAINT users_merged_not_suspended CHECK (merged_into IS NULL OR status <> ''suspended'')', 'DO 0');
PREPARE migration FROM @change;
EXECUTE migration;
DEALLOCATE PREPARE migration;

-- People who left.
CREATE OR REPLACE SQL SECURITY DEFINER VIEW erased_users AS
SELECT id AS user_id, created_at, erased_at
FROM users
WHERE status = 'erased' AND merged_into IS NULL;
