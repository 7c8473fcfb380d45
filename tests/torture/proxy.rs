//! A connection between a replica and one of its servers that can be cut, held up and made deaf.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It arrives.
    Open,
    /// Connections break, and there are no others.
    Cut,
    /// Nothing arrives until this is over; then all of it does, however late.
    Silent,
    /// It arrives later.
    Slow(Duration),
    /// Questions arrive; at the first answer the connection breaks.
    Deaf,
}

/// One listener in front of one server.
pub struct Proxy {
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
}

impl Proxy {
    pub async fn before(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, watched) = watch::channel(Mode::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server, watched.clone()));
            }
        });
        Proxy { address, mode }
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn connect(client: TcpStream, server: SocketAddr, mode: watch::Receiver<Mode>) {
    if *mode.borrow() == Mode::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    // An error says that a side is gone, which the next read tells, too.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut cut = mode.clone();
    let questions = carry(from_client, to_server, mode.clone(), false);
    let answers = carry(from_server, to_client, mode, true);
    // An end of the questions is carried on and the answers are still awaited; without answers nothing is.
    let both = async {
        tokio::select! { () = answers => {}, () = async { questions.await; std::future::pending().await } => {} }
    };
    tokio::select! {
        () = both => {}
        _ = cut.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut mode: watch::Receiver<Mode>, answers: bool) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(length) = from.read(&mut buffer).await else { return };
        // The sender is the proxy itself, which outlives its connections.
        let Ok(now) = mode.wait_for(|mode| *mode != Mode::Silent).await.map(|mode| *mode) else { return };
        if let Mode::Slow(time) = now {
            tokio::time::sleep(time).await;
        }
        if length == 0 || (answers && now == Mode::Deaf) || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
