//! Addresses for servers that a test starts.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

/// An address of this machine that nobody listens at. Below 32768, where Linux begins to hand ports to outgoing
/// connections.
///
/// Another program may take it before the test does: what fails to start is to be started once more with another.
///
/// # Panics
/// A thousand ports are taken.
#[must_use]
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = (std::process::id() % 11_000) as u16;
    (0..1000)
        .map(|_| SocketAddr::from(([127, 0, 0, 1], 20_000 + (first + NEXT.fetch_add(1, Relaxed)) % 12_000)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}

/// The port of a [`free_address`].
#[must_use]
pub fn free_port() -> u16 {
    free_address().port()
}
