//! `checksum`: a kind by its name, or its parameters.

use std::ops::RangeInclusive;

use toml_edit::Value as Toml;

use crate::device::frame::checksum::{Crc, SUMS, Sum, Written};
use crate::sheet::{Section, found, nearest};

/// How a checksum is written.
const WRITTEN: [(&str, Written); 3] =
    [("big", Written::Big), ("little", Written::Little), ("hex", Written::Hex)];

/// What `checksum` of a section says: its kind, and the table for everything else.
pub(super) struct Given<'a> {
    pub sum: Sum,
    pub table: Option<Section<'a>>,
}

impl Given<'_> {
    /// How it is written.
    pub fn written(&self, usual: Written) -> Written {
        let told = self.table.as_ref().and_then(|table| table.choice("written", &WRITTEN, Some(usual)));
        told.unwrap_or(usual)
    }
}

/// Reads `key`, if it is there; other names than those of [`SUMS`] are left to `others`.
pub(super) fn read<'a>(section: &Section<'a>, others: &[&'static str]) -> Option<Given<'a>> {
    let value = section.value("checksum")?;
    if let Some(name) = value.as_str() {
        let known = SUMS.iter().find(|(known, _)| *known == name);
        if known.is_none() {
            unknown(section, value, others);
        }
        return known.map(|(_, sum)| Given { sum: *sum, table: None });
    }
    if !value.is_inline_table() {
        unknown(section, value, others);
        return None;
    }
    let table = section.tables("checksum").into_iter().next()?;
    let sum = kind(&table);
    Some(Given { sum: sum?, table: Some(table) })
}

fn unknown(section: &Section<'_>, value: &Toml, others: &[&'static str]) {
    let names: Vec<&str> = SUMS.iter().map(|(name, _)| *name).chain(others.iter().copied()).collect();
    let near = nearest(value.as_str().unwrap_or_default(), names.iter().copied());
    let hint = near.map(|near| format!("did you mean \"{near}\"?"));
    let told = found(&toml_edit::Item::Value(value.clone()));
    section.fault("checksum", told, format!("{}, or a table {{…}}", names.join(", ")), hint);
}

/// `kind = "sum8"`, or the parameters of a cyclic redundancy check.
fn kind(table: &Section<'_>) -> Option<Sum> {
    let parameters = ["poly", "init", "xorout", "reflect", "width"];
    if parameters.into_iter().filter(|key| table.has(key)).count() == 0 {
        return table.choice("kind", &SUMS, None);
    }
    for (key, is_wrong, told) in
        [("kind", table.has("kind"), "found beside parameters"), ("poly", !table.has("poly"), "is missing")]
    {
        if is_wrong {
            let allowed = "either a `kind`, or parameters with a `poly`";
            table.fault(key, told.into(), allowed.into(), None);
        }
    }
    let any: RangeInclusive<u32> = 0..=u32::MAX;
    let poly = table.number("poly", 1..=u32::MAX, 1);
    let (init, xorout) = (table.number("init", any.clone(), 0), table.number("xorout", any, 0));
    let reflect = table.or("reflect", false);
    let width = table.number("width", 8..=32u32, 16);
    if ![8, 16, 32].contains(&width) {
        table.fault("width", format!("found {width}"), "8, 16 or 32".into(), None);
        return None;
    }
    let most = u32::MAX >> (32 - width);
    if [poly, init, xorout].iter().any(|number| *number > most) {
        table.fault("poly", "a parameter is too large".into(), format!("numbers up to {most:#x}"), None);
        return None;
    }
    Some(Sum::Crc(Crc { width, poly, init, reflect, xorout }))
}
