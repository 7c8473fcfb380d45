-- Every statement may run twice: a migration that failed half-way is run again from the start.
CREATE TABLE IF NOT EXISTS phone_locks (
    slot  INT    NOT NULL
        COMMENT 'first 16 bits of the SHA-256 of a phone number, or an account''s: thousands share one, and it leads to none of them',
    taken BIGINT NOT NULL
        COMMENT 'how often the slot was locked; it changes so that the replicas of a cluster notice each other',
    PRIMARY KEY (slot)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
  COMMENT = 'what registrations and imports with one phone number lock, one after the other; 65,536 rows at the most, and nothing to look up';

ALTER TABLE login_events
    MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'register, login, logout, merge, link, unlink, erase, phone, suspend, restore or import';
