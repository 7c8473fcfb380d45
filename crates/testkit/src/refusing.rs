//! A proxy in front of a Redis that knows fewer commands than the server, as the proxies of rented clusters do.

use crate::proxy;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// What no command of the service's may need: transactions, scripts that are loaded apart, other protocols, and whatever has
/// no key to find a shard by.
pub const REFUSED_BY_CLOUDS: &[&str] = &[
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH",
    "UNWATCH",
    "SCRIPT",
    "GETDEL",
    "HELLO",
    "CLIENT",
    "TIME",
    "INFO",
    "CONFIG",
    "KEYS",
    "SCAN",
    "DBSIZE",
    "WAIT",
    "FUNCTION",
    "FCALL",
    "PUBLISH",
    "SUBSCRIBE",
];

/// Starts a proxy in front of `server` that refuses the commands named. It runs on a thread of its own and ends with the
/// process.
///
/// # Panics
/// There is no free port.
#[must_use]
pub fn refusing(server: SocketAddr, commands: &'static [&'static str]) -> SocketAddr {
    proxy::before(server, move |client, server| between(client, server, commands))
}

async fn between(client: TcpStream, server: TcpStream, commands: &'static [&'static str]) {
    let ((from_client, mut to_client), (mut from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        _ = copy(&mut from_server, &mut to_client) => {}
        _ = filtered(BufReader::new(from_client), to_server, commands) => {}
    }
}

/// Hands on one command after another. In the place of one that is refused goes one that no server knows, so that its error
/// comes in the order of the other answers.
async fn filtered(
    mut from: BufReader<OwnedReadHalf>,
    mut to: OwnedWriteHalf,
    commands: &'static [&'static str],
) -> std::io::Result<()> {
    loop {
        let mut whole = vec![];
        let parts = number(&mut from, &mut whole).await?;
        let mut name = String::new();
        for part in 0..parts {
            let length = number(&mut from, &mut whole).await?;
            let begins = whole.len();
            whole.resize(begins + length + 2, 0);
            from.read_exact(&mut whole[begins..]).await?;
            if part == 0 {
                name = String::from_utf8_lossy(&whole[begins..begins + length]).to_uppercase();
            }
        }
        match commands.contains(&name.as_str()) {
            true => to.write_all(format!("*1\r\n${}\r\nREFUSED-{name}\r\n", name.len() + 8).as_bytes()).await?,
            false => to.write_all(&whole).await?,
        }
    }
}

/// The number of a line such as `*3` or `$5`, which is added to `whole`.
async fn number(from: &mut BufReader<OwnedReadHalf>, whole: &mut Vec<u8>) -> std::io::Result<usize> {
    let begins = whole.len();
    from.read_until(b'\n', whole).await?;
    let line = std::str::from_utf8(&whole[begins..]).unwrap_or_default().trim_end();
    line.get(1..).and_then(|digits| digits.parse().ok()).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}
