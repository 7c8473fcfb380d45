CREATE TABLE users (
    id             BIGINT       NOT NULL AUTO_INCREMENT
        COMMENT 'number of the account; clients get it as a decimal string',
    unionid        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'WeChat''s id of the person within one Open Platform account; NULL where WeChat gives none. Personal',
    nickname       VARCHAR(64)  NOT NULL DEFAULT ''
        COMMENT 'name shown, 64 characters at most; like every text it compares byte by byte, capitals included. Personal',
    avatar_url     VARCHAR(512) NOT NULL DEFAULT ''
        COMMENT 'http or https address of the picture, empty for none. Personal',
    gender         SMALLINT     NOT NULL DEFAULT 0
        COMMENT '0 unknown, 1 male, 2 female, as WeChat counts; 0 for all since late 2021. Personal',
    language       VARCHAR(16)  NOT NULL DEFAULT ''
        COMMENT 'language of WeChat on the phone, such as zh_CN',
    city           VARCHAR(64)  NOT NULL DEFAULT ''
        COMMENT 'city in WeChat''s profile; empty for all since late 2021. Personal',
    province       VARCHAR(64)  NOT NULL DEFAULT ''
        COMMENT 'province in WeChat''s profile; empty for all since late 2021. Personal',
    country        VARCHAR(64)  NOT NULL DEFAULT ''
        COMMENT 'country in WeChat''s profile; empty for all since late 2021. Personal',
    phone          VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'number that WeChat vouched for, as E.164 writes it (+8613800000000); several accounts may share one. Personal',
    profile_source VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'anonymous'
        COMMENT 'anonymous: WeChat''s stand-in for everybody; wechat: real data of WeChat; user: written by the person',
    status         VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'active'
        COMMENT 'active; suspended: no login, open sessions end within 60 s; erased: the person left, nothing personal is kept',
    merged_into    BIGINT       NULL
        COMMENT 'account that this one became a part of; NULL for an account of its own. Always the last one, never a chain',
    created_at     DATETIME(3)  NOT NULL
        COMMENT 'UTC; first registration',
    updated_at     DATETIME(3)  NOT NULL
        COMMENT 'UTC; last change of any column but last_login_at; of an erased account: when it was erased',
    last_login_at  DATETIME(3)  NULL
        COMMENT 'UTC; last login in any mini program, at most a second late',
    PRIMARY KEY (id),
    UNIQUE KEY users_unionid (unionid),
    KEY users_nickname (nickname),
    KEY users_phone (phone),
    KEY users_merged_into (merged_into),
    KEY users_created_at (created_at),
    KEY users_last_login_at (last_login_at),
    KEY users_status (status),
    CONSTRAINT users_merged_into_users FOREIGN KEY (merged_into) REFERENCES users (id),
    CONSTRAINT users_profile_source_known CHECK (profile_source IN ('anonymous', 'wechat', 'user')),
    CONSTRAINT users_status_known CHECK (status IN ('active', 'suspended', 'erased'))
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
  COMMENT = 'a person, once, however many mini programs they use';
