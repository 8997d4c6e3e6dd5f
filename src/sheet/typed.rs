//! Values a setting can have: how each is read from TOML, what is said when it is something else, how it is shown.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use toml_edit::Value;

/// A type that a setting can have.
pub trait Typed: Sized {
    /// What is allowed, for a person.
    const ALLOWED: &'static str;

    /// The value, or a hint how to write it right (often none).
    fn read(value: &Value) -> Result<Self, Option<String>>;

    /// The value in TOML's words.
    fn show(&self) -> String;

    /// What is told of a value that is wrong, if not the value itself: it may hold a secret.
    fn found(_value: &Value) -> Option<String> {
        None
    }
}

/// A TOML string literal.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl Typed for bool {
    const ALLOWED: &'static str = "true or false";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        value.as_bool().ok_or_else(|| match value.as_str() {
            Some("true" | "yes" | "on") => Some("write true, without quotes".into()),
            Some("false" | "no" | "off") => Some("write false, without quotes".into()),
            _ => None,
        })
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Typed for String {
    const ALLOWED: &'static str = "a text in quotes, not empty, without control characters";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        if text.trim().is_empty() {
            return Err(Some("remove the line to use the default".into()));
        }
        if text.chars().any(char::is_control) {
            return Err(None);
        }
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Typed for PathBuf {
    const ALLOWED: &'static str = "a path in quotes; a relative one counts from the folder of this file";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        String::read(value).map(PathBuf::from)
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Typed for SocketAddr {
    const ALLOWED: &'static str =
        r#"an address and a port from 1 to 65535, such as "0.0.0.0:8443", "127.0.0.1:8443" or "[::]:8443""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let Some(text) = value.as_str() else {
            return Err(value.as_integer().map(|port| format!(r#"write "0.0.0.0:{port}""#)));
        };
        match text.parse::<SocketAddr>() {
            Ok(address) if address.port() != 0 => Ok(address),
            Ok(_) => Err(Some("port 0 means any free port; only --listen may ask for that".into())),
            Err(_) => Err(address_hint(text)),
        }
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

fn address_hint(text: &str) -> Option<String> {
    if let Some(port) = text.strip_prefix("localhost:") {
        return Some(format!(r#"write "127.0.0.1:{port}""#));
    }
    let port = text.trim_start_matches([':', '*']);
    match port.parse::<u16>() {
        Ok(port) if port > 0 => Some(format!(r#"write "0.0.0.0:{port}""#)),
        _ => None,
    }
}

impl Typed for Duration {
    const ALLOWED: &'static str =
        r#"a time with its unit in quotes, such as "500 ms", "10 s", "5 min", "2 h" or "30 d""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let Some(text) = value.as_str() else {
            return Err(value
                .as_integer()
                .map(|number| format!(r#"write "{number} s" if seconds are meant"#)));
        };
        parse_duration(text).ok_or(None)
    }

    fn show(&self) -> String {
        quoted(&show_duration(*self))
    }
}

/// Units a duration may be written in, in milliseconds, the largest first.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// A duration as people write it: `60 s`, `10 min`; nothing if it is none.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..split].parse().ok()?;
    let unit = text[split..].trim_start();
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some(Duration::from_millis(number.checked_mul(*milliseconds)?))
}

/// A duration as it is written, in the largest unit that fits.
pub fn show_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let (unit, size) = UNITS
        .iter()
        .find(|(_, size)| milliseconds > 0 && milliseconds.is_multiple_of(u128::from(*size)))
        .unwrap_or(&("s", 1_000));
    format!("{} {unit}", milliseconds / u128::from(*size))
}

impl<T: Typed> Typed for Vec<T> {
    // Lists are of texts only, so far.
    const ALLOWED: &'static str = r#"a list of texts, such as ["one", "two"]"#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let Some(list) = value.as_array() else {
            let hint = value.as_str().map(|text| format!("write [{}]", quoted(text)));
            return Err(hint);
        };
        list.iter().map(T::read).collect()
    }

    fn show(&self) -> String {
        let items: Vec<_> = self.iter().map(T::show).collect();
        format!("[{}]", items.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_alike() {
        for text in ["500 ms", "10 s", "90 s", "5 min", "2 h", "30 d", "0 s"] {
            let duration = parse_duration(text).expect(text);
            assert_eq!(show_duration(duration), text);
        }
        assert_eq!(parse_duration("10s"), Some(Duration::from_secs(10)));
        for text in [
            "",
            "10",
            "s",
            "-1 s",
            "1.5 s",
            "10 sec",
            "99999999999999999999 s",
            "999999999999999999 d",
            "１ s",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
