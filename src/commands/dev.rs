//! `weapp-login dev`: everything in one process, for a developer's own machine.

use super::serve::until_told;
use super::simulate::simulator;
use super::{invented, loopback};
use crate::app::{App, Shared};
use crate::clock::Clock;
use crate::playground;
use crate::random::Random;
use crate::routes::Simulated;
use crate::settings::{self, Loaded, Secrets, Settings, Sources};
use crate::telemetry::log;
use actix_web::web::Data;
use anyhow::{Context, bail};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use wechat_simulator::Rotation;

/// Where people are kept and what WeChat is: this mode has its own, whatever is set for production.
const OWN: [&str; 3] = ["DATABASE_URL", "REDIS_URL", "WECHAT_BASE_URL"];

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The SQLite file that people are kept in, made if it is not there
    #[arg(long, default_value = "weapp-login-dev.sqlite3")]
    file: String,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let sources = Sources::of_process();
    let (listener, name) = listener(&sources)?;
    let ignored: Vec<_> = OWN.into_iter().filter_map(|name| sources.origin(name)).collect();
    let Loaded { settings, warnings } = dev_settings(sources, listener.local_addr()?, &arguments.file)?;
    log::start(&settings.log.filter, settings.log.format);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let simulator = simulator(&settings.wechat.apps, Rotation::OnExchange, None);
    let shared = Shared::new(settings, Clock::system())?;
    App::new(shared.clone(), 1)?.users.migrate().await?;
    say_what_to_try(&shared.settings, listener.local_addr()?, &arguments.file, &ignored);
    let mount = simulator.configure();
    let page = playground::Playground::new(&shared)?;
    let simulated = Data::new(Simulated(shared.settings.wechat.apps[0].id.to_string()));
    until_told(shared, listener, move |routes| {
        routes.app_data(simulated.clone());
        loopback::refuse_others(routes, &name);
        mount.clone()(routes);
        page.mount(routes);
    })
    .await
}

/// Loopback only: whoever reaches this process can be anybody. With it the name that it was asked for by.
fn listener(sources: &Sources) -> anyhow::Result<(TcpListener, String)> {
    let listen = sources.text("LISTEN").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let addresses: Vec<SocketAddr> =
        listen.to_socket_addrs().with_context(|| format!("LISTEN: {listen} is no host:port"))?.collect();
    if !addresses.iter().all(|address| address.ip().is_loopback()) {
        bail!(
            "LISTEN: {listen} is not a loopback address; dev lets anybody be anybody, so it serves this machine only"
        );
    }
    let listener = TcpListener::bind(addresses.as_slice())
        .with_context(|| format!("cannot listen on {listen}; LISTEN=127.0.0.1:8081 takes another port"))?;
    Ok((listener, loopback::name(&listen).to_owned()))
}

/// What was set, with the storage and the WeChat of this mode in the place of real ones.
fn dev_settings(mut sources: Sources, address: SocketAddr, file: &str) -> anyhow::Result<Loaded<Settings>> {
    sources.overrule("REDIS_URL", "memory:");
    sources.overrule("WECHAT_BASE_URL", &format!("http://{address}"));
    sources.overrule("DATABASE_URL", &format!("sqlite://{file}"));
    // The playground moves WeChat's clock and not the service's, so what WeChat signs would soon be from the future.
    for (name, text) in
        [("LOG", "weapp_login=info"), ("LOG_FORMAT", "pretty"), ("DRAIN_SECONDS", "0"), ("DATA_MAX_AGE_SECONDS", "0")]
    {
        sources.presume(name, text);
    }
    let invented = invented::presume(&mut sources);
    let mut loaded = settings::read::<Settings>(&sources, Secrets::Any)?;
    if invented {
        invented::add_second(&mut loaded.settings.wechat.apps);
    }
    Ok(loaded)
}

fn say_what_to_try(settings: &Settings, address: SocketAddr, file: &str, ignored: &[String]) {
    let base = format!("http://{address}");
    let mini_program = &settings.wechat.apps[0].id;
    // The file remembers people from one start to the next, and WeChat's ids follow from the name.
    let person = format!("alice-{}", hex::encode(Random::system().bytes::<3>()));
    println!("weapp-login is on {base} with a simulated WeChat");
    println!();
    println!("  playground   {base}/");
    println!("  API          {base}/docs/");
    println!("  people       {file}");
    println!();
    for setting in ignored {
        println!("Not used here: {setting}");
    }
    if !ignored.is_empty() {
        println!();
    }
    println!("Sign in as {person}, whom nobody knows yet:");
    println!();
    let json = "-H 'content-type: application/json'";
    let app_id = format!("'{{\"appId\":\"{mini_program}\"}}'");
    println!(
        "  CODE=$(curl -s {base}/wx/{person}/login {json} -d {app_id} | sed 's/.*\"code\":\"\\([^\"]*\\).*/\\1/')"
    );
    println!(
        "  TICKET=$(curl -s {base}/v1/login {json} -d '{{\"appId\":\"{mini_program}\",\"code\":\"'$CODE'\"}}' | tee /dev/stderr | \
         sed 's/.*\"ticket\":\"\\([^\"]*\\).*/\\1/')"
    );
    println!(
        "  curl -s {base}/wx/{person}/getUserInfo {json} -d {app_id} | sed \"s/^{{/{{\\\"ticket\\\":\\\"$TICKET\\\",/\" | \
         curl -s {base}/v1/register {json} -d @-"
    );
    println!();
    println!("The first two lines once more sign {person} in at once. ctrl-c ends it.");
}
