//! HTTP as bytes, so that a test can send what no client library would.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(15);

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The values of a header; its name in lower case.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A text in the JSON body.
    pub fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_else(|| panic!("no text {field} in {self:?}")).to_owned()
    }
}

/// Sends one request on a connection of its own.
pub fn ask(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        head.push_str("Connection: close\r\n");
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    let mut bytes = vec![];
    stream.read_to_end(&mut bytes).unwrap();
    parsed(&bytes)
}

pub fn post(to: SocketAddr, path: &str, body: &serde_json::Value) -> Answer {
    ask(to, "POST", path, &[("Content-Type", "application/json")], &body.to_string())
}

/// The part of a message before its body, and the rest.
pub fn split(message: &[u8]) -> Option<(String, &[u8])> {
    let end = message.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&message[..end]).into_owned(), &message[end + 4..]))
}

/// The header lines of a head, names in lower case.
pub fn header_lines(head: &str) -> Vec<(String, String)> {
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    head.lines().skip(1).filter_map(pair).collect()
}

fn parsed(message: &[u8]) -> Answer {
    let (head, body) = split(message).unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(message)));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let headers = header_lines(&head);
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { joined(body) } else { body.to_vec() };
    Answer { status, headers, body: String::from_utf8(body).unwrap() }
}

fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = vec![];
    loop {
        let end = chunks.windows(2).position(|window| window == b"\r\n").expect("a chunk's size");
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 4 + size..];
    }
}
