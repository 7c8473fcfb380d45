CREATE TABLE identities (
    app_id        TEXT      NOT NULL,
    openid        TEXT      NOT NULL,
    user_id       INTEGER   NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    last_login_at TIMESTAMP NULL,
    PRIMARY KEY (app_id, openid),
    CONSTRAINT identities_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX identities_user_id ON identities (user_id);
