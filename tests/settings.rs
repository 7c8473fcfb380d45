//! Settings: read once, checked whole, every problem named, no secret shown.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use weapp_login::registration::{PhoneAccounts, Way};
use weapp_login::settings::{
    DatabaseSettings, DatabaseUrl, LogFormat, PhoneEncryptedData, Problems, SECTIONS, Secrets, Section, Settings,
    Sources, TokenStoreUrl, read,
};

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
    Settings::from_environment(&environment(&[ENOUGH, more].concat()))
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn four_variables_are_enough_and_the_rest_has_the_documented_defaults() {
    let settings = with(&[]).unwrap();

    assert_eq!(settings.server.listen, "127.0.0.1:8080");
    assert_eq!(settings.redis.key_prefix, "weapp-login:");
    assert_eq!(settings.wechat.base_urls[0].as_str(), "https://api.weixin.qq.com/");
    assert_eq!(settings.sessions.ticket_ttl.num_seconds(), 300);
    assert_eq!((settings.sessions.ttl.num_seconds(), settings.sessions.max_age.num_seconds()), (604_800, 2_592_000));
    assert_eq!((settings.wechat.data_max_age.num_seconds(), settings.limits.per_address_per_minute), (600, 60));
    assert_eq!(settings.database.events_retention.num_days(), 180);
    assert_eq!((settings.log.filter.as_str(), settings.log.format), ("info", LogFormat::Json));
    assert_eq!(settings.sessions.per_user, 20);
    assert_eq!((settings.limits.max_in_flight, settings.limits.wechat_max_in_flight), (1024, 512));
    assert_eq!(settings.database.connection_max_age.as_secs(), 1800);
    assert_eq!(
        (&settings.wechat.apps[0].registration[..], settings.wechat.phone_accounts),
        (&Way::ALL[..], PhoneAccounts::Separate)
    );
    assert_eq!(settings.server.internal_listen, None);
    assert!(settings.server.trusted_proxies.is_empty() && settings.server.introspection_clients.is_empty());
    assert!(matches!(settings.database.url, DatabaseUrl::Mysql(_)));
    assert!(matches!(settings.redis.url, TokenStoreUrl::Redis(_)));
}

#[test]
fn every_missing_setting_is_named_at_once() {
    let Problems(problems) = Settings::from_environment(&BTreeMap::new()).unwrap_err();

    let text = problems.join("\n");
    for name in ["DATABASE_URL", "REDIS_URL", "WECHAT_APP_ID", "WECHAT_APP_SECRET"] {
        assert!(text.contains(name), "{name} in {text}");
    }
}

#[test]
fn every_bad_setting_is_named_at_once_and_no_value_repeated() {
    let bad: Vec<(&str, &str)> = SECTIONS
        .into_iter()
        .flatten()
        .map(|setting| setting.name)
        .filter(|name| !["REDIS_KEY_PREFIX", "WECHAT_APP_SECRET", "OTEL_SERVICE_NAME"].contains(name))
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
fn numbers_have_limits() {
    for (name, value) in [
        ("TICKET_TTL_SECONDS", "0"),
        ("TICKET_TTL_SECONDS", "-1"),
        ("TICKET_TTL_SECONDS", "5m"),
        ("RATE_LIMIT_PER_MINUTE", "1.5"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATA_MAX_AGE_SECONDS", "99999999999"),
    ] {
        assert!(with(&[(name, value)]).is_err(), "{name}={value}");
    }
    assert_eq!(with(&[("DATA_MAX_AGE_SECONDS", "0")]).unwrap().wechat.data_max_age.num_seconds(), 0);
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = file(
        "listen = \"0.0.0.0:1\"\nticket_ttl_seconds = 7\nwechat_app_id = \"wxfile\"\n\
         [[wechat.apps]]\nid = \"wxsecond\"\nsecret = \"0123456789\"\n",
    );

    let settings = with(&[("WEAPP_LOGIN_CONFIG", file.path().to_str().unwrap()), ("LISTEN", "127.0.0.1:2")]).unwrap();

    assert_eq!(settings.server.listen, "127.0.0.1:2");
    assert_eq!(settings.sessions.ticket_ttl.num_seconds(), 7);
    let ids: Vec<_> = settings.wechat.apps.iter().map(|app| app.id.as_str()).collect();
    assert_eq!(ids, ["wx0123456789abcdef", "wxsecond"]);
    assert!(settings.wechat.app(None).is_none(), "there are two");
    assert!(settings.wechat.app(Some("wxsecond")).is_some() && settings.wechat.app(Some("wxfile")).is_none());
}

#[test]
fn secrets_come_from_files_and_keep_their_zeros() {
    let secret = file("0123456789e5\n");
    let text = format!("[[wechat.apps]]\nid = \"wx1\"\nsecret_file = {:?}\n", secret.path());
    let file = file(&text);
    let environment = environment(&[ENOUGH[0], ENOUGH[1], ("WEAPP_LOGIN_CONFIG", file.path().to_str().unwrap())]);

    let settings = Settings::from_environment(&environment).unwrap();

    assert!(weapp_login::settings::matches_secret(&settings.wechat.apps[0].secret, b"0123456789e5"));
    assert!(settings.wechat.app(None).is_some());
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
    let more = [
        ("INTROSPECTION_CLIENTS", "shop:hunter2-hunter2-hunter2-hunter2-hunter2"),
        ("REDIS_URL", "rediss://u:pa55word@cache.example"),
    ];

    let printed = format!("{:?}", with(&more).unwrap());

    for secret in ["pa55word", "hunter2", "s3cret-of-the-app"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn proxies_are_addresses_or_ranges() {
    let settings = with(&[("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8 ,::1")]).unwrap();

    assert_eq!(settings.server.trusted_proxies.len(), 3);
}

#[test]
fn certificates_need_tls() {
    let pem = file("");
    let path = pem.path().to_str().unwrap();
    assert!(with(&[("REDIS_CA_FILE", path)]).is_err());
    assert!(with(&[("REDIS_URL", "rediss://h"), ("REDIS_CERT_FILE", path)]).is_err());
    assert!(with(&[("REDIS_URL", "rediss://h"), ("REDIS_CA_FILE", "/nowhere.pem")]).is_err());
    assert!(with(&[("REDIS_URL", "rediss://h"), ("REDIS_CA_FILE", path)]).is_ok());
}

fn problems<T: Section + std::fmt::Debug>(sources: &Sources, secrets: Secrets) -> String {
    read::<T>(sources, secrets).unwrap_err().0.join("\n")
}

#[test]
fn an_empty_value_is_as_none_everywhere() {
    let all: Vec<_> = SECTIONS.into_iter().flatten().filter(|setting| !setting.keeps_empty).collect();
    let empty: Vec<_> = all.iter().map(|setting| (setting.name, " ")).collect();

    let settings = Settings::from_environment(&environment(&[&empty, ENOUGH].concat())).unwrap();

    assert_eq!(format!("{settings:?}"), format!("{:?}", with(&[]).unwrap()));
    let below =
        Sources::of(&environment(&[&empty[..], &ENOUGH[..2]].concat()), "WECHAT_APP_ID=wx1\nWECHAT_APP_SECRET=s");
    assert_eq!(read::<Settings>(&below, Secrets::Any).unwrap().settings.wechat.apps[0].id.as_str(), "wx1");
}

#[test]
fn a_problem_tells_where_the_value_stands() {
    let toml = file("drain_seconds = -1\n");
    let path = toml.path().to_str().unwrap();
    let given = [ENOUGH, &[("TICKET_TTL_SECONDS", "soon"), ("WEAPP_LOGIN_CONFIG", path)]].concat();
    let sources = Sources::of(&environment(&given), "\n# a comment\nMAX_IN_FLIGHT=many\nLISTEN\n");

    let text = problems::<Settings>(&sources, Secrets::Any);

    for part in [
        "TICKET_TTL_SECONDS: must be a whole number from 1 to 315360000 (from the environment)".to_owned(),
        "MAX_IN_FLIGHT: must be a whole number from 1 to 1000000 (from .env line 3)".to_owned(),
        ".env line 4: is not NAME=value".to_owned(),
        format!("DRAIN_SECONDS: must be a whole number from 0 to 315360000 (from {path})"),
    ] {
        assert!(text.contains(&part), "{part} in\n{text}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line_and_no_value() {
    let toml = file("listen = \"127.0.0.1:1\"\n\nwechat_app_secret = hunter2\n");

    let Problems(problems) = with(&[("WEAPP_LOGIN_CONFIG", toml.path().to_str().unwrap())]).unwrap_err();

    assert!(problems[0].contains("is not TOML at line 3, column "), "{problems:?}");
    assert!(!problems.concat().contains("hunter2"), "{problems:?}");
}

#[test]
fn a_list_in_the_file_may_be_one() {
    let toml = file("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n");
    let bad = file("introspection_clients = [\"a:b,c:d\"]\n");

    let settings = with(&[("WEAPP_LOGIN_CONFIG", toml.path().to_str().unwrap())]).unwrap();

    assert_eq!(settings.server.trusted_proxies.len(), 2);
    assert!(with(&[("WEAPP_LOGIN_CONFIG", bad.path().to_str().unwrap())]).is_err());
}

#[test]
fn misspelt_variables_are_told_and_other_peoples_are_not() {
    let strange = [("DATABSE_POOL_SIZE", "1"), ("LANG", "C"), ("PATH", "/bin"), ("REDIS_PORT", "tcp://10.0.0.1:6379")];
    let sources = Sources::of(&environment(&[ENOUGH, &strange].concat()), "\nSESSION_LIFE=3\nMYSQL_PASSWORD=x\nTTL=1");

    let warnings = read::<Settings>(&sources, Secrets::Any).unwrap().warnings;

    assert_eq!(
        warnings,
        [
            "DATABSE_POOL_SIZE: no such setting (from the environment); is it DATABASE_POOL_SIZE?",
            "SESSION_LIFE: no such setting (from .env line 2)",
        ]
    );
}

#[test]
fn a_misspelt_name_is_told_beside_what_is_missing_for_it() {
    let sources = Sources::of(&environment(&[&ENOUGH[1..], &[("DATABASE_URI", "mysql://h/d")]].concat()), "");

    let text = problems::<Settings>(&sources, Secrets::Any);

    assert!(text.contains("DATABASE_URL: is missing"), "{text}");
    assert!(text.contains("DATABASE_URI: no such setting (from the environment); is it DATABASE_URL?"), "{text}");
}

#[test]
fn every_secret_can_come_from_a_file() {
    let (url, secret) = (file("sqlite://people.sqlite3\n"), file("0123456789e5\n"));
    let sources = Sources::of(
        &environment(&[
            ("DATABASE_URL_FILE", url.path().to_str().unwrap()),
            ("REDIS_URL", "memory:"),
            ("WECHAT_APP_ID", "wx1"),
            ("WECHAT_APP_SECRET_FILE", secret.path().to_str().unwrap()),
        ]),
        "DATABASE_URL=mysql://weaker/source",
    );

    let settings = read::<Settings>(&sources, Secrets::Real).unwrap().settings;

    assert!(matches!(&settings.database.url, DatabaseUrl::Sqlite(path) if path == Path::new("people.sqlite3")));
    assert!(weapp_login::settings::matches_secret(&settings.wechat.apps[0].secret, b"0123456789e5"));
}

#[test]
fn a_secret_stands_in_one_place_and_its_file_is_there() {
    let secret = file("s");
    let path = secret.path().to_str().unwrap();

    let both = with(&[("WECHAT_APP_SECRET_FILE", path)]).unwrap_err();
    let missing =
        Settings::from_environment(&environment(&[&ENOUGH[..3], &[("WECHAT_APP_SECRET_FILE", "/nowhere")]].concat()));

    assert_eq!(both.0, ["WECHAT_APP_SECRET, WECHAT_APP_SECRET_FILE: one of them, not both"]);
    assert_eq!(missing.unwrap_err().0, ["WECHAT_APP_SECRET_FILE: /nowhere cannot be read (from the environment)"]);
}

#[test]
fn the_placeholder_of_an_example_is_no_secret_to_serve_with() {
    let toml = file("[[wechat.apps]]\nid = \"wx2\"\nsecret = \"YOUR_SECRET\"\n");
    let given = [
        ("DATABASE_URL", "mysql://weapp:change-me@db/login"),
        ("WECHAT_APP_SECRET", "change-me"),
        ("WEAPP_LOGIN_CONFIG", toml.path().to_str().unwrap()),
    ];
    let sources = Sources::of(&environment(&[ENOUGH, &given].concat()), "");

    let text = problems::<Settings>(&sources, Secrets::Real);

    for name in ["DATABASE_URL", "WECHAT_APP_SECRET", "wechat.apps[1].secret"] {
        assert!(text.contains(&format!("{name}: is still the placeholder of an example")), "{name} in\n{text}");
    }
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(read::<Settings>(&sources, Secrets::Any).is_ok());
}

#[test]
fn a_session_may_be_used_at_least_as_long_as_it_may_lie() {
    let problem = with(&[("SESSION_TTL_SECONDS", "100"), ("SESSION_MAX_AGE_SECONDS", "99")]).unwrap_err();

    assert!(problem.0[0].contains("SESSION_MAX_AGE_SECONDS") && problem.0[0].contains("SESSION_TTL_SECONDS"));
    assert!(with(&[("SESSION_TTL_SECONDS", "100"), ("SESSION_MAX_AGE_SECONDS", "100")]).is_ok());
}

#[test]
fn secrets_go_to_wechat_unencrypted_within_a_private_network_only() {
    for near in ["127.0.0.1:1", "[::1]:1", "10.1.2.3", "wechat:9090", "localhost", "wechat.test.svc.cluster.local"] {
        assert!(with(&[("WECHAT_BASE_URL", &format!("http://{near}"))]).is_ok(), "{near}");
    }
    for far in ["api.weixin.qq.com", "203.0.113.1", "[2001:db8::1]", "127.0.0.1.example.com"] {
        let problem = with(&[("WECHAT_BASE_URL", &format!("https://api.weixin.qq.com,http://{far}"))]).unwrap_err();
        assert!(problem.0[0].starts_with("WECHAT_BASE_URL: http:// would show app secrets"), "{far}: {problem}");
    }
}

#[test]
fn a_command_that_needs_the_database_asks_for_nothing_else() {
    let sources = Sources::of(&environment(&[("DATABASE_URL", "sqlite://x"), ("TICKET_TTL_SECONDS", "soon")]), "");
    let unknown = file("databse_url = 1\n");
    let config = [("DATABASE_URL", "sqlite://x"), ("WEAPP_LOGIN_CONFIG", unknown.path().to_str().unwrap())];

    let database = read::<DatabaseSettings>(&sources, Secrets::Any).unwrap().settings;

    assert!(matches!(database.url, DatabaseUrl::Sqlite(_)));
    let problems = problems::<DatabaseSettings>(&Sources::of(&environment(&config), ""), Secrets::Any);
    assert!(
        problems.contains("databse_url: no such setting") && problems.contains("is it database_url?"),
        "{problems}"
    );
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_weapp-login")).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

#[test]
fn the_program_reads_the_env_file_of_its_folder_and_warns_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "DATABASE_URL=sqlite://people.sqlite3\nDATABASE_POOL=3\n").unwrap();

    let output = run(folder.path(), &["migrate"]);

    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("DATABASE_POOL: no such setting (from .env line 2)"), "{said}");
    assert!(folder.path().join("people.sqlite3").exists());
}

#[test]
fn help_explains_every_setting() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let said = String::from_utf8(run(Path::new("."), arguments).stdout).unwrap();
        // Lines are as long as the terminal is wide.
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for setting in SECTIONS.into_iter().flatten() {
            let explained = format!(" {} {}", setting.name, setting.meaning);
            assert!(words.contains(&explained), "{} in {said}", setting.name);
        }
    }
}

fn ways(settings: &Settings, app: &str) -> Vec<Way> {
    settings.wechat.app(Some(app)).unwrap().registration.clone()
}

#[test]
fn the_ways_in_keep_their_order_and_none_closes() {
    let some = with(&[("REGISTRATION", "phone, silent"), ("PHONE_ACCOUNTS", "link")]).unwrap();
    let closed = with(&[("REGISTRATION", "")]).unwrap();

    assert_eq!(ways(&some, "wx0123456789abcdef"), [Way::Phone, Way::Silent]);
    assert_eq!(some.wechat.phone_accounts, PhoneAccounts::Link);
    assert_eq!(ways(&closed, "wx0123456789abcdef"), []);
    for bad in ["userInfo", "silent,silent", "all"] {
        assert!(with(&[("REGISTRATION", bad)]).unwrap_err().0[0].starts_with("REGISTRATION: "), "{bad}");
    }
}

#[test]
fn a_mini_program_may_have_ways_of_its_own() {
    let toml = file(
        "registration = [\"silent\"]\n\
         [[wechat.apps]]\nid = \"wx0123456789abcdef\"\nsecret = \"weaker\"\nregistration = [\"phone\", \"user_info\"]\n\
         [[wechat.apps]]\nid = \"wxclosed\"\nsecret = \"s\"\nregistration = []\n\
         [[wechat.apps]]\nid = \"wxplain\"\nsecret = \"s\"\n",
    );
    let bad = file("[[wechat.apps]]\nid = \"wx1\"\nsecret = \"s\"\nregistration = [\"tap\"]\n");

    let settings = with(&[("WEAPP_LOGIN_CONFIG", toml.path().to_str().unwrap())]).unwrap();

    assert_eq!(ways(&settings, "wx0123456789abcdef"), [Way::Phone, Way::UserInfo]);
    assert!(weapp_login::settings::matches_secret(&settings.wechat.apps[0].secret, b"s3cret-of-the-app"));
    assert_eq!(ways(&settings, "wxclosed"), []);
    assert_eq!(ways(&settings, "wxplain"), [Way::Silent]);
    let problem = with(&[("WEAPP_LOGIN_CONFIG", bad.path().to_str().unwrap())]).unwrap_err();
    assert!(problem.0[0].starts_with("wechat.apps[1].registration: "), "{problem}");
}

#[test]
fn the_share_of_wechat_in_what_is_in_progress_is_half_unless_it_is_set() {
    assert_eq!(with(&[("MAX_IN_FLIGHT", "1")]).unwrap().limits.wechat_max_in_flight, 1);
    assert_eq!(with(&[("MAX_IN_FLIGHT", "7")]).unwrap().limits.wechat_max_in_flight, 4);
    assert_eq!(with(&[("WECHAT_MAX_IN_FLIGHT", "5")]).unwrap().limits.wechat_max_in_flight, 5);
    assert!(with(&[("WECHAT_MAX_IN_FLIGHT", "0")]).is_err());
}

#[test]
fn a_secret_for_introspection_is_too_long_to_guess() {
    let problem = with(&[("INTROSPECTION_CLIENTS", "shop:0123456789abcdef0123456789abcde")]).unwrap_err();

    let expected = "INTROSPECTION_CLIENTS: each secret must have at least 32 characters (from the environment)";
    assert_eq!(problem.0, [expected]);
    assert!(with(&[("INTROSPECTION_CLIENTS", "shop:0123456789abcdef0123456789abcdef")]).is_ok());
}

#[test]
fn the_internal_address_is_another_one() {
    assert!(with(&[("LISTEN", "127.0.0.1:1"), ("INTERNAL_LISTEN", "127.0.0.1:1")]).is_err());
    assert!(with(&[("INTERNAL_LISTEN", "nowhere")]).is_err());
    let settings = with(&[("INTERNAL_LISTEN", "127.0.0.1:9000")]).unwrap();
    assert_eq!(settings.server.internal_listen.as_deref(), Some("127.0.0.1:9000"));
}

#[test]
fn an_address_of_wechats_that_shows_secrets_on_the_way_is_named() {
    let bases = "https://api.weixin.qq.com, http://127.0.0.1:1, http://[::1]:2, http://dev.localhost:3, http://10.0.0.7:4, http://gateway:5";
    let settings = with(&[("WECHAT_BASE_URL", bases)]).unwrap();

    let told: Vec<_> = settings.wechat.in_clear().filter_map(|url| url.host_str()).collect();

    assert_eq!(told, ["10.0.0.7", "gateway"]);
    assert!(with(&[("WECHAT_BASE_URL", "http://api.weixin.qq.com")]).is_err(), "beyond a private network");
}

#[test]
fn a_phone_number_in_its_older_form_is_accepted_unless_it_is_said_otherwise() {
    let of =
        |policy: &str| with(&[("PHONE_ENCRYPTED_DATA", policy)]).map(|settings| settings.wechat.phone_encrypted_data);

    assert_eq!(of("").unwrap(), PhoneEncryptedData::Accept);
    assert_eq!(of("verify").unwrap(), PhoneEncryptedData::Verify);
    assert_eq!(of("refuse").unwrap(), PhoneEncryptedData::Refuse);
    assert!(of("yes").unwrap_err().0[0].starts_with("PHONE_ENCRYPTED_DATA: must be accept, verify or refuse"));
}
