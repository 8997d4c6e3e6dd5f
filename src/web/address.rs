//! Addresses that come from a visitor, or go into a query: what may be followed and how it is written.

/// Whether `path` stays on this hub: a path, and not one that a browser reads as another host.
pub fn is_own(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && path.len() <= 2000
}

/// Everything but letters, digits and `-._~/` as `%XX`, for the query of an address.
pub fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_hub_are_followed() {
        let check = |path: &str, expect: bool| assert_eq!(is_own(path), expect, "{path:?}");
        check("/", true);
        check("/log?filter=%23", true);
        check("", false);
        check("log", false);
        check("//evil.example", false);
        check("/\\evil.example", false);
        check("https://evil.example", false);
        check("/x\r\nSet-Cookie: a=b", false);
        check(&format!("/{}", "x".repeat(2000)), false);
    }

    #[test]
    fn queries_hold_no_foreign_characters() {
        assert_eq!(encoded("nodes/bridge/0/relay/i2c0-3b"), "nodes/bridge/0/relay/i2c0-3b");
        assert_eq!(encoded("a b&c=d#e\r\nč"), "a%20b%26c%3Dd%23e%0D%0A%C4%8D");
    }
}
