//! Tells a release which commit it was built from: `WEAPP_LOGIN_COMMIT` of the environment, or else what git says. Where
//! neither is there, as in a source archive, the version stands alone. Builds for development do not ask, so that a commit
//! compiles nothing anew.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=WEAPP_LOGIN_COMMIT");
    let commit = match var("WEAPP_LOGIN_COMMIT") {
        Some(commit) => Some(commit),
        None if var("PROFILE").as_deref() == Some("release") => of_git(),
        None => None,
    };
    let version = var("CARGO_PKG_VERSION").expect("cargo tells it");
    let commit: Option<String> =
        commit.map(|commit| commit.chars().filter(char::is_ascii_alphanumeric).take(12).collect());
    let whole = commit.as_deref().map_or(version.clone(), |commit| format!("{version} ({commit})"));
    println!("cargo:rustc-env=WEAPP_LOGIN_VERSION={whole}");
    println!("cargo:rustc-env=WEAPP_LOGIN_COMMIT={}", commit.unwrap_or_default());
}

#[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The commit that is checked out.
fn of_git() -> Option<String> {
    // This file changes with every commit, wherever a worktree has it.
    if let Some(path) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={path}");
    }
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
