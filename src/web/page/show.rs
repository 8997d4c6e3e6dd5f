//! Text from outside, made visible: control characters, direction changes and invisible characters are written out,
//! so that a name can neither hide a part of itself nor turn the text around it. HTML is escaped by the templates.

use std::fmt::Write;

/// The longest text from outside that a tile shows, in characters.
pub const LONGEST: usize = 400;

/// Writes out what one cannot see, and cuts what is too long for a page.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        if is_hidden(character) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "\\u{{{:04x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Characters that are invisible or change the direction of others. The script has the same list (`message.js`).
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
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
        check("line\nline\u{1b}[31m", "line\\u{000a}line\\u{001b}[31m");
        check("<script>", "<script>");
    }

    #[test]
    fn endless_text_is_cut() {
        assert_eq!(visible(&"x".repeat(100_000)).chars().count(), LONGEST + 1);
    }
}
