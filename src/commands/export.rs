//! `weapp-login export`: everybody, as a stream that `import` reads.

use super::part::settings;
use super::people_csv::Line;
use crate::app::open_users;
use crate::settings::{DatabaseSettings, Secrets};
use crate::user::UserId;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// People in one query.
const PAGE: i64 = 2000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to write; standard output if it is left out
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Writes people in the order of app id and openid, and after them those of whom only the phone number is known. Who registers meanwhile may or may not be among them; nobody is there
/// twice.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let database: DatabaseSettings = settings(Secrets::Any)?;
    let users = open_users(&database, 1)?;
    let output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(BufWriter::new(File::create(path)?)),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let mut lines = csv::Writer::from_writer(output);
    let (mut last, mut people) = (None, 0);
    loop {
        let after = last.as_ref().map(|(app, openid)| (app, openid));
        let page = users.export(after, PAGE).await?;
        let Some(end) = page.last() else { break };
        last = end.pair.clone();
        people += page.len();
        for person in &page {
            lines.serialize(Line::from(person))?;
        }
    }
    let mut place = Some(UserId(0));
    while let Some(after) = place {
        let (page, end) = users.export_without_pair(after, PAGE).await?;
        place = end;
        people += page.len();
        for person in &page {
            lines.serialize(Line::from(person))?;
        }
    }
    lines.flush()?;
    eprintln!("{people} people");
    Ok(())
}
