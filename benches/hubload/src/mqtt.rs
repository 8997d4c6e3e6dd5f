//! What an MQTT 3.1.1 client says and hears: CONNECT, SUBSCRIBE, PUBLISH in and out, PUBACK. Of a packet it looks at the
//! type and the lengths only; acknowledgements of what it published are counted by nobody.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::arguments::Arguments;

const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const SUBACK: u8 = 9;

/// The packet identifier of the one SUBSCRIBE.
const SUBSCRIBE_ID: u16 = 1;

/// Client ids must differ: `hubload-<pid>-<number>`.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// How a client introduces itself.
#[derive(Clone)]
pub struct Introduction {
    account: Option<(String, String)>,
    /// What it subscribes to.
    filter: Option<String>,
    /// Where it publishes.
    topic: String,
    qos: u8,
}

impl Introduction {
    /// `--filter F`, `--topic T`, `--qos 0|1`, `--basic USER:PASSWORD`.
    pub fn of_client(arguments: &Arguments) -> Self {
        let filter = Some(arguments.get("filter").unwrap_or("#").to_owned());
        Self { filter, topic: arguments.get("topic").unwrap_or("").to_owned(), ..Self::common(arguments) }
    }

    /// `--publish-topic T`, `--publish-filter F` for what it hears, and QoS and account of the clients.
    pub fn of_publisher(arguments: &Arguments) -> Self {
        let filter = arguments.get("publish-filter").map(str::to_owned);
        let topic = arguments.get("publish-topic").unwrap_or("nodes/bridge/0/thermometer/i2c0-48").to_owned();
        Self { filter, topic, ..Self::common(arguments) }
    }

    fn common(arguments: &Arguments) -> Self {
        let account = arguments.get("basic").and_then(|basic| basic.split_once(':'));
        Self {
            account: account.map(|(user, password)| (user.to_owned(), password.to_owned())),
            filter: None,
            topic: String::new(),
            qos: arguments.number("qos", 0),
        }
    }
}

/// One connection's state.
pub struct Speech {
    /// Connected and, where it wanted to, subscribed.
    pub ready: bool,
    subscribes: bool,
    topic: String,
    qos: u8,
    last_id: u16,
}

impl Speech {
    /// Appends CONNECT and SUBSCRIBE; a client need not wait for the answer to the first.
    pub fn begin(introduction: &Introduction, out: &mut Vec<u8>) -> Self {
        let id = format!("hubload-{}-{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let mut body = Vec::new();
        string(&mut body, "MQTT");
        // Level 4 is 3.1.1; a clean session; no keep-alive, so that nobody pings.
        let with_account = if introduction.account.is_some() { 0xc0 } else { 0 };
        body.extend_from_slice(&[4, 0x02 | with_account, 0, 0]);
        string(&mut body, &id);
        if let Some((user, password)) = &introduction.account {
            string(&mut body, user);
            string(&mut body, password);
        }
        packet(out, 0x10, &body);
        if let Some(filter) = &introduction.filter {
            let mut body = SUBSCRIBE_ID.to_be_bytes().to_vec();
            string(&mut body, filter);
            body.push(introduction.qos);
            packet(out, 0x82, &body);
        }
        Self {
            ready: false,
            subscribes: introduction.filter.is_some(),
            topic: introduction.topic.clone(),
            qos: introduction.qos,
            last_id: SUBSCRIBE_ID,
        }
    }

    /// Appends a PUBLISH.
    pub fn publish(&mut self, out: &mut Vec<u8>, payload: &[u8]) {
        let id = if self.qos > 0 { 2 } else { 0 };
        out.push(0x30 | self.qos << 1);
        length(out, 2 + self.topic.len() + id + payload.len());
        string(out, &self.topic);
        if self.qos > 0 {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            out.extend_from_slice(&self.last_id.to_be_bytes());
        }
        out.extend_from_slice(payload);
    }

    /// Hands out the payload of every whole PUBLISH, acknowledges it, and says how much of `bytes` was used, or how the
    /// server refused the client.
    pub fn parse(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<usize, String> {
        let mut used = 0;
        while let Some((head, length)) = packet_head(&bytes[used..]) {
            let Some(body) = bytes.get(used + head..used + head + length) else { break };
            let first = bytes[used];
            used += head + length;
            match first >> 4 {
                PUBLISH => {
                    let payload = payload(first, body, out).ok_or("a PUBLISH without a topic")?;
                    each(payload);
                }
                CONNACK if body.get(1) != Some(&0) => return Err(format!("CONNACK {body:?}")),
                CONNACK => self.ready = !self.subscribes,
                SUBACK if body.get(2).is_none_or(|granted| *granted > 2) => {
                    return Err(format!("SUBACK {body:?}"));
                }
                SUBACK => self.ready = true,
                // PUBACK: the window is kept by what arrives at the other end.
                _ => {}
            }
        }
        Ok(used)
    }
}

/// What was published; a PUBACK if it asks for one.
fn payload<'a>(first: u8, body: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let topic = u16::from_be_bytes(body.get(..2)?.try_into().ok()?) as usize;
    let rest = body.get(2 + topic..)?;
    if first & 0x06 == 0 {
        return Some(rest);
    }
    out.extend_from_slice(&[0x40, 2, *rest.first()?, *rest.get(1)?]);
    rest.get(2..)
}

fn packet(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    out.push(first);
    length(out, body.len());
    out.extend_from_slice(body);
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Seven bits a byte, the lowest first.
fn length(out: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// Length of a packet's head and of its body.
fn packet_head(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((index + 2, length));
        }
    }
    None
}
