//! As much of Markdown as documents are compared by.

use std::collections::BTreeSet;

/// What stands below one heading, down to the next.
#[derive(Default)]
pub struct Part {
    /// The heading's level; 0 above the first one.
    pub level: usize,
    pub heading: String,
    /// Rows of tables, cell by cell.
    pub rows: Vec<Vec<String>>,
    pub blocks: Vec<Block>,
    /// Everything that is neither a table nor a block.
    pub prose: String,
}

/// Code between fences.
#[derive(Default, Debug, PartialEq, Eq)]
pub struct Block {
    /// What stands behind the opening fence.
    pub language: String,
    pub lines: Vec<String>,
}

/// `text` by its headings.
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    let mut block: Option<Block> = None;
    for line in text.lines() {
        let part = parts.last_mut().expect("there is one from the beginning");
        let bare = line.trim_start();
        if let Some(language) = bare.strip_prefix("```") {
            match block.take() {
                Some(whole) => part.blocks.push(whole),
                None => block = Some(Block { language: language.trim().to_owned(), lines: vec![] }),
            }
        } else if let Some(block) = &mut block {
            block.lines.push(line.to_owned());
        } else if let Some(level) = level(line) {
            parts.push(Part { level, heading: line[level..].trim().to_owned(), ..Part::default() });
        } else if bare.starts_with('|') {
            part.rows.push(cells(bare));
        } else {
            part.prose += line;
            part.prose.push('\n');
        }
    }
    parts
}

fn level(line: &str) -> Option<usize> {
    let level = line.chars().take_while(|sign| *sign == '#').count();
    (level > 0 && line[level..].starts_with(' ')).then_some(level)
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "¦");
    row.split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// What stands between backticks, sorted.
pub fn code_spans(text: &str) -> Vec<&str> {
    let mut spans: Vec<_> = text.split('`').skip(1).step_by(2).collect();
    spans.sort_unstable();
    spans
}

/// Where links lead, those that are written below the text included.
pub fn links(text: &str) -> BTreeSet<String> {
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let below = text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).map(|(_, target)| target);
    inline.chain(below).map(str::to_owned).collect()
}

/// The name under which a heading is linked to.
pub fn anchor(heading: &str) -> String {
    let plain = heading.to_lowercase().replace(' ', "-");
    plain.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, '-' | '_')).collect()
}

impl Block {
    /// The block without what is said to its reader in words.
    pub fn without_comments(&self) -> Block {
        let language = self.language.split_whitespace().next().unwrap_or_default();
        let bare = |line: &String| match language {
            "js" | "ts" | "rust" | "rust,ignore" => before(line, "//"),
            "sh" | "console" | "yaml" | "toml" => before(line, "#"),
            "sql" => before(line, "--"),
            // Names of those who take part, and what they say to each other.
            "mermaid" => line.split([':', '（']).next().unwrap().split(" as ").next().unwrap().to_owned(),
            _ => line.clone(),
        };
        Block { language: self.language.clone(), lines: self.lines.iter().map(bare).collect() }
    }
}

/// The part of `line` that is no comment.
fn before(line: &str, mark: &str) -> String {
    let begins = |(at, _): &(usize, &str)| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    let end = line.match_indices(mark).find(begins).map_or(line.len(), |(at, _)| at);
    line[..end].trim_end().to_owned()
}
