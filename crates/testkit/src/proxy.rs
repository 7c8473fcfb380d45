//! What stands between a client and a server, on a thread of its own, and ends with the process.

use std::net::{SocketAddr, TcpListener};
use tokio::net::TcpStream;

/// Starts a proxy in front of `server`; `between` has both ends of each connection.
pub(crate) fn before<F, Done>(server: SocketAddr, between: F) -> SocketAddr
where
    F: Fn(TcpStream, TcpStream) -> Done + Copy + Send + 'static,
    Done: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(server) = TcpStream::connect(server).await {
                    between(client, server).await;
                }
            });
        }
    };
    let run = move || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(serve);
    std::thread::spawn(run);
    address
}
