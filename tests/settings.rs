//! Settings: read once, checked whole, every problem named, no secret shown.

use std::collections::BTreeMap;
use std::io::Write;
use weapp_login::settings::{DatabaseUrl, LogFormat, Problems, Settings, TokenStoreUrl, VARIABLES};

const ENOUGH: &[(&str, &str)] = &[
    ("DATABASE_URL", "mysql://user:pa55word@db.example:3306/login"),
    ("REDIS_URL", "redis://cache.example"),
    ("WECHAT_APP_ID", "wx0123456789abcdef"),
    ("WECHAT_APP_SECRET", "s3cret-of-the-app"),
];

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn with(more: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::from_sources(&environment(&[ENOUGH, more].concat()), &[])
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn four_variables_are_enough_and_the_rest_has_the_documented_defaults() {
    let settings = with(&[]).unwrap();

    assert_eq!(settings.listen, "127.0.0.1:8080");
    assert_eq!(settings.redis_key_prefix, "weapp-login:");
    assert_eq!(settings.wechat_base_urls[0].as_str(), "https://api.weixin.qq.com/");
    assert_eq!(settings.ticket_ttl.num_seconds(), 300);
    assert_eq!((settings.session_ttl.num_seconds(), settings.session_max_age.num_seconds()), (604_800, 2_592_000));
    assert_eq!((settings.data_max_age.num_seconds(), settings.rate_limit_per_minute), (600, 60));
    assert_eq!(settings.events_retention.num_days(), 180);
    assert_eq!((settings.log.as_str(), settings.log_format), ("info", LogFormat::Json));
    assert!(settings.trusted_proxies.is_empty() && settings.introspection_clients.is_empty());
    assert!(matches!(settings.database, DatabaseUrl::Mysql { .. }));
    assert!(matches!(settings.tokens, TokenStoreUrl::Redis(_)));
}

#[test]
fn every_missing_setting_is_named_at_once() {
    let Problems(problems) = Settings::from_sources(&BTreeMap::new(), &[]).unwrap_err();

    let text = problems.join("\n");
    for name in ["DATABASE_URL", "REDIS_URL", "WECHAT_APP_ID", "WECHAT_APP_SECRET"] {
        assert!(text.contains(name), "{name} in {text}");
    }
}

#[test]
fn every_bad_setting_is_named_at_once_and_no_value_repeated() {
    let bad: Vec<(&str, &str)> = VARIABLES
        .iter()
        .map(|(name, ..)| *name)
        .filter(|name| !["REDIS_KEY_PREFIX", "DATABASE_CA_FILE", "REDIS_CA_FILE", "REDIS_KEY_FILE"].contains(name))
        .filter(|name| !["WECHAT_APP_SECRET", "SESSION_MAX_AGE_SECONDS"].contains(name))
        .map(|name| (name, "!! hunter2 !!"))
        .collect();

    let Problems(problems) = with(&bad).unwrap_err();

    let text = problems.join("\n");
    for (name, _) in &bad {
        assert!(text.contains(name), "{name} in\n{text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("pa55word"), "{text}");
}

#[test]
fn numbers_have_limits_and_lives_an_order() {
    for (name, value) in [
        ("TICKET_TTL_SECONDS", "0"),
        ("TICKET_TTL_SECONDS", "-1"),
        ("TICKET_TTL_SECONDS", "5m"),
        ("RATE_LIMIT_PER_MINUTE", "1.5"),
        ("DATABASE_POOL_SIZE", "0"),
        ("SESSION_TTL_SECONDS", "2592001"),
        ("DATA_MAX_AGE_SECONDS", "99999999999"),
    ] {
        assert!(with(&[(name, value)]).is_err(), "{name}={value}");
    }
    assert_eq!(with(&[("DATA_MAX_AGE_SECONDS", "0")]).unwrap().data_max_age.num_seconds(), 0);
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = file(
        "listen = \"0.0.0.0:1\"\nticket_ttl_seconds = 7\nwechat_app_id = \"wxfile\"\n\
         [[wechat.apps]]\nid = \"wxsecond\"\nsecret = \"0123456789\"\n",
    );

    let settings = with(&[("WEAPP_LOGIN_CONFIG", file.path().to_str().unwrap()), ("LISTEN", "127.0.0.1:2")]).unwrap();

    assert_eq!(settings.listen, "127.0.0.1:2");
    assert_eq!(settings.ticket_ttl.num_seconds(), 7);
    let ids: Vec<_> = settings.apps.iter().map(|app| app.id.as_str()).collect();
    assert_eq!(ids, ["wx0123456789abcdef", "wxsecond"]);
    assert!(settings.app(None).is_none(), "there are two");
    assert!(settings.app(Some("wxsecond")).is_some() && settings.app(Some("wxfile")).is_none());
}

#[test]
fn secrets_come_from_files_and_keep_their_zeros() {
    let secret = file("0123456789e5\n");
    let text = format!("[[wechat.apps]]\nid = \"wx1\"\nsecret_file = {:?}\n", secret.path());
    let file = file(&text);
    let environment = environment(&[ENOUGH[0], ENOUGH[1], ("WEAPP_LOGIN_CONFIG", file.path().to_str().unwrap())]);

    let settings = Settings::from_sources(&environment, &[]).unwrap();

    assert!(weapp_login::settings::matches_secret(&settings.apps[0].secret, b"0123456789e5"));
    assert!(settings.app(None).is_some());
}

#[test]
fn unknown_keys_of_the_file_are_all_named() {
    let file = file(
        "lisen = 1\nticket_ttl = 3\n[wechat]\nappz = 2\n[[wechat.apps]]\nid = \"wx1\"\nsecret = \"s\"\nsecrt = 1\n",
    );

    let Problems(problems) = with(&[("WEAPP_LOGIN_CONFIG", file.path().to_str().unwrap())]).unwrap_err();

    let text = problems.join("\n");
    for key in ["lisen", "ticket_ttl", "wechat.appz", "wechat.apps[1].secrt"] {
        assert!(text.contains(key), "{key} in {text}");
    }
}

#[test]
fn a_file_that_is_not_there_or_an_app_twice_is_a_problem() {
    let twice = file("[[wechat.apps]]\nid = \"wx1\"\nsecret = \"a\"\n[[wechat.apps]]\nid = \"wx1\"\nsecret = \"b\"\n");
    let half = file("[[wechat.apps]]\nid = \"wx1\"\n");
    for path in ["/nowhere/weapp.toml", twice.path().to_str().unwrap(), half.path().to_str().unwrap()] {
        assert!(with(&[("WEAPP_LOGIN_CONFIG", path)]).is_err(), "{path}");
    }
}

#[test]
fn nothing_printed_holds_a_secret() {
    let more = [("INTROSPECTION_CLIENTS", "shop:hunter2"), ("REDIS_URL", "rediss://u:pa55word@cache.example")];

    let printed = format!("{:?}", with(&more).unwrap());

    for secret in ["pa55word", "hunter2", "s3cret-of-the-app"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn proxies_are_addresses_or_ranges() {
    let settings = with(&[("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8 ,::1")]).unwrap();

    assert_eq!(settings.trusted_proxies.len(), 3);
}

#[test]
fn certificates_need_tls() {
    assert!(with(&[("REDIS_CA_FILE", "/ca.pem")]).is_err());
    assert!(with(&[("REDIS_URL", "rediss://h"), ("REDIS_CERT_FILE", "/c.pem")]).is_err());
    assert!(with(&[("REDIS_URL", "rediss://h"), ("REDIS_CA_FILE", "/ca.pem")]).is_ok());
}
