//! Sizes in bytes, with their units.

use toml_edit::Value;

use super::typed::{Typed, quoted};

/// Bytes in a KiB.
pub const KIB: u64 = 1024;
/// Bytes in a MiB.
pub const MIB: u64 = 1024 * KIB;

/// Units a size may be written in, the largest first.
const UNITS: [(&str, u64); 4] = [("GiB", 1024 * MIB), ("MiB", MIB), ("KiB", KIB), ("B", 1)];

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl Typed for Size {
    const ALLOWED: &'static str = r#"a size with its unit in quotes, such as "1 MiB", "256 KiB" or "1000 B""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let Some(text) = value.as_str() else {
            return Err(value.as_integer().map(|number| format!(r#"write "{number} B" if bytes are meant"#)));
        };
        let read = || {
            let split = text.find(|c: char| !c.is_ascii_digit())?;
            let number: u64 = text[..split].parse().ok()?;
            let (_, unit) = UNITS.iter().find(|(name, _)| *name == text[split..].trim())?;
            number.checked_mul(*unit)
        };
        read().map(Self).ok_or(None)
    }

    fn show(&self) -> String {
        let fits = |unit: &u64| self.0 > 0 && self.0.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(|(_, unit)| fits(unit)).unwrap_or(&("B", 1));
        quoted(&format!("{} {name}", self.0 / unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown_with_the_largest_unit_that_fits() {
        for (text, bytes, shown) in [
            ("512 MiB", 512 * MIB, "512 MiB"),
            ("2GiB", 2048 * MIB, "2 GiB"),
            ("2048 KiB", 2 * MIB, "2 MiB"),
            ("1000 B", 1_000, "1000 B"),
            ("0 B", 0, "0 B"),
        ] {
            assert_eq!(Size::read(&text.into()), Ok(Size(bytes)), "{text}");
            assert_eq!(Size(bytes).show(), quoted(shown));
        }
        for text in ["", "MiB", "1", "1 MB", "-1 B", "99999999999999999999 B", "99999999999 GiB"] {
            assert_eq!(Size::read(&text.into()), Err(None), "{text}");
        }
    }
}
