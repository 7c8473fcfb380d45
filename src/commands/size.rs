//! `weapp-login size`: how large an installation has to be, reckoned from what was measured (`docs/sizing.md`).

use anyhow::bail;
use serde::Serialize;
use serde_json::json;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// People who have registered
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000_000))]
    users: u64,
    /// Logins a second in the busiest minute
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    logins_per_second: u64,
    /// Of these, first logins, which register somebody; a twentieth if it is not said
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    first_logins_per_second: Option<u64>,
    /// Session, gateway and introspection checks a second in the busiest minute
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    checks_per_second: u64,
    /// Seconds between two checks of somebody who is busy with the mini program
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    check_every: u64,
    /// Open sessions; one for every tenth person if it is not said
    #[arg(long)]
    sessions: Option<u64>,
    /// Days that events and visits are kept: EVENTS_RETENTION_DAYS
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Processor time of one operation, in microseconds.
struct Costs {
    replica: f64,
    mysql: f64,
    redis: f64,
}

// Measured by `make bench`: the table in docs/performance.md.
const MEASURED: &str = "2026-11-25, on two shared cores of a virtual machine";
const KNOWN_LOGIN: Costs = Costs { replica: 117.0, mysql: 119.0, redis: 29.0 };
const FIRST_LOGIN: Costs = Costs { replica: 351.0, mysql: 454.0, redis: 57.0 };
const CHECK: Costs = Costs { replica: 21.0, mysql: 0.0, redis: 2.0 };
/// A session's person is compared with the database: at most what a known login costs, which asks WeChat besides.
const RECHECK: Costs = KNOWN_LOGIN;
/// How often, in seconds, while the session is used.
const RECHECK_EVERY: f64 = 45.0;

/// Bytes, measured among ten million people: docs/sizing.md.
const PERSON: f64 = 592.0;
const EVENT: f64 = 206.0;
const VISIT: f64 = 135.0;
const SESSION: f64 = 1700.0;

/// How busy a server may be in the busiest minute, so that one of three may fail.
const BUSY: f64 = 0.5;
/// The busiest minute has so many times the average day's.
const PEAK: f64 = 3.0;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// What it takes.
#[derive(Debug, Serialize, PartialEq)]
struct Needed {
    /// Cores of all replicas together.
    replica_cores: u64,
    /// Redis answers on one core: a shard for each.
    redis_shards: u64,
    redis_gib: f64,
    /// Of the one server that takes writes.
    mysql_cores: u64,
    mysql_gib: f64,
    /// Events a day on average.
    events_a_day: u64,
    /// Calls to WeChat in the busiest minute.
    wechat_calls_a_minute: u64,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.first_logins_per_second.is_some_and(|first| first > arguments.logins_per_second) {
        bail!("first logins are a part of the logins, so there cannot be more of them");
    }
    let needed = needed(arguments);
    if arguments.json {
        println!("{}", json!({ "needed": needed, "measured": MEASURED, "busy": BUSY }));
        return Ok(());
    }
    println!("replicas   {} cores together, in any number of processes", needed.replica_cores);
    println!("Redis      {} shards of one core, {:.1} GiB in all", needed.redis_shards, needed.redis_gib);
    println!("database   {} cores and {:.0} GiB on the server that takes writes", needed.mysql_cores, needed.mysql_gib);
    println!("           {} events a day, kept for {} days", needed.events_a_day, arguments.days);
    println!("WeChat     {} calls in the busiest minute: compare with your quota", needed.wechat_calls_a_minute);
    println!();
    println!("Half busy in the busiest minute; measured {MEASURED}: docs/sizing.md");
    Ok(())
}

fn needed(arguments: &Arguments) -> Needed {
    let logins = arguments.logins_per_second as f64;
    let first = arguments.first_logins_per_second.map_or(logins / 20.0, |first| first as f64);
    let checks = arguments.checks_per_second as f64;
    // Whoever checks less often than that is compared each time.
    let rechecks = checks * (arguments.check_every as f64 / RECHECK_EVERY).min(1.0);
    let cores = |of: fn(&Costs) -> f64| {
        let micros = (logins - first) * of(&KNOWN_LOGIN)
            + first * of(&FIRST_LOGIN)
            + checks * of(&CHECK)
            + rechecks * of(&RECHECK);
        ((micros / 1e6 / BUSY).ceil() as u64).max(1)
    };
    let sessions = arguments.sessions.map_or(arguments.users as f64 / 10.0, |sessions| sessions as f64);
    // A login leaves one event, a first one three: ticket, registration, and often a failure before. Who was here leaves a
    // visit in each half of a day.
    let events = (logins + 2.0 * first) / PEAK * 86_400.0;
    let visits = events.min(2.0 * sessions);
    let disk = arguments.users as f64 * PERSON + (events * EVENT + visits * VISIT) * arguments.days as f64;
    Needed {
        replica_cores: cores(|costs| costs.replica),
        redis_shards: cores(|costs| costs.redis),
        redis_gib: tenths(sessions * SESSION / GIB),
        mysql_cores: cores(|costs| costs.mysql),
        mysql_gib: tenths(disk / GIB),
        events_a_day: events as u64,
        wechat_calls_a_minute: (logins * 60.0) as u64,
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(users: u64, logins_per_second: u64, checks_per_second: u64) -> Needed {
        let (first_logins_per_second, sessions, check_every, days) = (Some(0), Some(users), 10, 180);
        needed(&Arguments {
            users,
            logins_per_second,
            first_logins_per_second,
            checks_per_second,
            check_every,
            sessions,
            days,
            json: false,
        })
    }

    #[test]
    fn the_smallest_installation_is_one_of_each() {
        let needed = of(1000, 1, 10);

        assert_eq!((needed.replica_cores, needed.redis_shards, needed.mysql_cores), (1, 1, 1));
    }

    #[test]
    fn ten_times_as_much_takes_ten_times_as_much() {
        let (small, large) = (of(1_000_000, 10_000, 100_000), of(10_000_000, 100_000, 1_000_000));

        let times = |small: u64, large: u64| (large as f64 / small as f64 - 10.0).abs() < 1.0;
        assert!(times(small.replica_cores, large.replica_cores), "{small:?} {large:?}");
        assert!(times(small.mysql_cores, large.mysql_cores), "{small:?} {large:?}");
        assert!((large.mysql_gib / small.mysql_gib - 10.0).abs() < 0.01, "{small:?} {large:?}");
    }

    #[test]
    fn first_logins_are_a_part_of_the_logins() {
        let too_many = Arguments {
            users: 1,
            logins_per_second: 5,
            first_logins_per_second: Some(6),
            checks_per_second: 0,
            check_every: 10,
            sessions: None,
            days: 1,
            json: false,
        };

        assert!(run(&too_many).is_err());
    }

    #[test]
    fn who_checks_seldom_is_compared_each_time() {
        let mut arguments = Arguments {
            users: 1,
            logins_per_second: 0,
            first_logins_per_second: None,
            checks_per_second: 100_000,
            check_every: 45,
            sessions: None,
            days: 1,
            json: false,
        };
        let at_45 = needed(&arguments).mysql_cores;
        arguments.check_every = 3600;

        assert_eq!(needed(&arguments).mysql_cores, at_45);
        assert_eq!(at_45, 24, "100,000 at 119 µs, half busy");
    }
}
