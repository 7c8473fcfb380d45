//! What a session check costs, by the counts of Redis and of the database.

use crate::phone::Phone;
use crate::site::Site;
use mysql_async::prelude::Queryable;
use std::time::{Duration, Instant};
use testkit::{Mariadb, Redis};

const CHECKS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_check_is_one_command_of_redis_and_no_query_of_the_database() {
    let (redis, database) = (Redis::start(), Mariadb::start());
    let site = Site::start(&[("REDIS_URL", &redis.url()), ("DATABASE_URL", &database.url())]).await;
    let replica = site.replica(&[]);
    let token = Phone::of(&site, "alice").join(&replica.base).await.text("token").to_owned();
    let mut connection = mysql_async::Conn::from_url(database.url()).await.unwrap();
    let mut questions = async || {
        let (_, count): (String, u64) =
            connection.query_first("SHOW GLOBAL STATUS LIKE 'Questions'").await.unwrap().unwrap();
        count
    };
    // The event of the registration is written half a second after it.
    let begin = Instant::now();
    while site.number("SELECT COUNT(*) FROM login_events WHERE kind = 'register'").await == 0 {
        assert!(begin.elapsed() < Duration::from_secs(10), "the event is not written");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    redis.ask(&["CONFIG", "RESETSTAT"]);

    let before = questions().await;
    for number in 0..CHECKS {
        let path = ["/v1/session", "/v1/auth"][number % 2];
        assert!(site.get(&replica.base, path, &token).await.status.is_success());
    }
    let after = questions().await;

    let counts = redis.ask(&["INFO", "commandstats"]);
    let commands: Vec<_> = counts
        .lines()
        .filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(":calls="))
        .map(|(name, rest)| (name, rest.split(',').next().unwrap().parse::<usize>().unwrap()))
        .filter(|(name, _)| !matches!(*name, "config|resetstat" | "info"))
        .collect();
    assert_eq!(commands, [("get", CHECKS)], "{counts}");
    assert_eq!(after - before, 1, "the question itself is the only one");
}
