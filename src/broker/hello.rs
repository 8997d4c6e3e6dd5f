//! The first packet of a connection: read whole before anything else is believed, and put into words `mqtt5` knows.
//!
//! Version 3.1 becomes 3.1.1, whose packets are the same. A keep-alive of nothing becomes the longest there is, because
//! `mqtt5` ends such clients after five minutes. How large a packet may be for the client is kept by us: `mqtt5` counts
//! in what it adds to messages. Sources: MQTT 3.1 and 3.1.1 §3.1, MQTT 5.0 §3.1.

use bytes::{BufMut, BytesMut};

use super::Refusal;
use super::packet::{property_length, split_length};

/// The longest first packet: id, user, password and will with all they may have.
const LONGEST: usize = 320 * 1024;
const CONNECT: u8 = 0x10;
const MAXIMUM_PACKET_SIZE: u8 = 0x27;
const RECEIVE_MAXIMUM: u8 = 0x21;

/// What the first packet has told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The version as the packet says it: 4 is 3.1.1.
    pub version: u8,
    /// The largest packet the client takes, if it said so.
    pub largest: Option<usize>,
    /// How many messages of quality 1 and 2 it takes before it has confirmed one, if it said so.
    pub window: Option<u16>,
    /// Whether the client never has to say that it is there.
    pub is_silent: bool,
}

/// What is known of a first packet.
#[derive(Debug, PartialEq, Eq)]
pub enum First {
    /// More bytes have to come.
    Incomplete,
    /// It is no first packet of MQTT.
    Foreign,
    /// It is larger than a first packet may be.
    TooLarge,
    /// It is there, with so many bytes; they were put right in place.
    Whole(Hello, usize),
}

/// Looks at the first bytes of a connection; no packet may have more than `largest`.
pub fn look(bytes: &mut BytesMut, largest: usize) -> First {
    let Some(first) = bytes.first() else { return First::Incomplete };
    if *first != CONNECT {
        return First::Foreign;
    }
    let Some((length, rest)) = split_length(&bytes[1..]) else {
        return if bytes.len() > 4 { First::Foreign } else { First::Incomplete };
    };
    let start = bytes.len() - rest.len();
    // A stranger is not listened to for longer than it takes to know.
    let names = [&b"\0\x04MQTT"[..], b"\0\x06MQIsdp"];
    let begins = |name: &&[u8]| rest.starts_with(&name[..name.len().min(rest.len())]);
    if !names.iter().any(begins) && rest.len() < length.max(8) {
        return First::Foreign;
    }
    if start + length > largest.min(LONGEST) {
        return if rest.len() < 8 { First::Incomplete } else { First::TooLarge };
    }
    if rest.len() < length {
        return First::Incomplete;
    }
    if bytes[start..].starts_with(b"\0\x06MQIsdp\x03") {
        *bytes = modern(bytes, start, length);
        return look(bytes, largest);
    }
    First::Whole(put_right(&mut bytes[start..start + length]), start + length)
}

/// Version 3.1 in the words of 3.1.1: another name and number, two bytes less.
fn modern(bytes: &[u8], start: usize, length: usize) -> BytesMut {
    let mut out = BytesMut::with_capacity(bytes.len());
    out.put_u8(CONNECT);
    super::packet::put_length(&mut out, length - 2);
    out.put_slice(b"\0\x04MQTT\x04");
    out.put_slice(&bytes[start + 9..]);
    out
}

/// Changes what `mqtt5` would take amiss; what is damaged it refuses itself.
fn put_right(body: &mut [u8]) -> Hello {
    // Name (6), version (1), flags (1), keep-alive (2), in version 5 properties.
    let mut hello = Hello { version: body.get(6).copied().unwrap_or(0), ..Hello::default() };
    let Some([high, low]) = body.get_mut(8..10) else { return hello };
    if (*high, *low) == (0, 0) {
        (*high, *low) = (0xff, 0xff);
        hello.is_silent = true;
    }
    if hello.version != 5 {
        return hello;
    }
    let Some((length, rest)) = split_length(&body[10..]) else { return hello };
    let mut at = body.len() - rest.len();
    let end = (at + length).min(body.len());
    while at < end {
        if body[at] == MAXIMUM_PACKET_SIZE
            && let Some(number) = body[at..end].get_mut(1..5)
        {
            let size = u32::from_be_bytes([number[0], number[1], number[2], number[3]]);
            // Nothing is no size; that is refused.
            if size > 0 {
                number.fill(0xff);
                hello.largest = usize::try_from(size).ok();
            }
        }
        if let Some([RECEIVE_MAXIMUM, high, low]) = body[at..end].get(..3) {
            hello.window = Some(u16::from_be_bytes([*high, *low]));
        }
        let Some(length) = property_length(&body[at..end]) else { break };
        at += length;
    }
    hello
}

/// What speaks there instead of MQTT.
pub fn who(bytes: &[u8]) -> Refusal {
    match bytes {
        [0x16, ..] => Refusal::Tls,
        [first, rest @ ..]
            if first.is_ascii_uppercase() && rest.iter().take(2).all(u8::is_ascii_uppercase) =>
        {
            Refusal::Http
        }
        _ => Refusal::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V5: Hello = Hello { version: 5, largest: None, window: None, is_silent: false };

    fn v5(keep_alive: u16, properties: &[u8]) -> BytesMut {
        let mut body = b"\0\x04MQTT\x05\x02".to_vec();
        body.extend_from_slice(&keep_alive.to_be_bytes());
        body.push(properties.len() as u8);
        body.extend_from_slice(properties);
        body.extend_from_slice(b"\0\x01a");
        let mut packet = BytesMut::from(&[CONNECT, body.len() as u8][..]);
        packet.extend_from_slice(&body);
        packet
    }

    #[test]
    fn the_first_packet_is_waited_for_and_strangers_are_not() {
        let mut whole = v5(60, &[]);
        for end in 0..whole.len() {
            assert_eq!(look(&mut BytesMut::from(&whole[..end]), 1_000), First::Incomplete, "{end}");
        }
        let before = whole.clone();
        assert_eq!(look(&mut whole, 1_000), First::Whole(V5, before.len()));
        assert_eq!(whole, before);
        for stranger in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"\x16\x03\x01",
            b"\x30\x03\x00\x01a",
            b"\x10\xff\xff\xff\xff\x01",
            b"\x10\x80\x80\x80\x80",
            b"\x10\x20\x00\x04MQTX",
            b"\x10\x20\x7f",
        ] {
            assert_eq!(look(&mut BytesMut::from(stranger), 1_000), First::Foreign, "{stranger:02x?}");
        }
    }

    #[test]
    fn first_packet_has_a_largest_size() {
        let check = |bytes: &[u8], largest: usize, expect: First| {
            assert_eq!(look(&mut BytesMut::from(bytes), largest), expect, "{bytes:02x?}");
        };
        let whole = v5(60, &[]);
        check(&whole, whole.len(), First::Whole(V5, whole.len()));
        check(&whole, whole.len() - 1, First::TooLarge);
        check(b"\x10\xff\xff\xff\x7f", 1_000, First::Incomplete);
        check(b"\x10\xff\xff\xff\x7f\0\x04MQTT\x05\x02", usize::MAX, First::TooLarge);
        check(b"\x10\xff\xff\xff\x7f\0\x04HTTP\x05\x02", usize::MAX, First::Foreign);
    }

    #[test]
    fn version_3_1_is_spoken_as_3_1_1() {
        let mut packet = BytesMut::from(&b"\x10\x0f\0\x06MQIsdp\x03\x02\0\x3c\0\x01a\xc0\0"[..]);
        let old = Hello { version: 4, ..Hello::default() };
        assert_eq!(look(&mut packet, 1_000), First::Whole(old, 15));
        assert_eq!(&packet[..], b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a\xc0\0");
    }

    #[test]
    fn silence_and_size_are_kept_by_us() {
        let mut packet = v5(0, &[0x11, 0, 0, 0, 9, 0x27, 0, 0, 0, 200, 0x21, 0, 5]);
        let told = Hello { largest: Some(200), window: Some(5), is_silent: true, ..V5 };
        assert_eq!(look(&mut packet, 1_000), First::Whole(told, packet.len()));
        let expect = v5(0xffff, &[0x11, 0, 0, 0, 9, 0x27, 0xff, 0xff, 0xff, 0xff, 0x21, 0, 5]);
        assert_eq!(packet, expect);
        let mut packet = v5(1, &[0x27, 0, 0, 0, 0]);
        let before = packet.clone();
        assert_eq!(look(&mut packet, 1_000), First::Whole(V5, before.len()));
        assert_eq!(packet, before);
        // Damage passes; it is refused where packets are understood.
        for properties in [&[0x27, 1][..], &[0x99, 1], &[0x26, 0, 9, 1]] {
            assert!(matches!(look(&mut v5(1, properties), 1_000), First::Whole(V5, _)));
        }
    }
}
