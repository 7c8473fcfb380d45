//! What a run found, for whoever reads it.

use crate::checker::Verdict;
use crate::history::History;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

pub struct Report<'a> {
    pub seed: u64,
    pub redis: &'a str,
    pub history: &'a History,
    pub verdict: &'a Verdict,
    /// What this machine could not do.
    pub left_out: Vec<&'static str>,
    /// The log lines of replicas at the level ERROR, by their message.
    pub errors: BTreeMap<String, usize>,
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let history = self.history;
        let mut outcomes = BTreeMap::<_, BTreeMap<String, usize>>::new();
        for operation in &history.operations {
            let answer = &operation.answer;
            let outcome = match (answer.status, &answer.code) {
                (0, _) => "no answer".to_owned(),
                (status, Some(code)) if answer.gateway => format!("{status} {code} (gateway)"),
                (status, Some(code)) => format!("{status} {code}"),
                (200, None) if answer.ticket.is_some() => "200 ticket".to_owned(),
                (status, None) => status.to_string(),
            };
            *outcomes.entry(operation.kind).or_default().entry(outcome).or_default() += 1;
        }
        writeln!(f, "\nseed {}, Redis {}, {} phones", self.seed, self.redis, history.phones.len())?;
        writeln!(f, "{} operations", history.operations.len())?;
        for (kind, outcomes) in outcomes {
            let told: Vec<_> = outcomes.iter().map(|(outcome, times)| format!("{outcome}: {times}")).collect();
            writeln!(f, "  {:<14} {}", format!("{kind:?}"), told.join(", "))?;
        }
        let mut faults = BTreeMap::<&str, usize>::new();
        history.faults.iter().for_each(|fault| *faults.entry(&fault.name).or_default() += 1);
        writeln!(f, "{} faults", history.faults.len())?;
        faults.iter().try_for_each(|(name, times)| writeln!(f, "  {times:>4}  {name}"))?;
        self.left_out.iter().try_for_each(|name| writeln!(f, "  none  {name}: this machine cannot"))?;
        let (longest, at) = longest_unavailability(history);
        let during = history.faults.iter().rev().find(|fault| fault.begin <= at).map_or("", |fault| &fault.name);
        let (longest, at) = (longest as f64 / 1e3, at as f64 / 1e3);
        writeln!(f, "longest without any success: {longest:.1} s, until {at:.1} s ({during})")?;
        writeln!(f, "{} suspensions, {} accounts", history.suspensions.len(), history.users.len())?;
        for (what, times) in &self.verdict.explained {
            writeln!(f, "explained {times:>6}  {what}")?;
        }
        for (message, times) in &self.errors {
            writeln!(f, "log lines at ERROR {times:>6}  {message}")?;
        }
        let mut shown = BTreeMap::<&str, usize>::new();
        for violation in &self.verdict.violations {
            let times = shown.entry(violation.rule).or_default();
            *times += 1;
            if *times <= 10 {
                writeln!(f, "VIOLATION: {}: {}", violation.rule, violation.what)?;
            }
        }
        for (rule, times) in shown {
            writeln!(f, "{times} violations: {rule}")?;
        }
        writeln!(f, "{} violations", self.verdict.violations.len())
    }
}

/// The longest time without a success of anybody's, and when it ended.
fn longest_unavailability(history: &History) -> (u64, u64) {
    let succeeded = history.operations.iter().filter(|operation| operation.succeeded());
    let mut ends: Vec<_> = succeeded.map(|operation| operation.end).collect();
    ends.sort_unstable();
    ends.windows(2).map(|pair| (pair[1] - pair[0], pair[1])).max().unwrap_or_default()
}
