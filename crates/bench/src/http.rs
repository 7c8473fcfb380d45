//! One keep-alive connection to a server of ours, one request at a time.

use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take. Far above anything that is worth a figure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection with its buffers, which are used again for every request.
pub struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    Get(&'a str),
    /// With the bearer token.
    GetAs(&'a str, &'a str),
    /// With a JSON body.
    Post(&'a str, &'a str),
}

/// An answer; its body stays in the connection's buffer until the next request.
#[derive(Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    /// Opens one.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("nobody listens at {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, request: Vec::with_capacity(2048), answer: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads its answer whole.
    ///
    /// # Errors
    /// The connection ends or the answer is not HTTP/1.1 with a length, or is not there within half a minute.
    pub async fn ask(&mut self, ask: Ask<'_>) -> anyhow::Result<Answer<'_>> {
        self.send(ask).await?;
        self.receive().await
    }

    /// Sends a request; its answer is for [`Connection::receive`].
    ///
    /// # Errors
    /// The connection has ended.
    pub async fn send(&mut self, ask: Ask<'_>) -> anyhow::Result<()> {
        use std::io::Write;
        let out = &mut self.request;
        out.clear();
        match ask {
            Ask::Get(path) => write!(out, "GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n")?,
            Ask::GetAs(path, token) => {
                write!(out, "GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")?;
            }
            Ask::Post(path, body) => write!(
                out,
                "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )?,
        }
        self.stream.write_all(out).await.context("the connection has ended")
    }

    /// Reads one answer whole.
    ///
    /// # Errors
    /// As for [`Connection::ask`].
    pub async fn receive(&mut self) -> anyhow::Result<Answer<'_>> {
        self.answer.clear();
        let (status, begin, end) = loop {
            if let Some(found) = parsed(&self.answer)? {
                break found;
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.answer)).await;
            ensure!(read.context("no answer within half a minute")?? > 0, "the connection ended before its answer");
        };
        ensure!(self.answer.len() == end, "bytes after the answer");
        Ok(Answer { status, body: &self.answer[begin..end] })
    }
}

/// Status, begin and end of the body, once all of it is there.
fn parsed(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let Some(head_end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..head_end]).context("the head of the answer is not text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let Some(status) = status else { bail!("the answer is not HTTP/1.1") };
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    let length = match length {
        Some(length) => length,
        None if status == 204 => 0,
        None => bail!("an answer without its length"),
    };
    let begin = head_end + 4;
    Ok((bytes.len() >= begin + length).then_some((status, begin, begin + length)))
}
