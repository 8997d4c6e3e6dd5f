//! `[mdns]`: the name by which the local network finds this hub.

use toml_edit::Value;

use crate::sheet::{Section, Typed, quoted};

/// A label of DNS has 63 letters; some are left for the number of a second hub.
const LONGEST: usize = 50;

/// How the hub is announced on the local network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MdnsConfig {
    /// Whether it is announced.
    pub enabled: bool,
    /// The name without `.local`, lower case.
    pub name: String,
}

impl Default for MdnsConfig {
    fn default() -> Self {
        Self { enabled: true, name: "hub".into() }
    }
}

pub(super) fn read(section: Section<'_>) -> MdnsConfig {
    let default = MdnsConfig::default();
    let config = MdnsConfig {
        enabled: section.or("enabled", default.enabled),
        name: section.or("name", Label(default.name)).0,
    };
    section.finish();
    config
}

/// One label of a DNS name.
struct Label(String);

impl Typed for Label {
    const ALLOWED: &'static str =
        "a name of 1 to 50 letters a to z, digits and -, such as \"hub\" for hub.local";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        if is_label(text) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        let plain = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let plain = plain.strip_suffix(".local").unwrap_or(&plain).replace([' ', '_', '.'], "-");
        let plain = plain.trim_matches('-');
        Err(is_label(plain).then(|| format!("write {}", quoted(plain))))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

fn is_label(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
