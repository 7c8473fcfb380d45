//! A running service whose every word to its servers is counted.

use bench::http::Connection;
use bench::load::{self, Operation, World};
use bench::process::can_pin;
use bench::proxy::{Proxy, Speaks};
use bench::servers::Servers;
use bench::subject::{Behind, Kind, Served, Subject};
use bench::upstream::Upstream;
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

/// People who have registered.
const KNOWN: u64 = 40;

pub struct Service {
    pub mysql: Proxy,
    pub redis: Proxy,
    pub world: Rc<World>,
    pub served: Served,
    // In the order in which they end.
    _servers: Servers,
    _folder: TempDir,
}

/// Runs `test` beside a service that has been used for a while, so that what is made once has been made.
pub fn beside_a_service(test: impl AsyncFnOnce(&Service)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let service = Service::start().await;
        test(&service).await;
    });
}

impl Service {
    async fn start() -> Service {
        let folder = tempfile::tempdir().unwrap();
        let servers = Servers::start(folder.path()).await.unwrap();
        let mysql = Proxy::before(servers.mysql, Speaks::Mysql);
        let redis = Proxy::before(servers.redis, Speaks::Other);
        let behind = Behind { mysql: mysql.address, redis: redis.address, wechat: Upstream::start().address };
        let program = env!("CARGO_BIN_EXE_weapp-login").into();
        let subject = Subject { name: "counted".into(), program, kind: Kind::WeappLogin };
        subject.prepare(&servers, behind).unwrap();
        let served = subject.start(behind, can_pin().then_some(0), folder.path()).await.unwrap();
        load::register(served.address, KNOWN).await.unwrap();
        let world = Rc::new(World::new(served.address, KNOWN, 1_000_000_000));
        world.open_sessions(20).await.unwrap();
        let service = Service { mysql, redis, world, served, _servers: servers, _folder: folder };
        for operation in Operation::ALL {
            service.repeat(operation, 50).await;
        }
        service.rest().await;
        service
    }

    /// Does `operation` so many times, one after the other, on one connection.
    pub async fn repeat(&self, operation: Operation, times: u64) {
        let mut connection = Connection::open(self.served.address).await.unwrap();
        for _ in 0..times {
            self.world.once(&mut connection, operation).await.unwrap();
        }
    }

    /// Waits until the writer of events is done, and lets the proxies count anew.
    pub async fn rest(&self) {
        loop {
            self.mysql.take();
            self.redis.take();
            // Longer than the writer of events collects.
            tokio::time::sleep(Duration::from_millis(1500)).await;
            if self.mysql.take().round_trips == 0 {
                break;
            }
        }
    }
}
