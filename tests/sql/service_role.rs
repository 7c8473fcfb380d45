//! The service with no more rights than its role gives it: over HTTP as the real program, and every call of its store.

use crate::database::full_rows;
use crate::roles::Roles;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use testkit::{Process, eventually, free_address};
use weapp_login::clock::Clock;
use weapp_login::identity::Identity;
use weapp_login::registration::PhoneAccounts;
use weapp_login::store::{
    Accounts, Database as _, EventKind, Events, Imported, LoginEvent, MysqlUsers, Newcomer, Noted, Outcome, People,
    Person, Transfer, Visit,
};
use weapp_login::user::{Profile, ProfileSource, Status, UserId};
use wechat_simulator::{Options, SimulatedApp, Simulator};

const APP: &str = "wx0000000000000001";
const SECRET: &str = "secret-of-the-test-app";

fn identity(openid: &str, unionid: Option<&str>) -> Identity {
    let unionid = unionid.map(|unionid| unionid.parse().unwrap());
    Identity { app_id: APP.parse().unwrap(), openid: openid.parse().unwrap(), unionid }
}

fn profile() -> Profile {
    Profile {
        nickname: "alice".into(),
        avatar_url: "https://example.com/alice".into(),
        gender: 0,
        language: "zh_CN".into(),
        city: String::new(),
        province: String::new(),
        country: String::new(),
    }
}

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_store_is_allowed_to_the_service() {
    let roles = Roles::new().await;
    let store =
        MysqlUsers::new(&SecretString::from(roles.url("service")), None, 2, std::time::Duration::from_secs(1800))
            .unwrap();
    let at = now();

    store.ping().await.unwrap();
    let holder =
        store.register(Newcomer::new(&identity("o-one", Some("u-one")), &profile()), at).await.unwrap().user.id;
    let other = store.register(Newcomer::new(&identity("o-two", None), &profile()), at).await.unwrap().user.id;
    let merged = store.find(&identity("o-two", Some("u-one")), at).await.unwrap().unwrap();
    assert_eq!((merged.id, store.by_id(other).await.unwrap().unwrap().id), (holder, holder));
    store.update_profile(holder, Some(&"bob".parse().unwrap()), None, at).await.unwrap().unwrap();
    store.set_phone(holder, &"+8613000000001".parse().unwrap(), at).await.unwrap().unwrap();
    store.set_status(holder, Status::Suspended, at.into()).await.unwrap().unwrap();
    assert_eq!(store.merged(holder).await.unwrap().len(), 2);
    assert_eq!(store.identities(holder).await.unwrap().len(), 2);
    let event = LoginEvent::new(at, EventKind::Login, holder, None);
    let visit = Visit::new(at, holder, APP.parse().unwrap());
    let noted = [event.into(), Noted::Visit(visit), Noted::Suspension { at, user_id: holder }];
    store.record(&noted).await.unwrap();
    store.record_again(&noted).await.unwrap();
    let person = Person {
        id: UserId(0),
        pair: Some((APP.parse().unwrap(), "o-three".parse().unwrap())),
        unionid: None,
        profile: profile(),
        profile_source: ProfileSource::User,
        phone: None,
        status: Status::Active,
        created_at: at,
    };
    let phone = "+8613000000002".parse().unwrap();
    let by_phone = Person { pair: None, phone: Some(phone), ..person.clone() };
    assert_eq!(
        store.import(&[person, by_phone.clone()], at.into()).await.unwrap(),
        [Imported::Created, Imported::Created]
    );
    assert_eq!(store.export_without_pair(UserId(0), 10).await.unwrap().0.len(), 1);
    for openid in ["o-four", "o-five"] {
        let (identity, profile) = (identity(openid, None), profile());
        let (phone, accounts) = (by_phone.phone.as_ref(), PhoneAccounts::Link);
        let linked = Newcomer { phone, accounts, ..Newcomer::new(&identity, &profile) };
        assert_eq!(store.register(linked, at).await.unwrap().outcome, Outcome::Linked);
    }
    let linked = store.by_pair(&APP.parse().unwrap(), &"o-four".parse().unwrap()).await.unwrap().unwrap();
    let openid = "o-four".parse().unwrap();
    store.unlink(linked.id, &APP.parse().unwrap(), Some(&openid), at.into()).await.unwrap().unwrap();
    assert_eq!(store.export(None, 10).await.unwrap().len(), 5);
    store.erase(holder, at.into()).await.unwrap();
    assert_eq!(store.export(None, 10).await.unwrap().len(), 3);
    assert!(store.forget_events(at + TimeDelta::seconds(1), 100).await.unwrap() >= 4);
    assert_eq!(store.forget_visits(at + TimeDelta::seconds(1), 100).await.unwrap(), 1);

    roles.end().await;
}

/// The real program, ended with this value.
struct Service {
    base: String,
    _process: Process,
    _folder: TempDir,
}

impl Service {
    async fn start(database: &str, wechat: &str) -> Service {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let mut command = Command::new(env!("CARGO_BIN_EXE_weapp-login"));
        command.arg("serve").env_clear().current_dir(folder.path());
        command.envs([("DATABASE_URL", database), ("REDIS_URL", "memory:"), ("WECHAT_BASE_URL", wechat)]);
        command.envs([("WECHAT_APP_ID", APP), ("WECHAT_APP_SECRET", SECRET), ("LISTEN", &address.to_string())]);
        let process = Process::start(command.env("LOG", "warn"), folder.path().join("log"));
        let (base, http) = (format!("http://{address}"), testkit::client());
        let ready = async || http.get(format!("{base}/readyz")).send().await.is_ok_and(|answer| answer.status() == 200);
        eventually("a service that is ready", ready).await;
        Service { base, _process: process, _folder: folder }
    }
}

async fn post(url: String, body: Value) -> Value {
    let answer = reqwest::Client::new().post(&url).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{url}: {answer:?}");
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_register_sign_in_and_leave_where_the_service_has_its_role() {
    let roles = Roles::new().await;
    let app = SimulatedApp::new(APP, SECRET);
    let simulator =
        Simulator::new(Options { apps: vec![app], ..Options::default() }, Arc::new(|| Clock::system().now()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let wechat = format!("http://{}", listener.local_addr().unwrap());
    let server = simulator.serve(listener).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    let service = Service::start(&roles.url("service"), &wechat).await;

    let wx = |call: &str| post(format!("{wechat}/wx/alice/{call}"), json!({ "appId": APP }));
    let login = async || post(format!("{}/v1/login", service.base), json!({ "code": wx("login").await["code"] })).await;
    let mut form = json!({ "ticket": login().await["ticket"] });
    let info = wx("getUserInfo").await;
    form.as_object_mut().unwrap().extend(info.as_object().unwrap().clone());
    post(format!("{}/v1/register", service.base), form).await;
    let again = login().await;
    assert_eq!(again["status"], "loggedIn");
    let request = reqwest::Client::new().delete(format!("{}/v1/me", service.base));
    let left = request.bearer_auth(again["token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(left.status(), 204);

    let mut admin = roles.database.connect().await;
    let mut kinds = vec![];
    for _ in 0..50 {
        kinds = full_rows(&mut admin, "SELECT kind FROM login_events ORDER BY kind").await;
        if kinds.len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(kinds, [["erase"], ["login"], ["register"], ["ticket"]]);
    drop(service);
    handle.stop(false).await;
    roles.end().await;
}
