//! A long way to a server: a proxy that holds every byte for a while.

use crate::proxy;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::Instant;

/// Starts a proxy in front of `server`, over which a question and its answer together take `round_trip` longer. It runs on
/// a thread of its own and ends with the process.
///
/// # Panics
/// There is no free port.
#[must_use]
pub fn far_away(server: SocketAddr, round_trip: Duration) -> SocketAddr {
    proxy::before(server, move |client, server| between(client, server, round_trip / 2))
}

async fn between(client: TcpStream, server: TcpStream, one_way: Duration) {
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::join!(late(from_client, to_server, one_way), late(from_server, to_client, one_way));
}

/// Hands bytes on, each `by` later than it came, so that many under way at once cost no more than one.
async fn late(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, by: Duration) {
    let (sender, mut receiver) = unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut bytes = vec![0; 65536];
        while let Ok(length @ 1..) = from.read(&mut bytes).await {
            let _ = sender.send((Instant::now() + by, bytes[..length].to_vec()));
        }
    };
    let write = async move {
        while let Some((due, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(read, write);
}
