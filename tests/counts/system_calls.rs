//! What a session check asks of the kernel.

use crate::service::beside_a_service;
use bench::http::{Ask, Connection};
use bench::load::Operation;
use bench::trace::Trace;

const CONNECTIONS: usize = 16;
const CHECKS: usize = 2000;

/// To read the request, to write the answer, and a part of what the checks of one moment share: waiting, writing to Redis,
/// reading from it.
const MOST: f64 = 3.0;

#[test]
fn a_session_check_makes_three_system_calls_at_most() {
    beside_a_service(async |service| {
        let token = service.world.token();
        let mut connections = vec![];
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(service.served.address).await.unwrap());
        }
        service.repeat(Operation::SessionCheck, 1).await;
        let folder = tempfile::tempdir().unwrap();
        let trace = Trace::of(service.served.id(), folder.path()).await.unwrap();
        let Some(trace) = trace else {
            eprintln!("this machine lets no process be traced: system calls are not counted");
            return;
        };

        for _ in 0..CHECKS / CONNECTIONS {
            for connection in &mut connections {
                connection.send(Ask::GetAs("/v1/session", &token)).await.unwrap();
            }
            for connection in &mut connections {
                assert_eq!(connection.receive().await.unwrap().status, 200);
            }
        }

        let calls = trace.end().unwrap();
        let each = calls.values().sum::<u64>() as f64 / CHECKS as f64;
        assert!(each <= MOST, "{each:.2} a check: {calls:#?}");
    });
}
