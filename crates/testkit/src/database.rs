//! Databases of a test's own on the server of `TEST_DATABASE_URL`.

use crate::client::install_crypto;
use crate::{given, nodes};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use url::Url;

/// An empty database that nobody else knows; it is dropped with this value.
#[derive(Debug)]
pub struct Database {
    /// Its name on the server, also good as a key prefix or a file's name.
    pub name: String,
}

impl Database {
    /// Creates one. It waits on a thread of its own, so that constructors may call it.
    ///
    /// # Panics
    /// The server does not obey.
    #[expect(clippy::new_without_default, reason = "a default value would ask no server")]
    #[must_use]
    pub fn new() -> Database {
        install_crypto();
        let name = format!("weapp_{}", unique());
        on_server(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
        Database { name }
    }

    /// Its address for the user of the test run.
    #[must_use]
    pub fn url(&self) -> String {
        let mut url = server();
        url.set_path(&self.name);
        url.into()
    }

    /// Its address at a node of the cluster that the test run was given, one after the other; the only one where it is none.
    ///
    /// # Panics
    /// What was given is no address.
    #[must_use]
    pub fn url_at(&self, nth: usize) -> String {
        let nodes = nodes();
        let mut url: Url = nodes[nth % nodes.len()].parse().expect("TEST_DATABASE_NODES are addresses");
        url.set_path(&self.name);
        url.into()
    }

    /// Its address through something at `address` that stands before the server.
    ///
    /// # Panics
    /// Never: an address has a port.
    #[must_use]
    pub fn url_through(&self, address: SocketAddr) -> String {
        let mut url: Url = self.url().parse().unwrap();
        url.set_ip_host(address.ip()).unwrap();
        url.set_port(Some(address.port())).unwrap();
        url.into()
    }

    /// Where its server listens.
    ///
    /// # Panics
    /// The server is named by no number.
    #[must_use]
    pub fn server(&self) -> SocketAddr {
        let url = server();
        SocketAddr::new(url.host_str().unwrap().parse().unwrap(), url.port().unwrap_or(3306))
    }

    /// Its address for somebody else.
    #[must_use]
    pub fn url_as(&self, user: &str, password: &str) -> String {
        let mut url = server();
        url.set_path(&self.name);
        url.set_username(user).unwrap();
        url.set_password(Some(password)).unwrap();
        url.into()
    }

    /// A connection of the user of the test run.
    ///
    /// # Panics
    /// The server lets nobody in.
    pub async fn connect(&self) -> Conn {
        Conn::from_url(self.url()).await.unwrap()
    }

    /// A connection of somebody else.
    ///
    /// # Panics
    /// The server does not let them in.
    pub async fn connect_as(&self, user: &str, password: &str) -> Conn {
        Conn::from_url(self.url_as(user, password)).await.unwrap()
    }

    /// Runs `sql` in it: one statement, or several.
    ///
    /// # Panics
    /// The server refuses one of them.
    pub async fn run(&self, sql: &str) {
        let mut connection = self.connect().await;
        connection.query_drop(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
        connection.disconnect().await.unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        on_server(format!("DROP DATABASE {}", self.name));
    }
}

/// Sixteen hexadecimal digits that nobody else uses, in this process or in another.
#[must_use]
pub fn unique() -> String {
    // The keys of a hash map's hasher are the randomness of the standard library.
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

fn server() -> Url {
    given("TEST_DATABASE_URL").parse().expect("TEST_DATABASE_URL is an address")
}

/// Runs `sql` outside of any database of a test's own, on a thread of its own: destructors cannot wait, threads can.
fn on_server(sql: String) {
    let work = async move {
        let mut connection = Conn::from_url(server()).await.unwrap();
        connection.query_drop(sql).await.unwrap();
        connection.disconnect().await.unwrap();
    };
    let run = move || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::spawn(run).join().unwrap();
}
