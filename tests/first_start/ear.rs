//! A neighbour on the network who speaks mDNS by hand: asks for a name, hears what is said.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use super::PATIENCE;

const GROUP: (Ipv4Addr, u16) = (Ipv4Addr::new(224, 0, 0, 251), 5353);
pub const A: u16 = 1;
pub const PTR: u16 = 12;
pub const SRV: u16 = 33;

/// One record that somebody said; RFC 1035, section 4.
#[derive(Clone, Debug)]
pub struct Record {
    pub name: String,
    pub kind: u16,
    pub ttl: u32,
    /// An address, a name, or port and host.
    pub value: String,
}

/// A socket in the group.
pub struct Ear(UdpSocket);

impl Ear {
    /// Listens at the interface with this address.
    pub fn at(interface: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind(("0.0.0.0", GROUP.1)).expect("nobody else is in this name space");
        socket.join_multicast_v4(&GROUP.0, &interface).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        Self(socket)
    }

    /// Asks until somebody says a record of this kind that lives, and gives the values of that word.
    pub fn ask(&self, name: &str, kind: u16) -> Vec<String> {
        let start = Instant::now();
        loop {
            self.0.send_to(&question(name, kind), GROUP).unwrap();
            let asked = Instant::now();
            while asked.elapsed() < Duration::from_millis(600) {
                let heard = self.hear();
                let fits = |one: &&Record| one.name == name && one.kind == kind && one.ttl > 0;
                let values: Vec<String> = heard.iter().filter(fits).map(|one| one.value.clone()).collect();
                if !values.is_empty() {
                    return values;
                }
            }
            assert!(start.elapsed() < PATIENCE, "nobody answers for {name} ({kind})");
        }
    }

    /// Waits for the good-bye of a name: a record that lives no longer.
    pub fn hear_good_bye(&self, name: &str) {
        let start = Instant::now();
        while !self.hear().iter().any(|one| one.name == name && one.ttl == 0) {
            assert!(start.elapsed() < PATIENCE, "nobody says good-bye for {name}");
        }
    }

    /// The records of the next answer; none if there is silence for a while or the word is a question.
    fn hear(&self) -> Vec<Record> {
        let mut buffer = [0; 9000];
        let Ok(length) = self.0.recv(&mut buffer) else { return Vec::new() };
        records(&buffer[..length]).expect("a whole message")
    }
}

fn question(name: &str, kind: u16) -> Vec<u8> {
    let mut message = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.as_bytes());
    }
    message.push(0);
    message.extend(kind.to_be_bytes());
    message.extend([0, 1]);
    message
}

fn records(message: &[u8]) -> Option<Vec<Record>> {
    let word = |at: usize| Some(u16::from_be_bytes(message.get(at..at + 2)?.try_into().ok()?));
    if word(2)? & 0x8000 == 0 {
        return Some(Vec::new());
    }
    let mut at = 12;
    for _ in 0..word(4)? {
        at = name(message, at)?.1 + 4;
    }
    let mut records = Vec::new();
    for _ in 0..word(6)? + word(8)? + word(10)? {
        let (owner, after) = name(message, at)?;
        let (kind, length) = (word(after)?, usize::from(word(after + 8)?));
        let ttl = u32::from(word(after + 4)?) << 16 | u32::from(word(after + 6)?);
        let data = after + 10;
        let value = match kind {
            A => Ipv4Addr::from(<[u8; 4]>::try_from(message.get(data..data + 4)?).ok()?).to_string(),
            PTR => name(message, data)?.0,
            SRV => format!("{} {}", word(data + 4)?, name(message, data + 6)?.0),
            _ => String::new(),
        };
        records.push(Record { name: owner, kind, ttl, value });
        at = data + length;
    }
    Some(records)
}

/// A name and where it ends; what was said before is pointed at.
fn name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut labels, mut end) = (Vec::new(), None);
    for _ in 0..128 {
        let length = usize::from(*message.get(at)?);
        if length >= 0xc0 {
            end = end.or(Some(at + 2));
            at = (length & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
        } else if length == 0 {
            return Some((labels.join("."), end.unwrap_or(at + 1)));
        } else {
            labels.push(String::from_utf8_lossy(message.get(at + 1..at + 1 + length)?).into_owned());
            at += 1 + length;
        }
    }
    None
}
