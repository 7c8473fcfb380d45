//! `weapp-login dev`: everything in one process, for a developer's own machine.

use super::serve::until_told;
use super::simulate::simulator;
use crate::app::{App, Shared};
use crate::clock::Clock;
use crate::playground;
use crate::settings::{self, DatabaseUrl, Loaded, Secrets, Settings, Sources, WechatApp};
use crate::telemetry::log;
use anyhow::{Context, bail};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use wechat_simulator::Rotation;

/// Mini programs that exist nowhere but in the simulator.
const APPS: [(&str, &str); 2] = [
    ("wx00000000000000a1", "simulated-secret-of-the-first-app"),
    ("wx00000000000000a2", "simulated-secret-of-the-second-app"),
];

pub(super) async fn run() -> anyhow::Result<()> {
    let sources = Sources::of_process();
    let listener = listener(&sources)?;
    let Loaded { settings, warnings } = dev_settings(sources, listener.local_addr()?)?;
    log::start(&settings.log.filter, settings.log.format);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let simulator = simulator(&settings.wechat.apps, Rotation::OnExchange, None);
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
fn listener(sources: &Sources) -> anyhow::Result<TcpListener> {
    let listen = sources.text("LISTEN").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let addresses: Vec<SocketAddr> =
        listen.to_socket_addrs().with_context(|| format!("LISTEN: {listen} is no host:port"))?.collect();
    if !addresses.iter().all(|address| address.ip().is_loopback()) {
        bail!(
            "LISTEN: {listen} is not a loopback address; dev lets anybody be anybody, so it serves this machine only"
        );
    }
    TcpListener::bind(addresses.as_slice()).with_context(|| format!("cannot listen on {listen}"))
}

/// What was set, with the storage and the WeChat of this mode in the place of real ones.
fn dev_settings(mut sources: Sources, address: SocketAddr) -> anyhow::Result<Loaded<Settings>> {
    sources.overrule("REDIS_URL", "memory:");
    sources.overrule("WECHAT_BASE_URL", &format!("http://{address}"));
    if !sources.text("DATABASE_URL").is_some_and(|url| url.starts_with("sqlite://")) {
        sources.overrule("DATABASE_URL", "sqlite://weapp-login-dev.sqlite3");
    }
    // The playground moves WeChat's clock and not the service's, so what WeChat signs would soon be from the future.
    for (name, text) in
        [("LOG", "weapp_login=info"), ("LOG_FORMAT", "pretty"), ("DRAIN_SECONDS", "0"), ("DATA_MAX_AGE_SECONDS", "0")]
    {
        sources.presume(name, text);
    }
    let [first, second] = APPS;
    let own_apps = sources.name_a_mini_program();
    if !own_apps {
        sources.presume("WECHAT_APP_ID", first.0);
        sources.presume("WECHAT_APP_SECRET", first.1);
    }
    let mut loaded = settings::read::<Settings>(&sources, Secrets::Any)?;
    if !own_apps {
        let registration = loaded.settings.wechat.apps[0].registration.clone();
        let second = WechatApp { id: second.0.parse()?, secret: second.1.to_owned().into(), registration };
        loaded.settings.wechat.apps.push(second);
    }
    Ok(loaded)
}

fn say_what_to_try(settings: &Settings, address: SocketAddr) {
    let base = format!("http://{address}");
    let mini_program = &settings.wechat.apps[0].id;
    let file = match &settings.database.url {
        DatabaseUrl::Sqlite(path) => path.display().to_string(),
        DatabaseUrl::Mysql(_) => unreachable!("this mode replaces every other address"),
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
