//! What stops `serve` and `check`, said at once, whole and without a secret.

use crate::site::{Ended, SECRET, Site, nobody};
use std::net::TcpListener;
use std::time::Duration;
use testkit::{DATABASE_PASSWORD as PASSWORD, Redis, refusing};

const HUSH_REDIS: &str = "hush-redis-password";

fn assert_quiet(ended: &Ended) {
    for secret in [SECRET, PASSWORD, HUSH_REDIS, "hush"] {
        assert!(!ended.said.contains(secret), "{secret} is in {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_that_is_missing_or_wrong_is_named_in_one_go_and_no_secret_with_it() {
    let site = Site::without_schema(&[("DATABASE_URL", "sqlite://unused"), ("REDIS_URL", "memory:")]).await;

    let missing =
        site.run("serve", &[("DATABASE_URL", ""), ("REDIS_URL", ""), ("WECHAT_APP_ID", ""), ("WECHAT_APP_SECRET", "")]);
    let wrong = site.run(
        "serve",
        &[
            ("LISTEN", "nowhere"),
            ("DATABASE_URL", "mysql//weapp:hush@host"),
            ("REDIS_URL", "redis://:hush@host:port/"),
            ("WECHAT_APP_ID", ""),
            ("WECHAT_APP_SECRET", "hush"),
            ("WECHAT_BASE_URL", "ftp://host"),
            ("TICKET_TTL_SECONDS", "soon"),
            ("SESSION_MAX_AGE_SECONDS", "-1"),
            ("TRUSTED_PROXIES", "proxy"),
            ("INTROSPECTION_CLIENTS", "hush"),
            ("REDIS_CERT_FILE", "alone.pem"),
            ("LOG_FORMAT", "xml"),
        ],
    );
    let checked = site.run("check", &[("DATABASE_URL", ""), ("REDIS_URL", "")]);

    for (ended, names) in [
        (&missing, &["DATABASE_URL", "REDIS_URL", "WECHAT_APP_ID", "WECHAT_APP_SECRET"][..]),
        (
            &wrong,
            &[
                "LISTEN",
                "DATABASE_URL",
                "REDIS_URL",
                "WECHAT_APP_ID",
                "WECHAT_BASE_URL",
                "TICKET_TTL_SECONDS",
                "SESSION_MAX_AGE_SECONDS",
                "TRUSTED_PROXIES",
                "INTROSPECTION_CLIENTS",
                "LOG_FORMAT",
            ],
        ),
        (&checked, &["DATABASE_URL", "REDIS_URL"]),
    ] {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for name in names {
            assert!(
                ended.said.contains(&format!("{name}: ")) || ended.said.contains(&format!("{name}, ")),
                "{name} is not in {ended:?}"
            );
        }
        assert_quiet(ended);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_that_all_is_well() {
    let site = Site::start(&[]).await;

    let checked = site.run("check", &[]);

    assert_eq!(checked.code, Some(0), "{checked:?}");
    for part in ["settings", "database", "redis", "wechat"] {
        assert!(checked.said.contains(&format!("ok  {part}")), "{checked:?}");
    }
    assert_quiet(&checked);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_lists_everything_that_is_wrong_and_no_secret() {
    let site = Site::without_schema(&[("DATABASE_URL", "sqlite://unused"), ("REDIS_URL", "memory:")]).await;
    let (database, redis) = away();

    let checked =
        site.run("check", &[("DATABASE_URL", &database), ("REDIS_URL", &redis), ("WECHAT_APP_SECRET", "hush-wrong")]);

    assert_eq!(checked.code, Some(1), "{checked:?}");
    for part in ["database: ", "redis: ", "wechat, mini program wx0000000000000001: ", "app id or secret"] {
        assert!(checked.said.contains(part), "{part} is not in {checked:?}");
    }
    assert_quiet(&checked);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_redis_refuses_and_what_that_costs() {
    let redis = Redis::start();
    let behind = |commands| format!("redis://{}", refusing(([127, 0, 0, 1], redis.port).into(), commands));
    let (without_time, without_scripts) = (behind(&["TIME"]), behind(&["EVAL", "EVALSHA", "ZRANGE"]));
    let site = Site::start(&[]).await;

    let bearable = site.run("check", &[("REDIS_URL", &without_time)]);
    let useless = site.run("check", &[("REDIS_URL", &without_scripts)]);

    assert_eq!(bearable.code, Some(0), "{bearable:?}");
    assert!(bearable.said.contains("--  redis: TIME is refused, and needed for comparing"), "{bearable:?}");
    assert_eq!(useless.code, Some(1), "{useless:?}");
    for part in
        ["EVAL is refused, and needed for redeeming tickets", "a person's list of sessions: ", "unknown command"]
    {
        assert!(useless.said.contains(part), "{part} is not in {useless:?}");
    }
    assert!(!useless.said.contains("comparing"), "{useless:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_whose_stores_are_away_or_silent_ends_within_ten_seconds_and_names_them() {
    let site = Site::start(&[]).await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nothing_said = silent.local_addr().unwrap();
    let (database, redis) = away();
    let (mute_database, mute_redis) =
        (format!("mysql://weapp:{PASSWORD}@{nothing_said}/weapp"), format!("redis://:{HUSH_REDIS}@{nothing_said}"));
    let sentinel = format!("redis+sentinel://:{HUSH_REDIS}@{},{}/main", nobody(), nothing_said);
    let cluster = format!("redis+cluster://:{HUSH_REDIS}@{},{}", nobody(), nothing_said);

    let cases = [
        (vec![("DATABASE_URL", &database)], vec!["database"]),
        (vec![("REDIS_URL", &redis)], vec!["redis"]),
        (vec![("DATABASE_URL", &database), ("REDIS_URL", &redis)], vec!["database", "redis"]),
        (vec![("DATABASE_URL", &mute_database), ("REDIS_URL", &mute_redis)], vec!["database", "redis"]),
        (vec![("REDIS_URL", &sentinel)], vec!["redis"]),
        (vec![("REDIS_URL", &cluster)], vec!["redis"]),
    ];
    let running: Vec<_> = cases
        .iter()
        .map(|(settings, _)| {
            let mut settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
            settings.push(("LISTEN", "127.0.0.1:0"));
            site.runs("serve", &settings)
        })
        .collect();
    for (running, (_, named)) in running.into_iter().zip(&cases) {
        let ended = running.wait();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.took < Duration::from_secs(10), "{ended:?}");
        for part in ["database", "redis"] {
            let line = format!("  - {part}: ").replace("- database", "- the database");
            assert_eq!(ended.said.contains(&line), named.contains(&part), "{part}: {ended:?}");
        }
        assert_quiet(&ended);
    }
}

/// Addresses with passwords at which nobody listens.
fn away() -> (String, String) {
    (format!("mysql://weapp:{PASSWORD}@{}/weapp", nobody()), format!("redis://:{HUSH_REDIS}@{}", nobody()))
}
