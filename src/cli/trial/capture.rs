//! What a definition makes of the bytes of a serial port: frames, what they say, and what is damaged.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use serde_json::json;

use super::heard::{as_object, is_understood, steps};
use super::{heading, row};
use crate::cli::print::{self, Paint, Style, counted};
use crate::device::catalog::Catalog;
use crate::device::frame::{Damage, Frame, Framer, Heard};
use crate::device::profile::Profile;
use crate::device::translate::{Translator, explain};
use crate::talk::Payload;

/// The longest capture, in bytes.
const LONGEST: u64 = 16 << 20;

/// Reads standard input to its end; whether everything in it was understood.
pub(super) fn run(profile: &Arc<Profile>, as_json: bool) -> Result<bool, String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("the capture is longer than {} MiB; cut it", LONGEST >> 20));
    }
    Ok(show(profile, &bytes, as_json))
}

/// Shows bytes, the first of which begins a frame; whether everything in them was understood.
pub(super) fn show(profile: &Arc<Profile>, bytes: &[u8], as_json: bool) -> bool {
    let heard = frames(profile, bytes);
    let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
    let (mut shown, mut good, mut count) = (Vec::new(), 0, 0);
    let mut damage: BTreeMap<String, usize> = BTreeMap::new();
    for heard in &heard {
        match heard {
            Heard::Frame(frame) => {
                count += 1;
                let meanings = match profile.frame {
                    Some(_) => translator.hear_frame(&profile.id, frame),
                    None => translator.hear_line(&String::from_utf8_lossy(&frame.wire)),
                };
                good += usize::from(is_understood(&meanings));
                let payload = Payload::from_wire(frame.json.as_bytes());
                let attempts = explain(profile, frame.topic.as_deref(), &payload);
                if as_json {
                    let mut object = as_object(frame.topic.as_deref(), &payload, &attempts, &meanings);
                    object["bytes"] = hex(&frame.wire).into();
                    shown.push(object);
                } else {
                    print(count, frame);
                    steps(profile, &attempts, &meanings);
                    print::line("");
                }
            }
            Heard::Damage(Damage { why, bytes }) => {
                *damage.entry(why.to_string()).or_default() += bytes;
                if !as_json {
                    let label = Paint::stdout().word(Style::Red, "damaged:");
                    print::line(format_args!("{label} {}, {why}\n", counted(*bytes, "byte")));
                }
            }
        }
    }
    let is_good = good > 0 && damage.is_empty();
    if as_json {
        print::line(json!({ "ok": is_good, "frames": shown, "damage": damage }));
    } else {
        let lost: usize = damage.values().sum();
        let (all, count, lost) =
            (counted(bytes.len(), "byte"), counted(count, "frame"), counted(lost, "byte"));
        print::line(format_args!("{all}: {count}, {good} understood, {lost} damaged"));
    }
    is_good
}

/// What is in the bytes, from the first of them on.
fn frames(profile: &Profile, bytes: &[u8]) -> Vec<Heard> {
    let Some(format) = &profile.frame else {
        let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let frame = |line: &[u8]| {
            let json = Payload::from_wire(line).as_str().into();
            Heard::Frame(Frame { topic: None, json, wire: line.into() })
        };
        return lines.filter(|line| !line.is_empty()).map(frame).collect();
    };
    let mut heard = Vec::new();
    let mut framer = Framer::in_step(format.clone());
    framer.feed(bytes, |one| heard.push(one));
    framer.silence(|one| heard.push(one));
    heard
}

fn print(number: usize, frame: &Frame) {
    heading(&format!("frame {number}"), "");
    let text = std::str::from_utf8(&frame.wire).ok().filter(|text| !text.contains('\0'));
    row("bytes", &text.map_or_else(|| hex(&frame.wire), |text| format!("{:?}", text.trim_end())));
    if let Some(topic) = &frame.topic {
        row("topic", topic);
    }
    row("says", &frame.json);
}

/// `AA C0 D4`, of many only the first.
fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 64;
    let shown: Vec<String> = bytes.iter().take(MOST).map(|byte| format!("{byte:02X}")).collect();
    let more = if bytes.len() > MOST { " …" } else { "" };
    format!("{}{more}", shown.join(" "))
}
