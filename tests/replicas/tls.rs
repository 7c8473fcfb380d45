//! Redis with TLS only, a private authority, a client certificate, a user, a database number and a prefix; a database with
//! TLS only and a private authority.

use crate::certificates::Certificates;
use crate::phone::Phone;
use crate::site::Site;
use testkit::{DATABASE_PASSWORD, Mariadb, Redis};

const PASSWORD: &str = "p@ss/w:rd hush";

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_kept_behind_tls_with_a_client_certificate_a_user_and_a_database_number() {
    let certificates = Certificates::make();
    let redis = locked(&certificates);
    let url = format!("rediss://app:p%40ss%2Fw%3Ard%20hush@127.0.0.1:{}/3", redis.port);
    let [ca, certificate, key] = ["ca.pem", "client.pem", "client.key"].map(|name| certificates.file(name));
    let all = [
        ("REDIS_URL", url.as_str()),
        ("REDIS_CA_FILE", &ca),
        ("REDIS_CERT_FILE", &certificate),
        ("REDIS_KEY_FILE", &key),
        ("REDIS_KEY_PREFIX", "mini:"),
        ("RATE_LIMIT_PER_MINUTE", "60"),
    ];
    let site = Site::start(&all).await;
    let replica = site.replica(&[]);

    let joined = Phone::of(&site, "alice").join(&replica.base).await;
    let session = site.get(&replica.base, "/v1/session", joined.text("token")).await;
    let checked = site.run("check", &[]);

    assert_eq!(session.status, 200, "{session:?}");
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let keys = redis.ask(&["--user", "admin", "--pass", "admin", "--no-auth-warning", "-n", "3", "KEYS", "*"]);
    assert!(keys.lines().count() >= 3 && keys.lines().all(|key| key.starts_with("mini:")), "{keys}");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_which_part_of_a_locked_redis_refuses_us_and_tells_no_password() {
    let certificates = Certificates::make();
    let strangers = Certificates::make();
    let redis = locked(&certificates);
    let url = |password: &str| format!("rediss://app:{password}@127.0.0.1:{}/3", redis.port);
    let (right, wrong) = (url("p%40ss%2Fw%3Ard%20hush"), url("hush-wrong"));
    let [ca, certificate, key] = ["ca.pem", "client.pem", "client.key"].map(|name| certificates.file(name));
    let (other_ca, other_certificate, other_key) =
        (strangers.file("ca.pem"), strangers.file("client.pem"), strangers.file("client.key"));
    let site =
        Site::without_schema(&[("DATABASE_URL", "sqlite://people.sqlite3"), ("REDIS_KEY_PREFIX", "mini:")]).await;
    assert_eq!(site.run("migrate", &[]).code, Some(0));
    let check = |url: &str, ca: &str, certificate: &str, key: &str| {
        let files = [("REDIS_CA_FILE", ca), ("REDIS_CERT_FILE", certificate), ("REDIS_KEY_FILE", key)];
        site.run("check", &[&[("REDIS_URL", url)], &files[..]].concat())
    };

    let well = check(&right, &ca, &certificate, &key);
    let refused = [
        ("no certificate", check(&right, &ca, "", ""), "CertificateRequired"),
        ("a stranger's certificate", check(&right, &ca, &other_certificate, &other_key), "UnknownCA"),
        ("another authority", check(&right, &other_ca, &certificate, &key), "invalid peer certificate"),
        ("no authority", check(&right, "", &certificate, &key), "invalid peer certificate"),
        ("no TLS", check(&right.replace("rediss", "redis"), "", "", ""), "redis: "),
        ("a wrong password", check(&wrong, &ca, &certificate, &key), "uthentication"),
        ("a key that is not there", check(&right, &ca, &certificate, "/nowhere/client.key"), "REDIS_KEY_FILE"),
    ];

    assert_eq!(well.code, Some(0), "{well:?}");
    for (what, ended, said) in refused {
        println!("{what}: {}", ended.said.trim());
        assert_eq!(ended.code, Some(1), "{what}: {ended:?}");
        assert!(ended.said.to_lowercase().contains("redis") && ended.said.contains(said), "{what}: {ended:?}");
        assert!(!ended.said.contains("hush"), "{what}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_kept_in_a_database_that_wants_tls_and_shows_a_private_authority() {
    let (certificates, strangers) = (Certificates::make(), Certificates::make());
    let files = [("ca", "ca.pem"), ("cert", "server.pem"), ("key", "server.key")];
    let mut options: Vec<_> =
        files.iter().map(|(name, file)| format!("--ssl-{name}={}", certificates.file(file))).collect();
    options.push("--require-secure-transport=ON".into());
    let database = Mariadb::with(&options);
    let (ca, other_ca) = (certificates.file("ca.pem"), strangers.file("ca.pem"));
    let site = Site::start(&[("DATABASE_URL", &database.url()), ("DATABASE_CA_FILE", &ca)]).await;
    let replica = site.replica(&[]);

    Phone::of(&site, "alice").join(&replica.base).await;
    let checked = site.run("check", &[]);
    let stranger = site.run("check", &[("DATABASE_CA_FILE", &other_ca)]);
    let without = site.run("check", &[("DATABASE_CA_FILE", "")]);

    assert_eq!(checked.code, Some(0), "{checked:?}");
    for refused in [stranger, without] {
        println!("{}", refused.said.trim());
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.said.contains("  - database: ") && !refused.said.contains(DATABASE_PASSWORD), "{refused:?}");
    }
}

/// A Redis that wants all of it.
fn locked(certificates: &Certificates) -> Redis {
    let [ca, certificate, key] = ["ca.pem", "server.pem", "server.key"].map(|name| certificates.file(name));
    let tls = ["--port", "0", "--tls-port", "{port}", "--tls-auth-clients", "yes", "--tls-ca-cert-file", &ca];
    let own = ["--tls-cert-file", &certificate, "--tls-key-file", &key];
    let redis = Redis::with(&[&tls[..], &own].concat());
    let user = ["ACL", "SETUSER", "app", "on", &format!(">{PASSWORD}"), "~mini:*", "+@all", "-@dangerous"];
    assert_eq!(redis.ask(&user).trim(), "OK");
    assert_eq!(redis.ask(&["ACL", "SETUSER", "admin", "on", ">admin", "~*", "+@all"]).trim(), "OK");
    assert_eq!(redis.ask(&["ACL", "SETUSER", "default", "off"]).trim(), "OK");
    redis
}
