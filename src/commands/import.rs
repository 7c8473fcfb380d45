//! `weapp-login import`: people who come from another backend.
//!
//! Lines are read as a stream and written in batches, each one transaction. After every batch the place in the file is
//! noted beside it, so that a run that was ended goes on there; and because somebody who is there already is left alone,
//! a batch that was written without being noted does no harm either.

use super::part::settings;
use super::people_csv::Line;
use crate::app::open_users;
use crate::clock::Clock;
use crate::settings::{DatabaseSettings, Secrets};
use crate::store::{Imported, Person, UserStore};
use anyhow::{Context, bail};
use csv::{Position, ReaderBuilder, Trim, WriterBuilder};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// CSV with a header line; columns app_id and openid, or phone for people without these, and, if there are any, unionid,
    /// nickname, avatar_url, gender, language, city, province, country, status, profile_source, created_at
    file: PathBuf,
    /// Lines in one transaction
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch: u32,
    /// Read and check everything, write nothing
    #[arg(long)]
    check: bool,
}

/// What came of the lines so far, and where the next one begins.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    file_bytes: u64,
    byte: u64,
    line: u64,
    record: u64,
    created: u64,
    known: u64,
    skipped: u64,
    incomplete: u64,
}

struct Files {
    progress: PathBuf,
    report: PathBuf,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let database: DatabaseSettings = settings(Secrets::Any)?;
    let users = open_users(&database, 1)?;
    if !users.pending_migrations().await?.is_empty() {
        bail!("the database lacks migrations: run weapp-login migrate");
    }
    let progress = import(&*users, &arguments).await?;
    println!(
        "{} accounts made, {} people were known, {} lines skipped, {} people without a part of their data",
        progress.created, progress.known, progress.skipped, progress.incomplete
    );
    if progress.skipped + progress.incomplete > 0 {
        println!("see {}", beside(&arguments.file, "report.csv").display());
    }
    Ok(())
}

async fn import(users: &dyn UserStore, arguments: &Arguments) -> anyhow::Result<Progress> {
    let file = File::open(&arguments.file).with_context(|| arguments.file.display().to_string())?;
    let file_bytes = file.metadata()?.len();
    let files = Files { progress: beside(&arguments.file, "progress"), report: beside(&arguments.file, "report.csv") };
    let mut progress = noted(&files.progress, file_bytes);
    let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(file);
    let headers = reader.headers()?.clone();
    let has = |column: &str| headers.iter().any(|name| name == column);
    if !has("phone") {
        for needed in ["app_id", "openid"] {
            if !has(needed) {
                bail!("{} has neither a column {needed} nor a column phone", arguments.file.display());
            }
        }
    }
    let resumed = progress.byte > 0;
    if resumed {
        let mut place = Position::new();
        place.set_byte(progress.byte).set_line(progress.line).set_record(progress.record);
        reader.seek(place)?;
        println!("going on at line {}", progress.line);
    }
    let report = OpenOptions::new().create(true).write(true).append(resumed).truncate(!resumed).open(&files.report)?;
    let mut report = WriterBuilder::new().from_writer(report);
    if !resumed {
        report.write_record(["line", "outcome", "reason"])?;
    }
    let bar = ProgressBar::new(file_bytes)
        .with_style(ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {elapsed} (rest {eta}) {msg}")?);
    let now = Clock::system().now();
    let mut batch: Vec<Person> = Vec::with_capacity(arguments.batch as usize);
    let mut record = csv::StringRecord::new();
    loop {
        let more = match reader.read_record(&mut record) {
            Ok(more) => more,
            Err(error) => {
                // Not UTF-8: the reader is behind the line by then.
                let line = error.position().map_or(0, Position::line);
                report.write_record([&line.to_string(), "skipped", "not UTF-8"])?;
                progress.skipped += 1;
                continue;
            }
        };
        if more {
            let line = record.position().map_or(0, Position::line).to_string();
            // Spreadsheets leave empty columns out at the end of a line.
            while record.len() < headers.len() {
                record.push_field("");
            }
            match record.deserialize::<Line>(Some(&headers)).map_err(|_| "the columns do not fit the header") {
                Ok(parsed) => match parsed.person(now) {
                    Ok((person, left_out)) => {
                        for reason in &left_out {
                            report.write_record([line.as_str(), "imported without it", reason])?;
                        }
                        progress.incomplete += u64::from(!left_out.is_empty());
                        batch.push(person);
                    }
                    Err(reason) => {
                        report.write_record([line.as_str(), "skipped", reason])?;
                        progress.skipped += 1;
                    }
                },
                Err(reason) => {
                    report.write_record([line.as_str(), "skipped", reason])?;
                    progress.skipped += 1;
                }
            }
        }
        if batch.len() == arguments.batch as usize || (!more && !batch.is_empty()) {
            let outcomes = if arguments.check { vec![] } else { users.import(&batch).await? };
            progress.created += outcomes.iter().filter(|outcome| **outcome == Imported::Created).count() as u64;
            progress.known += outcomes.iter().filter(|outcome| **outcome == Imported::Known).count() as u64;
            batch.clear();
            report.flush()?;
            let place = reader.position();
            progress.file_bytes = file_bytes;
            (progress.byte, progress.line, progress.record) = (place.byte(), place.line(), place.record());
            if !arguments.check {
                note(&files.progress, &progress)?;
            }
            bar.set_position(progress.byte);
            bar.set_message(format!("{} people", progress.created + progress.known));
        }
        if !more {
            break;
        }
    }
    report.flush()?;
    bar.finish_and_clear();
    if files.progress.exists() {
        std::fs::remove_file(&files.progress)?;
    }
    Ok(progress)
}

fn beside(file: &Path, what: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    name.into()
}

/// Where an earlier run ended, if it read this very file.
fn noted(path: &Path, file_bytes: u64) -> Progress {
    let noted = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Progress>(&bytes).ok());
    noted.filter(|progress| progress.file_bytes == file_bytes).unwrap_or_default()
}

/// Written beside and moved into place, so that a run that is killed leaves a whole note.
fn note(path: &Path, progress: &Progress) -> anyhow::Result<()> {
    let fresh = beside(path, "new");
    std::fs::write(&fresh, serde_json::to_vec(progress)?)?;
    std::fs::rename(&fresh, path)?;
    Ok(())
}
