//! What the gateways of `deploy/` promise that Debian does not have: `scripts/test-gateways` brings them. It is a suite of its
//! own, so that `make test`, which has no such programs, counts no test that it did not run.

#![expect(clippy::disallowed_methods, reason = "a test waits for other programs")]
#![expect(dead_code, reason = "nginx and HAProxy are tried by another suite, with the same files")]

mod application;
#[macro_use]
mod each;
mod gateway;
mod promises;
mod service;

promises!(traefik, Kind::Traefik);
promises!(envoy, Kind::Envoy);
promises!(caddy, Kind::Caddy);
