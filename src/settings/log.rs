//! What is written to the log, and how.

use super::parsers::Parsed;
use super::reader::{Reader, Section};
use super::section::section;
use tracing_subscriber::EnvFilter;

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// An object a line, for machines.
    Json,
    /// For people.
    Pretty,
}

section! {
    /// The log.
    pub struct LogSettings {
        /// tracing filter, such as info or weapp_login=debug
        filter: String = "LOG", filter, { default: "info", chinese: "tracing 过滤器，如 info 或 weapp_login=debug" };
        /// json or pretty
        format: LogFormat = "LOG_FORMAT", format, { default: "json", chinese: "json 或 pretty" };
    }
}

impl Section for LogSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        LogSettings::fields(reader)
    }
}

fn filter(text: &str) -> Parsed<String> {
    match text.parse::<EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("is not a filter such as info or weapp_login=debug,info".into()),
    }
}

fn format(text: &str) -> Parsed<LogFormat> {
    match text {
        "json" => Ok(LogFormat::Json),
        "pretty" => Ok(LogFormat::Pretty),
        _ => Err("must be json or pretty".into()),
    }
}
