//! Any text as one word of a shell, or as a string of Python or JavaScript: nothing in it is read as anything else.
//!
//! Topics and values come from devices. What is no plain ASCII is written with escapes where the language has them, so
//! that nothing depends on the encoding of a terminal or a file.

use std::fmt::Write;

/// One word of a POSIX shell.
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A string of Python.
pub fn python(text: &str) -> String {
    literal(text, |quoted, c| match u32::from(c) {
        // Writing to a String cannot fail, here and below.
        code @ 0..=0xff => drop(write!(quoted, "\\x{code:02x}")),
        code @ 0x100..=0xffff => drop(write!(quoted, "\\u{code:04x}")),
        code => drop(write!(quoted, "\\U{code:08x}")),
    })
}

/// A string of JavaScript, which is one of JSON, too.
pub fn javascript(text: &str) -> String {
    literal(text, |quoted, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(quoted, "\\u{unit:04x}");
        }
    })
}

fn literal(text: &str, escape: impl Fn(&mut String, char)) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            ' '..='~' => quoted.push(c),
            other => escape(&mut quoted, other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_quotes() {
        let check = |text: &str, words: [&str; 3]| {
            assert_eq!([shell(text), python(text), javascript(text)], words, "{text:?}");
        };
        check("relay/i2c0-3b", ["'relay/i2c0-3b'", "\"relay/i2c0-3b\"", "\"relay/i2c0-3b\""]);
        check("a'b", [r"'a'\''b'", "\"a'b\"", "\"a'b\""]);
        check("a\"b", ["'a\"b'", r#""a\"b""#, r#""a\"b""#]);
        check(r"a\n$(x)`y`", [r"'a\n$(x)`y`'", r#""a\\n$(x)`y`""#, r#""a\\n$(x)`y`""#]);
        check("a\nb", ["'a\nb'", r#""a\x0ab""#, r#""a\u000ab""#]);
        check("ž😀", ["'ž😀'", r#""\u017e\U0001f600""#, r#""\u017e\ud83d\ude00""#]);
        check("\u{2028}", ["'\u{2028}'", r#""\u2028""#, r#""\u2028""#]);
    }
}
