//! What an account or a token may be called.
//!
//! Wildcards and `$` would mean something in topics, `:` ends the name in HTTP Basic, control and invisible characters
//! deceive the eye; so letters and digits of any script and four signs are allowed, and nothing else.

/// The account of programs on the hub's own machine; nobody else may bear its name.
pub const LOCAL: &str = "local";
/// Longer names fit nowhere on a page.
const LONGEST: usize = 64;

/// Says why `name` is refused.
pub fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("a name may not be empty");
    }
    if name.chars().count() > LONGEST {
        return Err("a name may have 64 characters");
    }
    let is_allowed = |character: char| character.is_alphanumeric() || ".-_@".contains(character);
    if !name.chars().all(is_allowed) {
        return Err("a name may have letters, digits and . - _ @");
    }
    if name.starts_with(['.', '-']) {
        return Err("a name may not begin with . or -");
    }
    if name.eq_ignore_ascii_case(LOCAL) {
        return Err("this name belongs to the programs of the hub's own machine");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_that_mean_something_elsewhere_are_refused() {
        for good in ["clown", "Šárka", "me@home", "grafana-1", "a.b_c", "小丑"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long = "a".repeat(65);
        for bad in [
            "",
            "#",
            "+",
            "$x",
            "a/b",
            "/",
            "a:b",
            " a",
            "a b",
            "a\n",
            "a\0",
            "\u{202e}abc",
            "a\u{200b}",
            "-x",
            ".x",
            "a\"b",
            "a\\b",
            "a'b",
            "<b>",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
