//! A session check, as every request of a signed-in person begins.

use crate::service::{Service, beside_a_service};
use bench::load::Operation;
use std::collections::BTreeMap;

const CHECKS: u64 = 200;

/// What background work, such as a lease that is renewed, may ask besides.
const BESIDE: u64 = 3;

async fn asks_redis_once(service: &Service, operation: Operation) {
    service.repeat(operation, CHECKS).await;

    let asked = service.redis.take();
    assert!((CHECKS..=CHECKS + BESIDE).contains(&asked.round_trips), "{asked:#?}");
}

#[test]
fn a_session_check_asks_redis_once() {
    beside_a_service(async |service| asks_redis_once(service, Operation::SessionCheck).await);
}

#[test]
fn a_gateway_check_asks_redis_once() {
    beside_a_service(async |service| asks_redis_once(service, Operation::GatewayCheck).await);
}

#[test]
fn neither_asks_the_database() {
    beside_a_service(async |service| {
        service.repeat(Operation::SessionCheck, CHECKS).await;
        service.repeat(Operation::GatewayCheck, CHECKS).await;

        let asked = service.mysql.take();
        assert_eq!(asked.ran, BTreeMap::new());
    });
}
