//! What answers on a port: asked in the two protocols there are, one after the other, and never more.
//!
//! Unlike everything else about [`crate::link::ports`] this opens the port and writes to it, so it is only done when a
//! person asks for it, and what was written is told. The radio dongle is asked first, because its question is harmless
//! to a bridge that was not greeted yet.

use std::{path::Path, time::Duration};

use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::greeting::HANDSHAKE;
use crate::{
    link::{
        bridge::{Device, Heard},
        line::{Port, PortName, Speed, Trouble},
        ports::Roots,
    },
    talk::{Line, LineDecoder, printable},
};

/// Asks a radio dongle what it is.
const INFO: &str = r#"["/info/get", null]"#;

/// What was written to a port and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// The lines that were written, in order.
    pub written: Vec<&'static str>,
    /// Who is there.
    pub found: Found,
}

/// Who is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "says")]
pub enum Found {
    /// A bridge that answered the greeting: what it says of itself.
    Bridge(String),
    /// Somebody who speaks Clown.Talk lines without answering: one of them.
    Speaks(String),
    /// A radio dongle, which a link of kind `tower` speaks with.
    Dongle(String),
    /// Text or noise that is no message: the beginning of it.
    Noise(String),
    /// Nothing came.
    Silence,
    /// The port could not be used.
    Trouble(String),
}

/// What was heard so far.
#[derive(Default)]
struct Ear {
    device: Device,
    decoder: LineDecoder,
    /// The answer that ends the probe.
    answer: Option<Found>,
    /// What there is to say without one.
    best: Option<Found>,
}

/// Asks on a port, waiting so long for each of the two answers.
pub async fn probe(path: &Path, baud: u32, wait: Duration) -> Probed {
    let mut written = Vec::new();
    let found = match ask(path, baud, wait, &mut written).await {
        Ok(found) => found,
        Err(trouble) => Found::Trouble(format!("{trouble}; {}", trouble.hint())),
    };
    Probed { written, found }
}

async fn ask(
    path: &Path,
    baud: u32,
    wait: Duration,
    written: &mut Vec<&'static str>,
) -> Result<Found, Trouble> {
    let port = Port::open(&PortName::Path(path.to_owned()), Speed::of(baud), &Roots::system()).await?;
    let mut ear = Ear::default();
    for question in [INFO, HANDSHAKE] {
        let until = Instant::now() + wait;
        // The empty line ends what another program may have begun.
        let line = format!("\n{question}\n");
        if let Ok(result) = timeout_at(until, write(&port, line.as_bytes())).await {
            result?;
            written.push(question);
        }
        while ear.answer.is_none() {
            let mut buffer = [0; 4096];
            match timeout_at(until, port.read(&mut buffer)).await {
                Err(_) => break,
                Ok(Ok(0)) => return Err(port.unplugged()),
                Ok(Ok(count)) => ear.take(&buffer[..count]),
                Ok(Err(error)) => return Err(port.lost(&error)),
            }
        }
        if let Some(answer) = ear.answer {
            return Ok(answer);
        }
    }
    Ok(ear.best.unwrap_or(Found::Silence))
}

async fn write(port: &Port, mut bytes: &[u8]) -> Result<(), Trouble> {
    while !bytes.is_empty() {
        let count = port.write(bytes).await.map_err(|error| port.lost(&error))?;
        bytes = &bytes[count..];
    }
    Ok(())
}

impl Ear {
    fn take(&mut self, bytes: &[u8]) {
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
