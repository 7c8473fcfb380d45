-- The role of whoever runs `weapp-login migrate`, on MySQL 8.4 or later and MariaDB 10.11 or later. Run it as an
-- administrator in the empty database, before the first migration; a second run changes nothing:
--
--     mysql weapp_login < sql/role-migrator-mysql.sql
--     mysql -e "CREATE USER 'weapp_login_migrator'@'%' IDENTIFIED BY '...'; GRANT weapp_migrator TO 'weapp_login_migrator'@'%'"
--     mysql -e "SET DEFAULT ROLE weapp_migrator TO 'weapp_login_migrator'@'%'"       MySQL
--     mysql -e "SET DEFAULT ROLE weapp_migrator FOR 'weapp_login_migrator'@'%'"      MariaDB
--     mysql -e "GRANT SELECT ON weapp_login.* TO 'weapp_login_migrator'@'%'"         MariaDB, besides
--
-- The views for analysts read the tables in the name of this user: keep it. Where it has gone, they fail with error 1449
-- until another user has made them again. MariaDB leaves roles aside there, so that this user needs to be allowed to read
-- by itself.

CREATE ROLE IF NOT EXISTS weapp_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW
    ON * TO weapp_migrator;
