//! What went wrong and why, in one line: for the log, and for whoever sits at the terminal.

use std::error::Error;

/// `error` and what caused it, each thing once: libraries repeat a cause in what they say of its consequence.
#[must_use]
pub fn told(error: &(dyn Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !told.contains(&more) {
            told = format!("{told}: {more}");
        }
        cause = error.source();
    }
    let mut parts: Vec<_> = told.split(": ").collect();
    parts.dedup();
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_cause_is_told_once() {
        let refused = anyhow!("refused (os error 111)").context("input/output: input/output: refused (os error 111)");
        let error = refused.context("the database at 127.0.0.1:3306").context("the store does not answer");

        let said = told(error.as_ref());

        assert_eq!(
            said,
            "the store does not answer: the database at 127.0.0.1:3306: input/output: refused (os error 111)"
        );
    }
}
