//! What every backend must do, and each does: the same cases over MySQL or MariaDB and SQLite; over Redis, a cluster of it
//! and memory.

mod backends;
mod histories;
mod import_files;
mod migrations;
mod outages;
mod sessions;
mod support;
mod transfer;
mod workers;

#[path = "."]
mod mysql {
    pub use crate::backends::Mysql as Backend;
    mod activity;
    mod events;
    mod importing;
    mod linking;
    mod linking_races;
    mod merging;
    mod people;
    mod unlinking;
    mod youngest;
}

#[path = "."]
mod sqlite {
    pub use crate::backends::Sqlite as Backend;
    mod activity;
    mod events;
    mod importing;
    mod linking;
    mod linking_races;
    mod merging;
    mod people;
    mod unlinking;
    mod youngest;
}

#[path = "."]
mod redis {
    pub use crate::backends::Redis as Backend;
    mod tokens;
}

#[path = "."]
mod cluster {
    pub use crate::backends::RedisCluster as Backend;
    mod tokens;
}

#[path = "."]
mod memory {
    pub use crate::backends::Memory as Backend;
    mod tokens;
}
