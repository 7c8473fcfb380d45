DROP TABLE phone_locks;
