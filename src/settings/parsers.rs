//! From the text of a setting to its value. What is wrong is told without the text, which may be a secret.
//!
//! A text is empty when the setting is not set and has no default.

use chrono::TimeDelta;
use std::path::PathBuf;
use std::time::Duration;

/// A value, or what the text must be.
pub(super) type Parsed<T> = Result<T, String>;

/// Ten years: longer is a slip of the finger.
const LONGEST_SECONDS: u32 = 315_360_000;

/// A whole number within these limits.
pub(super) fn whole<N: TryFrom<u32>>(least: u32, most: u32) -> impl Fn(&str) -> Parsed<N> {
    move |text| {
        let number = text.parse::<u32>().ok().filter(|number| (least..=most).contains(number));
        number
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
    }
}

/// A span of time in seconds, at least `least`.
pub(super) fn seconds(least: u32) -> impl Fn(&str) -> Parsed<Duration> {
    move |text| whole::<u64>(least, LONGEST_SECONDS)(text).map(Duration::from_secs)
}

/// The same for reckoning with points in time.
pub(super) fn time_delta_seconds(least: u32) -> impl Fn(&str) -> Parsed<TimeDelta> {
    move |text| whole::<i64>(least, LONGEST_SECONDS)(text).map(TimeDelta::seconds)
}

/// A span of time in days.
pub(super) fn days(least: u32, most: u32) -> impl Fn(&str) -> Parsed<TimeDelta> {
    move |text| whole::<i64>(least, most)(text).map(TimeDelta::days)
}

/// The text as it is.
pub(super) fn text(text: &str) -> Parsed<String> {
    Ok(text.to_owned())
}

/// What `parser` makes of a text, which must be there.
pub(super) fn required<T>(parser: impl Fn(&str) -> Parsed<T>) -> impl Fn(&str) -> Parsed<T> {
    move |text| if text.is_empty() { Err("is missing".into()) } else { parser(text) }
}

/// What `parser` makes of a text, if there is one.
pub(super) fn optional<T>(parser: impl Fn(&str) -> Parsed<T>) -> impl Fn(&str) -> Parsed<Option<T>> {
    move |text| if text.is_empty() { Ok(None) } else { parser(text).map(Some) }
}

/// A file that is there and can be read.
pub(super) fn file(path: &str) -> Parsed<PathBuf> {
    match std::fs::File::open(path) {
        Ok(_) => Ok(path.into()),
        Err(_) => Err("the file cannot be read".into()),
    }
}

/// `host:port`.
pub(super) fn host_and_port(text: &str) -> Parsed<String> {
    let whole = text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if whole { Ok(text.to_owned()) } else { Err("must be host:port".into()) }
}

/// What `parser` makes of each part between commas; empty parts do not count.
pub(super) fn list<T>(form: &'static str, parser: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Parsed<Vec<T>> {
    move |text| {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(&parser).collect::<Option<_>>().ok_or_else(|| format!("must be {form}, comma-separated"))
    }
}
