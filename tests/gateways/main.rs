//! The gateways of `deploy/`: their files as they are, with other addresses, in front of the real service and of an
//! application that tells what reached it. Here those that Debian has; the others are in others.rs.

#![expect(clippy::disallowed_methods, reason = "a test waits for other programs")]
#![expect(dead_code, reason = "other gateways are tried by another suite, with the same files")]

mod application;
#[macro_use]
mod each;
mod gateway;
mod promises;
mod service;

promises!(nginx, Kind::Nginx { cache: false });
promises!(haproxy, Kind::Haproxy);

#[test]
fn an_answer_that_nginx_keeps_outlives_the_token_by_seconds_and_belongs_to_it_alone() {
    promises::a_kept_answer_outlives_the_token_by_seconds(gateway::Kind::Nginx { cache: true });
}
