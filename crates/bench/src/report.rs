//! What comes of a run: tables for people, JSON for programs.

use crate::measure::{Counts, Figures, Once, Plan};
use serde::Serialize;
use std::fmt::Write;

/// Everything that a run found.
#[derive(Debug, Serialize)]
pub struct Report {
    pub plan: Plan,
    /// The subject that the others are compared with.
    pub base: String,
    pub figures: Vec<Figures>,
    pub counts: Vec<Counts>,
    pub once: Vec<Once>,
}

impl Report {
    /// The tables, in Markdown: medians of the rounds, and the median of each round's ratio to the base with the lowest
    /// and the highest.
    pub fn tables(&self) -> String {
        let plan = &self.plan;
        let mut text = format!(
            "{} rounds of {} s, {} connections, {} people; {}; ratios to {}\n\n",
            plan.rounds,
            plan.seconds,
            plan.connections,
            plan.users,
            if plan.core.is_some() { "the program alone on its core" } else { "cores shared" },
            self.base
        );
        self.timed(&mut text);
        self.counted(&mut text);
        self.measured_once(&mut text);
        text
    }

    fn timed(&self, text: &mut String) {
        row(
            text,
            &[
                "operation",
                "program",
                "CPU µs (user + system)",
                "ratio",
                "per second",
                "p50 ms",
                "p99 ms",
                "p99.9 ms",
                "peak MiB",
                "MySQL µs",
                "Redis µs",
            ],
        );
        rule(text, 11);
        for (what, subject) in
            distinct(self.figures.iter().map(|figures| (figures.what.clone(), figures.subject.clone())))
        {
            let of = |subject: &str| -> Vec<&Figures> {
                self.figures.iter().filter(|figures| figures.what == what && figures.subject == subject).collect()
            };
            let (rows, base) = (of(&subject), of(&self.base));
            let median = |value: fn(&Figures) -> f64| middle(rows.iter().map(|figures| value(figures)).collect());
            let ratios: Vec<_> = rows
                .iter()
                .filter_map(|figures| {
                    let base = base.iter().find(|base| base.round == figures.round)?;
                    Some(figures.cpu_us / base.cpu_us)
                })
                .collect();
            let ratio = match sorted(ratios.clone()).as_slice() {
                [] => "–".to_owned(),
                all @ [first, .., last] => format!("{:.2} [{first:.2}–{last:.2}]", middle(all.to_vec())),
                [only] => format!("{only:.2}"),
            };
            row(
                text,
                &[
                    &what,
                    &subject,
                    &format!(
                        "{:.1} ({:.0} + {:.0})",
                        median(|f| f.cpu_us),
                        median(|f| f.user_us),
                        median(|f| f.system_us)
                    ),
                    &ratio,
                    &format!("{:.0}", median(|f| f.operations_per_second)),
                    &format!("{:.2}", median(|f| f.p50_ms)),
                    &format!("{:.2}", median(|f| f.p99_ms)),
                    &format!("{:.2}", median(|f| f.p999_ms)),
                    &format!("{:.1}", median(|f| f.peak_mib)),
                    &format!("{:.1}", median(|f| f.mysql_us)),
                    &format!("{:.1}", median(|f| f.redis_us)),
                ],
            );
        }
    }

    fn counted(&self, text: &mut String) {
        if self.counts.is_empty() {
            return;
        }
        text.push_str("\nFor one operation:\n\n");
        row(
            text,
            &[
                "operation",
                "program",
                "system calls",
                "Redis round trips",
                "Redis commands",
                "MySQL reads",
                "MySQL round trips with events",
                "MySQL questions with events",
                "prepared",
            ],
        );
        rule(text, 9);
        for counts in &self.counts {
            let calls = counts.system_calls.map_or("not measured".to_owned(), |calls| format!("{calls:.1}"));
            row(
                text,
                &[
                    counts.what,
                    &counts.subject,
                    &calls,
                    &format!("{:.2}", counts.redis_round_trips),
                    &format!("{:.2}", counts.redis_commands),
                    &format!("{:.2}", counts.mysql_reads),
                    &format!("{:.2}", counts.mysql_round_trips),
                    &format!("{:.2}", counts.mysql_questions),
                    &format!("{:.2}", counts.mysql_prepares),
                ],
            );
        }
    }

    fn measured_once(&self, text: &mut String) {
        if self.once.is_empty() {
            return;
        }
        text.push('\n');
        let waiting = format!("MiB while {} logins wait", self.plan.waiting);
        row(text, &["program", "file MiB", "ready after ms", "idle CPU µs a second", "MiB idle", &waiting]);
        rule(text, 6);
        for once in &self.once {
            row(
                text,
                &[
                    &once.subject,
                    &format!("{:.1}", once.program_mib),
                    &format!("{:.0}", once.ready_ms),
                    &format!("{:.0}", once.idle_us),
                    &format!("{:.1}", once.idle_mib),
                    &once.waiting_mib.map_or("not measured".to_owned(), |mib| format!("{mib:.1}")),
                ],
            );
        }
    }
}

fn row(text: &mut String, cells: &[&str]) {
    writeln!(text, "| {} |", cells.join(" | ")).expect("a string takes any text");
}

fn rule(text: &mut String, columns: usize) {
    writeln!(text, "|{}", "---|".repeat(columns)).expect("a string takes any text");
}

/// Each once, in the order of the first.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = vec![];
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn middle(values: Vec<f64>) -> f64 {
    let values = sorted(values);
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[length / 2],
        length => (values[length / 2 - 1] + values[length / 2]) / 2.0,
    }
}
