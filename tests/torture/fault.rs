//! What the nemesis can do to an installation, and how it is healed.

use crate::dice::Dice;
use crate::history::Redis;
use crate::proxy::Mode;
use crate::replica::Server;
use crate::site::Site;
use crate::tables::run_sql;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::block_in_place;

/// One of them, and how long.
#[derive(Debug, Clone)]
pub struct Plan {
    pub fault: Fault,
    pub lasts: Duration,
    /// Of quiet, before it.
    pub after: Duration,
}

#[derive(Debug, Clone, Copy)]
pub enum Fault {
    KillReplica(usize),
    /// As an update does.
    EndReplica(usize),
    HangReplica(usize),
    MoveClock(i64),
    KillDatabase,
    HangDatabase,
    ReadOnlyDatabase,
    FullDisk,
    KillRedis,
    HangRedis,
    /// Of one replica, or of all, with a server.
    Link(Option<usize>, Server, Mode),
    /// At a path of WeChat's, so many times.
    Wechat(&'static str, &'static str, u32),
}

/// The kinds, each once: one of each is drawn before any is drawn again.
const KINDS: usize = 21;

/// A deck of faults in the order in which they strike.
pub fn deck(dice: &mut Dice, replicas: usize, longest: u64) -> Vec<Plan> {
    let mut kinds: Vec<usize> = (0..KINDS).collect();
    dice.shuffle(&mut kinds);
    let mut plan = |kind: usize| {
        let one = dice.below(replicas);
        let some = if dice.chance(50) { Some(one) } else { None };
        let slow = Mode::Slow(dice.time(20, 700));
        let exchange = "/sns/jscode2session";
        let number = "/wxa/business/getuserphonenumber";
        let fault = match kind {
            0 => Fault::KillReplica(one),
            1 => Fault::EndReplica(one),
            2 => Fault::HangReplica(one),
            3 => Fault::MoveClock(if dice.chance(50) { 3 } else { -3 }),
            4 => Fault::KillDatabase,
            5 => Fault::HangDatabase,
            6 => Fault::ReadOnlyDatabase,
            7 => Fault::FullDisk,
            8 | 9 => Fault::KillRedis,
            10 => Fault::HangRedis,
            11 => Fault::Link(some, Server::Database, Mode::Cut),
            12 => Fault::Link(some, Server::Database, Mode::Silent),
            13 => Fault::Link(some, Server::Database, if dice.chance(50) { slow } else { Mode::Deaf }),
            14 => Fault::Link(some, Server::Redis, Mode::Cut),
            15 => Fault::Link(some, Server::Redis, Mode::Silent),
            16 => Fault::Link(some, Server::Redis, if dice.chance(50) { slow } else { Mode::Deaf }),
            17 => Fault::Link(some, Server::Wechat, if dice.chance(50) { Mode::Cut } else { Mode::Silent }),
            18 => Fault::Wechat(exchange, if dice.chance(50) { "dropBefore" } else { "latencyMs" }, 20),
            19 => Fault::Wechat(exchange, "dropAfter", 20),
            _ => Fault::Wechat(number, if dice.chance(50) { "dropAfter" } else { "garbage" }, 10),
        };
        Plan { fault, lasts: dice.time(500, longest), after: dice.time(800, 2500) }
    };
    kinds.into_iter().map(&mut plan).collect()
}

impl Fault {
    pub fn name(self) -> String {
        match self {
            Fault::KillReplica(_) => "kill a replica".to_owned(),
            Fault::EndReplica(_) => "end a replica".to_owned(),
            Fault::HangReplica(_) => "hang a replica".to_owned(),
            Fault::MoveClock(_) => "move a replica's clock".to_owned(),
            Fault::KillDatabase => "kill the database".to_owned(),
            Fault::HangDatabase => "hang the database".to_owned(),
            Fault::ReadOnlyDatabase => "read-only database".to_owned(),
            Fault::FullDisk => "full disk".to_owned(),
            Fault::KillRedis => "kill redis".to_owned(),
            Fault::HangRedis => "hang redis".to_owned(),
            Fault::Link(_, server, mode) => {
                let how = match mode {
                    Mode::Cut => "cut",
                    Mode::Silent => "hold up",
                    Mode::Slow(_) => "slow",
                    Mode::Deaf => "lose answers of",
                    Mode::Open => "open",
                };
                format!("{how} {server:?}").to_lowercase()
            }
            Fault::Wechat(path, kind, _) => format!("{kind} at {path}"),
        }
    }

    /// Whether this installation can have it.
    pub fn possible(self, site: &Site) -> bool {
        match self {
            Fault::MoveClock(_) => site.has_clock,
            Fault::FullDisk => site.has_disk,
            Fault::Link(_, Server::Redis, _) => site.redis.lock().unwrap().only().is_some(),
            _ => true,
        }
    }

    /// What it may do to what Redis holds.
    pub fn to_redis(self, site: &Site) -> Redis {
        let single = site.redis.lock().unwrap().only().is_some();
        match self {
            Fault::KillRedis if single => Redis::Emptied,
            Fault::KillRedis | Fault::HangRedis if !single => Redis::FailedOver,
            Fault::HangRedis | Fault::Link(_, Server::Redis, _) => Redis::Unheard,
            _ => Redis::Untouched,
        }
    }

    /// Strikes, lasts and heals.
    pub async fn strike(self, site: &Site, lasts: Duration) {
        match self {
            Fault::KillReplica(number) => {
                block_in_place(|| site.replicas[number].kill());
                tokio::time::sleep(lasts).await;
                block_in_place(|| site.replicas[number].start());
            }
            Fault::EndReplica(number) => block_in_place(|| {
                site.replicas[number].end();
                site.replicas[number].kill();
                site.replicas[number].start();
            }),
            Fault::HangReplica(number) => {
                site.replicas[number].signal("STOP");
                tokio::time::sleep(lasts).await;
                site.replicas[number].signal("CONT");
            }
            Fault::MoveClock(seconds) => {
                let replica = site.replicas.last().expect("there are replicas");
                replica.move_clock(seconds);
                tokio::time::sleep(lasts * 2).await;
                replica.move_clock(0);
            }
            Fault::KillDatabase => {
                block_in_place(|| site.tables.lock().unwrap().mariadb.kill());
                tokio::time::sleep(lasts).await;
                block_in_place(|| site.tables.lock().unwrap().mariadb.restart());
            }
            Fault::HangDatabase => {
                site.tables.lock().unwrap().mariadb.hang();
                tokio::time::sleep(lasts).await;
                site.tables.lock().unwrap().mariadb.go_on();
            }
            Fault::ReadOnlyDatabase => {
                // An error says that the server is gone, which it comes back from as it was.
                let _ = run_sql(&site.admin, "SET GLOBAL read_only = ON").await;
                tokio::time::sleep(lasts).await;
                let _ = run_sql(&site.admin, "SET GLOBAL read_only = OFF").await;
            }
            Fault::FullDisk => {
                block_in_place(|| site.tables.lock().unwrap().fill());
                tokio::time::sleep(lasts).await;
                block_in_place(|| site.tables.lock().unwrap().make_room());
            }
            Fault::KillRedis | Fault::HangRedis => self.strike_redis(site, lasts).await,
            Fault::Link(number, server, mode) => {
                let struck = || {
                    site.replicas.iter().enumerate().filter(move |(place, _)| number.is_none_or(|one| one == *place))
                };
                struck().for_each(|(_, replica)| replica.set(server, mode));
                tokio::time::sleep(lasts).await;
                struck().for_each(|(_, replica)| replica.set(server, Mode::Open));
            }
            Fault::Wechat(path, kind, times) => {
                let value = if kind == "latencyMs" { json!(4000) } else { Value::Null };
                site.wechat.fault(path, kind, value, times).await;
                tokio::time::sleep(lasts).await;
                site.wechat.steer(Method::DELETE, "faults", json!({})).await;
            }
        }
    }

    async fn strike_redis(self, site: &Site, lasts: Duration) {
        let kills = matches!(self, Fault::KillRedis);
        let Some(node) = block_in_place(|| site.redis.lock().unwrap().primary()) else { return };
        if kills {
            block_in_place(|| site.redis.lock().unwrap().kill(node));
        } else {
            site.redis.lock().unwrap().hang(node);
        }
        tokio::time::sleep(lasts).await;
        block_in_place(|| {
            let mut redis = site.redis.lock().unwrap();
            // A primary that comes back empty before another took its place would empty the others.
            let over = !kills || redis.fails_over(node);
            if kills {
                redis.restart(node)
            } else {
                redis.go_on(node)
            }
            assert!(over && redis.settles(), "Redis does not settle after {self:?}");
        });
    }
}
