//! What the hub says when something is wrong, taken out of its source: texts of errors, lines of the log, codes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;

/// The source without its tests: path and text.
fn sources() -> Vec<(String, String)> {
    let mut all = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new("src"), &mut all);
    all
}

fn collect(root: &Path, folder: &Path, all: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        fs::read_dir(root.join(folder)).expect("the source").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = folder.join(&name);
        if entry.path().is_dir() {
            if name != "tests" {
                collect(root, &path, all);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(entry.path()).expect("a file of ours");
            let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            all.push((path.display().to_string(), text[..tests].to_owned()));
        }
    }
}

/// The first text between quotes; none if there is none before the brackets close.
fn first_text(code: &str) -> Option<String> {
    let mut depth = 1;
    let mut chars = code.chars();
    loop {
        match chars.next()? {
            '"' => break,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return None;
        }
    }
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                '\n' => {
                    let rest = chars.as_str().trim_start();
                    chars = rest.chars();
                }
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// `cannot read {path}: {source}` as a reader sees it: `cannot read …: …`.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                shown.push(c);
            }
            '{' => {
                chars.by_ref().find(|c| *c == '}');
                if !shown.ends_with('…') {
                    shown.push('…');
                }
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Every text of an error, of the command line or of the log, with its place. What only hands on another's words is none.
pub fn messages() -> BTreeMap<String, String> {
    let opener = Regex::new(r"#\[error\(|\b(?:warn|error)!\(|\bprint::error\(").expect("a good expression");
    let texts = Regex::new(r#""((?:[^"\\]|\\.)*)""#).expect("a good expression");
    let mut found = BTreeMap::new();
    for (path, code) in sources() {
        for at in opener.find_iter(&code) {
            let text = first_text(&code[at.end()..]).map(|text| shown(&text)).unwrap_or_default();
            if text.chars().any(char::is_alphabetic) {
                let line = code[..at.start()].matches('\n').count() + 1;
                found.entry(text).or_insert(format!("{path}:{line}"));
            }
        }
        if path == "src/broker/refusal.rs" {
            // Its words are said by one line of the log that has none of its own.
            let words = code.split("pub fn what").nth(1).and_then(|rest| rest.split("pub fn").next());
            for text in texts.captures_iter(words.expect("what is refused")) {
                found.insert(text[1].replace("\\\\", "\\"), path.clone());
            }
        }
    }
    found
}

/// What is told to stand in a file of somebody's and should not, with its place: the reader of files and the
/// configuration. Definitions have hundreds of their own, which say each what may stand there.
pub fn mistakes() -> BTreeMap<String, String> {
    let said = Regex::new(
        r#"(?:let found = |found: |Problems::of_file\([^";]*?|let what = if [^{]*\{ |\bfault\(\s*(?:[\w.&*]+|"\w+"),\s*|problem\((?:[^"();]*),\s*)(?:if [^{]*\{ )?(?:format!\(\s*)?"((?:[^"\\]|\\.)+)""#,
    );
    let said = said.expect("a good expression");
    let mut found = BTreeMap::new();
    for (path, code) in sources() {
        if path.starts_with("src/sheet/") || path.starts_with("src/config/") {
            for text in said.captures_iter(&code) {
                found.entry(shown(&text[1])).or_insert(path.clone());
            }
        }
    }
    found
}

/// Every code of a refusal, of a link's state or of a trouble, with its place.
pub fn codes() -> BTreeMap<String, String> {
    const CODE: &str = r#""([a-z][a-z0-9]*(?:[-_][a-z0-9]+)*)""#;
    // Who makes refusals and states; what stands in front of the code differs.
    let makers =
        r"\b(?:Refusal::new|Malformed::new|LinkState::not_up|waiting|down|self\.fail|fail_as|cannot)";
    let made = Regex::new(&format!(r"{makers}\(\s*(?:Phase::\w+,\s*|now,\s*)?{CODE},")).expect("good");
    let stated = Regex::new(&format!(r"\b(?:code: |\.code = ){CODE}")).expect("good");
    let server = Regex::new(r#"=> "(server-[a-z]+)","#).expect("good");
    // Files in which a code is what a cause becomes.
    let chosen = Regex::new(&format!(r#"(?:=> |\(\s*){CODE},"#)).expect("good");
    let choosers = [
        "src/link/line/trouble.rs",
        "src/web/decisions.rs",
        "src/disk/health.rs",
        "src/link/tower/startup.rs",
        "src/talk/message.rs",
    ];
    let mut found = BTreeMap::new();
    for (path, code) in sources() {
        if ["src/web/text", "src/link/simulator/", "src/config/"].iter().any(|other| path.starts_with(other))
        {
            continue;
        }
        let mut gather = |expression: &Regex| {
            for code in expression.captures_iter(&code) {
                found.entry(code[1].to_owned()).or_insert(path.clone());
            }
        };
        gather(&made);
        gather(&stated);
        if choosers.contains(&path.as_str()) {
            gather(&chosen);
        }
        if path == "src/link/line/server.rs" {
            gather(&server);
        }
    }
    found
}
