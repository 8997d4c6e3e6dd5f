//! The last payload of a topic: every reading of it, and what can be copied.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::talk::{Payload, printable};
use crate::web::messages::history::{Form, Kept};
use crate::web::messages::look::shorten;
use crate::web::messages::pretty;
use crate::web::text::{Text, fill};

/// How much of a payload is shown as text, and as bytes.
const SHOWN: usize = 64 * 1024;
const SHOWN_BYTES: usize = 4 * 1024;
/// The longest payload and topic that are offered for copying as a line.
const COPIED: usize = 8 * 1024;

/// The payload in one reading.
pub struct Reading {
    /// What kind of reading it is.
    pub title: &'static str,
    /// For script to keep it open: `laid-out`, `as-sent` or `bytes`.
    pub part: &'static str,
    /// The text.
    pub text: String,
    /// Said if it is not all.
    pub cut: String,
    /// Whether it is open at first.
    pub open: bool,
}

/// Something that can be copied.
pub struct Copy {
    /// What it is.
    pub label: &'static str,
    /// The text.
    pub text: String,
}

/// The payload in every reading that fits it.
pub fn readings(text: &'static Text, last: &Kept) -> Vec<Reading> {
    let m = &text.messages;
    let size = last.bytes.len();
    let cut = |shown: usize| {
        let [shown, all] = [shown, size].map(bytes);
        fill(m.first_of, &[("shown", &shown), ("all", &all)])
    };
    let whole = last.text();
    let shown = shorten(&whole, SHOWN);
    let cut_text = if shown.len() < whole.len() { cut(SHOWN) } else { String::new() };
    let mut readings = Vec::new();
    if last.form == Form::Json && cut_text.is_empty() {
        let text = visible_lines(&pretty::json(&whole));
        readings.push(Reading { title: m.laid_out, part: "laid-out", text, cut: String::new(), open: true });
    }
    if matches!(last.form, Form::Json | Form::Text) {
        let (text, open) = (visible_lines(shown), readings.is_empty());
        readings.push(Reading { title: m.as_sent, part: "as-sent", text, cut: cut_text, open });
    }
    if last.form != Form::Empty {
        let head = &last.bytes[..size.min(SHOWN_BYTES)];
        let cut_bytes = if head.len() < size { cut(SHOWN_BYTES) } else { String::new() };
        let (text, open) = (pretty::hex(head), last.form == Form::Bytes);
        readings.push(Reading { title: m.bytes, part: "bytes", text, cut: cut_bytes, open });
    }
    readings
}

/// A size as people say it.
pub fn bytes(n: usize) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 if n.is_multiple_of(1024) => format!("{} KiB", n / 1024),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}

/// What can be taken along: the topic, the payload, and the message as two programs write it.
pub fn copies(text: &'static Text, topic: &str, last: &Kept, retained: bool) -> Vec<Copy> {
    let m = &text.messages;
    let mut copies = vec![Copy { label: m.copies[0], text: topic.to_owned() }];
    if last.bytes.len() > COPIED || topic.len() > COPIED {
        return copies;
    }
    if last.form != Form::Bytes {
        copies.push(Copy { label: m.copies[1], text: last.text().into_owned() });
    }
    let flag = if retained { " -r" } else { "" };
    let topic_word = quoted(topic);
    let line = match last.form {
        Form::Empty => format!("mosquitto_pub -t {topic_word}{flag} -n"),
        Form::Json | Form::Text if !last.text().contains(char::is_control) => {
            format!("mosquitto_pub -t {topic_word}{flag} -m {}", quoted(&last.text()))
        }
        // A control character pasted into a terminal is a key that was pressed, also between quotation marks.
        Form::Json | Form::Text | Form::Bytes => {
            let text = STANDARD.encode(&last.bytes);
            format!("echo {text} | base64 -d | mosquitto_pub -t {topic_word}{flag} -s")
        }
    };
    copies.push(Copy { label: "mosquitto_pub", text: line });
    let payload = Payload::from_wire(&last.bytes);
    let topic_text = serde_json::Value::from(topic).to_string();
    let text = format!("[{topic_text}, {}]", payload.as_str());
    copies.push(Copy { label: "Clown.Talk", text });
    copies
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Text as it is, with what cannot be seen written out; its lines stay lines.
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}
