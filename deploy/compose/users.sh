# What MySQL's image does once, in an empty data folder: the database, and a user for `migrate` and one for `serve`, each
# with the least rights that its work needs. What the second may do needs tables, so grants.sh adds it after `migrate`.
password() { cat "/run/secrets/mysql-$1-password"; }

mysql --user=root --password="$(password root)" --host="${MYSQL_HOST:-localhost}" --port="${MYSQL_PORT:-3306}" <<SQL
CREATE DATABASE IF NOT EXISTS weapp_login CHARACTER SET utf8mb4;
USE weapp_login;
SOURCE /sql/role-migrator-mysql.sql;
CREATE USER IF NOT EXISTS 'weapp_login_migrator'@'%' IDENTIFIED BY '$(password migrator)';
GRANT weapp_migrator TO 'weapp_login_migrator'@'%';
SET DEFAULT ROLE weapp_migrator TO 'weapp_login_migrator'@'%';
CREATE USER IF NOT EXISTS 'weapp_login_service'@'%' IDENTIFIED BY '$(password service)';
SQL
