//! What goes to Redis in one round trip, and whether it may go again.

use super::connection::{ANSWER_TIMEOUT, Connection};
use redis::{Arg, Cmd, Pipeline, RedisResult};

/// Whether commands may be sent again when they are not known to have been carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Harmless,
    Never,
}

/// What goes to Redis in one round trip.
#[derive(Clone, Copy)]
pub(super) enum Request<'a> {
    One(&'a Cmd),
    Several(&'a Pipeline),
}

impl Request<'_> {
    /// The names of its commands.
    pub(super) fn name(self) -> String {
        let name = |command: &Cmd| match command.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        };
        match self {
            Request::One(command) => name(command),
            Request::Several(commands) => commands.cmd_iter().map(name).collect::<Vec<_>>().join(" "),
        }
    }

    /// What `connection` answers.
    pub(super) async fn answers(self, connection: &mut Connection, repeat: Repeat) -> RedisResult<Answers> {
        match self {
            Request::One(command) if repeat == Repeat::Never => {
                connection.answer_once(command, ANSWER_TIMEOUT).await.map(Answers::One)
            }
            Request::One(command) => connection.answer(command).await.map(Answers::One),
            Request::Several(commands) => connection.answers(commands).await.map(Answers::Several),
        }
    }
}

/// What came back.
pub(super) enum Answers {
    One(redis::Value),
    Several(Vec<redis::Value>),
}
