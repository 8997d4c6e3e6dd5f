//! `[frame]`: how a device's words stand on a serial line.

use std::time::Duration;

use super::binary;
use super::checksum;
use super::words::{Cut, Exactly};
use crate::device::frame::Format;
use crate::device::frame::block::{Behind, Block, Shape};
use crate::device::frame::checksum::Written;
use crate::device::frame::firmata::Firmata;
use crate::device::frame::lines::{LineSum, Lines};
use crate::device::profile::Parts;
use crate::sheet::{Section, found};

/// The longest line, if the file says nothing else.
const LONGEST_LINE: usize = 4 << 10;
/// The longest block, if the file says nothing else.
const LONGEST_BLOCK: usize = 8 << 10;
/// The longest frame there can be.
pub(super) const MOST: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Lines,
    Talk,
    Block,
    Binary,
    Sml,
    Firmata,
}

const KINDS: [(&str, Kind); 6] = [
    ("lines", Kind::Lines),
    ("talk", Kind::Talk),
    ("block", Kind::Block),
    ("binary", Kind::Binary),
    ("sml", Kind::Sml),
    ("firmata", Kind::Firmata),
];

/// Checksums of single lines that have a name.
const LINE_SUMS: [&str; 4] = ["nmea", "teleinfo", "teleinfo-standard", "vedirect-hex"];

pub(super) fn read(root: &Section<'_>) -> Option<Format> {
    if !root.has("frame") {
        return None;
    }
    let section = root.section("frame");
    if !section.is_there() {
        return None;
    }
    let format = match section.choice("kind", &KINDS, None) {
        Some(Kind::Lines) => Some(Format::Lines(lines(&section, false))),
        Some(Kind::Talk) => Some(Format::Lines(lines(&section, true))),
        Some(Kind::Block) => block(&section).map(Format::Block),
        Some(Kind::Binary) => binary::read(&section).map(Format::Binary),
        Some(Kind::Sml) => Some(Format::Sml),
        Some(Kind::Firmata) => Some(Format::Firmata(firmata(&section))),
        None => return None,
    };
    section.finish();
    format
}

fn lines(section: &Section<'_>, is_talk: bool) -> Lines {
    let text = |key, usual: &str| section.maybe::<Exactly>(key).map_or_else(|| usual.into(), |text| text.0);
    let between = section.maybe::<Exactly>("between").map(|text| text.0);
    let is = section.maybe::<Exactly>("is").map(|text| text.0);
    let parts = match (between, is) {
        (between, Some(is)) => Some(Parts::Pairs { between: between.unwrap_or_else(|| ",".into()), is }),
        (Some(between), None) => Some(Parts::Columns { between }),
        (None, None) => None,
    };
    let columns = section.has("columns").then(|| section.number("columns", 1..=1_000usize, 1));
    if columns.is_some() && parts.is_none() {
        section.fault("columns", "found without `between`".into(), "`between` beside it".into(), None);
    }
    Lines {
        end: text("end", "\n"),
        start: text("start", ""),
        parts,
        is_talk,
        columns: columns.map_or(0..=usize::MAX, |count| count..=count),
        pattern: section.maybe::<Cut>("pattern").map(|cut| cut.0),
        ignore: section.maybe::<Cut>("ignore").map(|cut| cut.0),
        sum: line_sum(section),
        longest: section.number("longest", 8..=MOST, LONGEST_LINE),
    }
}

/// `checksum = "nmea"`, or `{ kind = "crc16-modbus", mark = "*" }`.
fn line_sum(section: &Section<'_>) -> Option<LineSum> {
    let named = section.value("checksum").and_then(toml_edit::Value::as_str);
    match named {
        Some("nmea") => {
            return Some(LineSum::Marked { mark: b'*', sum: crate::device::frame::checksum::Sum::Xor8 });
        }
        Some("teleinfo") => return Some(LineSum::Teleinfo { with_separator: false }),
        Some("teleinfo-standard") => return Some(LineSum::Teleinfo { with_separator: true }),
        Some("vedirect-hex") => return Some(LineSum::VeDirectHex),
        Some(_) | None => {}
    }
    let given = checksum::read(section, &LINE_SUMS)?;
    let mark = given.table.as_ref().and_then(|table| table.must::<Exactly>("mark"));
    let Some([mark]) = mark.as_ref().map(|mark| mark.0.as_bytes()) else {
        let allowed = r#"a kind and the one character in front of it, such as { kind = "crc8", mark = "*" }"#;
        section.fault("checksum", "has no mark".into(), allowed.into(), None);
        return None;
    };
    let (mark, sum) = (*mark, given.sum);
    if let Some(table) = given.table {
        table.finish();
    }
    Some(LineSum::Marked { mark, sum })
}

fn block(section: &Section<'_>) -> Option<Block> {
    let is_list = section.value("start").is_some_and(toml_edit::Value::is_array);
    let starts: Vec<Exactly> = match is_list {
        true => section.list("start").unwrap_or_default(),
        false => section.must("start").into_iter().collect(),
    };
    let end = section.must::<Exactly>("end");
    let given = checksum::read(section, &[]);
    let sum = given.as_ref().map(|given| (given.sum, given.written(Written::Hex)));
    if let Some(table) = given.and_then(|given| given.table) {
        table.finish();
    }
    let lines = section.section("lines");
    let line_sum = lines.has("checksum").then(|| line_sum(&lines)).flatten();
    let between = lines.maybe::<Exactly>("between").map(|text| Shape::Columns(text.0));
    let shape = match (lines.or("brackets", false), between) {
        (true, None) => Some(Shape::Brackets),
        (false, Some(columns)) => Some(columns),
        (true, Some(_)) | (false, None) if section.is_faulty() || lines.is_faulty() => None,
        (true, Some(_)) | (false, None) => {
            let allowed = r#"either `brackets = true`, or `between` a name and its value"#;
            section.fault("lines", "says both or neither".into(), allowed.into(), None);
            None
        }
    };
    lines.finish();
    let behind = behind(section);
    if let (Some((sum, written)), Some(Behind::Bytes(count))) = (sum, behind)
        && sum.length(written) != count
    {
        let told = format!("{count} bytes, but the checksum takes {}", sum.length(written));
        section.fault("behind", told, r#""line", or the bytes of the checksum"#.into(), None);
    }
    let skip = section.maybe::<Exactly>("skip").and_then(|text| text.0.bytes().next());
    let longest = section.number("longest", 8..=MOST, LONGEST_BLOCK);
    if starts.is_empty() {
        return None;
    }
    Some(Block {
        starts: starts.into_iter().map(|start| start.0.as_bytes().into()).collect(),
        end: end?.0.as_bytes().into(),
        behind: behind?,
        sum,
        line_sum,
        shape: shape?,
        skip,
        longest,
    })
}

/// The pins are told by the properties.
fn firmata(section: &Section<'_>) -> Firmata {
    let limits = Duration::from_millis(10)..=Duration::from_millis(16_383);
    let sampling =
        section.has("sampling").then(|| section.duration("sampling", limits, Duration::from_secs(1)));
    Firmata { pins: Vec::new(), sampling }
}

/// `behind = "line"`, or a number of bytes.
fn behind(section: &Section<'_>) -> Option<Behind> {
    match section.value("behind") {
        Some(value) if value.as_str() == Some("line") => Some(Behind::Line),
        Some(value) if !value.is_integer() => {
            let allowed = r#""line", or a whole number from 0 to 64"#;
            section.fault("behind", found(&toml_edit::Item::Value(value.clone())), allowed.into(), None);
            None
        }
        Some(_) | None => Some(Behind::Bytes(section.number("behind", 0..=64usize, 0))),
    }
}
