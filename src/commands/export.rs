//! `weapp-login export`: everybody, as a stream that `import` reads.

use super::part::settings;
use super::people_csv::Line;
use super::readiness::require_database;
use crate::app::open_users;
use crate::settings::{DatabaseSettings, Secrets};
use crate::store::{Person, UserStore};
use crate::user::UserId;
use anyhow::Context;
use csv::Writer;
use std::collections::HashSet;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// People in one query.
const PAGE: i64 = 2000;
/// Read and written by whoever exports, and by nobody else: it is personal data from its first line on.
const MODE: u32 = 0o600;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to write, readable for you alone; standard output if it is left out
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Writes people in the order of app id and openid, and after them those of whom only the phone number is known. Who
/// registers meanwhile may or may not be among them; no way in is there twice.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let database: DatabaseSettings = settings(Secrets::Any)?;
    let users = open_users(&database, 1)?;
    require_database(&*users).await?;
    let output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(BufWriter::new(private(path).with_context(|| path.display().to_string())?)),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let mut export = Export { lines: Writer::from_writer(output), people: HashSet::new(), written: 0 };
    export.with_pair(&*users).await?;
    export.without_pair(&*users).await?;
    export.lines.flush()?;
    eprintln!("{} people, {} lines", export.people.len(), export.written);
    Ok(())
}

/// A file for its owner only, emptied if it was there.
fn private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(path)?;
    // One that was there keeps the rights that it had; what is no file, such as a pipe, is somebody else's matter.
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(MODE))?;
    }
    Ok(file)
}

struct Export {
    lines: Writer<Box<dyn Write>>,
    /// Numbers of the accounts that were met: somebody who uses several mini programs has several lines.
    people: HashSet<UserId>,
    written: u64,
}

impl Export {
    async fn with_pair(&mut self, users: &dyn UserStore) -> anyhow::Result<()> {
        let mut last = None;
        loop {
            let after = last.as_ref().map(|(app, openid)| (app, openid));
            let page = users.export(after, PAGE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.pair.clone();
            self.write(&page)?;
        }
    }

    async fn without_pair(&mut self, users: &dyn UserStore) -> anyhow::Result<()> {
        let mut place = Some(UserId(0));
        while let Some(after) = place {
            let (page, end) = users.export_without_pair(after, PAGE).await?;
            place = end;
            self.write(&page)?;
        }
        Ok(())
    }

    fn write(&mut self, page: &[Person]) -> anyhow::Result<()> {
        for person in page {
            self.lines.serialize(Line::from(person))?;
            self.people.insert(person.id);
            self.written += 1;
        }
        Ok(())
    }
}
