//! Misbehaviour on demand: silence, garbage, refusal, delay and loss, from the configuration, the command line
//! or, while it runs, by `["simulator/-/config/set", {"silence": true, "delay-ms": 500}]`.
//!
//! [`Simulator`] is the bridge seen through its faults. Like the bridge it is pure: no I/O, time is an argument.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;

use super::answer::{Heard, Refused, message, refuse};
use super::bridge::{Bridge, Setup};
use super::object::Object;
use crate::talk::Message;

/// Longest delay that can be asked for.
const LONGEST_DELAY_MS: u64 = 3_600_000;
/// At most this many messages wait for their delay; older ones are lost, as in a real buffer.
const WAITING: usize = 4_096;

/// How the simulated bridge misbehaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// It hears and obeys, and says nothing.
    pub silence: bool,
    /// Share of its messages that arrive damaged, 0 to 1.
    pub garbage: f64,
    /// It refuses every command with this reason.
    pub refuse: Option<String>,
    /// What it says is late by this much.
    pub delay: Duration,
    /// Share of its messages that never arrive, 0 to 1.
    pub loss: f64,
}

/// A change of some of the faults; the names are those of the documentation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Change {
    silence: Option<bool>,
    garbage: Option<f64>,
    #[serde(default, deserialize_with = "given")]
    refuse: Option<Option<String>>,
    delay_ms: Option<u64>,
    loss: Option<f64>,
}

/// Keeps `null` ("no longer") apart from an absent key ("as before").
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Faults {
    /// Takes over the keys of a JSON object; nothing changes when one of them is wrong.
    pub fn change(&mut self, text: &str) -> Result<(), String> {
        let change: Change = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (name, share) in [("garbage", change.garbage), ("loss", change.loss)] {
            if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
                return Err(format!("{name} is a share from 0 to 1"));
            }
        }
        if change.delay_ms.is_some_and(|ms| ms > LONGEST_DELAY_MS) {
            return Err(format!("delay-ms is at most {LONGEST_DELAY_MS}, one hour"));
        }
        self.silence = change.silence.unwrap_or(self.silence);
        self.garbage = change.garbage.unwrap_or(self.garbage);
        self.loss = change.loss.unwrap_or(self.loss);
        self.delay = change.delay_ms.map_or(self.delay, Duration::from_millis);
        if let Some(refuse) = change.refuse {
            self.refuse = refuse.filter(|reason| !reason.is_empty());
        }
        Ok(())
    }

    /// All of them as one JSON object.
    pub fn to_json(&self) -> String {
        let refuse = serde_json::Value::from(self.refuse.as_deref());
        let (silence, garbage, loss, delay) = (self.silence, self.garbage, self.loss, self.delay.as_millis());
        format!(
            r#"{{"silence": {silence}, "garbage": {garbage}, "refuse": {refuse}, "delay-ms": {delay}, "loss": {loss}}}"#
        )
    }
}

/// Something that leaves the simulated bridge.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// As it was meant.
    Message(Message),
    /// What is left of a message: a line without its newline, not even UTF-8.
    Garbage(Vec<u8>),
}

/// A bridge and its faults.
#[derive(Clone, Debug)]
pub struct Simulator {
    bridge: Bridge,
    faults: Faults,
    random: fastrand::Rng,
    waiting: VecDeque<(Duration, Said)>,
}

impl Simulator {
    /// A bridge that waits for the handshake.
    pub fn new(setup: &Setup, faults: Faults) -> Self {
        // Not the room's own numbers: a fault must not change the weather.
        let random = fastrand::Rng::with_seed(setup.seed ^ 0x5eed_fa17);
        Self { bridge: Bridge::new(setup), faults, random, waiting: VecDeque::new() }
    }

    /// Starts without a handshake.
    pub fn wake(&mut self, at: Duration) {
        let said = self.bridge.wake(at);
        self.put(at, said);
    }

    /// The line was closed: what waited is lost, and the bridge behind it starts again.
    pub fn restart(&mut self) {
        self.waiting.clear();
        self.bridge.restart();
    }

    /// Takes one message; what it says about it comes out of [`take`](Self::take).
    pub fn hear(&mut self, at: Duration, heard: &Message) -> Option<Refused> {
        let levels: Vec<&str> = heard.topic.as_str().split('/').collect();
        let answer = match levels[..] {
            ["simulator", "-", "config", verb @ ("set" | "update" | "get" | "list")] => {
                return self.configure(verb, heard.payload.as_str());
            }
            [.., "set"] | [.., "update"] if levels[0] != "clown.talk" => match &self.faults.refuse {
                Some(reason) => refuse("refused", reason),
                None => self.bridge.hear(at, heard),
            },
            _ => self.bridge.hear(at, heard),
        };
        let Heard { said, refused } = answer;
        self.put(at, said);
        refused
    }

    /// What leaves by now, in order.
    pub fn take(&mut self, at: Duration) -> Vec<Said> {
        let said = self.bridge.tick(at);
        self.put(at, said);
        let ready = self.waiting.partition_point(|(due, _)| *due <= at);
        self.waiting.drain(..ready).map(|(_, said)| said).collect()
    }

    /// When [`take`](Self::take) has something next.
    pub fn next_due(&self) -> Option<Duration> {
        let first = self.waiting.front().map(|(due, _)| *due);
        first.into_iter().chain(self.bridge.next_due()).min()
    }

    /// The answer to a change of the faults is never subject to them.
    fn configure(&mut self, verb: &str, payload: &str) -> Option<Refused> {
        let changed = match (verb, Object::parse(payload)) {
            ("set" | "update", Some(_)) => self.faults.change(payload),
            (_, Some(_)) => Ok(()),
            (_, None) => Err("the payload is a JSON object".to_owned()),
        };
        let (answer, refused) = match changed {
            Ok(()) => (message("simulator/-/config/ok", &self.faults.to_json()), None),
            Err(reason) => {
                let payload = serde_json::json!({ "error": "bad-fault", "message": reason }).to_string();
                let refused = Refused { code: "bad-fault", reason };
                (message("simulator/-/config/error", &payload), Some(refused))
            }
        };
        self.waiting.push_front((Duration::ZERO, Said::Message(answer)));
        refused
    }

    fn put(&mut self, at: Duration, said: Vec<Message>) {
        for message in said {
            if self.faults.silence || self.random.f64() < self.faults.loss {
                continue;
            }
            let said = if self.random.f64() < self.faults.garbage {
                Said::Garbage(damage(&mut self.random, message.to_text().as_bytes()))
            } else {
                Said::Message(message)
            };
            // A line keeps its order, also when the delay was made shorter in between.
            let last = self.waiting.back().map_or(Duration::ZERO, |(due, _)| *due);
            if self.waiting.len() == WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back(((at + self.faults.delay).max(last), said));
        }
    }
}

/// Cuts the text and turns some of its bytes, as a wrong baud rate or a loose wire does.
pub(super) fn damage(random: &mut fastrand::Rng, text: &[u8]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    bytes.truncate(random.usize(1..=bytes.len().max(1)));
    for byte in &mut bytes {
        if random.u8(..) < 64 {
            *byte = random.u8(..);
        }
    }
    // A message must not survive by chance, and a newline would make two lines of it.
    bytes.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = 0xff);
    bytes.push(0xff);
    bytes
}
