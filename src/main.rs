//! The command line.

use clap::Parser;
use mimalloc::MiMalloc;
use std::process::ExitCode;
use weapp_login::commands::Cli;
use weapp_login::error::told;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("weapp-login: {}", told(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
