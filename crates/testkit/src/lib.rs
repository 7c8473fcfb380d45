//! What every suite shares: the servers that the test run was given, databases of a test's own, programs that a test
//! starts and ends, the simulated WeChat and its phones, and answers over HTTP.
//!
//! It knows nothing of the service's insides: a suite that needs those has them from the service itself.

mod answer;
mod client;
mod database;
mod delay;
mod given;
mod ignorant;
mod imports;
mod ports;
mod process;
mod proxy;
mod refusing;
mod servers;
mod waiting;
mod wechat;
pub mod wire;

pub use answer::Answer;
pub use client::client;
pub use database::{Database, unique};
pub use delay::far_away;
pub use given::{given, nodes};
pub use ignorant::ignorant;
pub use imports::{imports, modules};
pub use ports::{free_address, free_port};
pub use process::{Process, program, run, text};
pub use refusing::{REFUSED_BY_CLOUDS, refusing};
pub use servers::{Cluster, DATABASE_PASSWORD, Mariadb, Nginx, Redis, Sentinels};
pub use waiting::{comes_true, eventually};
pub use wechat::{Phone, Wechat};
