//! Trouble that was asked for: what goes wrong on which path, how often. Rules 8 and 39 of docs/simulator.md.

use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// WeChat refuses; nothing happened.
    Errcode(i64),
    /// Everything as usual, later.
    Latency(Duration),
    /// A gateway's page instead of an answer; nothing happened.
    HttpStatus(u16),
    /// It happened, but the answer reads as this text, or is cut in half.
    Garbage(Option<String>),
    /// The connection closes without a byte; nothing happened.
    DropBefore,
    /// The connection closes without a byte; it happened.
    DropAfter,
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Kind::Errcode(_) => "errcode",
            Kind::Latency(_) => "latencyMs",
            Kind::HttpStatus(_) => "httpStatus",
            Kind::Garbage(_) => "garbage",
            Kind::DropBefore => "dropBefore",
            Kind::DropAfter => "dropAfter",
        }
    }
}

/// Trouble for the next `times` requests to `path`; a `*` at its end stands for anything. With a `host`, only for those
/// whose `Host` header is that: one address of the simulator fails while another, of the same state, goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) times: u32,
}

impl Fault {
    fn strikes(&self, host: &str, path: &str) -> bool {
        if self.host.as_ref().is_some_and(|struck| struck != host) {
            return false;
        }
        match self.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == self.path,
        }
    }
}

/// The faults that are still to strike, in the order in which they were asked for.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn active(&self) -> &[Fault] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What strikes a request to `path`: at most one delay and one other fault, each the oldest of its sort.
    pub(crate) fn take(&mut self, host: &str, path: &str) -> (Option<Kind>, Option<Kind>) {
        let delay = self.take_first(host, path, |kind| matches!(kind, Kind::Latency(_)));
        let other = self.take_first(host, path, |kind| !matches!(kind, Kind::Latency(_)));
        (delay, other)
    }

    fn take_first(&mut self, host: &str, path: &str, wanted: impl Fn(&Kind) -> bool) -> Option<Kind> {
        let position = self.0.iter().position(|fault| fault.strikes(host, path) && wanted(&fault.kind))?;
        let fault = &mut self.0[position];
        fault.times -= 1;
        let kind = fault.kind.clone();
        if fault.times == 0 {
            self.0.remove(position);
        }
        Some(kind)
    }
}
