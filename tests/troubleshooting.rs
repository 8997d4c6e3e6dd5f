//! Every message of the hub stands in docs/troubleshooting.md with what to do about it, and nothing else does.
//!
//! A row of the page whose table begins with `message` or `code` names one or several, each as inline code: `…` stands
//! for whatever a message fills in, and at the end of a row's message for the rest of it.

#[path = "troubleshooting/gather.rs"]
mod gather;

use std::collections::BTreeMap;

use gather::{codes, messages, mistakes};

const PAGE: &str = include_str!("../docs/troubleshooting.md");

/// How much of a message its entry has to say, in letters and digits.
const LEAST: usize = 12;

/// What nobody reads, with the reason.
const UNSEEN: &[(&str, &str)] =
    &[("the configuration has mistakes", "the mistakes themselves are printed in its place")];

/// Codes that are no trouble of anybody's.
const NO_TROUBLE: &[(&str, &str)] = &[("bad-fault", "typed to a simulator, whose answer says what it takes")];

/// The inline code of a line: between as many backticks as it began with.
fn spans(text: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let fence = &rest[start..];
        let fence = &fence[..fence.len() - fence.trim_start_matches('`').len()];
        let inner = &rest[start + fence.len()..];
        let Some(end) = inner.find(fence) else { break };
        spans.push(inner[..end].trim().to_owned());
        rest = &inner[end + fence.len()..];
    }
    spans
}

/// What the first column of all tables with this heading names.
fn entries(page: &str, heading: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        let mut cells = line.split(" | ");
        let first = cells.next().unwrap_or_default();
        if !line.starts_with('|') {
            inside = false;
        } else if first == format!("| {heading}") {
            inside = true;
        } else if inside && !line.starts_with("| ---") {
            let named = spans(first);
            assert!(!named.is_empty(), "{line}\nnames nothing as inline code");
            assert!(
                cells.next().is_some_and(|way_out| way_out.trim().len() > 3),
                "{line}\nsays nothing to do"
            );
            found.extend(named);
        }
    }
    found
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Whether `pattern`, in which `…` stands for anything, is all of `text`.
fn fits(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split('…').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn covers(entry: &str, message: &str) -> bool {
    fits(entry, message) && letters(entry) >= LEAST.min(letters(message))
}

#[test]
fn every_message_stands_on_the_page_and_nothing_else_does() {
    let (said, page) = (messages(), entries(PAGE, "message"));
    assert!(said.len() > 200, "only {} messages were found in the source", said.len());
    let mut complaints = Vec::new();
    for (message, place) in &said {
        let is_told = page.iter().any(|entry| covers(entry, message));
        let is_unseen = UNSEEN.iter().any(|(unseen, _)| unseen == message);
        if is_told == is_unseen {
            let why = if is_told {
                "is on the page and on the list of what nobody reads"
            } else {
                "is not on the page"
            };
            complaints.push(format!("{place}: `{message}` {why}"));
        }
    }
    for entry in &page {
        if !said.keys().any(|message| covers(entry, message)) {
            complaints.push(format!("the page: `{entry}` is said nowhere"));
        }
    }
    for (unseen, _) in UNSEEN {
        if !said.contains_key(*unseen) {
            complaints.push(format!("the list of what nobody reads: `{unseen}` is said nowhere"));
        }
    }
    assert!(complaints.is_empty(), "docs/troubleshooting.md:\n{}", complaints.join("\n"));
}

#[test]
fn every_mistake_in_a_file_stands_on_the_page_and_nothing_else_does() {
    let (said, page) = (mistakes(), entries(PAGE, "what is said of a key"));
    assert!(said.len() > 15, "only {} mistakes were found in the source", said.len());
    let is_told = |text: &str| page.iter().any(|entry| covers(entry, text));
    let missing = said.iter().filter(|(text, _)| !is_told(text));
    let mut complaints: Vec<String> =
        missing.map(|(text, place)| format!("{place}: `{text}` is not on the page")).collect();
    let unsaid = page.iter().filter(|entry| !said.keys().any(|text| covers(entry, text)));
    complaints.extend(unsaid.map(|entry| format!("the page: `{entry}` is said nowhere")));
    assert!(complaints.is_empty(), "docs/troubleshooting.md:\n{}", complaints.join("\n"));
}

#[test]
fn every_code_stands_on_the_page_and_nothing_else_does() {
    let (said, page) = (codes(), entries(PAGE, "code"));
    assert!(said.len() > 80, "only {} codes were found in the source", said.len());
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    page.iter().for_each(|code| *counted.entry(code).or_default() += 1);
    let is_trouble = |code: &str| !NO_TROUBLE.iter().any(|(none, _)| *none == code);
    let missing = said.iter().filter(|(code, _)| is_trouble(code) && !counted.contains_key(code.as_str()));
    let mut complaints: Vec<String> =
        missing.map(|(code, place)| format!("{place}: the code `{code}` is not on the page")).collect();
    let unsaid = counted.keys().filter(|code| !said.contains_key(**code));
    complaints.extend(unsaid.map(|code| format!("the page: no source has the code `{code}`")));
    assert!(complaints.is_empty(), "docs/troubleshooting.md:\n{}", complaints.join("\n"));
}

#[test]
fn an_entry_covers_a_message_by_its_own_words_only() {
    let check =
        |entry: &str, message: &str, expect: bool| assert_eq!(covers(entry, message), expect, "{entry}");
    check("cannot use … …", "cannot use … now", false);
    check("cannot listen on …", "cannot listen on …: …", true);
    check("link …: …", "link …: …", true);
    check("link …: …", "link …: a loop was broken: `…` came back", false);
    check("…", "the topic is empty", false);
    check("the topic is empty", "the topic is empty", true);
    check("the topic is empty", "the topic is empty; write for example `…`", false);
    check("… is said twice", "… is said twice", true);
    assert_eq!(spans("| `a`<br>`` b `c` d `` and"), ["a", "b `c` d"]);
}
