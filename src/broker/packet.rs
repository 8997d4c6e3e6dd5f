//! A look at packets on their way out: what each is, and what the recipient's version must not see.
//!
//! Sources: MQTT 3.1.1 §2.2, §3.4; MQTT 5.0 §2.2.2, §3.3. Every slice here is one whole packet as `mqtt5` wrote it.

use bytes::{BufMut, BytesMut};

/// What a packet is, as far as it matters on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message of quality 0 that was not retained: nothing is promised about it.
    Live,
    /// Any other message: of quality 1 or 2, or retained.
    Kept,
    /// Acknowledges a message; longer than 4 bytes it says a reason, which version 3.1.1 cannot read.
    Acknowledgement,
    /// Only version 5 knows it from a broker.
    Farewell,
    /// Anything else.
    Control,
}

const PUBLISH: u8 = 3;
const RETAIN: u8 = 0b0001;
const QUALITY: u8 = 0b0110;

/// The kind of a packet.
pub fn kind(packet: &[u8]) -> Kind {
    let Some(first) = packet.first() else { return Kind::Control };
    match first >> 4 {
        PUBLISH if first & (RETAIN | QUALITY) == 0 => Kind::Live,
        PUBLISH => Kind::Kept,
        4..=7 => Kind::Acknowledgement,
        14 | 15 => Kind::Farewell,
        _ => Kind::Control,
    }
}

/// Appends a packet for a client of version 3.1.1; what it cannot understand is left out.
pub fn push_v3(out: &mut BytesMut, packet: &[u8]) {
    match kind(packet) {
        Kind::Farewell => {}
        Kind::Acknowledgement if packet.len() > 4 => {
            // Version 3.1.1 has no word for "refused": only the packet's number follows.
            if let Some((_, body)) = body(packet)
                && let Some(number) = body.get(..2)
            {
                out.put_u8(packet[0]);
                out.put_u8(2);
                out.put_slice(number);
            }
        }
        _ => out.put_slice(packet),
    }
}

/// Appends a packet for a client of version 5. `mqtt5` adds to every message who sent it; that is nobody's business.
pub fn push_v5(out: &mut BytesMut, packet: &[u8]) {
    match kind(packet) {
        Kind::Live | Kind::Kept => match without_sender(packet) {
            Some(parts) => parts.write(out),
            None => out.put_slice(packet),
        },
        _ => out.put_slice(packet),
    }
}

/// The properties that `mqtt5` adds to messages.
const ADDED: [&[u8]; 2] = [b"x-mqtt-sender", b"x-mqtt-client-id"];
/// What both begin with.
const ADDED_PREFIX: &[u8] = b"x-mqtt-";
const USER_PROPERTY: u8 = 0x26;

/// A message cut where properties are left out.
struct Parts<'a> {
    first: u8,
    before: &'a [u8],
    properties: Vec<&'a [u8]>,
    payload: &'a [u8],
}

impl Parts<'_> {
    fn write(&self, out: &mut BytesMut) {
        let properties: usize = self.properties.iter().map(|part| part.len()).sum();
        let length = self.before.len() + length_of(properties) + properties + self.payload.len();
        out.reserve(1 + 4 + length);
        out.put_u8(self.first);
        put_length(out, length);
        out.put_slice(self.before);
        put_length(out, properties);
        for part in &self.properties {
            out.put_slice(part);
        }
        out.put_slice(self.payload);
    }
}

/// The parts of a message without the added properties; none if there are none, or the message is not understood.
fn without_sender(packet: &[u8]) -> Option<Parts<'_>> {
    let (first, rest) = body(packet)?;
    let topic = 2 + usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
    let head = topic + if first & QUALITY == 0 { 0 } else { 2 };
    let (before, rest) = rest.split_at_checked(head)?;
    let (length, rest) = split_length(rest)?;
    let (properties, payload) = rest.split_at_checked(length)?;
    memchr::memmem::find(properties, ADDED_PREFIX)?;
    let mut kept = Vec::new();
    let mut left = properties;
    while !left.is_empty() {
        let (property, rest) = left.split_at_checked(property_length(left)?)?;
        if !is_added(property) {
            kept.push(property);
        }
        left = rest;
    }
    Some(Parts { first, before, properties: kept, payload })
}

fn is_added(property: &[u8]) -> bool {
    let [USER_PROPERTY, high, low, rest @ ..] = property else { return false };
    let key = rest.get(..usize::from(u16::from_be_bytes([*high, *low])));
    key.is_some_and(|key| ADDED.contains(&key))
}

/// How many bytes the first property takes, its identifier included (MQTT 5.0 §2.2.2.2).
pub fn property_length(properties: &[u8]) -> Option<usize> {
    let text = |at: usize| {
        let length = u16::from_be_bytes([*properties.get(at)?, *properties.get(at + 1)?]);
        Some(at + 2 + usize::from(length))
    };
    match properties.first()? {
        0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28..=0x2a => Some(2),
        0x13 | 0x21..=0x23 => Some(3),
        0x02 | 0x11 | 0x18 | 0x27 => Some(5),
        0x0b => Some(1 + properties.get(1..)?.iter().take(4).position(|byte| byte & 0x80 == 0)? + 1),
        0x03 | 0x08 | 0x09 | 0x12 | 0x15 | 0x16 | 0x1a | 0x1c | 0x1f => text(1),
        &USER_PROPERTY => text(text(1)?),
        _ => None,
    }
}

/// The first byte, and what follows the length.
fn body(packet: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = packet.split_first()?;
    let (_, body) = split_length(rest)?;
    Some((*first, body))
}

/// A length of one to four bytes, and what follows it.
pub fn split_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((length, &bytes[index + 1..]));
        }
    }
    None
}

fn length_of(length: usize) -> usize {
    match length {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        _ => 4,
    }
}

pub fn put_length(out: &mut BytesMut, mut length: usize) {
    while length > 0x7f {
        out.put_u8((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.put_u8(length as u8);
}

/// The number of a message of quality 1 or 2, and whether its quality is 1.
pub fn number(packet: &[u8]) -> Option<(u16, bool)> {
    let (first, body) = body(packet)?;
    let quality = if first >> 4 == PUBLISH { first & QUALITY } else { 0 };
    let topic = 2 + usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    let number = body.get(topic..topic + 2)?;
    (quality != 0).then(|| (u16::from_be_bytes([number[0], number[1]]), quality == 0b0010))
}

/// The number that a packet answers, and its reason; nothing is said where all is well.
pub fn answered(packet: &[u8]) -> Option<(u16, u8)> {
    let (_, body) = body(packet)?;
    let number = body.get(..2)?;
    Some((u16::from_be_bytes([number[0], number[1]]), body.get(2).copied().unwrap_or(0)))
}

/// The topic and how many bytes of payload a message has to be retained with quality 0; `total` is how many bytes the
/// packet has, of which its head is here.
pub fn retained_live(head: &[u8], total: usize, is_v5: bool) -> Option<(&str, usize)> {
    let (first, rest) = body(head)?;
    if first >> 4 != PUBLISH || first & (RETAIN | QUALITY) != RETAIN {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
    let (topic, after) = rest.get(2..)?.split_at_checked(length)?;
    let mut payload = total.checked_sub(head.len() - after.len())?;
    if is_v5 && let Some((properties, after)) = split_length(after) {
        payload = total.checked_sub(head.len() - after.len())?.saturating_sub(properties);
    }
    Some((std::str::from_utf8(topic).ok()?, payload))
}

/// What a client says that cannot take a message: of quality 1 it acknowledges it, of quality 2 it refuses it
/// (`0x95`, packet too large), which ends that exchange.
pub fn taken(number: u16, is_quality_1: bool) -> BytesMut {
    let mut packet = BytesMut::with_capacity(5);
    packet.put_slice(if is_quality_1 { &[0x40, 2] } else { &[0x50, 3] });
    packet.put_u16(number);
    if !is_quality_1 {
        packet.put_u8(0x95);
    }
    packet
}

/// The packet that ends a connection of version 5, with its reason.
pub fn farewell(reason: u8) -> [u8; 3] {
    [0xe0, 1, reason]
}

#[cfg(test)]
mod tests {
    use mqtt5::packet::publish::PublishPacket;
    use mqtt5::transport::packet_io::{decode_buffered_packet, encode_packet_to_buffer};
    use mqtt5::{Packet, QoS};

    use super::*;

    fn encoded(packet: PublishPacket) -> BytesMut {
        let mut bytes = BytesMut::new();
        encode_packet_to_buffer(&Packet::Publish(packet), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn nobody_is_told_who_sent_a_message() {
        for payload in [0, 1, 100, 20_000, 300_000] {
            let mut packet =
                PublishPacket::new("a/b", vec![b'x'; payload], QoS::AtLeastOnce).with_packet_id(7);
            packet.properties.add_user_property("via".into(), "x-mqtt-sender".into());
            packet.properties.set_message_expiry_interval(60);
            packet.properties.set_subscription_identifier(300);
            let plain = encoded(packet.clone());
            packet.properties.inject_sender(Some("ada"));
            packet.properties.inject_client_id(Some("phone"));
            packet.properties.add_user_property("x-mqtt-other".into(), "stays".into());
            let told = encoded(packet);
            let mut out = BytesMut::new();
            push_v5(&mut out, &told);
            assert!(
                memchr::memmem::find(&out, b"ada").is_none()
                    && memchr::memmem::find(&out, b"phone").is_none()
            );
            let Some(Packet::Publish(heard)) = decode_buffered_packet(&mut out, 5, usize::MAX).unwrap()
            else {
                panic!("it is a message no more");
            };
            assert_eq!(heard.payload.len(), payload);
            assert_eq!((heard.qos, heard.packet_id), (QoS::AtLeastOnce, Some(7)));
            assert_eq!(heard.properties.get_user_property_value("via"), Some("x-mqtt-sender"));
            assert_eq!(heard.properties.get_user_property_value("x-mqtt-other"), Some("stays"));
            assert_eq!(heard.properties.get_message_expiry_interval(), Some(60));
            let mut out = BytesMut::new();
            push_v5(&mut out, &plain);
            assert_eq!(out, plain);
        }
    }

    #[test]
    fn what_is_damaged_passes_unchanged() {
        for packet in [&b""[..], b"\x30", b"\x30\x05\x00", b"\x32\x03\x00\x09a", b"\x30\xff\xff\xff\xff"] {
            let mut out = BytesMut::new();
            push_v5(&mut out, packet);
            assert_eq!(&out[..], packet);
        }
    }

    #[test]
    fn what_is_retained_with_quality_0_is_seen_by_its_head() {
        let check = |head: &[u8], total: usize, is_v5: bool, expect: Option<(&str, usize)>| {
            assert_eq!(retained_live(head, total, is_v5), expect, "{head:02x?}");
        };
        check(b"\x31\x64\0\x02ab", 102, false, Some(("ab", 96)));
        check(b"\x31\x64\0\x02ab\x05\x01", 102, true, Some(("ab", 90)));
        check(b"\x31\x04\0\x02ab", 6, false, Some(("ab", 0)));
        check(b"\x30\x64\0\x02ab", 102, false, None);
        check(b"\x33\x64\0\x02ab\0\x01", 102, false, None);
        check(b"\xc0\0", 2, false, None);
        check(b"\x31\x64\0\x09a", 102, false, None);
    }

    #[test]
    fn version_three_is_told_no_reasons() {
        let check = |packet: &[u8], expect: &[u8]| {
            let mut out = BytesMut::new();
            push_v3(&mut out, packet);
            assert_eq!(&out[..], expect, "{packet:02x?}");
        };
        check(&[0x40, 2, 0, 7], &[0x40, 2, 0, 7]);
        check(&[0x40, 4, 0, 7, 0x87, 0], &[0x40, 2, 0, 7]);
        check(&[0x70, 3, 1, 2, 0x92], &[0x70, 2, 1, 2]);
        check(&farewell(0x8e), &[]);
        check(&[0xd0, 0], &[0xd0, 0]);
    }
}
