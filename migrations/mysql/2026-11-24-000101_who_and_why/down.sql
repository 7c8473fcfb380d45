CREATE OR REPLACE SQL SECURITY DEFINER VIEW erased_users AS
SELECT id AS user_id, created_at, updated_at AS erased_at
FROM users
WHERE status = 'erased' AND merged_into IS NULL;

ALTER TABLE users
    DROP CONSTRAINT users_erased_at_if_erased,
    DROP CONSTRAINT users_erased_wholly,
    DROP CONSTRAINT users_merged_not_suspended;
ALTER TABLE users
    MODIFY updated_at DATETIME(3) NOT NULL
        COMMENT 'UTC; last change of any column but last_login_at; of an erased account: when it was erased',
    DROP COLUMN erased_at,
    DROP COLUMN status_by,
    DROP COLUMN status_reason;

ALTER TABLE login_events
    MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'register, login, logout, merge, link, unlink, erase, phone, suspend, restore or import',
    DROP COLUMN actor,
    DROP COLUMN reason;
