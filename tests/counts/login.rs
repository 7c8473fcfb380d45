//! A login of somebody known.

use crate::service::beside_a_service;
use bench::load::Operation;
use bench::proxy::is_read;
use std::time::Instant;
use weapp_login::events::PERIOD;

const LOGINS: u64 = 200;

/// What background work, such as a lease that is renewed, may ask besides.
const BESIDE: u64 = 3;

#[test]
fn a_known_login_reads_the_database_once() {
    beside_a_service(async |service| {
        service.repeat(Operation::KnownLogin, LOGINS).await;

        let asked = service.mysql.take();
        assert_eq!(asked.reads(), LOGINS, "{asked:#?}");
    });
}

#[test]
fn a_known_login_asks_redis_twice_at_most() {
    beside_a_service(async |service| {
        service.repeat(Operation::KnownLogin, LOGINS).await;

        let asked = service.redis.take();
        assert!(asked.round_trips <= 2 * LOGINS + BESIDE, "{asked:#?}");
    });
}

#[test]
fn a_login_waits_for_no_write_of_the_database() {
    beside_a_service(async |service| {
        let begin = Instant::now();
        service.repeat(Operation::KnownLogin, LOGINS).await;
        let batches = 2 + (begin.elapsed().as_millis() / PERIOD.as_millis()) as u64;

        // Events are written in batches of so much time, however many logins there are: a transaction of three statements.
        let asked = service.mysql.take();
        let writes: u64 = asked.ran.iter().filter(|(text, _)| !is_read(text)).map(|(_, times)| times).sum();
        assert!(writes <= 5 * batches, "{batches} {asked:#?}");
    });
}

#[test]
fn the_query_of_a_login_is_prepared_once_for_each_connection() {
    beside_a_service(async |service| {
        service.repeat(Operation::KnownLogin, LOGINS).await;
        service.repeat(Operation::UnknownLogin, LOGINS).await;

        let asked = service.mysql.take();
        let again: Vec<_> = asked.prepared.iter().filter(|((_, text), times)| is_read(text) && **times > 1).collect();
        assert!(again.is_empty(), "{again:#?}");
    });
}
