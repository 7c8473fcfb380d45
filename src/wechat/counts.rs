//! Calls to WeChat for one mini program, counted.

use super::errcode::WechatError;
use metrics::{Counter, counter, histogram};
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
    foreseen: Vec<(&'static str, Option<i64>, Counter)>,
}

impl Calls {
    /// Those for the mini program `app`.
    pub(super) fn new(app: &str) -> Calls {
        let all = FORESEEN.iter().flat_map(|(path, errcodes)| errcodes.iter().map(move |errcode| (*path, *errcode)));
        let foreseen = all.map(|(path, errcode)| (path, errcode, counter(app, path, errcode))).collect();
        Calls { app: app.to_owned(), foreseen }
    }

    /// Counts a call of `path` that took so long and ended with `failure`, if it failed.
    pub(super) fn count(&self, path: &'static str, failure: Option<&WechatError>, took: Duration) {
        let errcode = failure.map_or(Some(0), WechatError::errcode);
        match self.foreseen.iter().find(|(other, code, _)| *code == errcode && *other == path) {
            Some((.., counter)) => counter.increment(1),
            None => counter(&self.app, path, errcode).increment(1),
        }
        histogram!("weapp_login_wechat_call_seconds", "path" => path).record(took.as_secs_f64());
    }
}

fn counter(app: &str, path: &'static str, errcode: Option<i64>) -> Counter {
    let errcode = errcode.map_or("none".to_owned(), |errcode| errcode.to_string());
    let labels = [("app", app.to_owned()), ("path", path.to_owned()), ("errcode", errcode)];
    counter!("weapp_login_wechat_calls_total", &labels)
}
