//! A server of this process and one connection to it: what is fuzzed is what arrives in bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// How long an answer may take before it counts as none.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// One client of one server.
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<TcpStream>,
}

impl Client {
    /// Runs what `start` makes of a listener and of a runtime, on a thread of its own, for as long as the process lives.
    pub(crate) fn of<S>(start: S) -> Client
    where
        S: FnOnce(TcpListener) -> actix_web::dev::Server + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.expect("a runtime").block_on(async { start(listener).await }).expect("a server that runs");
        });
        Client { address, connection: None }
    }

    /// The status of the answer to one request.
    ///
    /// # Panics
    /// There is no answer, or it is no HTTP.
    pub(crate) fn status(&mut self, head: &str, body: &[u8]) -> u16 {
        let head = format!("{head}Host: fuzzed\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = [head.as_bytes(), body].concat();
        // The server may have closed the connection after an answer; a fresh one is not closed before its first.
        if let Some(connection) = &mut self.connection
            && let Some(status) = asked(connection, &request)
        {
            return status;
        }
        let mut connection = TcpStream::connect(self.address).expect("the server listens");
        connection.set_read_timeout(Some(ANSWER_TIMEOUT)).expect("a time limit");
        connection.set_nodelay(true).expect("an option");
        let status = asked(&mut connection, &request);
        self.connection = Some(connection);
        status.unwrap_or_else(|| panic!("no answer to {}", String::from_utf8_lossy(&request)))
    }
}

/// Asks and reads the whole answer; nothing if the connection ends before.
fn asked(connection: &mut TcpStream, request: &[u8]) -> Option<u16> {
    connection.write_all(request).ok()?;
    let (mut received, mut buffer) = (vec![], [0; 16 * 1024]);
    loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
            let status = head.split(' ').nth(1)?.parse().ok()?;
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(Some(0), |length| length.trim().parse().ok())?;
            let chunked = head.contains("\r\ntransfer-encoding: chunked");
            let whole = if chunked { received.ends_with(b"0\r\n\r\n") } else { received.len() >= end + 4 + length };
            if whole {
                return Some(status);
            }
        }
        match connection.read(&mut buffer).ok()? {
            0 => return None,
            length => received.extend_from_slice(&buffer[..length]),
        }
    }
}
