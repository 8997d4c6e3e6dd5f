//! What bc-bridge's parser makes of a line: it is stricter than the documents, and drops in silence.
//!
//! Source: blavka/bc-bridge v1.1.1, `bc_talk.c`. Where the original overruns its buffers, the line is dropped.

use serde_json::value::RawValue;

use super::object::Object;
use crate::talk::{Message, Payload, Topic};

/// Longest line that is collected; the rest up to the newline is thrown away.
pub const LONGEST: usize = 4_096;
/// Lines up to here, newline included, are not looked at.
const SHORTEST: usize = 7;
/// Room for JSON tokens: the array, the topic, the object and two for each of its fields.
const TOKENS: usize = 20;
/// Longest level of a topic, without the terminating zero.
const LEVEL: usize = 31;

/// The message in a line without its newline, or why the original would drop it.
pub fn parse(line: &[u8]) -> Result<Message, &'static str> {
    if line.len() < SHORTEST {
        return Err("too short");
    }
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8")?;
    let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| "not a JSON array")?;
    let [topic, payload] = elements[..] else { return Err("not two elements") };
    let topic: String = serde_json::from_str(topic.get()).map_err(|_| "the topic is not a string")?;
    let object = Object::parse(payload.get()).ok_or("the payload is not an object")?;
    if 3 + 2 * object.fields.len() > TOKENS {
        return Err("too many fields");
    }
    let levels: Vec<&str> = topic.split('/').filter(|level| !level.is_empty()).collect();
    match levels.len() {
        0..3 => return Err("topic too short"),
        3..5 => {}
        _ => return Err("too many levels"),
    }
    if levels.iter().any(|level| level.len() > LEVEL) {
        return Err("level too long");
    }
    if !address_is_known(levels[0], levels[1]) {
        return Err("bad address");
    }
    let topic = Topic::new(&levels.join("/")).map_err(|_| "not a topic")?;
    let payload = Payload::parse(payload.get()).map_err(|_| "not JSON")?;
    Ok(Message { topic, payload, options: None })
}

/// `i2c0-48`, or one of the special forms. `simulator/-` is ours.
fn address_is_known(kind: &str, address: &str) -> bool {
    match (kind, address) {
        ("clown.talk" | "-" | "led" | "simulator", "-") => true,
        ("i2c", "0" | "1") => true,
        _ => address.len() == 7,
    }
}

/// Collects bytes into lines.
#[derive(Debug, Default)]
pub struct Lines {
    collected: Vec<u8>,
    overflown: bool,
}

impl Lines {
    /// Takes bytes and gives each complete line to `line`.
    pub fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(&[u8])) {
        for &byte in bytes {
            if byte == b'\n' {
                if !self.overflown {
                    line(&self.collected);
                }
                self.collected.clear();
                self.overflown = false;
            } else if self.collected.len() < LONGEST {
                self.collected.push(byte);
            } else {
                self.overflown = true;
            }
        }
    }

    /// Forgets half a line.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<&str, &str>) {
        let found = parse(line.as_bytes()).map(|message| message.to_text());
        assert_eq!(found, expected.map(str::to_owned), "{line}");
    }

    #[test]
    fn the_parser_takes_what_the_original_takes() {
        let relay = r#"["relay/i2c0-3b/set", {"state": true}]"#;
        check(relay, Ok(relay));
        check(r#"["/relay//i2c0-3b/set/", {"state": true}]"#, Ok(relay));
        check(r#" [ "relay/i2c0-3b/set" , {"state": true} ]"#, Ok(relay));
        let list = r#"["-/-/config/list", {}]"#;
        check(list, Ok(list));
        let scan = r#"["i2c/0/config/scan", {}]"#;
        check(scan, Ok(scan));
    }

    #[test]
    fn the_parser_drops_what_the_original_drops() {
        check("", Err("too short"));
        check("[\"a/b/c\"]", Err("not two elements"));
        check("[\"a", Err("too short"));
        check("hello there", Err("not a JSON array"));
        check(r#"["relay/i2c0-3b/set", {"state": true}"#, Err("not a JSON array"));
        check(r#"["relay/i2c0-3b/set", {"state": true}, {}]"#, Err("not two elements"));
        check(r#"[1234567, {}]"#, Err("the topic is not a string"));
        check(r#"["relay/i2c0-3b/set", true]"#, Err("the payload is not an object"));
        check(r#"["relay/i2c0-3b/set", null]"#, Err("the payload is not an object"));
        check(r#"["relay/i2c0-3b", {}]"#, Err("topic too short"));
        check(r#"["a/i2c0-3b/c/d/e", {}]"#, Err("too many levels"));
        check(r#"["relay/3b/set", {}]"#, Err("bad address"));
        check(r#"["relay/-/set", {}]"#, Err("bad address"));
        check(&format!(r#"["{}/i2c0-3b/set", {{}}]"#, "r".repeat(32)), Err("level too long"));
        let fields: Vec<_> = (0..9).map(|field| format!("\"{field}\": 1")).collect();
        check(&format!(r#"["relay/i2c0-3b/set", {{{}}}]"#, fields.join(", ")), Err("too many fields"));
    }

    #[test]
    fn a_line_that_never_ends_is_dropped_and_the_next_one_is_heard() {
        let mut lines = Lines::default();
        let mut heard = Vec::new();
        lines.feed(&[b'x'; 3 * LONGEST], |line| heard.push(line.to_vec()));
        lines.feed(b"\nnext\nha", |line| heard.push(line.to_vec()));
        lines.reset();
        lines.feed(b"whole\n", |line| heard.push(line.to_vec()));
        assert_eq!(heard, [b"next".to_vec(), b"whole".to_vec()]);
    }
}
