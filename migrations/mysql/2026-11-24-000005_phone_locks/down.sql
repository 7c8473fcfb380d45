ALTER TABLE login_events
    MODIFY kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'register, login, logout, merge, erase, phone, suspend, restore or import';

DROP TABLE phone_locks;
