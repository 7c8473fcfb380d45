//! Redis as the run was asked for it: one server, one under sentinels, or a cluster.

use std::net::SocketAddr;
use std::time::Duration;
use testkit::{Cluster, Redis as Node, Sentinels, comes_true, program, run};

/// How long a fail-over may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

pub enum Redis {
    Single(Node),
    Sentinels(Sentinels),
    Cluster(Cluster),
}

impl Redis {
    /// `kind` is `single`, `sentinel` or `cluster`.
    pub fn start(kind: &str) -> Redis {
        match kind {
            "single" => Redis::Single(Node::start()),
            "sentinel" => Redis::Sentinels(Sentinels::start()),
            "cluster" => Redis::Cluster(Cluster::start()),
            other => panic!("TORTURE_REDIS is single, sentinel or cluster, not {other}"),
        }
    }

    /// The only server, before which a proxy can stand.
    pub fn only(&self) -> Option<SocketAddr> {
        match self {
            Redis::Single(node) => Some(SocketAddr::from(([127, 0, 0, 1], node.port))),
            _ => None,
        }
    }

    pub fn url(&self) -> String {
        match self {
            Redis::Single(node) => node.url(),
            Redis::Sentinels(sentinels) => sentinels.url(),
            Redis::Cluster(cluster) => cluster.url(),
        }
    }

    fn nodes(&mut self) -> Vec<&mut Node> {
        match self {
            Redis::Single(node) => vec![node],
            Redis::Sentinels(sentinels) => {
                let mut nodes = vec![&mut sentinels.primary];
                nodes.extend(sentinels.replicas.iter_mut());
                nodes
            }
            Redis::Cluster(cluster) => cluster.nodes.iter_mut().collect(),
        }
    }

    /// A server that takes writes, by its place among all.
    pub fn primary(&mut self) -> Option<usize> {
        self.nodes().iter().position(|node| role(node.port) == "master")
    }

    pub fn kill(&mut self, node: usize) {
        self.nodes()[node].kill();
    }

    pub fn restart(&mut self, node: usize) {
        self.nodes()[node].restart();
    }

    pub fn hang(&mut self, node: usize) {
        self.nodes()[node].hang();
    }

    pub fn go_on(&mut self, node: usize) {
        self.nodes()[node].go_on();
    }

    /// Waits until another server has taken the place of `lost`; at once where there is only one.
    pub fn fails_over(&mut self, lost: usize) -> bool {
        let primaries = match self {
            Redis::Single(_) => return true,
            Redis::Sentinels(_) => 1,
            Redis::Cluster(_) => 3,
        };
        let ports: Vec<_> = self.nodes().iter().map(|node| node.port).collect();
        let others = ports.iter().enumerate().filter(|(place, _)| *place != lost).map(|(_, port)| *port);
        let others: Vec<_> = others.collect();
        comes_true(PATIENCE, || others.iter().filter(|port| role(**port) == "master").count() == primaries)
    }

    /// Waits until every replica follows its primary again.
    pub fn settles(&mut self) -> bool {
        let (ports, primaries) = match self {
            Redis::Single(_) => return true,
            Redis::Sentinels(_) => (self.ports(), 1),
            Redis::Cluster(_) => (self.ports(), 3),
        };
        comes_true(PATIENCE, || {
            let told: Vec<_> = ports.iter().map(|port| replication(*port)).collect();
            let following = told.iter().filter(|told| told.contains("master_link_status:up")).count();
            let leading = told.iter().filter(|told| told.contains("role:master")).count();
            leading == primaries && following == ports.len() - primaries
        })
    }

    fn ports(&mut self) -> Vec<u16> {
        self.nodes().iter().map(|node| node.port).collect()
    }
}

fn role(port: u16) -> String {
    let told = replication(port);
    told.lines().find_map(|line| line.strip_prefix("role:")).unwrap_or_default().trim().to_owned()
}

/// Nothing from a server that is gone or hangs.
fn replication(port: u16) -> String {
    let mut ask = program("timeout");
    ask.args(["1", "redis-cli", "-p", &port.to_string(), "INFO", "replication"]);
    run(&mut ask).unwrap_or_default()
}
