//! The house rules, as tests: who may know whom, who may do I/O, how long a file or a function may be, what every
//! module, dependency, template and style sheet owes its reader. Each message names the place and what to do.

#[path = "tidy/source.rs"]
mod source;

use source::{Source, blank, is_word, sources};

/// The rooms in the order data flows; a room uses rooms of a lower floor only, neighbours never see each other.
const FLOORS: &[&[&str]] = &[
    &["stop", "clock", "sheet", "disk"],
    &["talk"],
    &["device"],
    &["hub"],
    &["link", "broker", "history", "events", "rule"],
    &["web"],
    &["config"],
    &["app"],
    &["cli"],
    &["lib", "main", "build"],
];

/// Rooms that do no I/O and take time as an argument.
const PURE: &[&str] = &["talk", "device", "hub"];

/// What these rooms do not touch.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "tokio::fs",
    "tokio::net",
    "tokio::process",
    "tokio::time",
    "tokio::spawn",
    "SystemTime::now",
    "Instant::now",
];

/// The one place in them that looks at the clock, so that everybody else is handed the time.
const CLOCK: &str = "src/hub/now.rs";

const MAX_FILE: usize = 400;
const MEDIAN_FILE: usize = 150;
const P90_FILE: usize = 280;
const MAX_FUNCTION: usize = 60;
const MAX_MODULE_DOC: usize = 15;

/// Fails with all complaints at once.
fn report(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The rooms that a line of code names: `crate::hub::…`, `crate::{hub, talk::Topic}`.
fn rooms_named(code: &str) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (start, prefix) in code.match_indices("crate::") {
        let line = code[..start].matches('\n').count() + 1;
        let rest = &code[start + prefix.len()..];
        let word = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
        if !rest.starts_with('{') {
            named.push((line, word(rest)));
            continue;
        }
        let mut depth = 0;
        for (index, c) in rest.char_indices() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if depth == 0 {
                break;
            }
            if depth == 1 && (c == '{' || c == ',') {
                named.push((line, word(&rest[index + 1..])));
            }
        }
    }
    named.retain(|(_, room)| floor(room).is_some());
    named
}

#[test]
fn rooms_use_only_rooms_before_them() {
    let mut complaints = Vec::new();
    for source in sources("src", &[".rs"]) {
        let Some(own) = floor(source.room()) else {
            complaints.push(format!(
                "{}:1: a room without a floor; give it one in FLOORS of tests/tidy.rs",
                source.path
            ));
            continue;
        };
        let code: Vec<_> = source.own_code().map(|(_, line)| line).collect();
        for (line, room) in rooms_named(&code.join("\n")) {
            if room != source.room() && floor(&room) >= Some(own) {
                complaints.push(format!(
                    "{}:{line}: {} may not use {room}; move what both need to a room before them, or hand it in",
                    source.path,
                    source.room()
                ));
            }
        }
    }
    report(complaints);
}

#[test]
fn pure_rooms_do_no_io_and_are_told_the_time() {
    let mut complaints = Vec::new();
    for source in sources("src", &[".rs"]) {
        if !PURE.contains(&source.room()) || source.path == CLOCK {
            continue;
        }
        for (line, code) in source.own_code() {
            for word in IMPURE.iter().filter(|word| code.contains(**word)) {
                complaints.push(format!(
                    "{}:{line}: {word} in a pure room; do it in link, web or app and pass the result in",
                    source.path
                ));
            }
        }
    }
    report(complaints);
}

#[test]
fn every_module_says_what_is_in_it() {
    let mut complaints = Vec::new();
    let all = ["src", "tests", "benches"].iter().flat_map(|folder| sources(folder, &[".rs"]));
    for source in all.filter(|source| !source.path.ends_with("/tests.rs")) {
        let doc = source.text.lines().take_while(|line| line.starts_with("//!")).count();
        // The crate's own doc is the map of the house.
        let too_long = doc > MAX_MODULE_DOC && source.path != "src/lib.rs";
        if doc == 0 {
            complaints
                .push(format!("{}:1: say in the first line, by //!, what is in this room", source.path));
        } else if too_long {
            complaints
                .push(format!("{}:1: {doc} lines of //!, at most {MAX_MODULE_DOC}: say less", source.path));
        }
    }
    report(complaints);
}

#[test]
fn files_are_short() {
    let mut complaints = Vec::new();
    let mut sizes = Vec::new();
    for source in sources("src", &[".rs"]).iter().filter(|source| !source.is_test()) {
        let lines = source.lines_without_tests();
        sizes.push(lines);
        if lines > MAX_FILE {
            complaints
                .push(format!("{}:{MAX_FILE}: {lines} lines; which second idea moved in?", source.path));
        }
    }
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    let p90 = sizes[(sizes.len() * 9 / 10).min(sizes.len() - 1)];
    println!("{} files, median {median} lines, p90 {p90}", sizes.len());
    if median > MEDIAN_FILE || p90 > P90_FILE {
        complaints.push(format!(
            "src: median {median} lines (at most {MEDIAN_FILE}), p90 {p90} (at most {P90_FILE}); split the longest"
        ));
    }
    report(complaints);
}

#[test]
fn functions_are_short() {
    let mut complaints = Vec::new();
    let mut sizes = Vec::new();
    for source in sources("src", &[".rs"]) {
        for function in source.functions() {
            sizes.push(function.lines);
            if function.lines > MAX_FUNCTION {
                complaints.push(format!(
                    "{}:{}: fn {} has {} lines, at most {MAX_FUNCTION}; give its steps names",
                    source.path, function.line, function.name, function.lines
                ));
            }
        }
    }
    sizes.sort_unstable();
    println!("{} functions, median {} lines", sizes.len(), sizes[sizes.len() / 2]);
    report(complaints);
}

#[test]
fn nothing_unsafe_and_nothing_left_over() {
    let left_over = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!")];
    let mut complaints = Vec::new();
    for source in sources("", &[".rs", ".html", ".css", ".js", ".toml", ".md"]) {
        for (index, line) in source.text.lines().enumerate() {
            for word in left_over.iter().filter(|word| contains_word(line, word)) {
                complaints.push(format!("{}:{}: {word}: do it or make it an issue", source.path, index + 1));
            }
        }
        for (index, line) in source.code.lines().enumerate() {
            if contains_word(line, concat!("un", "safe")) {
                complaints.push(format!("{}:{}: find a crate that does it safely", source.path, index + 1));
            }
        }
    }
    report(complaints);
}

#[test]
fn nothing_is_printed_by_what_ends_the_program_when_nobody_reads() {
    let mut complaints = Vec::new();
    for source in sources("src", &[".rs"]).iter().filter(|source| source.path != "src/build.rs") {
        let code = source.code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (index, line) in code.lines().enumerate() {
            if ["print!(", "println!("].iter().any(|print| line.contains(print)) {
                complaints.push(format!("{}:{}: use crate::cli::print", source.path, index + 1));
            }
        }
    }
    report(complaints);
}

fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[test]
fn no_path_of_a_private_machine() {
    let private = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];
    let mut complaints = Vec::new();
    for source in sources("", &[]) {
        for (index, line) in source.text.lines().enumerate() {
            for path in private.iter().filter(|path| line.contains(**path)) {
                complaints.push(format!("{}:{}: {path} exists on one machine only", source.path, index + 1));
            }
        }
    }
    report(complaints);
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = include_str!("../Cargo.toml");
    let mut complaints = Vec::new();
    let mut inside = false;
    let mut above = "";
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        }
        let is_dependency = inside && line.contains('=') && !line.starts_with(['#', '[', ' ', '}', ']']);
        let has_reason = above.starts_with("# ") && !above.starts_with("# ---");
        if is_dependency && !has_reason {
            let name = line.split('=').next().unwrap_or_default().trim();
            complaints
                .push(format!("Cargo.toml:{}: say above {name}, in a comment, why we need it", index + 1));
        }
        above = line;
    }
    report(complaints);
}

#[test]
fn templates_hold_no_code_and_nothing_foreign() {
    let rules: &[(&str, &str)] = &[
        ("|safe", "let askama escape it"),
        ("| safe", "let askama escape it"),
        ("<style", "styles live in the style sheet; the policy forbids inline ones"),
        (" style=", "styles live in the style sheet; use a class or a data-* state"),
        ("javascript:", "code lives in modules; the policy forbids inline code"),
        ("http://", "nothing foreign is loaded or linked from a page"),
        ("https://", "nothing foreign is loaded or linked from a page"),
    ];
    let mut complaints = Vec::new();
    for source in sources("templates", &[]) {
        for (index, line) in source.text.lines().enumerate() {
            // The names of XML vocabularies look like addresses but nobody fetches them.
            let line = line.replace("http://www.w3.org/", "");
            let mut say = |what: &str, instead: &str| {
                complaints.push(format!("{}:{}: {what}: {instead}", source.path, index + 1));
            };
            for (what, instead) in rules.iter().filter(|(what, _)| line.contains(what)) {
                say(what, instead);
            }
            if line.contains("<script") && !line.contains("src=") {
                say("inline script", "code lives in modules; the policy forbids inline code");
            }
            if has_handler(&line) {
                say("on…= attribute", "listen in a module; the policy forbids inline code");
            }
        }
    }
    report(complaints);
}

/// An attribute like `onclick=`.
fn has_handler(line: &str) -> bool {
    line.match_indices(" on").any(|(start, _)| {
        let name: String = line[start + 3..].chars().take_while(char::is_ascii_lowercase).collect();
        !name.is_empty() && line[start + 3 + name.len()..].starts_with('=')
    })
}

#[test]
fn style_sheets_need_no_ids_and_no_force() {
    let mut complaints = Vec::new();
    for source in sources("", &[".css"]) {
        let code = blank_css(&source.text);
        let line_of = |at: usize| code[..at].matches('\n').count() + 1;
        for (at, _) in code.match_indices("!important") {
            complaints.push(format!(
                "{}:{}: !important: make the selector say what it means",
                source.path,
                line_of(at)
            ));
        }
        for (at, _) in code.match_indices('{') {
            let start = code[..at].rfind(['{', '}', ';']).map_or(0, |end| end + 1);
            if code[start..at].contains('#') {
                let selector = code[start..at].trim();
                complaints.push(format!(
                    "{}:{}: {selector}: use a class, not an id",
                    source.path,
                    line_of(at)
                ));
            }
        }
    }
    report(complaints);
}

/// CSS without its comments; every newline stays.
fn blank_css(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        let end = rest[start..].find("*/").map_or(rest.len(), |end| start + end + 2);
        code.push_str(&rest[..start]);
        code.extend(rest[start..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    code + rest
}

#[test]
fn blanking_leaves_code_and_lines() {
    let check = |text: &str, expect: &str| assert_eq!(blank(text), expect, "{text}");
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */\n */ d", "a             \n    d");
    check(r#"f("a{\"b", 'c', '\'')"#, "f(       ,    ,     )");
    check(r##"f(r#"a"b"#, &'a str)"##, "f(        , &'a str)");
    check("for<'a> fn x", "for<'a> fn x");
    check("'č' 'a'", "     'a'".replace("'a'", "   ").as_str());
}

#[test]
fn functions_are_found_with_their_length() {
    let text = "fn a() {\n  if x { y }\n}\ntrait T {\n  fn b();\n}\nconst F: fn (u8) = c;\n";
    let source = Source { path: "src/x.rs".into(), text: text.into(), code: blank(text) };
    let found: Vec<_> = source.functions().into_iter().map(|f| (f.name, f.line, f.lines)).collect();
    assert_eq!(found, [("a".to_owned(), 1, 3)]);
}

#[test]
fn rooms_are_found_in_every_form_of_use() {
    let rooms: Vec<_> = rooms_named("use crate::hub::Hub;\nuse crate::{talk, link::{serial, x}, web::y};")
        .into_iter()
        .collect();
    let expect =
        [(1, "hub"), (2, "talk"), (2, "link"), (2, "web")].map(|(line, room)| (line, room.to_owned()));
    assert_eq!(rooms, expect);
}
