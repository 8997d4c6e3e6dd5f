//! `[discovery]`: what becomes of devices that announce themselves. Which dialects are heard is said of each link.

use std::collections::BTreeSet;

use toml_edit::Value;

use crate::device::dialect::Dialect;
use crate::sheet::{Section, Typed, nearest, quoted};

/// Devices that announce themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscoveryConfig {
    /// Dialects whose devices may be commanded without a person having accepted them.
    pub accept: BTreeSet<Dialect>,
}

pub(super) fn read(section: Section<'_>) -> DiscoveryConfig {
    let accept = dialects(&section, "accept", &[]);
    section.finish();
    DiscoveryConfig { accept }
}

/// A list of dialects; `default` if nothing is said.
pub(super) fn dialects(section: &Section<'_>, key: &'static str, default: &[Dialect]) -> BTreeSet<Dialect> {
    let default = match default {
        all if all.len() == Dialect::ALL.len() => vec![Heard::All],
        some => some.iter().copied().map(Heard::One).collect(),
    };
    let each = section.or(key, default).into_iter().flat_map(|heard| match heard {
        Heard::All => Dialect::ALL.to_vec(),
        Heard::One(dialect) => vec![dialect],
    });
    each.collect()
}

/// Which are meant.
enum Heard {
    All,
    One(Dialect),
}

const ALL: &str = "all";

impl Typed for Heard {
    const ALLOWED: &'static str = "the name of a dialect, such as \"tasmota\", or \"all\"";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let word = value.as_str().ok_or(None)?;
        if word == ALL {
            return Ok(Self::All);
        }
        let words = Dialect::ALL.map(Dialect::word);
        let known = Dialect::ALL.into_iter().find(|dialect| dialect.word() == word);
        known.map(Self::One).ok_or_else(|| {
            let near = nearest(word, words).map(|near| format!("did you mean {near}? "));
            Some(format!("{}There are all, {}", near.unwrap_or_default(), words.join(", ")))
        })
    }

    fn show(&self) -> String {
        quoted(match self {
            Self::All => ALL,
            Self::One(dialect) => dialect.word(),
        })
    }
}
