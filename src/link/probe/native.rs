//! Answers in the hub's own two protocols, a radio dongle's and a bridge's.

use super::Found;
use crate::link::bridge::{Device, Heard};
use crate::link::serial::HANDSHAKE;
use crate::talk::{Line, LineDecoder, printable};

/// Whom the first two questions are for, and what they are.
pub const QUESTIONS: [(&str, &str); 2] =
    [("a radio dongle", r#"["/info/get", null]"#), ("a bridge", HANDSHAKE)];

/// What was heard so far.
#[derive(Default)]
pub struct Ear {
    device: Device,
    decoder: LineDecoder,
    /// The answer that ends the probe.
    pub answer: Option<Found>,
    /// What there is to say without one.
    pub best: Option<Found>,
}

impl Ear {
    /// Takes bytes as they come.
    pub fn take(&mut self, bytes: &[u8]) {
        let Self { device, decoder, answer, best } = self;
        decoder.feed(bytes, |line| match line {
            Line::Message(message) => {
                let text = shorten(&message.to_text());
                let topic = message.topic.clone();
                match device.hear(message, None) {
                    Heard::Handshake(_) => {
                        let facts = device.facts().map_or(text, |facts| facts.to_phrase());
                        *answer = Some(Found::Bridge(facts));
                    }
                    Heard::Foreign if topic.as_str() == "/info" => *answer = Some(Found::Dongle(text)),
                    Heard::Foreign => *best = Some(Found::Dongle(text)),
                    Heard::Message(_) | Heard::List(_) => *best = Some(Found::Speaks(text)),
                    // Our own question come back: a line that echoes is no device.
                    Heard::Command => {}
                }
            }
            Line::Log(text) => {
                best.get_or_insert_with(|| Found::Noise(shorten(&text)));
            }
            Line::Malformed { line, .. } => {
                best.get_or_insert_with(|| Found::Noise(shorten(&String::from_utf8_lossy(line))));
            }
        });
        if decoder.pending() > 0 && best.is_none() {
            *best = Some(Found::Noise(format!("{} bytes without a line end", decoder.pending())));
        }
    }
}

fn shorten(text: &str) -> String {
    let shown: String = text.chars().take(80).collect();
    printable(&shown)
}
