//! Passwords in addresses are never shown: `wss://clown:secret@host` becomes `wss://clown:***@host`.

use std::borrow::Cow;

/// `text` with the password of every address in it replaced by three stars.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = text[from..].find("://").map(|at| from + at + 3) {
        from = at;
        if let Some((colon, sign)) = password(&text[at..]) {
            masked.push_str(&text[copied..=at + colon]);
            masked.push_str("***");
            copied = at + sign;
            from = copied;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// Where the colon before and the `@` behind a password are, in what follows `://`.
fn password(rest: &str) -> Option<(usize, usize)> {
    let end = rest.find(|c: char| c == '/' || c == '"' || c.is_whitespace()).unwrap_or(rest.len());
    // A password may hold a raw `@`; the last one ends it.
    let sign = rest[..end].rfind('@')?;
    let colon = rest[..sign].find(':')?;
    // What our own hints write in the place of a password is none.
    (&rest[colon + 1..sign] != "PASSWORD").then_some((colon, sign))
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn passwords_are_hidden_and_everything_else_stays() {
        for (text, shown) in [
            ("wss://clown:bigclown@host:8443/auth/x", "wss://clown:***@host:8443/auth/x"),
            (
                "no https://host/ and mqtt://u:p@h, then wss://a:b@c",
                "no https://host/ and mqtt://u:***@h, then wss://a:***@c",
            ),
            ("wss://u:p@ss@host", "wss://u:***@host"),
            ("write wss://USER:PASSWORD@HOST", "write wss://USER:PASSWORD@HOST"),
            ("wss://user@host", "wss://user@host"),
            ("https://host:8443/a@b:c", "https://host:8443/a@b:c"),
            ("://", "://"),
            ("e-mail: a@b", "e-mail: a@b"),
            ("wss://:@é", "wss://:***@é"),
        ] {
            assert_eq!(mask(text), shown);
        }
    }
}
