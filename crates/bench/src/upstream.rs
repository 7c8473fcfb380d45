//! A stand-in for WeChat that answers at once, or after as long as it is told to wait. It knows everybody who has a
//! number, and no rule: the simulator has those.

use crate::people::Person;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A running stand-in, on a thread of its own, which ends with the process.
pub struct Upstream {
    pub address: SocketAddr,
    wait: Arc<AtomicU64>,
}

impl Upstream {
    /// Starts one on loopback.
    ///
    /// # Panics
    /// Loopback has no free port.
    pub fn start() -> Upstream {
        let wait = Arc::new(AtomicU64::new(0));
        let waits = wait.clone();
        let address = on_own_thread(async move |listener| {
            let waits = waits.clone();
            loop {
                // The one that failed to arrive is the service's to notice.
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::task::spawn_local(answer(stream, waits.clone()));
            }
        });
        Upstream { address, wait }
    }

    /// Lets every answer wait from here on.
    pub fn wait(&self, wait: Duration) {
        self.wait.store(wait.as_millis() as u64, Relaxed);
    }
}

/// Runs a server on a thread of its own; tells where it listens.
pub(crate) fn on_own_thread<F>(serve: F) -> SocketAddr
where
    F: AsyncFnOnce(TcpListener) + Send + 'static,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.set_nonblocking(true).expect("a socket can be made non-blocking");
    let address = listener.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async { serve(TcpListener::from_std(listener).expect("a runtime is here")).await });
    });
    address
}

async fn answer(mut stream: TcpStream, wait: Arc<AtomicU64>) {
    let _ = stream.set_nodelay(true);
    let mut request = Vec::with_capacity(1024);
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_buf(&mut request).await {
                Ok(read) if read > 0 => {}
                _ => return,
            }
        }
        let waits = wait.load(Relaxed);
        if waits > 0 {
            tokio::time::sleep(Duration::from_millis(waits)).await;
        }
        let body = body(&String::from_utf8_lossy(&request));
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        request.clear();
    }
}

fn body(request: &str) -> String {
    let target = request.split(' ').nth(1).unwrap_or_default();
    let code = target.split(['?', '&']).find_map(|part| part.strip_prefix("js_code="));
    match code.and_then(Person::of_code) {
        Some(person) if target.starts_with("/sns/jscode2session") => format!(
            r#"{{"session_key":"{}","openid":"{}","unionid":"{}"}}"#,
            person.session_key(),
            person.openid(),
            person.unionid()
        ),
        _ => r#"{"errcode":40029,"errmsg":"invalid code"}"#.to_owned(),
    }
}
