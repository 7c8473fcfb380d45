//! `weapp-login dev`: everything in one process, for a developer's own machine.

use super::serve::until_told;
use super::simulate::simulator;
use crate::app::{App, Shared};
use crate::clock::Clock;
use crate::playground;
use crate::settings::{self, DatabaseUrl, Settings, WechatApp};
use crate::telemetry::log;
use anyhow::{Context, bail};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use wechat_simulator::Rotation;

/// Mini programs that exist nowhere but in the simulator.
const APPS: [(&str, &str); 2] = [
    ("wx00000000000000a1", "simulated-secret-of-the-first-app"),
    ("wx00000000000000a2", "simulated-secret-of-the-second-app"),
];

pub async fn run() -> anyhow::Result<()> {
    let listener = listener()?;
    let settings = dev_settings(listener.local_addr()?)?;
    log::start(&settings.log, settings.log_format);
    let simulator = simulator(&settings.apps, Rotation::OnExchange, None);
    let shared = Shared::new(settings, Clock::system())?;
    App::new(shared.clone(), 1)?.users.migrate().await?;
    say_what_to_try(&shared.settings, listener.local_addr()?);
    let mount = simulator.configure();
    let page = playground::Playground::new(&shared)?;
    until_told(shared, listener, move |routes| {
        mount.clone()(routes);
        page.mount(routes);
    })
    .await
}

/// Loopback only: whoever reaches this process can be anybody.
fn listener() -> anyhow::Result<TcpListener> {
    let listen = settings::environment()?.remove("LISTEN").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let addresses: Vec<SocketAddr> =
        listen.to_socket_addrs().with_context(|| format!("LISTEN: {listen} is no host:port"))?.collect();
    if !addresses.iter().all(|address| address.ip().is_loopback()) {
        bail!(
            "LISTEN: {listen} is not a loopback address; dev lets anybody be anybody, so it serves this machine only"
        );
    }
    TcpListener::bind(addresses.as_slice()).with_context(|| format!("cannot listen on {listen}"))
}

/// The settings of the environment, with the storage and the WeChat of this mode in the place of real ones.
fn dev_settings(address: SocketAddr) -> anyhow::Result<Settings> {
    let mut environment = settings::environment()?;
    environment.insert("REDIS_URL".into(), "memory:".into());
    environment.insert("WECHAT_BASE_URL".into(), format!("http://{address}"));
    if !environment.get("DATABASE_URL").is_some_and(|url| url.starts_with("sqlite://")) {
        environment.insert("DATABASE_URL".into(), "sqlite://weapp-login-dev.sqlite3".into());
    }
    let own_apps = environment.contains_key("WECHAT_APP_ID") || environment.contains_key("WEAPP_LOGIN_CONFIG");
    let [first, second] = APPS;
    let mut defaults = vec![("LOG", "weapp_login=info"), ("LOG_FORMAT", "pretty"), ("DRAIN_SECONDS", "0")];
    if !own_apps {
        defaults.extend([("WECHAT_APP_ID", first.0), ("WECHAT_APP_SECRET", first.1)]);
    }
    let mut settings = Settings::from_sources(&environment, &defaults)?;
    if !own_apps {
        settings.apps.push(WechatApp { id: second.0.parse()?, secret: second.1.to_owned().into() });
    }
    Ok(settings)
}

fn say_what_to_try(settings: &Settings, address: SocketAddr) {
    let base = format!("http://{address}");
    let mini_program = &settings.apps[0].id;
    let file = match &settings.database {
        DatabaseUrl::Sqlite { path } => path.display().to_string(),
        DatabaseUrl::Mysql { .. } => unreachable!("this mode replaces every other address"),
    };
    println!("weapp-login is on {base} with a simulated WeChat");
    println!();
    println!("  playground   {base}/");
    println!("  API          {base}/docs/");
    println!("  people       {file}");
    println!();
    println!("Sign in as alice, whom nobody knows yet:");
    println!();
    let json = "-H 'content-type: application/json'";
    let app_id = format!("'{{\"appId\":\"{mini_program}\"}}'");
    println!("  CODE=$(curl -s {base}/wx/alice/login {json} -d {app_id} | sed 's/.*\"code\":\"\\([^\"]*\\).*/\\1/')");
    println!(
        "  TICKET=$(curl -s {base}/v1/login {json} -d '{{\"appId\":\"{mini_program}\",\"code\":\"'$CODE'\"}}' | tee /dev/stderr | \
         sed 's/.*\"ticket\":\"\\([^\"]*\\).*/\\1/')"
    );
    println!(
        "  curl -s {base}/wx/alice/getUserInfo {json} -d {app_id} | sed \"s/^{{/{{\\\"ticket\\\":\\\"$TICKET\\\",/\" | \
         curl -s {base}/v1/register {json} -d @-"
    );
    println!();
    println!("The first two lines once more sign alice in at once. ctrl-c ends it.");
}
