DROP VIEW erased_users;
CREATE VIEW erased_users AS
SELECT id AS user_id, created_at, updated_at AS erased_at
FROM users
WHERE status = 'erased' AND merged_into IS NULL;
ALTER TABLE users DROP COLUMN status_reason;
ALTER TABLE users DROP COLUMN status_by;
ALTER TABLE users DROP COLUMN erased_at;
ALTER TABLE login_events DROP COLUMN reason;
ALTER TABLE login_events DROP COLUMN actor;
