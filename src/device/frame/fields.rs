//! Fields: values in fixed places of a binary frame or of registers, as JSON with all digits they have.

use crate::talk::Payload;

/// One value of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the JSON.
    pub name: Box<str>,
    /// Its first byte; a negative number counts from the end of the frame.
    pub at: isize,
    /// What stands there.
    pub kind: Kind,
    /// In which order its bytes stand.
    pub order: Order,
    /// The one bit that is meant, the lowest is 0.
    pub bit: Option<u32>,
}

/// What bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number without a sign, of so many bytes.
    Unsigned(usize),
    /// A whole number in two's complement, of so many bytes.
    Signed(usize),
    /// A number of IEEE 754, of 4 or 8 bytes.
    Float(usize),
    /// Two decimal digits in each of so many bytes.
    Bcd(usize),
    /// So many bytes, told as hexadecimal digits: a serial number.
    Hex(usize),
    /// So many characters of ASCII; blanks and zeros at the end do not count.
    Text(usize),
}

/// In which order bytes stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The highest byte first: ABCD.
    #[default]
    Big,
    /// The lowest byte first: DCBA.
    Little,
    /// Words of two bytes, the lowest word first, in each the highest byte: CDAB.
    WordsSwapped,
    /// Words of two bytes, the highest word first, in each the lowest byte: BADC.
    BytesSwapped,
}

/// Words for kinds whose size is in their name.
pub const KINDS: [(&str, Kind); 13] = [
    ("u8", Kind::Unsigned(1)),
    ("i8", Kind::Signed(1)),
    ("u16", Kind::Unsigned(2)),
    ("i16", Kind::Signed(2)),
    ("u24", Kind::Unsigned(3)),
    ("u32", Kind::Unsigned(4)),
    ("i32", Kind::Signed(4)),
    ("u64", Kind::Unsigned(8)),
    ("i64", Kind::Signed(8)),
    ("f32", Kind::Float(4)),
    ("f64", Kind::Float(8)),
    ("bcd16", Kind::Bcd(2)),
    ("bcd32", Kind::Bcd(4)),
];

/// Words for orders.
pub const ORDERS: [(&str, Order); 6] = [
    ("big", Order::Big),
    ("little", Order::Little),
    ("abcd", Order::Big),
    ("dcba", Order::Little),
    ("cdab", Order::WordsSwapped),
    ("badc", Order::BytesSwapped),
];

impl Kind {
    /// How many bytes it takes.
    pub fn size(self) -> usize {
        match self {
            Self::Unsigned(size)
            | Self::Signed(size)
            | Self::Float(size)
            | Self::Bcd(size)
            | Self::Hex(size)
            | Self::Text(size) => size,
        }
    }
}

impl Order {
    /// Bytes with the highest one first, as they stand or from there: it is its own inverse.
    pub fn arranged(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Big => {}
            Self::Little => bytes.reverse(),
            Self::WordsSwapped => {
                bytes.reverse();
                bytes.chunks_mut(2).for_each(<[u8]>::reverse);
            }
            Self::BytesSwapped => bytes.chunks_mut(2).for_each(<[u8]>::reverse),
        }
        bytes
    }
}

impl Field {
    /// The value as JSON; nothing if the frame does not reach that far or it is no such value.
    pub fn json(&self, frame: &[u8]) -> Option<String> {
        let at = place(self.at, frame.len())?;
        let bytes = self.order.arranged(frame.get(at..at.checked_add(self.kind.size())?)?);
        match self.bit {
            Some(bit) => Some((whole(&bytes) >> bit & 1 == 1).to_string()),
            None => value(self.kind, &bytes),
        }
    }
}

impl Field {
    /// The frame with another value, given as JSON, in this place; nothing if that is no value of its kind.
    pub fn replaced(&self, frame: &[u8], value: &str) -> Option<Vec<u8>> {
        let at = place(self.at, frame.len())?;
        let span = at..at.checked_add(self.kind.size())?;
        let bytes = match self.bit {
            Some(bit) => {
                let (old, mask) = (whole(&self.order.arranged(frame.get(span.clone())?)), 1 << bit);
                let new = if number(value)? == 0 { old & !mask } else { old | mask };
                new.to_be_bytes()[8 - self.kind.size()..].to_vec()
            }
            None => encoded(self.kind, self.kind.size(), value)?,
        };
        let mut other = frame.to_vec();
        other.get_mut(span)?.copy_from_slice(&self.order.arranged(&bytes));
        Some(other)
    }
}

/// A place that may be counted from the end.
pub fn place(at: isize, length: usize) -> Option<usize> {
    match usize::try_from(at) {
        Ok(at) => (at <= length).then_some(at),
        Err(_) => length.checked_sub(at.unsigned_abs()),
    }
}

/// Up to eight bytes, the highest first, as a number.
pub fn whole(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Bytes with the highest first, as JSON.
pub fn value(kind: Kind, bytes: &[u8]) -> Option<String> {
    match kind {
        Kind::Unsigned(_) => Some(whole(bytes).to_string()),
        Kind::Signed(size) => {
            let up = 64 - 8 * u32::try_from(size).ok()?;
            Some(((whole(bytes) << up).cast_signed() >> up).to_string())
        }
        Kind::Float(4) => Some(float(f32::from_be_bytes(bytes.try_into().ok()?))),
        Kind::Float(_) => Some(float(f64::from_be_bytes(bytes.try_into().ok()?))),
        Kind::Bcd(_) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let is_decimal = digits.bytes().all(|digit| digit.is_ascii_digit());
            is_decimal.then(|| match digits.trim_start_matches('0') {
                "" => "0".to_owned(),
                digits => digits.to_owned(),
            })
        }
        Kind::Hex(_) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            Some(Payload::of(&digits).as_str().to_owned())
        }
        Kind::Text(_) => {
            let text = std::str::from_utf8(bytes).ok()?.trim_end_matches(['\0', ' ']);
            let is_text = text.is_ascii() && !text.contains(|c: char| c.is_control());
            is_text.then(|| Payload::of(text).as_str().to_owned())
        }
    }
}

/// A whole number as definitions and commands write it; truths are 1 and 0.
pub fn number(value: &str) -> Option<i64> {
    match value {
        "true" => Some(1),
        "false" => Some(0),
        text => match text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        },
    }
}

/// A value as so many bytes with the highest first; nothing if it is too large, or of a kind that nobody writes.
pub fn encoded(kind: Kind, size: usize, value: &str) -> Option<Vec<u8>> {
    match kind {
        Kind::Float(4) => {
            let number = value.parse::<f32>().ok().filter(|number| number.is_finite())?;
            Some(number.to_be_bytes().to_vec())
        }
        Kind::Float(_) => {
            let number = value.parse::<f64>().ok().filter(|number| number.is_finite())?;
            Some(number.to_be_bytes().to_vec())
        }
        Kind::Unsigned(_) | Kind::Signed(_) => {
            let (number, bits) = (i128::from(number(value)?), u32::try_from(kind.size() * 8).ok()?);
            let (least, most) = match kind {
                Kind::Signed(_) => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
                _ => (0, (1i128 << bits) - 1),
            };
            let bytes = number.to_be_bytes();
            (least..=most).contains(&number).then(|| bytes[16 - size..].to_vec())
        }
        Kind::Bcd(_) | Kind::Hex(_) | Kind::Text(_) => None,
    }
}

/// A number with the fewest digits that mean it; devices say "nothing measured" with what is no number.
fn float<F: Into<f64> + std::fmt::Display + Copy>(number: F) -> String {
    let size: f64 = number.into();
    match size.is_finite() {
        true => number.to_string(),
        false => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, order: Order, bytes: &[u8], json: Option<&str>) {
        let kind = KINDS.iter().find(|(name, _)| *name == kind).expect(kind).1;
        let field = Field { name: "x".into(), at: 0, kind, order, bit: None };
        assert_eq!(field.json(bytes).as_deref(), json, "{kind:?} {order:?} {bytes:x?}");
    }

    #[test]
    fn numbers_are_read_in_every_order() {
        check("u16", Order::Big, &[0x04, 0xd2], Some("1234"));
        check("u16", Order::Little, &[0x04, 0xd2], Some("53764"));
        check("i16", Order::Big, &[0xff, 0xfe], Some("-2"));
        check("u24", Order::Big, &[1, 0, 0], Some("65536"));
        check("i8", Order::Big, &[0x80], Some("-128"));
        check("u64", Order::Big, &[0xff; 8], Some("18446744073709551615"));
        check("f32", Order::Big, &[0x43, 0x66, 0x33, 0x34], Some("230.20001"));
        check("f32", Order::Big, &[0x43, 0x65, 0x33, 0x33], Some("229.2"));
        check("f32", Order::WordsSwapped, &[0x33, 0x33, 0x43, 0x65], Some("229.2"));
        check("f32", Order::BytesSwapped, &[0x65, 0x43, 0x33, 0x33], Some("229.2"));
        check("f32", Order::Little, &[0x33, 0x33, 0x65, 0x43], Some("229.2"));
        check("f32", Order::Big, &[0x7f, 0xc0, 0, 0], Some("null"));
        check("bcd16", Order::Big, &[0x01, 0x23], Some("123"));
        check("bcd16", Order::Big, &[0x0a, 0x23], None);
        check("u32", Order::Big, &[1, 2, 3], None);
    }

    #[test]
    fn places_count_from_either_end() {
        let field = |at, kind, bit| Field { name: "x".into(), at, kind, order: Order::Big, bit };
        let frame = [0xa1, 0x60, b'S', b'1', 0, 0x04];
        assert_eq!(field(0, Kind::Hex(2), None).json(&frame).as_deref(), Some("\"A160\""));
        assert_eq!(field(2, Kind::Text(3), None).json(&frame).as_deref(), Some("\"S1\""));
        assert_eq!(field(-1, Kind::Unsigned(1), Some(2)).json(&frame).as_deref(), Some("true"));
        assert_eq!(field(-1, Kind::Unsigned(1), Some(0)).json(&frame).as_deref(), Some("false"));
        assert_eq!(field(-7, Kind::Unsigned(1), None).json(&frame), None);
        assert_eq!(field(isize::MAX, Kind::Unsigned(1), None).json(&frame), None);
    }
}
