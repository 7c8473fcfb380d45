//! `weapp-login simulate`: WeChat's side alone, for anyone's tests.

use super::{invented, part};
use crate::clock::Clock;
use crate::settings::{Secrets, Sources, WechatApp, WechatSettings};
use anyhow::Context;
use clap::ValueEnum;
use secrecy::ExposeSecret;
use std::net::TcpListener;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use wechat_simulator::{Options, Rotation, SimulatedApp, Simulator};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address and port to serve on
    #[arg(long, default_value = "127.0.0.1:9090")]
    listen: String,
    /// When a session key is renewed: as developers observe it, or as the documentation words it
    #[arg(long, value_enum, default_value_t = RotationArgument::OnExchange)]
    rotation: RotationArgument,
    /// The same seed gives the same ids, keys and codes
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RotationArgument {
    OnExchange,
    OnLogin,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut sources = Sources::of_process();
    let invented = invented::presume(&mut sources);
    let mut wechat: WechatSettings = part::settings_of(&sources, Secrets::Any)?;
    if invented {
        invented::add_second(&mut wechat.apps);
    }
    let listener =
        TcpListener::bind(&arguments.listen).with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let rotation = match arguments.rotation {
        RotationArgument::OnExchange => Rotation::OnExchange,
        RotationArgument::OnLogin => Rotation::OnLogin,
    };
    let simulator = simulator(&wechat.apps, rotation, arguments.seed);
    println!("WeChat is simulated on http://{}", listener.local_addr()?);
    println!("  WECHAT_BASE_URL=http://{}", listener.local_addr()?);
    for app in &wechat.apps {
        match invented {
            true => println!("  mini program {}, secret {}", app.id, app.secret.expose_secret()),
            false => println!("  mini program {}", app.id),
        }
    }
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = simulator.serve(listener)?;
    let handle = server.handle();
    let server = tokio::spawn(server);
    tokio::select! { _ = term.recv() => {} _ = int.recv() => {} }
    handle.stop(true).await;
    server.await??;
    Ok(())
}

/// A WeChat that knows these mini programs.
pub(super) fn simulator(apps: &[WechatApp], rotation: Rotation, seed: Option<u64>) -> Simulator {
    let apps = apps.iter().map(|app| SimulatedApp::new(app.id.as_str(), app.secret.expose_secret())).collect();
    let clock = Clock::system();
    Simulator::new(Options { apps, rotation, seed, ..Options::default() }, Arc::new(move || clock.now()))
}
