//! MQTT packets of both versions, written and read by nothing but the standards, so that a test can say and see what no
//! client library would.

use bytes::{Buf, BufMut};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 3.1.1
    V3,
    /// 5
    V5,
}

pub use Version::{V3, V5};

/// Both.
pub const BOTH: [Version; 2] = [V3, V5];

/// The numbers of the properties of MQTT 5 (section 2.2.2.2).
pub mod is {
    pub const MESSAGE_EXPIRY: u8 = 2;
    pub const CONTENT_TYPE: u8 = 3;
    pub const RESPONSE_TOPIC: u8 = 8;
    pub const CORRELATION_DATA: u8 = 9;
    pub const SUBSCRIPTION_IDENTIFIER: u8 = 11;
    pub const SESSION_EXPIRY: u8 = 17;
    pub const ASSIGNED_CLIENT_ID: u8 = 18;
    pub const SERVER_KEEP_ALIVE: u8 = 19;
    pub const REQUEST_PROBLEM: u8 = 23;
    pub const WILL_DELAY: u8 = 24;
    pub const RECEIVE_MAXIMUM: u8 = 33;
    pub const TOPIC_ALIAS_MAXIMUM: u8 = 34;
    pub const TOPIC_ALIAS: u8 = 35;
    pub const USER: u8 = 38;
    pub const MAXIMUM_PACKET_SIZE: u8 = 39;
    pub const PAYLOAD_FORMAT: u8 = 1;
}

/// A property's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One, two or four bytes or a variable integer, as the property has it.
    Number(u32),
    Text(String),
    Bytes(Vec<u8>),
    Pair(String, String),
}

/// A property: its number and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property(pub u8, pub Value);

/// A property with a number.
pub fn number(id: u8, value: u32) -> Property {
    Property(id, Value::Number(value))
}

/// A property with a text.
pub fn text(id: u8, value: &str) -> Property {
    Property(id, Value::Text(value.into()))
}

/// A user property.
pub fn user(name: &str, value: &str) -> Property {
    Property(is::USER, Value::Pair(name.into(), value.into()))
}

/// An acknowledging packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: u8,
    pub retain: bool,
    pub dup: bool,
    /// 0 with QoS 0.
    pub id: u16,
    pub properties: Vec<Property>,
}

/// A packet from a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    Connack { present: bool, code: u8, properties: Vec<Property> },
    Publish(Publish),
    Ack { kind: Ack, id: u16, reason: u8 },
    Suback { id: u16, codes: Vec<u8> },
    Unsuback { id: u16, codes: Vec<u8> },
    Pong,
    Disconnect { reason: u8, properties: Vec<Property> },
}

/// What a broker sent is no packet.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

/// What a client says first.
#[derive(Clone, Debug)]
pub struct Hello {
    pub version: Version,
    pub id: String,
    pub clean: bool,
    pub keep_alive: u16,
    pub will: Option<Publish>,
    pub account: Option<(String, String)>,
    pub properties: Vec<Property>,
}

impl Version {
    /// A clean session with this client id and a keep-alive of a minute.
    pub fn hello(self, id: &str) -> Hello {
        let (clean, keep_alive) = (true, 60);
        let id = id.into();
        Hello { version: self, id, clean, keep_alive, will: None, account: None, properties: Vec::new() }
    }
}

impl Hello {
    /// A session that stays when the connection ends: for ever in version 3.1.1, an hour in version 5.
    pub fn staying(self) -> Self {
        let hello = Self { clean: false, ..self };
        match hello.version {
            V3 => hello,
            V5 => hello.with(number(is::SESSION_EXPIRY, 3600)),
        }
    }

    /// With a property; nothing in version 3.1.1.
    pub fn with(mut self, property: Property) -> Self {
        if self.version == V5 {
            self.properties.push(property);
        }
        self
    }

    /// With a will.
    pub fn will(self, will: Publish) -> Self {
        Self { will: Some(will), ..self }
    }

    /// With this keep-alive in seconds.
    pub fn keep_alive(self, seconds: u16) -> Self {
        Self { keep_alive: seconds, ..self }
    }

    /// The CONNECT packet.
    pub fn bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put_text(&mut body, "MQTT");
        body.put_u8(if self.version == V5 { 5 } else { 4 });
        let mut flags = u8::from(self.clean) << 1;
        if let Some(will) = &self.will {
            flags |= 4 | will.qos << 3 | u8::from(will.retain) << 5;
        }
        if self.account.is_some() {
            flags |= 0xC0;
        }
        body.put_u8(flags);
        body.put_u16(self.keep_alive);
        put_properties(&mut body, self.version, &self.properties);
        put_text(&mut body, &self.id);
        if let Some(will) = &self.will {
            put_properties(&mut body, self.version, &will.properties);
            put_text(&mut body, &will.topic);
            put_bytes(&mut body, &will.payload);
        }
        if let Some((user, password)) = &self.account {
            put_text(&mut body, user);
            put_text(&mut body, password);
        }
        framed(0x10, &body)
    }
}

/// A message with this topic, payload and QoS.
pub fn message(topic: &str, payload: impl AsRef<[u8]>, qos: u8) -> Publish {
    Publish { topic: topic.into(), payload: payload.as_ref().into(), qos, ..Publish::default() }
}

impl Publish {
    /// To be kept by the broker.
    pub fn retained(self) -> Self {
        Self { retain: true, ..self }
    }

    /// With a property.
    pub fn with(mut self, property: Property) -> Self {
        self.properties.push(property);
        self
    }

    /// The payload as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    /// The number of this property.
    pub fn number(&self, id: u8) -> Option<u32> {
        find_number(&self.properties, id)
    }

    /// The PUBLISH packet.
    pub fn bytes(&self, version: Version) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.payload.len() + self.topic.len() + 8);
        put_text(&mut body, &self.topic);
        if self.qos > 0 {
            body.put_u16(self.id);
        }
        put_properties(&mut body, version, &self.properties);
        body.extend_from_slice(&self.payload);
        framed(0x30 | u8::from(self.dup) << 3 | self.qos << 1 | u8::from(self.retain), &body)
    }
}

/// The number of a property among these.
pub fn find_number(properties: &[Property], wanted: u8) -> Option<u32> {
    properties.iter().find_map(|Property(id, value)| match value {
        Value::Number(number) if *id == wanted => Some(*number),
        _ => None,
    })
}

/// A SUBSCRIBE packet; an option byte is the QoS, and in version 5 no-local (4), retain-as-published (8) and retain
/// handling (16, 32).
pub fn subscribe(version: Version, id: u16, filters: &[(&str, u8)], properties: &[Property]) -> Vec<u8> {
    let mut body = Vec::new();
    body.put_u16(id);
    put_properties(&mut body, version, properties);
    for (filter, options) in filters {
        put_text(&mut body, filter);
        body.put_u8(*options);
    }
    framed(0x82, &body)
}

/// An UNSUBSCRIBE packet.
pub fn unsubscribe(version: Version, id: u16, filter: &str) -> Vec<u8> {
    let mut body = Vec::new();
    body.put_u16(id);
    put_properties(&mut body, version, &[]);
    put_text(&mut body, filter);
    framed(0xA2, &body)
}

/// An acknowledgement.
pub fn ack(kind: Ack, id: u16) -> Vec<u8> {
    let flags = if kind == Ack::Pubrel { 2 } else { 0 };
    framed((kind as u8) << 4 | flags, &id.to_be_bytes())
}

/// A PINGREQ packet.
pub const PING: [u8; 2] = [0xC0, 0];

/// A DISCONNECT packet; the reason and the properties are said in version 5 only.
pub fn disconnect(version: Version, reason: u8, properties: &[Property]) -> Vec<u8> {
    let mut body = Vec::new();
    if version == V5 && (reason != 0 || !properties.is_empty()) {
        body.put_u8(reason);
        put_properties(&mut body, version, properties);
    }
    framed(0xE0, &body)
}

/// A packet with this first byte.
pub fn framed(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    put_variable(&mut packet, body.len());
    packet.extend_from_slice(body);
    packet
}

fn put_variable(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value % 128).expect("it is below 128");
        value /= 128;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.put_u16(u16::try_from(bytes.len()).expect("a short field"));
    out.extend_from_slice(bytes);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

fn put_properties(out: &mut Vec<u8>, version: Version, properties: &[Property]) {
    if version == V3 {
        return;
    }
    let mut all = Vec::new();
    for Property(id, value) in properties {
        all.push(*id);
        match (value, shape(*id)) {
            (Value::Number(number), Shape::One) => all.push(u8::try_from(*number).expect("one byte")),
            (Value::Number(number), Shape::Two) => all.put_u16(u16::try_from(*number).expect("two bytes")),
            (Value::Number(number), Shape::Four) => all.put_u32(*number),
            (Value::Number(number), _) => put_variable(&mut all, *number as usize),
            (Value::Text(text), _) => put_text(&mut all, text),
            (Value::Bytes(bytes), _) => put_bytes(&mut all, bytes),
            (Value::Pair(name, value), _) => {
                put_text(&mut all, name);
                put_text(&mut all, value);
            }
        }
    }
    put_variable(out, all.len());
    out.extend_from_slice(&all);
}

#[derive(Clone, Copy)]
enum Shape {
    One,
    Two,
    Four,
    Variable,
    Text,
    Bytes,
    Pair,
}

fn shape(id: u8) -> Shape {
    match id {
        1 | 23 | 25 | 36 | 37 | 40..=42 => Shape::One,
        19 | 33..=35 => Shape::Two,
        2 | 17 | 24 | 39 => Shape::Four,
        11 => Shape::Variable,
        9 | 22 => Shape::Bytes,
        38 => Shape::Pair,
        _ => Shape::Text,
    }
}

/// Takes the first packet out of `bytes` if it is there as a whole.
pub fn take(version: Version, bytes: &mut bytes::BytesMut) -> Result<Option<Packet>, Malformed> {
    let Some(first) = bytes.first().copied() else { return Ok(None) };
    let (mut length, mut digits) = (0, 0);
    loop {
        let Some(byte) = bytes.get(1 + digits) else { return Ok(None) };
        length |= usize::from(byte & 0x7F) << (7 * digits);
        digits += 1;
        if byte & 0x80 == 0 {
            break;
        }
        if digits == 4 {
            return Err(Malformed("a length of more than four bytes".into()));
        }
    }
    if bytes.len() < 1 + digits + length {
        return Ok(None);
    }
    bytes.advance(1 + digits);
    let body = bytes.split_to(length);
    let mut reader = Reader(&body);
    let packet = read(version, first, &mut reader)
        .ok_or_else(|| Malformed(format!("a packet {first:#04x} that ends too early: {body:02x?}")))?;
    Ok(Some(packet))
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes(&mut self, count: usize) -> Option<&[u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn one(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn two(&mut self) -> Option<u16> {
        self.bytes(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn variable(&mut self) -> Option<u32> {
        let mut value = 0;
        for digit in 0..4 {
            let byte = self.one()?;
            value |= u32::from(byte & 0x7F) << (7 * digit);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn field(&mut self) -> Option<Vec<u8>> {
        let count = self.two()?;
        self.bytes(count.into()).map(<[u8]>::to_vec)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.field()?).ok()
    }

    fn properties(&mut self, version: Version) -> Option<Vec<Property>> {
        let mut properties = Vec::new();
        if version == V3 || self.0.is_empty() {
            return Some(properties);
        }
        let count = self.variable()?;
        let mut inside = Reader(self.bytes(count as usize)?);
        while let Some(id) = inside.one() {
            let value = match shape(id) {
                Shape::One => Value::Number(inside.one()?.into()),
                Shape::Two => Value::Number(inside.two()?.into()),
                Shape::Four => Value::Number(u32::from(inside.two()?) << 16 | u32::from(inside.two()?)),
                Shape::Variable => Value::Number(inside.variable()?),
                Shape::Text => Value::Text(inside.text()?),
                Shape::Bytes => Value::Bytes(inside.field()?),
                Shape::Pair => Value::Pair(inside.text()?, inside.text()?),
            };
            properties.push(Property(id, value));
        }
        Some(properties)
    }
}

fn read(version: Version, first: u8, reader: &mut Reader<'_>) -> Option<Packet> {
    Some(match first >> 4 {
        2 => Packet::Connack {
            present: reader.one()? & 1 == 1,
            code: reader.one()?,
            properties: reader.properties(version)?,
        },
        3 => {
            let (qos, retain, dup) = (first >> 1 & 3, first & 1 == 1, first >> 3 & 1 == 1);
            let topic = reader.text()?;
            let id = if qos > 0 { reader.two()? } else { 0 };
            let properties = reader.properties(version)?;
            Packet::Publish(Publish { topic, payload: reader.0.to_vec(), qos, retain, dup, id, properties })
        }
        kind @ 4..=7 => {
            let kind = [Ack::Puback, Ack::Pubrec, Ack::Pubrel, Ack::Pubcomp][usize::from(kind - 4)];
            Packet::Ack { kind, id: reader.two()?, reason: reader.one().unwrap_or(0) }
        }
        9 => {
            let id = reader.two()?;
            reader.properties(version)?;
            Packet::Suback { id, codes: reader.0.to_vec() }
        }
        11 => {
            let id = reader.two()?;
            reader.properties(version)?;
            Packet::Unsuback { id, codes: reader.0.to_vec() }
        }
        13 => Packet::Pong,
        14 => {
            Packet::Disconnect { reason: reader.one().unwrap_or(0), properties: reader.properties(version)? }
        }
        _ => return None,
    })
}
