//! Every document stands in English and in Chinese, and both say the same as far as a program can tell: headings, tables, code,
//! names and links.

use crate::markdown::{Block, Part, anchor, code_spans, links, parts};
use crate::read;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

/// Whatever is in `docs`, and what stands at the top of the repository and of the client.
fn english() -> Vec<String> {
    let folder = std::fs::read_dir("docs").unwrap().map(|entry| entry.unwrap().path());
    let all = folder.filter_map(|path| path.to_str().map(str::to_owned));
    let documents = all.filter(|path| path.ends_with(".md") && !path.ends_with(".zh-CN.md"));
    let others = ["README.md", "SECURITY.md", "clients/miniprogram/README.md"].map(str::to_owned);
    documents.chain(others).collect()
}

fn chinese(path: &str) -> String {
    path.replace(".md", ".zh-CN.md")
}

/// Where two parts of a pair differ by what `compare` sees in them.
fn differences<T: PartialEq + Debug>(compare: impl Fn(&Part) -> Vec<T>) -> Vec<String> {
    let mut differences = vec![];
    for path in english() {
        let (ours, theirs) = (parts(&read(&path)), parts(&read(&chinese(&path))));
        if ours.len() != theirs.len() {
            // What follows a heading that one of them lacks would be compared with something else.
            let apart = ours.iter().zip(&theirs).find(|(ours, theirs)| ours.level != theirs.level);
            let (ours, theirs) = apart.or(ours.last().zip(theirs.last())).expect("each has a part above its headings");
            let place = format!("at {:?} and {:?} at the latest", ours.heading, theirs.heading);
            differences.push(format!("{path}: one of them lacks a heading, {place}"));
            continue;
        }
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let place = format!("{path}, {:?} and {:?}", ours.heading, theirs.heading);
            let (ours, theirs) = (compare(ours), compare(theirs));
            let only = |these: &[T], those: &[T]| -> Vec<String> {
                these.iter().filter(|one| !those.contains(one)).map(|one| format!("{one:?}")).collect()
            };
            if ours != theirs {
                let (ours, theirs) = (only(&ours, &theirs), only(&theirs, &ours));
                differences.push(format!("{place}:\n    {}\n    {}", ours.join(" "), theirs.join(" ")));
            }
        }
    }
    differences
}

fn assert_none(differences: &[String]) {
    assert!(differences.is_empty(), "in English and in Chinese only:\n{}", differences.join("\n"));
}

#[test]
fn every_document_is_there_twice_and_each_leads_to_the_other() {
    for path in english() {
        let translated = chinese(&path);
        let links = [
            (&path, format!("[中文]({})", file_name(&translated))),
            (&translated, format!("[English]({})", file_name(&path))),
        ];
        for (document, link) in links {
            let text = read(document);
            assert!(text.lines().take(4).any(|line| line == link), "{document} has no line {link} at its top");
        }
    }
}

#[test]
fn both_have_the_same_headings() {
    assert_none(&differences(|part| vec![part.level]));
}

#[test]
fn both_have_the_same_tables_and_the_same_code_in_each_cell() {
    let code = |cell: &String| code_spans(cell).into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_none(&differences(|part| {
        part.rows.iter().map(|row| row.iter().map(code).collect()).collect::<Vec<Vec<Vec<String>>>>()
    }));
}

#[test]
fn both_have_the_same_blocks_of_code_but_for_comments() {
    assert_none(&differences(|part| part.blocks.iter().map(Block::without_comments).collect()));
}

#[test]
fn both_name_the_same_things() {
    assert_none(&differences(|part| {
        let names: BTreeSet<_> = code_spans(&part.prose).into_iter().map(|name| name.replace('\n', " ")).collect();
        names.into_iter().collect()
    }));
}

/// Words that were translated by the letter, and what people in China say.
const FOREIGN: &[(&str, &str)] = &[
    ("此人", "该用户"),
    ("应答", "响应"),
    ("答复", "响应"),
    ("密封", "加密保存"),
    ("票据", "ticket"),
    ("证实", "验证过"),
    ("抹除", "删除"),
    ("游乐场", "演示页面"),
];

#[test]
fn chinese_texts_have_one_word_for_each_thing() {
    let words = ["src/playground/assets/words-zh.js".to_owned()];
    for path in english().iter().map(|path| chinese(path)).chain(words) {
        let text = read(&path);
        for (foreign, word) in FOREIGN {
            assert!(!text.contains(foreign), "{path} says {foreign}, which is {word} elsewhere");
        }
    }
}

#[test]
fn both_link_to_the_same_documents_each_in_its_language() {
    for path in english() {
        let translated = chinese(&path);
        let folder = Path::new(&path).parent().unwrap();
        let mut theirs = links(&read(&translated));
        theirs.remove(file_name(&path));
        for link in &theirs {
            let target = link.split('#').next().unwrap();
            let twin = folder.join(chinese(target));
            let is_ours = target.ends_with(".md") && !target.ends_with(".zh-CN.md") && !target.contains("://");
            assert!(!is_ours || !twin.exists(), "{translated} leads to {target}, which is there in Chinese");
        }
        let places = |links: BTreeSet<String>| -> BTreeSet<String> {
            let place = |link: &String| link.split('#').next().unwrap().replace(".zh-CN.md", ".md");
            links.iter().map(place).filter(|place| *place != file_name(&path)).collect()
        };
        assert_eq!(places(links(&read(&path))), places(theirs), "{path}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let twice = english().into_iter().flat_map(|path| [chinese(&path), path]);
    for document in twice.chain(["CHANGELOG.md", "CONTRIBUTING.md"].map(str::to_owned)) {
        let folder = Path::new(&document).parent().unwrap();
        for link in links(&read(&document)).iter().filter(|link| !link.contains("://")) {
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { PathBuf::from(&document) } else { folder.join(path) };
            assert!(target.exists(), "{document} leads to {link}");
            if !place.is_empty() {
                let headings = parts(&read(target.to_str().unwrap())).into_iter().map(|part| anchor(&part.heading));
                assert!(headings.into_iter().any(|heading| heading == place), "{document} leads to {link}");
            }
        }
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}
