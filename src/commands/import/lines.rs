//! The lines of a file, as people.

use super::line_count::LineCount;
use super::note::Place;
use crate::commands::people_csv;
use crate::store::Person;
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use csv::{Position, Reader, ReaderBuilder, StringRecord, Trim};
use std::fs::File;
use std::path::Path;

/// A line of the file.
pub(super) struct Line {
    /// Where it begins, counted from 1 as editors do.
    pub number: u64,
    /// Whom it names and what had to be left out of them, or why it names nobody.
    pub person: Result<(Person, Vec<&'static str>), &'static str>,
}

/// A file that is read from its beginning to its end.
pub(super) struct Lines {
    reader: Reader<File>,
    headers: StringRecord,
    record: StringRecord,
    count: LineCount,
    file_bytes: u64,
    now: DateTime<Utc>,
}

impl Lines {
    /// Opens the file and checks its header; who has no time of registration gets `now`.
    ///
    /// # Errors
    /// There is no such file, or its columns are not those of people.
    pub(super) fn open(path: &Path, ignored: &[String], now: DateTime<Utc>) -> anyhow::Result<Lines> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        let (file_bytes, count) = (file.metadata()?.len(), LineCount::new(File::open(path)?));
        let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).buffer_capacity(1 << 18).from_reader(file);
        let headers = reader.headers()?.clone();
        columns(&headers, ignored).with_context(|| path.display().to_string())?;
        // An ignored column has a name that no field of a line has.
        let headers = headers.iter().map(|name| if people_csv::COLUMNS.contains(&name) { name } else { "" }).collect();
        Ok(Lines { reader, headers, record: StringRecord::new(), count, file_bytes, now })
    }

    /// Length of the file.
    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Goes on at a place of an earlier run; tells the number of the line there.
    pub(super) fn go_on_at(&mut self, place: &Place) -> anyhow::Result<u64> {
        let mut position = Position::new();
        position.set_byte(place.byte).set_line(place.line).set_record(place.record);
        self.reader.seek(position)?;
        self.count.go_to(place.byte, place.line)?;
        Ok(self.count.line_behind(place.byte)?)
    }

    /// The place behind the last line that was read.
    pub(super) fn place(&mut self) -> anyhow::Result<Place> {
        let (byte, record) = (self.reader.position().byte(), self.reader.position().record());
        Ok(Place { byte, line: self.count.line_at(byte)?, record })
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Line>> {
        let read = self.reader.read_record(&mut self.record);
        let begin = match &read {
            Ok(false) => return Ok(None),
            Ok(true) => self.record.position().cloned(),
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => error.position().cloned(),
            // The file itself cannot be read any further.
            Err(_) => return Err(read.expect_err("it is an error").into()),
        };
        // The reader's own count is one too few behind CR LF.
        let number = self.count.line_behind(begin.map_or(0, |place| place.byte()))?;
        let person = if read.is_ok() { self.person() } else { Err("not UTF-8") };
        Ok(Some(Line { number, person }))
    }

    fn person(&mut self) -> Result<(Person, Vec<&'static str>), &'static str> {
        // Spreadsheets leave empty columns out at the end of a line.
        while self.record.len() < self.headers.len() {
            self.record.push_field("");
        }
        let line: people_csv::Line =
            self.record.deserialize(Some(&self.headers)).map_err(|_| "the columns do not fit the header")?;
        line.person(self.now)
    }
}

/// Refuses a header that would lose something, or names nobody.
fn columns(headers: &StringRecord, ignored: &[String]) -> anyhow::Result<()> {
    let has = |column: &str| headers.iter().any(|name| name == column);
    let known = |name: &str| people_csv::COLUMNS.contains(&name);
    let unknown: Vec<_> =
        headers.iter().filter(|name| !known(name) && !ignored.iter().any(|ignored| ignored == name)).collect();
    if !unknown.is_empty() {
        bail!(
            "columns that import does not know: {}. It knows {}; --ignore NAME leaves one out",
            unknown.join(", "),
            people_csv::COLUMNS.join(", ")
        );
    }
    if let Some(twice) =
        people_csv::COLUMNS.iter().find(|column| headers.iter().filter(|name| name == *column).count() > 1)
    {
        bail!("the column {twice} is there more than once");
    }
    for needed in ["app_id", "openid"] {
        if !has("phone") && !has(needed) {
            bail!("it has neither a column {needed} nor a column phone");
        }
    }
    Ok(())
}
