//! What a packet from a client may not say, looked at before `mqtt5` believes it.
//!
//! Only what `mqtt5` lets pass is checked here: numbers that are none, reserved bits, packets that only a server sends.
//! A message is known by its head; its payload is never waited for. Sources: MQTT 3.1.1 §2.3.1, §3.8.3; MQTT 5.0
//! §2.2.1, §3.8, and §4.13 for the reasons.

use super::packet::{property_length, split_length};

/// Malformed packet.
const MALFORMED: u8 = 0x81;
/// Protocol error.
const PROTOCOL_ERROR: u8 = 0x82;
/// Packet too large.
const TOO_LARGE: u8 = 0x95;

const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;
const SUBSCRIPTION_IDENTIFIER: u8 = 0x0b;

/// What is known of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// More bytes have to come.
    Short,
    /// It breaks the rules; the reason in the words of version 5.
    Wrong(u8),
    /// It may pass; so many bytes it has.
    Right(usize),
}

/// Whether a packet is a message, and if so whether of quality 0.
pub fn is_live(bytes: &[u8]) -> Option<bool> {
    let first = bytes.first()?;
    (first >> 4 == PUBLISH).then_some(first & 0b0110 == 0)
}

/// Looks at the first bytes of a packet; `largest` is how many it may have.
pub fn head(bytes: &[u8], version: u8, largest: usize) -> Head {
    let Some((length, rest)) = bytes.get(1..).and_then(split_length) else {
        return if bytes.len() > 4 { Head::Wrong(MALFORMED) } else { Head::Short };
    };
    let total = bytes.len() - rest.len() + length;
    if total > largest {
        return Head::Wrong(TOO_LARGE);
    }
    let (first, body) = (bytes[0], &rest[..length.min(rest.len())]);
    let is_whole = body.len() == length;
    let wrong = match first >> 4 {
        PUBLISH => match publish(first, body) {
            None if is_whole => None,
            None => return Head::Short,
            Some(verdict) => verdict.err(),
        },
        // What only a server says.
        2 | 9 | 11 | 13 => Some(PROTOCOL_ERROR),
        _ if !is_whole => return Head::Short,
        4..=7 | 10 => number(body).err(),
        SUBSCRIBE => number(body).and_then(|()| subscribe(body, version)).err(),
        _ => None,
    };
    wrong.map_or(Head::Right(total), Head::Wrong)
}

/// None if its head is not there yet.
fn publish(first: u8, body: &[u8]) -> Option<Result<(), u8>> {
    if first & 0b0111 == 0 {
        return Some(Ok(()));
    }
    let topic = 2 + usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    if first & 0b0110 == 0 {
        // What is to be retained is known by its topic.
        return body.get(..topic).map(|_| Ok(()));
    }
    let number = body.get(topic..topic + 2)?;
    Some(if number == [0, 0] { Err(PROTOCOL_ERROR) } else { Ok(()) })
}

fn number(body: &[u8]) -> Result<(), u8> {
    match body.get(..2) {
        Some([0, 0]) => Err(PROTOCOL_ERROR),
        _ => Ok(()),
    }
}

fn subscribe(body: &[u8], version: u8) -> Result<(), u8> {
    let mut rest = body.get(2..).ok_or(MALFORMED)?;
    if version == 5 {
        let (length, after) = split_length(rest).ok_or(MALFORMED)?;
        let (properties, after) = after.split_at_checked(length).ok_or(MALFORMED)?;
        identifier(properties)?;
        rest = after;
    }
    let reserved = if version == 5 { 0b1100_0000 } else { 0b1111_1100 };
    while let [high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (_, after) = after.split_at_checked(length).ok_or(MALFORMED)?;
        let (options, after) = after.split_first().ok_or(MALFORMED)?;
        if options & reserved != 0 || options & 0b11 == 3 || options & 0b11_0000 == 0b11_0000 {
            return Err(PROTOCOL_ERROR);
        }
        rest = after;
    }
    Ok(())
}

/// An identifier of nothing is none.
fn identifier(mut properties: &[u8]) -> Result<(), u8> {
    while let Some(first) = properties.first() {
        if *first == SUBSCRIPTION_IDENTIFIER && properties.get(1) == Some(&0) {
            return Err(PROTOCOL_ERROR);
        }
        let length = property_length(properties).ok_or(MALFORMED)?;
        properties = properties.get(length..).ok_or(MALFORMED)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: u8, bytes: &[u8], expect: Head) {
        assert_eq!(head(bytes, version, 1_000), expect, "{bytes:02x?}");
    }

    #[test]
    fn right_packets_pass_as_soon_as_they_are_known() {
        check(4, b"", Head::Short);
        check(4, b"\x30", Head::Short);
        check(4, b"\x30\x85\x02", Head::Right(3 + 261));
        check(4, b"\x32\x64\0\x01a\0", Head::Short);
        check(4, b"\x32\x64\0\x01a\0\x01", Head::Right(102));
        check(4, b"\x31\x64\0\x02a", Head::Short);
        check(4, b"\x31\x64\0\x02ab", Head::Right(102));
        check(4, b"\xc0\0", Head::Right(2));
        check(4, b"\xc0\0\xc0\0", Head::Right(2));
        check(4, b"\x82\x06\0\x01\0\x01a", Head::Short);
        check(4, b"\x82\x06\0\x01\0\x01a\x02", Head::Right(8));
        check(5, b"\x82\x09\0\x01\x02\x0b\x05\0\x01a\x2e", Head::Right(11));
        check(5, b"\x40\x02\0\x01", Head::Right(4));
    }

    #[test]
    fn wrong_packets_are_told_why() {
        check(4, b"\x32\x06\0\x01a\0\0x", Head::Wrong(PROTOCOL_ERROR));
        check(4, b"\x82\x06\0\0\0\x01a\x01", Head::Wrong(PROTOCOL_ERROR));
        check(4, b"\x82\x06\0\x01\0\x01a\x03", Head::Wrong(PROTOCOL_ERROR));
        check(4, b"\x82\x06\0\x01\0\x01a\x04", Head::Wrong(PROTOCOL_ERROR));
        check(5, b"\x82\x07\0\x01\0\0\x01a\x31", Head::Wrong(PROTOCOL_ERROR));
        check(5, b"\x82\x09\0\x01\x02\x0b\0\0\x01a\x01", Head::Wrong(PROTOCOL_ERROR));
        check(5, b"\x82\x06\0\x01\0\0\x09a", Head::Wrong(MALFORMED));
        check(5, b"\x20\x02\0\0", Head::Wrong(PROTOCOL_ERROR));
        check(5, b"\x40\x02\0\0", Head::Wrong(PROTOCOL_ERROR));
        check(5, b"\x30\xff\xff\xff\xff\x01", Head::Wrong(MALFORMED));
        check(5, b"\x30\xe6\x07", Head::Wrong(TOO_LARGE));
        check(5, b"\x30\xe5\x07", Head::Right(1_000));
        check(5, b"\x30\xff\xff\xff\x7f", Head::Wrong(TOO_LARGE));
    }

    #[test]
    fn no_bytes_break_it() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200_000 {
            let mut bytes: Vec<u8> = (0..random.usize(..40)).map(|_| random.u8(..)).collect();
            if let Some(length) = bytes.get_mut(1) {
                *length = random.u8(..40);
            }
            let (version, largest) = (random.u8(4..=5), random.usize(..100));
            if let Head::Right(total) = head(&bytes, version, largest) {
                assert!(total <= largest && total >= 2);
            }
        }
    }
}
