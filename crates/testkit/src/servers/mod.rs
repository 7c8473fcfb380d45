//! Servers of a test's own, on loopback and on ports found free; each can be killed, hung and started again.

mod cluster;
mod mariadb;
mod nginx;
mod redis;
mod sentinels;

pub use cluster::Cluster;
pub use mariadb::{Mariadb, PASSWORD as DATABASE_PASSWORD};
pub use nginx::Nginx;
pub use redis::Redis;
pub use sentinels::Sentinels;
