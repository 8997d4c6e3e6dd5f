//! What a line is about: its topic says whether the gateway, its memory or a node speaks.

use crate::talk::Payload;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    /// The gateway itself: `/info`.
    Gateway(&'a str),
    /// Its memory, or a registration: `$eeprom/alias/list/0`, `$sub`.
    System(&'a str),
    /// A node: its id, and what it speaks of.
    Node(&'a str, &'a str),
    /// Nobody of this protocol.
    Foreign,
}

impl<'a> Word<'a> {
    /// Reads a topic of the line.
    pub fn of(topic: &'a str) -> Self {
        if let Some(rest) = topic.strip_prefix('/') {
            return Self::Gateway(rest);
        }
        if let Some(rest) = topic.strip_prefix('$') {
            return Self::System(rest);
        }
        match topic.split_once('/') {
            Some((id, rest)) if is_id(id) && !rest.is_empty() => Self::Node(id, rest),
            _ => Self::Foreign,
        }
    }
}

/// Twelve digits, 0–9 and a–f.
pub fn is_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The id that a payload is.
pub fn id_of(payload: &Payload) -> Option<String> {
    payload.get::<String>().filter(|id| is_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateway_memory_and_nodes_are_told_apart() {
        assert_eq!(Word::of("/info"), Word::Gateway("info"));
        assert_eq!(Word::of("$eeprom/alias/list/0"), Word::System("eeprom/alias/list/0"));
        assert_eq!(Word::of("836d1983718a/relay/-/state"), Word::Node("836d1983718a", "relay/-/state"));
        for foreign in ["thermometer/i2c0-48", "836D1983718A/info", "836d1983718/info", "836d1983718a", "x"] {
            assert_eq!(Word::of(foreign), Word::Foreign, "{foreign}");
        }
    }
}
