CREATE TABLE login_events (
    id      INTEGER   NOT NULL PRIMARY KEY AUTOINCREMENT,
    at      TIMESTAMP NOT NULL,
    user_id INTEGER   NOT NULL,
    app_id  TEXT      NULL,
    kind    TEXT      NOT NULL
);
CREATE INDEX login_events_at ON login_events (at);
CREATE INDEX login_events_user_id_at ON login_events (user_id, at);
CREATE INDEX login_events_kind_at ON login_events (kind, at);
