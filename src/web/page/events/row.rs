//! An event as a row of the page: a sentence, how it ended, from where.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::events::{Event, Kind, Line};
use crate::history::moment;
use crate::talk::model::{Value, property_of};
use crate::talk::{Payload, Topic};
use crate::web::page::note::{Stamp, duration};
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// A row.
pub struct Row {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Stamp,
    /// The word of its kind.
    pub kind: &'static str,
    /// The name of its kind.
    pub kind_name: &'static str,
    /// What happened.
    pub sentence: String,
    /// How a command ended: the mark, the words.
    pub end: Option<(&'static str, String)>,
    /// From where and by what means.
    pub origin: String,
    /// Label and text.
    pub details: Vec<(&'static str, String)>,
}

impl Row {
    /// The row of a line, seen from `now`.
    pub fn new(text: &'static Text, line: &Line, now: SystemTime) -> Self {
        let (event, words) = (&line.event, &text.events);
        let at = moment::stamp(&line.at).and_then(|at| u64::try_from(at).ok()).unwrap_or(0);
        Self {
            seq: line.seq,
            at: Stamp::new(UNIX_EPOCH + Duration::from_millis(at), now),
            kind: event.kind.word(),
            kind_name: words.of(event.kind),
            sentence: sentence(text, event),
            end: end(text, event),
            origin: origin(text, event),
            details: details(text, line),
        }
    }
}

fn sentence(text: &'static Text, event: &Event) -> String {
    let words = &text.events;
    let of =
        |what: &str| words.sentences.iter().find(|(kind, known, _)| *kind == event.kind && *known == what);
    let sentence = of(&event.what).or_else(|| of("")).map_or(words.other, |(_, _, sentence)| *sentence);
    let said = |text: &Option<Box<str>>| text.as_deref().map(visible).unwrap_or_default();
    let more = event.more.unwrap_or(0).to_string();
    let means = means(text, event).unwrap_or_default();
    let values = [
        ("who", &*event.who.as_deref().map_or_else(|| words.somebody.to_owned(), visible)),
        ("thing", &*thing(text, event)),
        ("value", &*value(text, event)),
        ("before", &*value_of(text, event.before.as_deref().unwrap_or_default())),
        ("means", means),
        ("n", &more),
    ];
    let sentence = fill(sentence, &values);
    match event.kind {
        Kind::Link | Kind::Hub if event.reason.is_some() => format!("{sentence}: {}", said(&event.reason)),
        _ => sentence,
    }
}

/// `Relay i2c0-3b` for `nodes/bridge/0/relay/i2c0-3b/set`; what is no property by its own name.
fn thing(text: &'static Text, event: &Event) -> String {
    let about = event.about.as_deref().unwrap_or_default();
    let below = event.device.as_deref().and_then(|base| about.strip_prefix(base)?.strip_prefix('/'));
    let id = property_of(below.unwrap_or(about));
    if !matches!(event.kind, Kind::Command | Kind::Change) || below.is_none() {
        return visible(id);
    }
    match id.rsplit_once('/') {
        Some((kind, "-")) => named(text, kind),
        Some((kind, address)) => format!("{} {}", named(text, kind), visible(address)),
        None => visible(id),
    }
}

fn named(text: &'static Text, kind: &str) -> String {
    text.names.of(kind.rsplit('/').next().unwrap_or(kind)).map_or_else(|| visible(kind), str::to_owned)
}

/// A payload in words where it is one value, otherwise as it was said.
fn value(text: &'static Text, event: &Event) -> String {
    let Some(said) = event.payload.as_deref() else { return String::new() };
    if event.kind == Kind::Change {
        return said.split_once(": ").map_or_else(|| value_of(text, said), |(_, word)| value_of(text, word));
    }
    match Payload::parse(said).as_ref().map(Payload::readings) {
        Ok([one]) => match &one.value {
            Value::Bool(is_on) => value_of(text, if *is_on { "true" } else { "false" }),
            Value::Text(word) => visible(word),
            Value::Number { text: digits, .. } => {
                let unit = one.unit.as_deref().map(|unit| format!(" {}", visible(unit))).unwrap_or_default();
                format!("{}{unit}", visible(digits))
            }
            Value::Null | Value::Other(_) => visible(said),
        },
        Ok(_) | Err(_) => visible(said),
    }
}

fn value_of(text: &'static Text, word: &str) -> String {
    match word {
        "true" => text.live.on.to_owned(),
        "false" => text.live.off.to_owned(),
        other => visible(other),
    }
}

fn end(text: &'static Text, event: &Event) -> Option<(&'static str, String)> {
    if event.kind != Kind::Command {
        return match (event.kind, &*event.what) {
            (Kind::Login, "wrong" | "limit") | (Kind::Config, "refused") => Some(("refused", String::new())),
            (Kind::Hub, "trouble" | "ailing" | "lost" | "missed" | "clock") => {
                Some(("unanswered", String::new()))
            }
            (Kind::Hub, "started") if event.code.as_deref() == Some("crash") => {
                Some(("unanswered", String::new()))
            }
            (Kind::Link, "waiting" | "down") => Some(("offline", String::new())),
            (Kind::Link, "up") => Some(("online", String::new())),
            _ => None,
        };
    }
    let (word, said) = text.events.ends.iter().find(|(word, _)| *word == event.what)?;
    let mark = match *word {
        "confirmed" | "written" => "confirmed",
        "refused" => "refused",
        "superseded" => "stale",
        _ => "unanswered",
    };
    let after = event.after_ms.filter(|_| *word != "refused");
    let after = after.map(|ms| format!(" {}", fill(text.events.after, &[("time", &duration(ms))])));
    Some((mark, format!("{said}{}", after.unwrap_or_default())))
}

fn means(text: &'static Text, event: &Event) -> Option<&'static str> {
    let by = event.by.as_deref()?;
    text.events.means.iter().find(|(word, _)| *word == by).map(|(_, said)| *said)
}

fn origin(text: &'static Text, event: &Event) -> String {
    let from = event.from.as_deref().map(|from| fill(text.events.at, &[("address", &visible(from))]));
    let by = means(text, event).filter(|_| event.kind != Kind::Login).map(str::to_owned);
    from.into_iter().chain(by).collect::<Vec<_>>().join(", ")
}

fn details(text: &'static Text, line: &Line) -> Vec<(&'static str, String)> {
    let event = &line.event;
    let [number, time, topic, device, payload, why] = text.events.details;
    let mut details = vec![(number, line.seq.to_string()), (time, line.at.to_string())];
    let mut add = |label, said: &Option<Box<str>>| {
        if let Some(said) = said {
            details.push((label, visible(said)));
        }
    };
    let is_topic = event.about.as_deref().is_some_and(|about| Topic::new(about).is_ok());
    if is_topic && matches!(event.kind, Kind::Command | Kind::Change) {
        add(topic, &event.about);
    }
    add(device, &event.device);
    add(payload, &event.payload);
    let code = event.code.as_deref();
    let reason = event.reason.as_deref().filter(|_| event.kind != Kind::Link);
    match (code, reason) {
        (Some(code), Some(reason)) => details.push((why, format!("{} ({})", visible(reason), visible(code)))),
        (Some(only), None) | (None, Some(only)) => details.push((why, visible(only))),
        (None, None) => {}
    }
    if let Some(more) = event.more.filter(|_| event.kind != Kind::Hub) {
        details.push(("+", fill(text.events.more, &[("n", &more.to_string())])));
    }
    details
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::{CS, EN};

    #[test]
    fn an_event_is_a_sentence_in_both_languages() {
        let check = |event: &Event, english: &str, czech: &str| {
            assert_eq!(sentence(&EN, event), english);
            assert_eq!(sentence(&CS, event), czech);
        };
        let command = Event {
            device: Some("nodes/bridge/0".into()),
            ..Event::new(Kind::Command, "confirmed")
                .who("ada")
                .about("nodes/bridge/0/relay/i2c0-3b/set")
                .payload("{\"state\": true}")
        };
        check(&command, "ada set Relay i2c0-3b to on", "ada nastavuje Relé i2c0-3b na zapnuto");
        let unknown = Event { device: None, payload: Some("{\"a\": 1, \"b\": 2}".into()), ..command };
        check(
            &unknown,
            "ada set nodes/bridge/0/relay/i2c0-3b to {\"a\": 1, \"b\": 2}",
            "ada nastavuje nodes/bridge/0/relay/i2c0-3b na {\"a\": 1, \"b\": 2}",
        );
        let change = Event {
            device: Some("n/0".into()),
            before: Some("false".into()),
            ..Event::new(Kind::Change, "changed").about("n/0/light/0").payload("state: true")
        };
        check(
            &change,
            "Light 0 changed from off to on; nobody asked for it here",
            "Světlo 0: změna z vypnuto na zapnuto; odsud o to nikdo nežádal",
        );
        let wrong = Event { by: Some("password".into()), ..Event::new(Kind::Login, "wrong") };
        check(
            &wrong,
            "Somebody was not let in: wrong password",
            "Někdo: odmítnutý vstup, nesprávné údaje (heslo)",
        );
        let evil = Event::new(Kind::Link, "waiting").about("a\u{202e}b").why("x", "<b>");
        check(&evil, "Link a\\u{202e}b is waiting: <b>", "Linka a\\u{202e}b čeká: <b>");
    }
}
