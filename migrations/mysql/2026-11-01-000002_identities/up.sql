CREATE TABLE identities (
    app_id        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'the mini program, such as wx0123456789abcdef',
    openid        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'WeChat''s id of the person within that mini program; the same text in another one is somebody else. Personal',
    user_id       BIGINT      NOT NULL
        COMMENT 'the account it leads to: users.id, never one that was merged into another',
    created_at    DATETIME(3) NOT NULL
        COMMENT 'UTC; when this way in was first seen',
    last_login_at DATETIME(3) NULL
        COMMENT 'UTC; last login in this mini program, at most a second late',
    PRIMARY KEY (app_id, openid),
    KEY identities_user_id (user_id),
    CONSTRAINT identities_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
  COMMENT = 'the ways into an account: one row for a person in a mini program';
