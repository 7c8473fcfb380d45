CREATE TABLE login_events (
    id      BIGINT      NOT NULL AUTO_INCREMENT
        COMMENT 'order of writing; not the order of happening across replicas',
    at      DATETIME(3) NOT NULL
        COMMENT 'UTC; when it happened',
    user_id BIGINT      NOT NULL
        COMMENT 'users.id of the account it happened to, as it was then',
    app_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'the mini program it happened in; NULL for what support or the service did',
    kind    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'register, login, logout, merge, erase, phone, suspend, restore or import',
    PRIMARY KEY (id),
    KEY login_events_at (at),
    KEY login_events_user_id_at (user_id, at),
    KEY login_events_kind_at (kind, at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
  COMMENT = 'what happened to accounts; append-only, written at most a second late, kept for EVENTS_RETENTION_DAYS';
