//! `weapp-login import`: people who come from another backend.
//!
//! Lines are read as a stream and written in batches, each one transaction, two at once where nobody is in both: while one
//! waits, the other computes. After every two the place in the file is noted beside it, so that a run that was ended goes on
//! there; and because somebody who is there already is left alone, a batch that was written without being noted does no harm
//! either.

mod line_count;
mod lines;
mod note;
mod sign_of_life;

use super::ending::Ending;
use super::part::settings;
use super::readiness::require_database;
use crate::app::open_users;
use crate::clock::Clock;
use crate::settings::{DatabaseSettings, Secrets};
use crate::store::{Imported, Person, Present, UserStore};
use csv::Writer;
use futures_util::future::try_join;
use lines::{Line, Lines};
use note::{Note, Place, Tally, beside};
use sign_of_life::SignOfLife;
use std::collections::HashSet;
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
    /// Read and check everything, tell what would come of it, write nothing to the database
    #[arg(long)]
    check: bool,
    /// Columns to leave out, separated by commas; any other one that is not known is refused
    #[arg(long, value_delimiter = ',')]
    ignore: Vec<String>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let database: DatabaseSettings = settings(Secrets::Any)?;
    let users = open_users(&database, 1)?;
    require_database(&*users).await?;
    let (tally, report) = match arguments.check {
        true => check(&*users, &arguments).await?,
        false => import(&*users, &arguments).await?,
    };
    if tally.skipped + tally.incomplete > 0 {
        println!("see {}", report.display());
    }
    Ok(if tally.skipped > 0 { Ending::Partly } else { Ending::Done })
}

async fn import(users: &dyn UserStore, arguments: &Arguments) -> anyhow::Result<(Tally, PathBuf)> {
    let mut lines = Lines::open(&arguments.file, &arguments.ignore, Clock::system().now())?;
    let (note_file, report_file) = (beside(&arguments.file, "progress"), beside(&arguments.file, "report.csv"));
    let noted = Note::read(&note_file, lines.file_bytes());
    let mut tally = noted.tally;
    if let Some(place) = &noted.place {
        println!("going on at line {}", lines.go_on_at(place)?);
    }
    let mut report = report(&report_file, noted.place.is_some())?;
    let mut life = SignOfLife::begin(lines.file_bytes());
    let (mut batch, mut next) = (Batch::default(), Batch::default());
    while let Some(place) = batch.fill(&mut lines, arguments.batch, &mut tally, &mut report)? {
        let place = next.fill(&mut lines, arguments.batch, &mut tally, &mut report)?.unwrap_or(place);
        let act = || Clock::system().now().into();
        let outcomes = match batch.meets(&next) {
            // The first line that names somebody is the one that counts.
            true => (users.import(&batch.people, act()).await?, users.import(&next.people, act()).await?),
            false => try_join(users.import(&batch.people, act()), users.import(&next.people, act())).await?,
        };
        for outcome in outcomes.0.into_iter().chain(outcomes.1) {
            tally.count(outcome);
        }
        report.flush()?;
        life.show(&place, &tally);
        Note { file_bytes: lines.file_bytes(), place: Some(place), tally }.write(&note_file)?;
    }
    life.end();
    Note::remove(&note_file)?;
    let Tally { created, joined, known, skipped, incomplete } = tally;
    println!(
        "{created} accounts made, {} people were known, {skipped} lines skipped, {incomplete} people without a part of their data",
        joined + known
    );
    Ok((tally, report_file))
}

/// What an import would come to. Nothing is written but the report, so who is met twice in the file is remembered here.
async fn check(users: &dyn UserStore, arguments: &Arguments) -> anyhow::Result<(Tally, PathBuf)> {
    let mut lines = Lines::open(&arguments.file, &arguments.ignore, Clock::system().now())?;
    let report_file = beside(&arguments.file, "check.csv");
    let (mut report, mut tally) = (report(&report_file, false)?, Tally::default());
    let mut life = SignOfLife::begin(lines.file_bytes());
    let (mut batch, mut present) = (Batch::default(), Present::default());
    while let Some(place) = batch.fill(&mut lines, arguments.batch, &mut tally, &mut report)? {
        present.extend(users.present(&batch.people).await?);
        for outcome in present.forecast(&batch.people) {
            tally.count(outcome);
        }
        life.show(&place, &tally);
    }
    report.flush()?;
    life.end();
    let Tally { created, joined, known, skipped, incomplete } = tally;
    println!(
        "{created} accounts would be made, {joined} would get one more way in, {known} people are known and stay as they are, \
         {skipped} lines would be skipped, {incomplete} people would come without a part of their data"
    );
    Ok((tally, report_file))
}

/// The file that tells about single lines.
fn report(path: &Path, goes_on: bool) -> anyhow::Result<Writer<File>> {
    let file = OpenOptions::new().create(true).write(true).append(goes_on).truncate(!goes_on).open(path)?;
    let mut report = Writer::from_writer(file);
    if !goes_on {
        report.write_record(["line", "outcome", "reason"])?;
    }
    Ok(report)
}

/// The people of one transaction.
#[derive(Default)]
struct Batch {
    people: Vec<Person>,
}

impl Batch {
    /// The next `most` people that the lines name, and the place behind them; nothing at the end of the file. What is wrong
    /// with lines on the way is reported.
    fn fill(
        &mut self,
        lines: &mut Lines,
        most: u32,
        tally: &mut Tally,
        report: &mut Writer<File>,
    ) -> anyhow::Result<Option<Place>> {
        self.people.clear();
        while self.people.len() < most as usize {
            let Some(Line { number, person }) = lines.next()? else { break };
            let number = number.to_string();
            match person {
                Ok((person, left_out)) => {
                    for reason in &left_out {
                        report.write_record([number.as_str(), "imported without it", reason])?;
                    }
                    tally.incomplete += u64::from(!left_out.is_empty());
                    self.people.push(person);
                }
                Err(reason) => {
                    report.write_record([number.as_str(), "skipped", reason])?;
                    tally.skipped += 1;
                }
            }
        }
        report.flush()?;
        if self.people.is_empty() { Ok(None) } else { lines.place().map(Some) }
    }
}

impl Batch {
    /// Whether somebody of this batch could be somebody of the other.
    fn meets(&self, other: &Batch) -> bool {
        let here: HashSet<_> = self.people.iter().flat_map(marks).collect();
        other.people.iter().flat_map(marks).any(|mark| here.contains(&mark))
    }
}

/// What a person can be told by.
fn marks(person: &Person) -> impl Iterator<Item = &str> {
    let pair = person.pair.as_ref().map(|(_, openid)| openid.as_str());
    let unionid = person.unionid.as_ref().map(|unionid| unionid.as_str());
    [pair, unionid, person.phone.as_ref().map(|phone| phone.as_str())].into_iter().flatten()
}

impl Tally {
    fn count(&mut self, outcome: Imported) {
        match outcome {
            Imported::Created => self.created += 1,
            Imported::Joined => self.joined += 1,
            Imported::Known => self.known += 1,
        }
    }
}
