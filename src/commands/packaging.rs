//! What packages of the program carry beside it, made from the command line's own definition: so neither can differ from it.

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;
use std::path::PathBuf;

/// Of `completions`.
#[derive(Args)]
pub(super) struct CompletionArguments {
    /// The shell that they are for
    shell: Shell,
}

/// Of `man`.
#[derive(Args)]
pub(super) struct ManArguments {
    /// A folder that is there; weapp-login.1 and a page for each command are written into it
    folder: PathBuf,
}

/// Writes the completions of `command` to standard output.
pub(super) fn completions(mut command: Command, arguments: CompletionArguments) -> anyhow::Result<()> {
    let mut text = vec![];
    clap_complete::generate(arguments.shell, &mut command, "weapp-login", &mut text);
    std::io::Write::write_all(&mut std::io::stdout(), &text).context("standard output does not take them")
}

/// Writes the pages of `command`.
pub(super) fn man(command: Command, ManArguments { folder }: ManArguments) -> anyhow::Result<()> {
    clap_mangen::generate_to(command.disable_help_subcommand(true), &folder)
        .with_context(|| format!("{} cannot be written to", folder.display()))
}
