//! A payload made readable without changing what it says: JSON with line breaks, bytes in hexadecimal digits.
//!
//! JSON is laid out anew from its own text, token by token, so that digits, escapes and the order of keys stay as they
//! were sent.

use std::fmt::Write;

/// Bytes in one line of [`hex`].
const PER_LINE: usize = 16;

/// JSON with one member per line, indented by two; the text must be JSON. Short arrays of plain values stay in a line.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(token_len(rest, first));
        rest = after;
        match first {
            ' ' | '\t' | '\r' | '\n' => {}
            '{' | '[' => {
                if let Some(end) = inline_end(token, rest) {
                    let (inside, after) = rest.split_at(end);
                    out.push_str(token);
                    push_inline(&mut out, inside);
                    rest = after;
                } else {
                    depth += 1;
                    out.push_str(token);
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push_str(token);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(token),
        }
    }
    out
}

/// The longest array that stays in one line, in bytes.
const INLINE: usize = 60;

/// Where the bracket that was just opened closes again, if what is in it is short and plain.
fn inline_end(open: &str, inside: &str) -> Option<usize> {
    let mut at = 0;
    while at <= INLINE {
        let rest = inside.get(at..)?;
        let first = rest.chars().next()?;
        match first {
            ']' | '}' => {
                let is_empty = inside[..at].trim().is_empty();
                return (open == "[" || is_empty).then_some(at + 1);
            }
            '[' | '{' => return None,
            _ => at += token_len(rest, first),
        }
    }
    None
}

/// Plain values in one line, with a blank after each comma.
fn push_inline(out: &mut String, mut inside: &str) {
    while let Some(first) = inside.chars().next() {
        let (token, after) = inside.split_at(token_len(inside, first));
        inside = after;
        match first {
            ' ' | '\t' | '\r' | '\n' => {}
            ',' => out.push_str(", "),
            _ => out.push_str(token),
        }
    }
}

/// How long the token is that begins with `first`: a string, a bracket, a sign, or a word up to one of these.
fn token_len(rest: &str, first: char) -> usize {
    match first {
        '"' => {
            let mut escaped = false;
            for (at, c) in rest.char_indices().skip(1) {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => return at + 1,
                    _ => {}
                }
            }
            rest.len()
        }
        '{' | '}' | '[' | ']' | ',' | ':' | ' ' | '\t' | '\r' | '\n' => 1,
        _ => rest.find(['{', '}', '[', ']', ',', ':', '"', ' ', '\t', '\r', '\n']).unwrap_or(rest.len()),
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}

/// JSON in one line: line breaks between tokens become blanks, everything else stays.
pub fn one_line(text: &str) -> String {
    // Within a string a line break can only stand escaped.
    text.replace(['\r', '\n'], " ")
}

/// Bytes as `offset  hexadecimal digits  text`, sixteen in a line.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(PER_LINE) * 78);
    for (line, chunk) in bytes.chunks(PER_LINE).enumerate() {
        if line > 0 {
            out.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = write!(out, "{:06x} ", line * PER_LINE);
        for at in 0..PER_LINE {
            if at % 8 == 0 {
                out.push(' ');
            }
            let _ = match chunk.get(at) {
                Some(byte) => write!(out, "{byte:02x} "),
                None => write!(out, "   "),
            };
        }
        out.push(' ');
        out.extend(chunk.iter().map(|byte| match byte {
            0x20..=0x7e => char::from(*byte),
            _ => '.',
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_and_says_the_same() {
        let check = |text: &str, expect: &str| assert_eq!(json(text), expect, "{text}");
        check("24.50", "24.50");
        check("{}", "{}");
        check("{ }", "{}");
        check("[]", "[]");
        check(r#"{"temperature":[24.50,"℃"]}"#, "{\n  \"temperature\": [24.50, \"℃\"]\n}");
        check(r#"{"a" : 1e3,"b":"\u2103 {[,:\" "}"#, "{\n  \"a\": 1e3,\n  \"b\": \"\\u2103 {[,:\\\" \"\n}");
        check(r#"[{"x":1},[2]]"#, "[\n  {\n    \"x\": 1\n  },\n  [2]\n]");
        check("\n[ 1 ,\r\n 2 ]\t", "[1, 2]");
        check("\"a b\"", "\"a b\"");
    }

    #[test]
    fn long_arrays_have_a_value_per_line() {
        let numbers = (0..40).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(json(&format!("[{numbers}]")).lines().count(), 42);
    }

    #[test]
    fn any_text_is_laid_out_without_a_panic() {
        for text in ["{", "]]]", "\"", "\"\\", "{\"a\":[1,2", "ž{ž}", "[\"\u{202e}", ",,,:::"] {
            json(text);
        }
        let value = r#"{"deep":[[[{"x":[1,2,{"y":null}]}]]],"t":true,"s":"čšž\\\""}"#;
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("still JSON");
        assert_eq!(parsed(&json(value)), parsed(value));
        assert_eq!(parsed(&one_line("{\n\"a\":\r\n1}")), parsed("{\"a\":1}"));
    }

    #[test]
    fn bytes_are_shown_with_their_place() {
        let expect = "000000  68 69 00 ff                                       hi..";
        assert_eq!(hex(b"hi\0\xff"), expect);
        let two = hex(&[0x41; 17]);
        let lines: Vec<_> = two.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("000010  41 ") && lines[0].ends_with(&"A".repeat(16)));
        assert_eq!(hex(b""), "");
    }
}
