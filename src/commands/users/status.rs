//! `users suspend` and `users restore`, for one account or for many.

use super::desk::Desk;
use crate::commands::ending::Ending;
use crate::user::{Status, UserId};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

const SESSIONS_LEFT: &str =
    "the account is suspended; its open sessions end by themselves within 60 s, because ending them at once failed";

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Numbers of accounts
    #[arg(required_unless_present = "from_file")]
    ids: Vec<i64>,
    /// A file with one number a line, or - for standard input; empty lines and what follows # do not count
    #[arg(long)]
    from_file: Option<PathBuf>,
}

pub(super) async fn run(desk: &Desk, arguments: Arguments, status: Status) -> anyhow::Result<Ending> {
    let mut ids: Vec<_> = arguments.ids.into_iter().map(UserId).collect();
    if let Some(file) = &arguments.from_file {
        ids.extend(listed(&read(file)?)?);
    }
    let several = ids.len() > 1;
    let mut documents = vec![];
    let mut absent = 0;
    for id in ids {
        let (document, words) = one(desk, id, status).await?;
        if words.is_none() {
            absent += 1;
            eprintln!("weapp-login: there is no account {id}, or it was erased");
        } else if let Some(words) = words.filter(|_| !desk.json) {
            println!("{words}");
        }
        documents.push(document);
    }
    if desk.json {
        println!("{}", if several { Value::from(documents.clone()) } else { documents[0].clone() });
    }
    Ok(match absent {
        0 => Ending::Done,
        absent if absent == documents.len() => Ending::Nobody,
        _ => Ending::Partly,
    })
}

/// What came of one account; no words where there is none.
async fn one(desk: &Desk, id: UserId, status: Status) -> anyhow::Result<(Value, Option<String>)> {
    let word = if status == Status::Suspended { "suspended" } else { "restored" };
    let asked = id.to_string();
    if desk.dry_run {
        let user = desk.users.by_id(id).await?.filter(|user| user.status != Status::Erased);
        let words =
            user.as_ref().map(|user| format!("account {} is {} and would be {word}", user.id, user.status.as_str()));
        return Ok((json!({ "id": asked, "found": user.is_some(), "wouldBe": status.as_str() }), words));
    }
    let Some(done) = desk.set_status(id, status, desk.act()).await? else {
        return Ok((json!({ "id": asked, "found": false }), None));
    };
    if status == Status::Active {
        return Ok((
            json!({ "id": asked, "found": true, "status": status.as_str() }),
            Some(format!("{word} {}", done.id)),
        ));
    }
    let ended = done.ended.context(SESSIONS_LEFT)?;
    let document = json!({ "id": asked, "found": true, "status": status.as_str(), "sessionsEnded": ended });
    Ok((document, Some(format!("{word} {}, {ended} sessions ended", done.id))))
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file).with_context(|| file.display().to_string());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// The numbers in a list; nobody is touched when one of its lines is no number.
fn listed(text: &str) -> anyhow::Result<Vec<UserId>> {
    let mut ids = vec![];
    for (line, text) in text.lines().enumerate() {
        let text = text.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        match text.parse() {
            Ok(id) => ids.push(UserId(id)),
            Err(_) => bail!("line {}: it is no number of an account", line + 1),
        }
    }
    if ids.is_empty() {
        bail!("the list names no account");
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_number_a_line() {
        let ids = listed("1\r\n\n  2 # Ann\n# nobody\n3").unwrap();

        assert_eq!(ids, [UserId(1), UserId(2), UserId(3)]);
        assert_eq!(listed("1\nx\n").unwrap_err().to_string(), "line 2: it is no number of an account");
        assert!(listed("# nobody\n").is_err());
    }
}
