//! The commands of the program, a file each. They put things together and talk to whoever sits at the terminal; what they
//! put together knows nothing of them.

mod check;
mod dev;
mod ending;
mod export;
mod import;
mod invented;
mod loopback;
mod migrate;
mod packaging;
mod part;
mod people_csv;
mod readiness;
mod redis_trial;
mod serve;
mod simulate;
mod size;
mod spreadsheet;
mod users;

use crate::settings;
use clap::{CommandFactory, Parser, Subcommand};
use ending::Ending;
use std::process::ExitCode;

/// The login service for WeChat mini programs.
///
/// Settings come from the environment, from .env and from the file that WEAPP_LOGIN_CONFIG names.
#[derive(Parser)]
#[command(version = env!("WEAPP_LOGIN_VERSION"), about, long_about, after_long_help = settings::explained())]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve in production: real MySQL, Redis and WeChat
    #[command(after_long_help = settings::explained())]
    Serve,
    /// Bring the database's schema up to date; safe from several replicas at once
    Migrate,
    /// Check the settings and reach the database, Redis and WeChat
    Check,
    /// Everything in one process on loopback: SQLite, memory, a simulated WeChat and the playground
    Dev(dev::Arguments),
    /// The WeChat simulator alone
    Simulate(simulate::Arguments),
    /// Move people in from another backend
    Import(import::Arguments),
    /// Write everybody as CSV that import reads
    Export(export::Arguments),
    /// Look after accounts: for support staff
    Users(users::Arguments),
    /// Reckon how large an installation has to be
    Size(size::Arguments),
    /// Write a shell's completions to standard output
    Completions(packaging::CompletionArguments),
    /// Write the manual's pages into a folder
    Man(packaging::ManArguments),
}

impl Cli {
    /// Carries the command out; tells what the process is to end with.
    ///
    /// # Errors
    /// What is to be shown to whoever called it; the process then ends with 1.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let done = match self.command {
            Command::Serve => serve::run().await,
            Command::Migrate => migrate::run().await,
            Command::Check => check::run().await,
            Command::Dev(arguments) => dev::run(arguments).await,
            Command::Simulate(arguments) => simulate::run(arguments).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Size(arguments) => size::run(&arguments),
            Command::Completions(arguments) => packaging::completions(Cli::command(), arguments),
            Command::Man(arguments) => packaging::man(Cli::command(), arguments),
            Command::Import(arguments) => return Ok(import::run(arguments).await?.into()),
            Command::Users(arguments) => return Ok(users::run(arguments).await?.into()),
        };
        done.map(|()| Ending::Done.into())
    }
}
