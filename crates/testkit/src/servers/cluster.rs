//! A cluster of three primaries with a replica each.

use super::redis::{GATHERING, Redis};
use crate::{comes_true, program, run};

/// A Redis Cluster.
pub struct Cluster {
    /// All six of them.
    pub nodes: Vec<Redis>,
}

impl Cluster {
    /// Starts one and waits until it is whole.
    ///
    /// # Panics
    /// It does not come together.
    #[must_use]
    pub fn start() -> Cluster {
        let options = ["--cluster-enabled", "yes", "--cluster-port", "{free}", "--cluster-node-timeout", "1500"];
        let nodes: Vec<_> = (0..6).map(|_| Redis::with(&options)).collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let mut create = program("redis-cli");
        create.args(["--cluster", "create"]).args(addresses).args(["--cluster-replicas", "1", "--cluster-yes"]);
        run(&mut create).unwrap();
        let complete = || {
            nodes.iter().all(|node| {
                let slots = node.ask(&["CLUSTER", "INFO"]);
                let linked = node.info("role") == "master" || node.info("master_link_status") == "up";
                slots.contains("cluster_state:ok") && slots.contains("cluster_known_nodes:6") && linked
            })
        };
        assert!(comes_true(GATHERING, complete), "the nodes do not find together");
        let replicas = nodes.iter().filter(|node| node.info("role") == "slave").count();
        assert_eq!(replicas, 3);
        Cluster { nodes }
    }

    /// Two of the nodes stand for all.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+cluster://127.0.0.1:{},127.0.0.1:{}", self.nodes[1].port, self.nodes[4].port)
    }

    /// Kills a primary.
    ///
    /// # Panics
    /// There is none.
    pub fn kill_a_primary(&mut self) {
        let primary = self.nodes.iter_mut().find(|node| node.info("role") == "master").unwrap();
        primary.kill();
    }
}
