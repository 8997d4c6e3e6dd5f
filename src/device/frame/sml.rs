//! SML, the Smart Message Language of German meters: escape marks around messages of nested lists (BSI TR-03109-1,
//! appendix IV), and in them the list of what the meter has counted.
//!
//! The check over the whole transmission is required. A value is told with the digits that its scaler gives it.

use super::checksum::{CRC16_X25, Written};
use super::{Frame, Heard, Step, Why, damage, find};
use crate::talk::Payload;

/// Four of these are a mark.
const ESCAPE: [u8; 4] = [0x1b; 4];
/// The mark and what begins a transmission.
const START: [u8; 8] = [0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1];
/// The kind of message that holds a list of values.
const LIST: u64 = 0x0701;
/// The longest transmission; meters send a few hundred bytes.
const LONGEST: usize = 8 << 10;
/// How deep lists may lie in each other.
const DEEPEST: usize = 8;

/// One value of a message.
#[derive(Debug, PartialEq)]
enum Item<'a> {
    Text(&'a [u8]),
    Truth(bool),
    Signed(i64),
    Unsigned(u64),
    List(Vec<Item<'a>>),
}

/// What stands behind a start.
enum End {
    /// A transmission of so many bytes, all marks counted.
    At(usize),
    /// Another one begins before this one has ended.
    Start(usize),
    /// The rest is still to come.
    Open,
}

pub(super) fn step(buffer: &[u8]) -> Option<Step> {
    let Some(at) = find(buffer, &START) else {
        let noise = buffer.len().saturating_sub(START.len() - 1);
        return (noise > 0).then(|| Step::noise(noise));
    };
    if at > 0 {
        return Some(Step::noise(at));
    }
    let failed =
        |why, bytes| Some(Step { taken: START.len(), heard: vec![damage(why, bytes)], is_lost: false });
    let whole = match end(buffer) {
        End::Open if buffer.len() > LONGEST => return failed(Why::TooLong, buffer.len()),
        End::Open => return None,
        End::Start(at) => return failed(Why::Cut, at),
        End::At(whole) => whole,
    };
    let wire = &buffer[..whole];
    if !CRC16_X25.holds(&wire[..whole - 2], &wire[whole - 2..], Written::Little) {
        return failed(Why::Checksum, whole);
    }
    let inside = unescaped(&wire[START.len()..whole - 8]);
    let Some(json) = json(&inside) else { return failed(Why::Shape, whole) };
    let frame = Frame { topic: None, json: json.into(), wire: wire.into() };
    Some(Step { taken: whole, heard: vec![Heard::Frame(frame)], is_lost: false })
}

/// Finds the end mark, and what comes before it.
fn end(buffer: &[u8]) -> End {
    let mut at = START.len();
    while let Some(found) = find(buffer.get(at..).unwrap_or_default(), &ESCAPE) {
        at += found;
        let Some(told) = buffer.get(at + 4..at + 8) else { return End::Open };
        match told {
            [0x1a, ..] => return End::At(at + 8),
            [1, 1, 1, 1] => return End::Start(at),
            [0x1b, 0x1b, 0x1b, 0x1b] => at += 8,
            _ => at += 1,
        }
    }
    End::Open
}

/// A mark that is doubled is no mark.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = find(rest, &ESCAPE) {
        plain.extend_from_slice(&rest[..at + 4]);
        rest = &rest[at + 4..];
        rest = rest.strip_prefix(&ESCAPE).unwrap_or(rest);
    }
    plain.extend_from_slice(rest);
    plain
}

/// `{"server": "0901…", "1-0:1.8.0": {"value": 22462413.6, "unit": "Wh"}}`.
fn json(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes;
    let mut members = Vec::new();
    // Up to three zeros fill the last four bytes.
    while rest.iter().any(|byte| *byte != 0) {
        if rest[0] == 0 {
            rest = &rest[1..];
            continue;
        }
        let (item, after) = item(rest, 0)?;
        rest = after;
        if let Item::List(message) = item {
            values(&message, &mut members);
        }
    }
    Some(format!("{{{}}}", members.join(", ")))
}

/// What one message says, if it is a list of values.
fn values(message: &[Item<'_>], members: &mut Vec<String>) {
    let [_, _, _, Item::List(body), ..] = message else { return };
    let [kind, Item::List(list)] = body.as_slice() else { return };
    let (Some(LIST), [_, Item::Text(server), _, _, Item::List(entries), ..]) =
        (unsigned(kind), list.as_slice())
    else {
        return;
    };
    let digits: String = server.iter().map(|byte| format!("{byte:02X}")).collect();
    members.push(format!("\"server\": \"{digits}\""));
    members.extend(entries.iter().filter_map(entry));
}

/// One value with its name, unit and scaler.
fn entry(entry: &Item<'_>) -> Option<String> {
    let Item::List(parts) = entry else { return None };
    let [Item::Text([a, b, c, d, e, _]), _, _, unit, scaler, value, ..] = parts.as_slice() else {
        return None;
    };
    let value = match value {
        Item::Unsigned(number) => scaled(&number.to_string(), scaler)?,
        Item::Signed(number) => scaled(&number.to_string(), scaler)?,
        Item::Truth(truth) => truth.to_string(),
        Item::Text(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("\"{digits}\"")
        }
        Item::List(_) => return None,
    };
    let unit =
        unsigned(unit).and_then(self::unit).map(|unit| format!(", \"unit\": {}", Payload::of(unit).as_str()));
    Some(format!("\"{a}-{b}:{c}.{d}.{e}\": {{\"value\": {value}{}}}", unit.unwrap_or_default()))
}

/// A whole number times ten to the power of a scaler, digit by digit.
fn scaled(digits: &str, scaler: &Item<'_>) -> Option<String> {
    let power = match scaler {
        Item::Signed(power) => *power,
        Item::Unsigned(power) => i64::try_from(*power).ok()?,
        Item::Text([]) => 0,
        Item::Text(_) | Item::Truth(_) | Item::List(_) => return None,
    };
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    match power {
        0 => Some(format!("{sign}{digits}")),
        1..=12 if digits == "0" => Some("0".to_owned()),
        1..=12 => Some(format!("{sign}{digits}{}", "0".repeat(usize::try_from(power).ok()?))),
        -12..=-1 => {
            let decimals = usize::try_from(-power).ok()?;
            let padded = format!("{digits:0>width$}", width = decimals + 1);
            let (whole, decimals) = padded.split_at(padded.len() - decimals);
            Some(format!("{sign}{whole}.{decimals}"))
        }
        _ => None,
    }
}

/// Units of DLMS (IEC 62056-6-2, table 4) that meters use.
fn unit(code: u64) -> Option<&'static str> {
    Some(match code {
        8 => "°",
        9 => "°C",
        13 => "m³",
        27 => "W",
        28 => "VA",
        29 => "var",
        30 => "Wh",
        31 => "VAh",
        32 => "varh",
        33 => "A",
        35 => "V",
        44 => "Hz",
        _ => return None,
    })
}

fn unsigned(item: &Item<'_>) -> Option<u64> {
    match item {
        Item::Unsigned(number) => Some(*number),
        Item::Signed(_) | Item::Text(_) | Item::Truth(_) | Item::List(_) => None,
    }
}

/// The first value of `bytes`, and what stands behind it.
fn item(bytes: &[u8], depth: usize) -> Option<(Item<'_>, &[u8])> {
    let (kind, length, head) = head(bytes)?;
    let mut rest = bytes.get(head..)?;
    if kind == 7 {
        if depth >= DEEPEST || length > rest.len() {
            return None;
        }
        let mut items = Vec::new();
        for _ in 0..length {
            let (item, after) = item(rest, depth + 1)?;
            items.push(item);
            rest = after;
        }
        return Some((Item::List(items), rest));
    }
    let inside = rest.get(..length.checked_sub(head).or(if length == 0 { Some(0) } else { None })?)?;
    rest = &rest[inside.len()..];
    let number = || inside.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let item = match (kind, inside.len()) {
        (0, _) => Item::Text(inside),
        (4, 1) => Item::Truth(inside[0] != 0),
        (5, 1..=8) => {
            let up = 64 - 8 * u32::try_from(inside.len()).ok()?;
            Item::Signed((number() << up).cast_signed() >> up)
        }
        (6, 1..=8) => Item::Unsigned(number()),
        _ => return None,
    };
    Some((item, rest))
}

/// Kind, length and how many bytes say so; a length counts those bytes, too, but for lists.
fn head(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let first = *bytes.first()?;
    let kind = first >> 4 & 7;
    let (mut length, mut head, mut byte) = (usize::from(first & 0x0f), 1, first);
    while byte & 0x80 != 0 {
        byte = *bytes.get(head)?;
        length = length << 4 | usize::from(byte & 0x0f);
        head += 1;
        if head > 4 {
            return None;
        }
    }
    Some((kind, length, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalers_move_the_point() {
        let check = |digits: &str, power: i64, expect: Option<&str>| {
            assert_eq!(scaled(digits, &Item::Signed(power)).as_deref(), expect, "{digits} {power}");
        };
        check("224624136", -1, Some("22462413.6"));
        check("5", -3, Some("0.005"));
        check("-5", -1, Some("-0.5"));
        check("168", 0, Some("168"));
        check("12", 2, Some("1200"));
        check("0", 2, Some("0"));
        check("1", 99, None);
    }

    #[test]
    fn values_are_read_as_they_are_nested() {
        let read = |bytes: &[u8]| item(bytes, 0).map(|(item, rest)| (format!("{item:?}"), rest.len()));
        assert_eq!(read(&[0x62, 0x1e, 9]), Some(("Unsigned(30)".into(), 1)));
        assert_eq!(read(&[0x52, 0xff]), Some(("Signed(-1)".into(), 0)));
        assert_eq!(read(&[0x01]), Some(("Text([])".into(), 0)));
        assert_eq!(read(&[0x72, 0x42, 1, 0x01]), Some(("List([Truth(true), Text([])])".into(), 0)));
        // A length of two nibbles: 18 bytes, two of them the head.
        let long = [[0x81u8, 0x02].as_slice(), &[7; 16]].concat();
        assert_eq!(read(&long).map(|(_, rest)| rest), Some(0));
        for broken in [&[][..], &[0x63, 1], &[0x72, 0x01], &[0x80; 9], &[0x5f], &[0x7f], &[0x77; 40]] {
            assert_eq!(read(broken), None, "{broken:x?}");
        }
    }
}
