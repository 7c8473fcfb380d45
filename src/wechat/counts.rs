//! Calls to WeChat for one mini program, counted.

use super::errcode::WechatError;
use metrics::{Counter, Histogram, counter, histogram};
use std::time::Duration;

/// Outcomes that are counted from the start on, so that a rate sees the first one, by what is asked: an errcode, 0 when
/// all was well, none when no answer came. Others exist from their first time on.
const FORESEEN: [(&str, &[Option<i64>]); 4] = [
    (
        "/sns/jscode2session",
        &[Some(0), None, Some(40029), Some(40163), Some(40226), Some(40013), Some(40125), Some(45009), Some(45011)],
    ),
    ("/cgi-bin/stable_token", &[Some(0), None, Some(40013), Some(40125), Some(45009)]),
    ("/wxa/business/getuserphonenumber", &[Some(0), None, Some(40029), Some(45009)]),
    ("/wxa/business/checkencryptedmsg", &[Some(0), None]),
];

/// The calls for one mini program.
pub(super) struct Calls {
    app: String,
    paths: Vec<OfPath>,
}

/// Those of one path.
struct OfPath {
    path: &'static str,
    seconds: Histogram,
    foreseen: Vec<(Option<i64>, Counter)>,
}

impl Calls {
    /// Those for the mini program `app`.
    pub(super) fn new(app: &str) -> Calls {
        let of_path = |(path, errcodes): (&'static str, &[Option<i64>])| OfPath {
            path,
            seconds: histogram!("weapp_login_wechat_call_seconds", "path" => path),
            foreseen: errcodes.iter().map(|errcode| (*errcode, counter(app, path, *errcode))).collect(),
        };
        Calls { app: app.to_owned(), paths: FORESEEN.into_iter().map(of_path).collect() }
    }

    /// Counts a call of `path` that took so long and ended with `failure`, if it failed.
    pub(super) fn count(&self, path: &'static str, failure: Option<&WechatError>, took: Duration) {
        let errcode = failure.map_or(Some(0), WechatError::errcode);
        let of_path =
            self.paths.iter().find(|of_path| of_path.path == path).expect("every path that is called is foreseen");
        of_path.seconds.record(took.as_secs_f64());
        match of_path.foreseen.iter().find(|(code, _)| *code == errcode) {
            Some((_, counter)) => counter.increment(1),
            None => counter(&self.app, path, errcode).increment(1),
        }
    }
}

fn counter(app: &str, path: &'static str, errcode: Option<i64>) -> Counter {
    let errcode = errcode.map_or("none".to_owned(), |errcode| errcode.to_string());
    let labels = [("app", app.to_owned()), ("path", path.to_owned()), ("errcode", errcode)];
    counter!("weapp_login_wechat_calls_total", &labels)
}
