-- The same columns as in migrations/mysql, where each is explained. Text compares byte by byte unless a query says otherwise.
CREATE TABLE users (
    id             INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    unionid        TEXT      NULL,
    nickname       TEXT      NOT NULL DEFAULT '',
    avatar_url     TEXT      NOT NULL DEFAULT '',
    gender         SMALLINT  NOT NULL DEFAULT 0,
    language       TEXT      NOT NULL DEFAULT '',
    city           TEXT      NOT NULL DEFAULT '',
    province       TEXT      NOT NULL DEFAULT '',
    country        TEXT      NOT NULL DEFAULT '',
    phone          TEXT      NULL,
    profile_source TEXT      NOT NULL DEFAULT 'anonymous',
    status         TEXT      NOT NULL DEFAULT 'active',
    merged_into    INTEGER   NULL,
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL,
    last_login_at  TIMESTAMP NULL,
    CONSTRAINT users_merged_into_users FOREIGN KEY (merged_into) REFERENCES users (id),
    CONSTRAINT users_profile_source_known CHECK (profile_source IN ('anonymous', 'wechat', 'user')),
    CONSTRAINT users_status_known CHECK (status IN ('active', 'suspended', 'erased'))
);
CREATE UNIQUE INDEX users_unionid ON users (unionid);
-- LIKE ignores case here, so it can use only an index that does.
CREATE INDEX users_nickname ON users (nickname COLLATE NOCASE);
CREATE INDEX users_phone ON users (phone);
CREATE INDEX users_merged_into ON users (merged_into);
CREATE INDEX users_created_at ON users (created_at);
CREATE INDEX users_last_login_at ON users (last_login_at);
CREATE INDEX users_status ON users (status);
