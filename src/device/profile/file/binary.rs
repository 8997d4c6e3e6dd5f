//! `[frame]` of `kind = "binary"`: header, length, checksum, fields.

use super::checksum;
use super::frame::MOST;
use super::words::HexBytes;
use crate::device::frame::binary::{Binary, Check, Escape, Length};
use crate::device::frame::checksum::Written;
use crate::device::frame::fields::{Field, KINDS, Kind, ORDERS, Order};
use crate::device::frame::hex;
use crate::sheet::{Section, found};

/// The longest binary frame, if the file says nothing else.
const LONGEST: usize = 512;

pub(super) fn read(section: &Section<'_>) -> Option<Binary> {
    let is_list = section.value("header").is_some_and(toml_edit::Value::is_array);
    let headers: Vec<HexBytes> = match is_list {
        true => section.list("header").unwrap_or_default(),
        false => section.must("header").into_iter().collect(),
    };
    let end = section.maybe::<HexBytes>("end").map(|end| end.0).unwrap_or_default();
    let length = length(section, end.len());
    let longest = match length {
        Some(Length::Fixed(length)) => length,
        Some(Length::Field { .. } | Length::End) | None => section.number("longest", 2..=MOST, LONGEST),
    };
    let check = check(section, end.len());
    let escape = escape(section);
    if escape.is_some() && length.is_some_and(|length| length != Length::End) {
        let allowed = "`end` without `length`: escapes change the length";
        section.fault("escape", "found beside `length`".into(), allowed.into(), None);
    }
    let fields = section.sections("fields").into_iter().filter_map(|one| field(one, length)).collect();
    let header = headers.iter().map(|header| header.0.len()).max()?;
    if let Some(Length::Fixed(length)) = length
        && length < header + end.len()
    {
        section.fault("length", format!("found {length}"), "at least header and end".into(), None);
    }
    let headers = headers.into_iter().map(|header| header.0).collect();
    Some(Binary { headers, length: length?, end, check, escape, fields, longest })
}

/// `length = 10`, or where in the frame it stands; without it the end mark ends the frame.
fn length(section: &Section<'_>, end: usize) -> Option<Length> {
    let allowed = r#"a number of bytes, where it stands { at = 2, type = "u16", extra = 4 }, or `end`"#;
    let Some(value) = section.value("length") else {
        if end == 0 {
            section.fault("length", "is missing".into(), allowed.into(), None);
            return None;
        }
        return Some(Length::End);
    };
    if value.is_integer() {
        return Some(Length::Fixed(section.number("length", 2..=4_096usize, 2)));
    }
    if !value.is_inline_table() {
        section.fault("length", found(&toml_edit::Item::Value(value.clone())), allowed.into(), None);
        return None;
    }
    let table = section.tables("length").into_iter().next()?;
    let at = table.number("at", 0..=64usize, 0);
    let kind = table.choice("type", &KINDS, None)?;
    let order = table.choice("order", &ORDERS, Some(Order::Big))?;
    let extra = table.number("extra", 0..=4_096usize, 0);
    if !matches!(kind, Kind::Unsigned(_)) {
        table.fault(
            "type",
            "found a number with a sign or decimals".into(),
            "u8, u16, u24, u32".into(),
            None,
        );
    }
    table.finish();
    Some(Length::Field { at, size: kind.size(), order, extra })
}

/// `checksum = { kind = "sum8", from = 2, to = -2, at = -2 }`.
fn check(section: &Section<'_>, end: usize) -> Option<Check> {
    let given = checksum::read(section, &[])?;
    let written = given.written(Written::Big);
    let behind = isize::try_from(given.sum.length(written) + end).ok()?;
    let places = -4_096isize..=4_096;
    let Some(table) = given.table else {
        return Some(Check { sum: given.sum, from: 0, to: -behind, at: -behind, written });
    };
    let at = table.number("at", places.clone(), -behind);
    let (from, to) = (table.number("from", places.clone(), 0), table.number("to", places, at));
    table.finish();
    Some(Check { sum: given.sum, from, to, at, written })
}

/// `escape = { byte = "7D", xor = 0x20 }` or `{ byte = "DB", map = { DC = "C0", DD = "DB" } }`.
fn escape(section: &Section<'_>) -> Option<Escape> {
    let table = section.tables("escape").into_iter().next()?;
    let byte = table.must::<HexBytes>("byte").map(|bytes| bytes.0);
    let xor = table.number("xor", 0..=255u8, 0);
    let mut map = Vec::new();
    for entry in table.entries("map") {
        let (written, meant) = (hex::read(entry.name), entry.item.as_str().and_then(hex::read));
        match (written.as_deref(), meant.as_deref()) {
            (Some([written]), Some([meant])) => map.push((*written, *meant)),
            _ => {
                let allowed = r#"a byte and what it means, such as { DC = "C0" }"#;
                table.sheet.problem(entry.span, &entry.path, found(entry.item), allowed.into(), None);
            }
        }
    }
    let is_one = byte.as_ref().is_some_and(|byte| byte.len() == 1);
    if !is_one && byte.is_some() {
        table.fault("byte", "found several bytes".into(), "one byte".into(), None);
    }
    table.finish();
    byte.and_then(|byte| byte.first().copied()).map(|byte| Escape { byte, map, xor })
}

fn field(section: Section<'_>, length: Option<Length>) -> Option<Field> {
    let name = section.must::<String>("name");
    let at = section.number("at", -4_096isize..=4_096, 0);
    if !section.has("at") {
        section.fault("at", "is missing".into(), "the first byte, counted from 0".into(), None);
    }
    let kind = kind(&section);
    let order = section.choice("order", &ORDERS, Some(Order::Big)).unwrap_or_default();
    let bit = section.has("bit").then(|| section.number("bit", 0..=63u32, 0));
    if let (Some(Length::Fixed(length)), Some(kind)) = (length, kind)
        && crate::device::frame::fields::place(at, length).is_none_or(|at| at + kind.size() > length)
    {
        section.fault("at", format!("found {at}"), format!("a place in the {length} bytes"), None);
    }
    section.finish();
    Some(Field { name: name?.into(), at, kind: kind?, order, bit })
}

/// `type = "u16"`; `hex` and `text` need their `length`.
pub(super) fn kind(section: &Section<'_>) -> Option<Kind> {
    let sized = [("hex", Kind::Hex(0)), ("text", Kind::Text(0))];
    let kinds: Vec<(&'static str, Kind)> = KINDS.into_iter().chain(sized).collect();
    let kind = section.choice("type", &kinds, None)?;
    let is_given = section.has("length");
    let size = || section.number("length", 1..=64usize, 1);
    Some(match kind {
        Kind::Hex(_) => Kind::Hex(size()),
        Kind::Text(_) => Kind::Text(size()),
        other => {
            if is_given {
                let allowed = "no length: it is in the name of the type";
                section.fault("length", "found beside a number".into(), allowed.into(), None);
            }
            other
        }
    })
}
