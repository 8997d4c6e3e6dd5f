//! Tokens of JSON text that is already known to be valid: enough to drop white space and to count as a small parser
//! counts, without rebuilding a single value.

/// The tokens of a text with their positions; a string keeps its quotes and escapes.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

/// Iterates over the tokens of valid JSON.
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0 }
}

/// The text without white space between its tokens: always one line.
pub fn minify(text: &str) -> String {
    tokens(text).map(|(_, token)| token).collect()
}

/// How many tokens jsmn makes of it: one per object, array, string (keys too) and primitive.
pub fn count(text: &str) -> usize {
    tokens(text).filter(|(_, token)| !matches!(*token, "}" | "]" | ":" | ",")).count()
}

/// Keys (without quotes, escapes as written) and values of a minified object; `None` if it is no object.
pub fn members(minified: &str) -> Option<Vec<(&str, &str)>> {
    let mut tokens = tokens(minified).peekable();
    (tokens.next()?.1 == "{").then_some(())?;
    let mut members = Vec::new();
    loop {
        let (_, key) = tokens.next()?;
        match key {
            "}" => return Some(members),
            "," => continue,
            _ => {}
        }
        tokens.next();
        let start = tokens.peek()?.0;
        let mut depth = 0_usize;
        loop {
            let (_, token) = tokens.next()?;
            match token {
                "{" | "[" => depth += 1,
                "}" | "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let end = tokens.peek()?.0;
        members.push((&key[1..key.len() - 1], &minified[start..end]));
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text.as_bytes()[self.at..];
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = self.at + blanks;
        let rest = &rest[blanks..];
        let length = match rest.first()? {
            b'{' | b'}' | b'[' | b']' | b':' | b',' => 1,
            b'"' => string(rest),
            _ => rest.iter().take_while(|byte| !is_end(**byte)).count(),
        };
        self.at = start + length;
        Some((start, &self.text[start..self.at]))
    }
}

/// The length of the string that begins here, with both quotes.
fn string(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b',' | b':' | b']' | b'}') || byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_and_everything_else_stays() {
        let check = |text: &str, expect: &str| assert_eq!(minify(text), expect);
        check("{ \"a b\" :\r\n [ 24.50 ,\t\"\\n \\\" x\" ] }", r#"{"a b":[24.50,"\n \" x"]}"#);
        check("{}", "{}");
        check(" 1e3 ", "1e3");
        check(r#"{"u": "\u2103 ℃"}"#, r#"{"u":"\u2103 ℃"}"#);
    }

    #[test]
    fn members_keep_their_order_and_text() {
        assert_eq!(
            members(r#"{"a":[1,{"b":2}],"c\"":"x,}","d":{}}"#).expect("object"),
            [("a", r#"[1,{"b":2}]"#), (r#"c\""#, r#""x,}""#), ("d", "{}")]
        );
        assert_eq!(members("{}"), Some(vec![]));
        assert_eq!(members("[1]"), None);
    }

    #[test]
    fn counts_like_the_device() {
        assert_eq!(count(r#"["relay/i2c0-3b/set", {"state": true}]"#), 5);
        assert_eq!(count(r#"{"a": [24.5, "℃"], "b": {}}"#), 7);
    }
}
