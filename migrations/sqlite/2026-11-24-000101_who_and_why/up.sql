-- As in migrations/mysql. SQLite adds a check to a table only together with a column, and a column's check may read others.
ALTER TABLE users ADD COLUMN erased_at TIMESTAMP NULL;
ALTER TABLE login_events ADD COLUMN actor TEXT NULL;
ALTER TABLE login_events ADD COLUMN reason TEXT NULL;

DELETE FROM identities WHERE user_id IN (SELECT id FROM users WHERE status = 'erased');
UPDATE users
SET unionid = NULL, phone = NULL, nickname = '', avatar_url = '', gender = 0, language = '', city = '', province = '',
    country = '', profile_source = 'anonymous', erased_at = updated_at
WHERE status = 'erased';
UPDATE users SET status = 'active' WHERE merged_into IS NOT NULL AND status = 'suspended';

ALTER TABLE users ADD COLUMN status_by TEXT NULL
    CONSTRAINT users_erased_at_if_erased CHECK ((status = 'erased') = (erased_at IS NOT NULL))
    CONSTRAINT users_erased_wholly CHECK (status <> 'erased' OR (unionid IS NULL AND phone IS NULL AND nickname = ''
        AND avatar_url = '' AND gender = 0 AND language = '' AND city = '' AND province = '' AND country = ''
        AND profile_source = 'anonymous'));
ALTER TABLE users ADD COLUMN status_reason TEXT NULL
    CONSTRAINT users_merged_not_suspended CHECK (merged_into IS NULL OR status <> 'suspended');

-- People who left.
DROP VIEW erased_users;
CREATE VIEW erased_users AS
SELECT id AS user_id, created_at, erased_at
FROM users
WHERE status = 'erased' AND merged_into IS NULL;
