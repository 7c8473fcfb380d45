//! `.env`: lines of `NAME=value`, each remembered with its number.

use super::layer::{Entry, Layer};
use dotenvy::Error;

/// What `text` sets, the last line of a name winning, and what is wrong with it. No value is repeated.
pub(super) fn read(text: &str) -> (Layer, Vec<String>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.lines().collect();
    let (mut layer, mut problems, mut at) = (Layer::new(), vec![], 0);
    // The parser gives names and values without their places; they come in the order of the lines.
    let mut number = |is_it: &dyn Fn(&str) -> bool| {
        at += lines[at..].iter().position(|line| is_it(line)).map_or(0, |found| found + 1);
        at
    };
    for parsed in dotenvy::from_read_iter(text.as_bytes()) {
        match parsed {
            Ok((name, value)) => {
                let number = number(&|line| sets(line, &name));
                layer.insert(name, Entry::new(&value, &format!("from .env line {number}")));
            }
            Err(Error::LineParse(bad, _)) => {
                let first = bad.lines().next().unwrap_or_default().trim();
                let number = number(&|line| line.trim() == first);
                problems.push(format!(".env line {number}: is not NAME=value, or a quotation mark is missing"));
            }
            Err(_) => problems.push(".env: cannot be read".into()),
        }
    }
    (layer, problems)
}

fn sets(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace)).unwrap_or(line);
    line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_faults_are_told_with_the_numbers_of_their_lines() {
        let text = "# A=1\nA=2\n\nexport B = 'x\ny'\nthis is secret\nA=3\nC=\"open";

        let (layer, problems) = read(text);

        let told: Vec<_> = layer.iter().map(|(name, entry)| format!("{name} {}", entry.origin)).collect();
        assert_eq!(told, ["A from .env line 7", "B from .env line 4"]);
        assert_eq!((layer["A"].text.as_str(), layer["B"].text.as_str()), ("3", "x\ny"));
        let places: Vec<_> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
        assert_eq!(places, [".env line 6", ".env line 8"]);
        assert!(!problems.concat().contains("secret"));
    }
}
