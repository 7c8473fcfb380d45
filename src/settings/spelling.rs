//! Names that are set and that nobody reads: slips of the finger, told before they are searched for.

use super::declaration::Setting;
use super::layer::Layer;
use super::sources::{CONFIG, Sources};

/// A line for each key of the TOML file that is no setting: the file is ours, so everything in it must be one.
pub(super) fn unknown_in_file(sources: &Sources, declared: &[&Setting]) -> Vec<String> {
    let known = known(declared);
    let unknown = sources.file.iter().filter(|(name, _)| !known.contains(name) || *name == CONFIG);
    unknown
        .map(|(name, entry)| {
            let place = entry.origin.strip_prefix("from ").unwrap_or(&entry.origin);
            format!(
                "{}: no such setting in {place}{}",
                name.to_lowercase(),
                suggestion(name, &known, |s| s.to_lowercase())
            )
        })
        .collect()
}

/// A line for each variable that looks like a setting and is none. The environment has much that is not ours, so only
/// what is one or two letters away counts there; in `.env` everything that begins like a setting does.
pub(super) fn suspect_variables(sources: &Sources, declared: &[&Setting]) -> Vec<String> {
    let known = known(declared);
    let suspects = |layer: &Layer, by_prefix: bool| -> Vec<String> {
        let unknown = layer.iter().filter(|(name, entry)| !known.contains(name) && !entry.text.is_empty());
        unknown
            .filter_map(|(name, entry)| {
                let suggestion = suggestion(name, &known, str::to_owned);
                let suspect = !suggestion.is_empty() || (by_prefix && begins_like_one(name, &known));
                suspect.then(|| format!("{name}: no such setting ({}){suggestion}", entry.origin))
            })
            .collect()
    };
    [suspects(&sources.environment, false), suspects(&sources.dot_env, true)].concat()
}

fn known(declared: &[&Setting]) -> Vec<String> {
    let names = declared.iter().flat_map(|setting| [Some(setting.name.to_owned()), setting.file_name()]);
    names.flatten().chain([CONFIG.to_owned()]).collect()
}

/// `; is it LISTEN?` for a name that is nearly `LISTEN`. Short names must be nearer, or `LANG` would be `LOG`.
fn suggestion(name: &str, known: &[String], written: impl Fn(&str) -> String) -> String {
    let upper = name.to_ascii_uppercase();
    let distances = known.iter().map(|known| (strsim::osa_distance(&upper, known), known));
    let nearest = distances.filter(|(distance, known)| *distance <= (known.len() / 5).min(2)).min();
    nearest.map_or(String::new(), |(_, known)| format!("; is it {}?", written(known)))
}

fn begins_like_one(name: &str, known: &[String]) -> bool {
    let first_word = |name: &str| name.split_once('_').map(|(word, _)| word.to_ascii_uppercase());
    first_word(name).is_some_and(|word| known.iter().any(|known| first_word(known).as_ref() == Some(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_others_are_not() {
        let known = ["LOG", "LISTEN", "DATABASE_URL", "REDIS_URL"].map(String::from);
        let suggested = |name: &str| suggestion(name, &known, str::to_owned);

        assert_eq!(suggested("DATABSE_URL"), "; is it DATABASE_URL?");
        assert_eq!(suggested("database_url"), "; is it DATABASE_URL?");
        assert_eq!(suggested("LISEN"), "; is it LISTEN?");
        for other in ["LANG", "LOGNAME", "REDIS_PORT", "LISTEN_FDS", "PATH"] {
            assert_eq!(suggested(other), "", "{other}");
        }
    }
}
