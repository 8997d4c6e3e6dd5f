//! "Did you mean …": the allowed word that is closest to a mistyped one.

/// The closest of `words`, if it is close enough to be a slip of the finger.
///
/// Up to a third of the longer word may differ, but never all of it; capitals and `-` for `_` cost nothing.
pub fn nearest<'a>(typed: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = folded(typed);
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&typed, &folded(word)), word))
        .filter(|(distance, word)| {
            let longest = word.len().max(typed.len());
            *distance <= longest.div_ceil(3).min(4) && *distance < longest
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_ignores_strangers() {
        let keys = ["listen", "require_handshake", "cert", "key", "names"];
        assert_eq!(nearest("lisen", keys), Some("listen"));
        assert_eq!(nearest("Require-Handshake", keys), Some("require_handshake"));
        assert_eq!(nearest("crt", keys), Some("cert"));
        assert_eq!(nearest("authentication", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest("3", ["5", "3.1.1"]), None);
    }
}
