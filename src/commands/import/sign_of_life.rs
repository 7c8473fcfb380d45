//! How far it is: a bar for whoever sits at a terminal, a line every few seconds for a log.

use super::note::{Place, Tally};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(5);

/// What is shown on standard error meanwhile.
pub(super) struct SignOfLife {
    bar: Option<ProgressBar>,
    file_bytes: u64,
    begin: Instant,
    first: Option<u64>,
    said: Instant,
}

impl SignOfLife {
    /// Begins with nothing done.
    pub(super) fn begin(file_bytes: u64) -> SignOfLife {
        let style = "{wide_bar} {bytes}/{total_bytes} {elapsed} (rest {eta}) {msg}";
        let style = ProgressStyle::with_template(style).expect("the template is a constant");
        let bar = stderr().is_terminal().then(|| ProgressBar::new(file_bytes).with_style(style));
        SignOfLife { bar, file_bytes, begin: Instant::now(), first: None, said: Instant::now() }
    }

    /// Tells that all lines before `place` are done.
    pub(super) fn show(&mut self, place: &Place, tally: &Tally) {
        let people = tally.created + tally.joined + tally.known;
        let done = people + tally.skipped;
        let first = *self.first.get_or_insert(done);
        if let Some(bar) = &self.bar {
            bar.set_position(place.byte);
            bar.set_message(format!("{people} people"));
        } else if self.said.elapsed() >= EVERY {
            let percent = place.byte * 100 / self.file_bytes.max(1);
            let speed = (done - first) as f64 / self.begin.elapsed().as_secs_f64();
            eprintln!("{percent}%, {people} people, {} lines skipped, {speed:.0} lines/s", tally.skipped);
            self.said = Instant::now();
        }
    }

    /// Leaves the terminal as it was.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
