//! The command line.

use clap::Parser;
use std::process::ExitCode;
use weapp_login::commands::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weapp-login: {error:#}");
            ExitCode::FAILURE
        }
    }
}
