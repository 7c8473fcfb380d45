//! HTTP as bytes, so that a test can send what no client library would.

use crate::Answer;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(15);

/// The answer to one request on a connection of its own.
///
/// # Panics
/// There is none within 15 seconds, or it is no HTTP.
#[must_use]
pub fn ask(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        head.push_str("Connection: close\r\n");
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    let begin = Instant::now();
    parsed(&raw(to, format!("{head}\r\n{body}").as_bytes()), begin)
}

/// The answer to a `POST` of JSON.
///
/// # Panics
/// As [`ask`] does.
#[must_use]
pub fn post(to: SocketAddr, path: &str, body: &Value) -> Answer {
    ask(to, "POST", path, &[("Content-Type", "application/json")], &body.to_string())
}

/// Everything that comes back for `bytes` until the other side closes the connection.
///
/// # Panics
/// Nobody listens, or nothing comes for 15 seconds.
#[must_use]
pub fn raw(to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut received = vec![];
    stream.read_to_end(&mut received).unwrap();
    received
}

/// The part of a message before its body, and the rest; nothing as long as its head is not whole.
#[must_use]
pub fn split(message: &[u8]) -> Option<(String, &[u8])> {
    let end = message.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&message[..end]).into_owned(), &message[end + 4..]))
}

/// The header lines of a head, names in lower case.
#[must_use]
pub fn header_lines(head: &str) -> Vec<(String, String)> {
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    head.lines().skip(1).filter_map(pair).collect()
}

fn parsed(message: &[u8], begin: Instant) -> Answer {
    let (head, body) = split(message).unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(message)));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let lines = header_lines(&head);
    let chunked = lines.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { joined(body) } else { body.to_vec() };
    let pair = |(name, value): &(String, String)| -> (HeaderName, HeaderValue) {
        (name.parse().expect("a header's name"), value.parse().expect("a header's value"))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.iter().map(pair) {
        headers.append(name, value);
    }
    let raw = String::from_utf8(body).unwrap();
    Answer::new(StatusCode::from_u16(status).expect("a status"), headers, raw, begin.elapsed())
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
