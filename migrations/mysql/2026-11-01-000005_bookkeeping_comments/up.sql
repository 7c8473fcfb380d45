-- The table that the migrations themselves are counted in. It was made with the database's own collation; TiDB changes that of a
-- column, and no character set to a smaller one.
ALTER TABLE __diesel_schema_migrations
    MODIFY version VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
        COMMENT 'first part of the migration''s name, digits only',
    MODIFY run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
        COMMENT 'when it was applied; shown in the time zone of the connection',
    DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin,
    COMMENT = 'migrations that were applied to this database; weapp-login migrate writes it';
