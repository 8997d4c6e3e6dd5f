//! The last values, kept over a restart: one message per line in `remembered.jsonl`.
//!
//! A line is `["topic", payload, {"at": "2026-11-20T22:10:00.123Z"}]`, the payload byte for byte. Beside the time stands
//! `"memory": true` where only a broker remembered the value: it was said at an unknown time before. What came in as other
//! bytes than a line can hold is `null` with those bytes as `"wire"` in base64. The file is replaced whole; a line that
//! is damaged all the same costs only itself.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock;
use crate::hub::{Hub, Kept, Now, iso};
use crate::talk::{Message, Payload};
use crate::web::private;

/// How often values are written while the hub runs; a power cut costs at most this much.
pub const SAVE_EVERY: Duration = Duration::from_secs(300);

/// Where the values are kept, and what was written there last.
#[derive(Debug)]
pub struct Remembered {
    file: PathBuf,
    written: String,
}

/// What stands beside a value.
#[derive(Deserialize, Serialize)]
struct Told {
    at: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    memory: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wire: Option<String>,
}

impl Remembered {
    /// In a data folder.
    pub fn of(data: &Path) -> Self {
        Self { file: data.join("remembered.jsonl"), written: String::new() }
    }

    /// Gives the hub what was kept. What cannot be read is said once and left out.
    pub fn restore(&mut self, hub: &Hub, now: Now) {
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                tracing::warn!(
                    "the values of the last run cannot be read, devices say them anew: {}: {error}",
                    self.file.display()
                );
                return;
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let kept: Vec<_> = lines.iter().filter_map(|line| read(line)).collect();
        if kept.len() < lines.len() {
            let damaged = lines.len() - kept.len();
            tracing::warn!("{}: {damaged} damaged lines were left out", self.file.display());
        }
        for mut kept in kept {
            // A clock that was ahead must not make a value younger than now; one that was never set knows nothing.
            if clock::is_plausible(now.wall) {
                kept.at = kept.at.min(now.wall);
            }
            hub.restore(now, kept);
        }
    }

    /// Writes what the hub knows, if that is something else than was written last.
    pub fn save(&mut self, hub: &Hub) -> io::Result<()> {
        let mut lines: Vec<String> = hub.remembered().into_iter().map(write).collect();
        // The hub tells them in any order; the same values make the same file.
        lines.sort_unstable();
        let text = lines.concat();
        if text == self.written {
            return Ok(());
        }
        private::write(&self.file, text.as_bytes(), 0o600)?;
        self.written = text;
        Ok(())
    }
}

fn write(Kept { mut message, at, memory }: Kept) -> String {
    let foreign = message.payload.wire() != message.payload.as_str().as_bytes();
    let wire = foreign.then(|| BASE64_STANDARD.encode(message.payload.wire()));
    if foreign {
        message.payload = Payload::of(&());
    }
    message.options = Some(Payload::of(&Told { at: iso(at), memory, wire }));
    message.to_text() + "\n"
}

fn read(line: &str) -> Option<Kept> {
    let mut message = Message::parse(line).ok()?;
    let told: Told = serde_json::from_str(message.options.take()?.as_str()).ok()?;
    let at = OffsetDateTime::parse(&told.at, &Rfc3339).ok()?;
    if let Some(wire) = told.wire {
        message.payload = Payload::from_wire(&BASE64_STANDARD.decode(wire).ok()?);
    }
    Some(Kept { message, at: at.into(), memory: told.memory })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::SystemTime;

    use super::*;
    use crate::hub::{HubConfig, LinkInfo, Said};
    use crate::talk::Topic;

    #[test]
    fn a_clock_that_was_never_set_does_not_change_when_a_value_was_said() {
        let data = tempfile::tempdir().unwrap();
        let line = "[\"a/b\", {\"x\": 1}, {\"at\": \"2026-11-20T22:10:00.123Z\"}]\n";
        std::fs::write(data.path().join("remembered.jsonl"), line).unwrap();
        let check = |wall: SystemTime, expect: &str| {
            let now = Now { wall, ..Now::now() };
            let hub = Hub::new(HubConfig::default(), now);
            Remembered::of(data.path()).restore(&hub, now);
            assert_eq!(iso(hub.remembered()[0].at), expect);
        };
        let at = |text: &str| SystemTime::from(OffsetDateTime::parse(text, &Rfc3339).unwrap());
        check(SystemTime::UNIX_EPOCH + Duration::from_secs(30), "2026-11-20T22:10:00.123Z");
        check(at("2027-01-01T00:00:00Z"), "2026-11-20T22:10:00.123Z");
        check(at("2026-11-20T22:00:00Z"), "2026-11-20T22:00:00.000Z");
    }

    #[test]
    fn values_come_back_byte_for_byte_and_damage_costs_one_line() {
        let data = tempfile::tempdir().unwrap();
        let hub = Hub::new(HubConfig::default(), Now::now());
        let base = Topic::new("nodes/bridge/0").unwrap();
        let (link, _commands) =
            hub.attach(Now::now(), LinkInfo { name: "a".into(), kind: "serial", base: Some(base) });
        for line in [
            r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#,
            r#"["relay/i2c0-3b", {"state":true}]"#,
        ] {
            link.publish(Now::now(), Message::parse(line).unwrap());
        }
        Remembered::of(data.path()).save(&hub).unwrap();
        let file = data.path().join("remembered.jsonl");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(r#"{"temperature": [24.50, "\u2103"]}"#), "{text}");
        std::fs::write(&file, format!("{{\n{text}[\"a/b\", {{}}]\n\u{0}\n")).unwrap();

        let next = Hub::new(HubConfig::default(), Now::now());
        Remembered::of(data.path()).restore(&next, Now::now());
        let told = |hub: &Hub| {
            hub.remembered().into_iter().map(|kept| kept.message.to_text()).collect::<BTreeSet<_>>()
        };
        assert_eq!(told(&next), told(&hub));
        assert_eq!(told(&next).len(), 2);
    }

    #[test]
    fn what_a_broker_remembered_stays_so_and_its_bytes_are_the_same() {
        let data = tempfile::tempdir().unwrap();
        let hub = Hub::new(HubConfig::default(), Now::now());
        let (link, _commands) =
            hub.attach(Now::now(), LinkInfo { name: "home".into(), kind: "mqtt", base: None });
        let base = Topic::new("nodes/plug/0").unwrap();
        let wires: [&[u8]; 6] = [b"ON", b"{\n \"a\": 24.50\n}\n", b"\xff\0", b"", b"\"ON\"", b"a\"b"];
        for (n, wire) in wires.iter().enumerate() {
            let topic = base.join(&Topic::new(&format!("text/{n}")).unwrap());
            let message = Message::new(topic, Payload::from_wire(wire));
            let said =
                Said { base: Some(base.clone()), message, memory: n % 2 == 0, via: None, profile: None };
            link.hear(Now::now(), said).unwrap();
        }
        let told = |hub: &Hub| {
            let mut kept = hub.remembered();
            kept.sort_by(|a, b| a.message.topic.cmp(&b.message.topic));
            let wire = |kept: &Kept| kept.message.payload.wire().to_vec();
            kept.iter().map(|kept| (wire(kept), kept.memory, iso(kept.at))).collect::<Vec<_>>()
        };
        Remembered::of(data.path()).save(&hub).unwrap();
        let next = Hub::new(HubConfig::default(), Now::now());
        Remembered::of(data.path()).restore(&next, Now::now());
        assert_eq!(told(&next), told(&hub));
        assert_eq!(told(&next).iter().map(|kept| &kept.0[..]).collect::<Vec<_>>(), wires);
    }
}
