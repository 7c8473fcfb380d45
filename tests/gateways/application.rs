//! Programs behind a gateway: an application that tells what reached it, and a replica that breaks off.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use testkit::wire::{header_lines, split};

/// A server that counts the requests it minds. It serves until the process ends.
pub struct Backend {
    pub address: SocketAddr,
    reached: Arc<AtomicUsize>,
}

impl Backend {
    /// An application whose answer is the head of the request as it arrived.
    pub fn application() -> Backend {
        Backend::new(|head| Some(head.to_owned()))
    }

    /// A replica that is well, says `/readyz`, and closes the connection on everything else.
    pub fn that_breaks_off() -> Backend {
        Backend::new(|_| None)
    }

    pub fn times_reached(&self) -> usize {
        self.reached.load(SeqCst)
    }

    fn new(answer: fn(&str) -> Option<String>) -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reached = Arc::new(AtomicUsize::new(0));
        let count = reached.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = count.clone();
                std::thread::spawn(move || serve(stream, &count, answer));
            }
        });
        Backend { address, reached }
    }
}

fn serve(mut stream: TcpStream, reached: &AtomicUsize, answer: fn(&str) -> Option<String>) {
    let Some(head) = request(&mut stream) else { return };
    let body = if head.starts_with("GET /readyz ") {
        "well".to_owned()
    } else {
        reached.fetch_add(1, SeqCst);
        let Some(body) = answer(&head) else { return };
        body
    };
    let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // A gateway that went away in the meantime needs no answer.
    let _ = stream.write_all(answer.as_bytes());
}

/// The head of one request, after its whole body has arrived.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = vec![];
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let Some((head, body)) = split(&bytes) else { continue };
        let length =
            header_lines(&head).iter().find(|(name, _)| name == "content-length").map(|(_, length)| length.parse());
        if body.len() >= length.and_then(Result::ok).unwrap_or(0) {
            return Some(head);
        }
    }
}
