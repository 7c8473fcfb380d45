//! A proxy in front of a database that does not know a word, as servers of other makers do not know all of MySQL's.

use crate::proxy;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::TcpStream;

/// Starts a proxy in front of `server` that has never heard of `word`: it reaches the server with its letters in the other
/// order, so that the server itself says what is wrong. It runs on a thread of its own and ends with the process.
///
/// # Panics
/// There is no free port.
#[must_use]
pub fn ignorant(server: SocketAddr, word: &'static str) -> SocketAddr {
    proxy::before(server, move |client, server| between(client, server, word))
}

async fn between(client: TcpStream, server: TcpStream, word: &'static str) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    // A statement comes in one piece: whoever sends it waits for the answer.
    let there = async {
        let mut bytes = vec![0; 1 << 20];
        while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
            let sent = &mut bytes[..length];
            for at in 0..sent.len().saturating_sub(word.len() - 1) {
                if sent[at..].starts_with(word.as_bytes()) {
                    sent[at..at + word.len()].reverse();
                }
            }
            if to_server.write_all(sent).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = copy(&mut from_server, &mut to_client) => {}
        () = there => {}
    }
}
