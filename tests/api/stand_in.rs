//! A server that answers like WeChat's with what a test tells it to, byte for byte.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers every request with the next of its answers, the last of them for ever.
pub struct StandIn {
    pub base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    /// `answers` are content types and bodies.
    pub async fn start(answers: &[(&str, &str)]) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(vec![]));
        let answers: Vec<_> = answers.iter().map(|(kind, body)| ((*kind).to_owned(), (*body).to_owned())).collect();
        let log = asked.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 8192];
                let length = stream.read(&mut request).await.unwrap();
                let number = {
                    let mut log = log.lock().unwrap();
                    log.push(String::from_utf8_lossy(&request[..length]).into_owned());
                    log.len() - 1
                };
                let (kind, body) = &answers[number.min(answers.len() - 1)];
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            }
        });
        StandIn { base, asked }
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
