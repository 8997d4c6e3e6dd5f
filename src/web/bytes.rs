//! Raw bytes as people read and write them: as text in which nothing hides, or as hexadecimal digits.

use std::fmt::Write;

use crate::talk::printable;

/// The first of the pictures of control characters (`␀` … `␟`).
const PICTURES: u32 = 0x2400;
/// The picture of the last one.
const DELETE: char = '␡';

/// As text: control characters as their pictures, what is no UTF-8 as `\x9f`.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\0'..='\x1f' => text.extend(char::from_u32(PICTURES + u32::from(c))),
                '\x7f' => text.push(DELETE),
                other => text.push_str(&printable(other.encode_utf8(&mut [0; 4]))),
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The parts of such a text: what is read, and runs of pictures, which need to be larger to be seen.
pub fn parts(text: &str) -> Vec<(bool, &str)> {
    let is_picture = |c: char| matches!(c, '\u{2400}'..='\u{2421}');
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_run = is_picture(first);
        let end = rest.find(|c| is_picture(c) != is_run).unwrap_or(rest.len());
        parts.push((is_run, &rest[..end]));
        rest = &rest[end..];
    }
    parts
}

/// As hexadecimal digits: `01 a0 ff`.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}{byte:02x}", if at == 0 { "" } else { " " });
    }
    text
}

/// Where hexadecimal digits are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadHex {
    /// The character, counted from 1.
    pub place: usize,
    /// What stands there; nothing if a digit is missing at the end of a byte.
    pub found: Option<char>,
}

/// The bytes of hexadecimal digits, two each; blanks, commas, colons and dashes may stand between them.
pub fn from_hex(text: &str) -> Result<Vec<u8>, BadHex> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut half: Option<(usize, u32)> = None;
    for (at, c) in text.chars().enumerate() {
        let is_between = c.is_ascii_whitespace() || matches!(c, ',' | ':' | '-');
        match (c.to_digit(16), half.take()) {
            (Some(low), Some((_, high))) => bytes.extend(u8::try_from(high * 16 + low)),
            (Some(high), None) => half = Some((at + 1, high)),
            (None, None) if is_between => {}
            (None, Some((place, _))) if is_between => return Err(BadHex { place, found: None }),
            (None, _) => return Err(BadHex { place: at + 1, found: Some(c) }),
        }
    }
    match half {
        Some((place, _)) => Err(BadHex { place, found: None }),
        None => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_the_text_of_bytes() {
        let check = |bytes: &[u8], expect: &str| assert_eq!(text(bytes), expect);
        check(b"24.50\r\n", "24.50␍␊");
        check(b"\0\t\x1b[31m\x7f", "␀␉␛[31m␡");
        check("příliš 24 ℃".as_bytes(), "příliš 24 ℃");
        check(b"ok \xff\xc5", "ok \\xff\\xc5");
        check("a\u{202e}b\u{a0}".as_bytes(), "a\\u{202e}b\\u{a0}");
        check(b"<b>&\"'", "<b>&\"'");
    }

    #[test]
    fn pictures_are_parts_of_their_own() {
        assert_eq!(parts("a␍␊␀b␊"), [(false, "a"), (true, "␍␊␀"), (false, "b"), (true, "␊")]);
        assert_eq!(parts(""), []);
    }

    #[test]
    fn digits_are_read_and_a_mistake_has_its_place() {
        let check = |text: &str, expect: Result<&[u8], (usize, Option<char>)>| {
            let found = from_hex(text).map_err(|bad| (bad.place, bad.found));
            assert_eq!(found.as_deref().map_err(|bad| *bad), expect, "{text:?}");
        };
        check("01 a0 FF", Ok(&[0x01, 0xa0, 0xff]));
        check("01A0ff", Ok(&[0x01, 0xa0, 0xff]));
        check(" 01:a0-ff,00\n", Ok(&[0x01, 0xa0, 0xff, 0x00]));
        check("", Ok(&[]));
        check("01 a", Err((4, None)));
        check("0 1a", Err((1, None)));
        check("01 ag", Err((5, Some('g'))));
        check("0x01", Err((2, Some('x'))));
        check("čau", Err((1, Some('č'))));
        assert_eq!(hex(&[0x01, 0xa0, 0xff]), "01 a0 ff");
    }
}
