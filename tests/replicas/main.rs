//! Several replicas as they are run: the real program in processes of its own, in front of real servers that are killed,
//! hung and failed over under it.
//!
//! The servers of a test are its own, on loopback and on ports found free, and are ended by their process ids. MariaDB is
//! the one of the test run, in a database of the test's own, except where a test stops it.

mod advice;
mod certificates;
mod failover;
mod phone;
mod site;

mod cluster;
mod database_outage;
mod ending;
mod everything;
mod floods;
mod internal;
mod metrics;
mod migrations;
mod quick_start;
mod redis_outage;
mod scenario;
mod secrets;
mod sentinel;
mod session_check;
mod starting;
mod tls;
mod traces;
mod two_replicas;
