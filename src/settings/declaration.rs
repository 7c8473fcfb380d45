//! How a setting is declared: once, with its field, name, parser, default and meaning in two languages.
//!
//! The tables of both READMEs, `.env.example`, the long `--help` and the structs that the program reads are all made from
//! it.

/// One thing that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The variable, such as `TICKET_TTL_SECONDS`. In the TOML file it is written in lower case.
    pub name: &'static str,
    /// The text that stands where nobody sets one; empty: none.
    pub default: &'static str,
    /// What `.env.example` has in the place of a default.
    pub example: &'static str,
    /// What it does, in a line.
    pub meaning: &'static str,
    /// The same in Chinese.
    pub chinese: &'static str,
    /// Whether the value is a secret, or holds one: it can be read from the file that `<name>_FILE` names.
    pub secret: bool,
    /// Whether an empty value means something by itself. Elsewhere it is as if it were not there.
    pub keeps_empty: bool,
}

impl Setting {
    /// What a declaration leaves out.
    pub const PLAIN: Setting =
        Setting { name: "", default: "", example: "", meaning: "", chinese: "", secret: false, keeps_empty: false };

    /// The variable that names a file with the value, if there may be one.
    pub fn file_name(&self) -> Option<String> {
        self.secret.then(|| format!("{}_FILE", self.name))
    }
}
