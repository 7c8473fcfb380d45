//! A proxy that counts what a service asks of one of its servers.
//!
//! A round trip is what a service writes on one connection until the server answers on it: several commands in one
//! pipeline are one. Counted so, it does not matter how the kernel cuts the bytes.

use crate::upstream::on_own_thread;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a proxy has seen since it was last emptied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub round_trips: u64,
    /// Of MySQL: how often each text was prepared on each connection, by the connection's number.
    pub prepared: BTreeMap<(u64, String), u64>,
    /// Of MySQL: how often each text ran, prepared or not.
    pub ran: BTreeMap<String, u64>,
}

impl Seen {
    /// How many queries ran that read and change nothing.
    pub fn reads(&self) -> u64 {
        self.ran.iter().filter(|(text, _)| is_read(text)).map(|(_, times)| times).sum()
    }
}

/// Whether a statement reads and changes nothing.
pub fn is_read(text: &str) -> bool {
    text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    Mysql,
    /// Anything in which one side asks and the other answers.
    Other,
}

/// A running proxy, on a thread of its own, which ends with the process.
pub struct Proxy {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Proxy {
    /// Starts one in front of `server`.
    pub fn before(server: SocketAddr, speaks: Speaks) -> Proxy {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let counts = seen.clone();
        let address = on_own_thread(async move |listener| {
            let mut number = 0;
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                number += 1;
                let commands = (speaks == Speaks::Mysql).then(|| Commands::of(number));
                tokio::task::spawn_local(between(client, server, counts.clone(), commands));
            }
        });
        Proxy { address, seen }
    }

    /// What it has seen, from which it counts anew.
    pub fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().expect("nothing panics while it counts"))
    }
}

/// Hands bytes on between both ends until one of them closes.
async fn between(mut client: TcpStream, server: SocketAddr, seen: Arc<Mutex<Seen>>, mut commands: Option<Commands>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
    // The server speaks first (MySQL) or not at all before it is asked (Redis).
    let mut waits = false;
    loop {
        tokio::select! {
            // An answer that is there already ends a round trip before the next question begins one.
            biased;
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                waits = false;
                if let Some(commands) = &mut commands {
                    commands.answer(&answered[..length]);
                }
                if client.write_all(&answered[..length]).await.is_err() { return }
            }
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                {
                    let mut seen = seen.lock().expect("nothing panics while it counts");
                    seen.round_trips += u64::from(!waits);
                    if let Some(commands) = &mut commands {
                        commands.question(&asked[..length], &mut seen);
                    }
                }
                waits = true;
                if server.write_all(&asked[..length]).await.is_err() { return }
            }
        }
    }
}

/// The commands on one connection to MySQL, read from its packets. Source:
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>
struct Commands {
    connection: u64,
    /// Bytes of a packet that is not whole yet.
    rest: Vec<u8>,
    /// The text whose number the next answer tells.
    preparing: Option<String>,
    texts: BTreeMap<u32, String>,
}

const QUERY: u8 = 0x03;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;

impl Commands {
    fn of(connection: u64) -> Commands {
        Commands { connection, rest: vec![], preparing: None, texts: BTreeMap::new() }
    }

    fn question(&mut self, bytes: &[u8], seen: &mut Seen) {
        self.rest.extend_from_slice(bytes);
        while let Some((packet, length)) = packet(&self.rest) {
            // A command begins its own numbering; what does not is part of signing in.
            if let (0, [command, body @ ..]) = packet {
                let text = String::from_utf8_lossy(body).into_owned();
                match *command {
                    QUERY => *seen.ran.entry(text).or_default() += 1,
                    PREPARE => {
                        *seen.prepared.entry((self.connection, text.clone())).or_default() += 1;
                        self.preparing = Some(text);
                    }
                    EXECUTE => {
                        let number = body.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
                        let text = self.texts.get(&number).cloned().unwrap_or_else(|| "not known".to_owned());
                        *seen.ran.entry(text).or_default() += 1;
                    }
                    _ => {}
                }
            }
            self.rest.drain(..length);
        }
    }

    fn answer(&mut self, bytes: &[u8]) {
        let Some(text) = self.preparing.take() else { return };
        if let Some(([0, number @ ..], _)) = packet(bytes).map(|((_, body), length)| (body, length))
            && let Some(number) = number.first_chunk()
        {
            self.texts.insert(u32::from_le_bytes(*number), text);
        }
    }
}

/// Number and body of the first packet, and how many bytes it takes; nothing if it is not whole.
fn packet(bytes: &[u8]) -> Option<((u8, &[u8]), usize)> {
    let [a, b, c, number] = *bytes.first_chunk()?;
    let length = u32::from_le_bytes([a, b, c, 0]) as usize + 4;
    Some(((number, bytes.get(4..length)?), length))
}
