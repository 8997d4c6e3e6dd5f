//! Text from outside, made harmless for a page: what is invisible or turns the text around it is written out, what is
//! endless is cut. HTML is escaped by the templates.

use crate::talk::printable;

/// The longest text from outside that a page shows, in characters.
pub const LONGEST: usize = 400;

/// Writes out what one cannot see, and cuts what is too long for a page. The script does the same (`message.js`).
pub fn visible(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_written_out() {
        let check = |text: &str, expect: &str| assert_eq!(visible(text), expect, "{text:?}");
        check("24.50 ℃", "24.50 ℃");
        check("příliš žluťoučký", "příliš žluťoučký");
        check("on\u{202e}ffo", "on\\u{202e}ffo");
        check("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}");
        check("line\n\u{1b}[31m", "line\\u{a}\\u{1b}[31m");
    }

    #[test]
    fn endless_text_is_cut() {
        assert_eq!(visible(&"x".repeat(100_000)).chars().count(), LONGEST + 1);
        assert_eq!(visible(&"č".repeat(LONGEST)).chars().count(), LONGEST);
    }
}
