-- As in migrations/mysql. Writing to it makes a transaction wait for the one before it, and read what that one wrote.
CREATE TABLE phone_locks (
    slot  INTEGER NOT NULL PRIMARY KEY,
    taken INTEGER NOT NULL
);
