# After `migrate`: the roles of sql/, and the service's own for its user. A second run changes nothing.
mysql --user=root --password="$(cat /run/secrets/mysql-root-password)" --host="${MYSQL_HOST:-mysql}" --port="${MYSQL_PORT:-3306}" weapp_login <<SQL
SOURCE /sql/roles-mysql.sql;
GRANT weapp_service TO 'weapp_login_service'@'%';
SET DEFAULT ROLE weapp_service TO 'weapp_login_service'@'%';
SQL
