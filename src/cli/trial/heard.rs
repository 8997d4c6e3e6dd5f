//! What a definition makes of a message or a line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::{heading, place, row};
use crate::cli::print::{self, Paint, Style};
use crate::device::catalog::Catalog;
use crate::device::profile::{Profile, Word};
use crate::device::translate::{Attempt, End, Finding, Meaning, Outcome, Translator, explain, known_as};
use crate::sheet::nearest;
use crate::talk::Payload;

/// Shows a message; whether it was understood.
pub(super) fn message(profile: &Arc<Profile>, topic: &str, bytes: &[u8], json: bool) -> bool {
    let payload = Payload::from_wire(bytes);
    let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
    let meanings = translator.hear(topic, &payload);
    let attempts = explain(profile, Some(topic), &payload);
    show(profile, Some(topic), &payload, &attempts, &meanings, json)
}

/// Shows a line; whether it was understood.
pub(super) fn line(profile: &Arc<Profile>, line: &str, json: bool) -> bool {
    let payload = Payload::from_wire(line.as_bytes());
    let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
    let meanings = translator.hear_line(line);
    show(profile, None, &payload, &explain(profile, None, &payload), &meanings, json)
}

fn show(
    profile: &Profile,
    topic: Option<&str>,
    payload: &Payload,
    attempts: &[Attempt],
    meanings: &[Meaning],
    as_json: bool,
) -> bool {
    let is_good = is_understood(meanings);
    if as_json {
        print::line(as_object(topic, payload, attempts, meanings));
        return is_good;
    }
    heading("heard", "");
    if let Some(topic) = topic {
        row("topic", topic);
    }
    row(if topic.is_some() { "payload" } else { "line" }, payload.as_str());
    steps(profile, attempts, meanings);
    is_good
}

/// Whether something was told, and nothing was odd.
pub(super) fn is_understood(meanings: &[Meaning]) -> bool {
    let is_told = |meaning: &Meaning| !meaning.messages.is_empty() || meaning.word.is_some();
    meanings.iter().any(is_told) && meanings.iter().all(|meaning| meaning.odd.is_empty())
}

/// Everything about one message, for programs.
pub(super) fn as_object(
    topic: Option<&str>,
    payload: &Payload,
    attempts: &[Attempt],
    meanings: &[Meaning],
) -> serde_json::Value {
    json!({
        "ok": is_understood(meanings),
        "heard": { "topic": topic, "payload": payload.as_str() },
        "attempts": attempts,
        "meanings": meanings.iter().map(told).collect::<Vec<_>>(),
    })
}

/// From the payload to the readings.
pub(super) fn steps(profile: &Profile, attempts: &[Attempt], meanings: &[Meaning]) {
    let is_any = !meanings.is_empty();
    for attempt in attempts {
        attempted(profile, attempt, is_any);
    }
    if !attempts.iter().any(reached) {
        topics(attempts);
    }
    meanings.iter().for_each(meaning);
    if !is_any {
        let paint = Paint::stdout();
        let why = match attempts.iter().any(found) {
            _ if profile.recognised.native.is_some() => {
                "such a device speaks Clown.Talk itself; nothing is translated, the definition describes it"
            }
            true if profile.recognised.topics.is_empty() => {
                "what was read is not told, because nothing of it could be understood"
            }
            true => {
                "what was read is not told, because no [match] of the definition has shown the device yet"
            }
            false => "the definition understands nothing of it",
        };
        print::line(format_args!("\n{} {why}", paint.word(Style::Red, "nothing:")));
    }
}

fn told(meaning: &Meaning) -> serde_json::Value {
    let message = |message: &crate::talk::Message| json!([message.topic.as_str(), message.payload.as_str()]);
    json!({
        "base": meaning.base.as_str(),
        "messages": meaning.messages.iter().map(message).collect::<Vec<_>>(),
        "presence": meaning.word.map(Word::word),
        "odd": meaning.odd.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Whether the topic was the right one.
fn reached(attempt: &Attempt) -> bool {
    !matches!(attempt.outcome, Outcome::Topic(_))
}

fn found(attempt: &Attempt) -> bool {
    matches!(&attempt.outcome, Outcome::Found(found) if !found.is_empty())
}

/// One attempt whose topic was the right one.
fn attempted(profile: &Profile, attempt: &Attempt, is_any: bool) {
    let title = || {
        print::line("");
        heading(&attempt.about, &place(profile, attempt.place));
        if let Some(topic) = &attempt.topic {
            row("topic", topic);
        }
    };
    match &attempt.outcome {
        Outcome::Topic(_) => {}
        Outcome::Found(findings) => {
            title();
            findings.iter().for_each(finding);
        }
        Outcome::Known(what) => {
            title();
            row("means", what);
        }
        // Beside what was understood these are only other things the device can say.
        Outcome::When { .. } | Outcome::Pointer { .. } if is_any => {}
        Outcome::When { at, wanted, found } => {
            title();
            let wanted = if wanted.is_empty() { "anything".to_owned() } else { wanted.join(" or ") };
            let found = found.as_deref().unwrap_or("nothing");
            row("when", &format!("not met: {at} has to be {wanted}, found {found}"));
        }
        Outcome::Pointer { pointer, reached, there } => {
            title();
            let way = if reached.is_empty() { "the payload".to_owned() } else { reached.clone() };
            row(
                "value",
                &format!("{pointer} finds nothing; {way} has {there}{}", meant(pointer, reached, there)),
            );
        }
    }
}

/// A name of those that are there, if the pointer nearly says it.
fn meant(pointer: &str, reached: &str, there: &str) -> String {
    let wanted = pointer[reached.len()..].trim_start_matches('/').split('/').next().unwrap_or_default();
    // A payload that is a text has no names.
    match nearest(wanted, there.split(", ").filter(|name| !name.starts_with('"'))) {
        Some(near) => format!("; did you mean {reached}/{near}?"),
        None => String::new(),
    }
}

fn finding(finding: &Finding) {
    if !finding.captures.is_empty() {
        let told: Vec<String> =
            finding.captures.iter().map(|(name, text)| format!("{name} = {text}")).collect();
        row("captures", &told.join(", "));
    }
    for step in &finding.steps {
        let (what, more) = step.what.split_once(' ').unwrap_or((&step.what, ""));
        let arrow = if more.is_empty() { String::new() } else { format!("{more} ") };
        row(what, &format!("{arrow}→ {}", step.gives));
    }
    let paint = Paint::stdout();
    match &finding.end {
        End::Value { id, json } => row("gives", &format!("{id} {json}")),
        End::Nothing(why) => row("gives", &format!("nothing: {why}")),
        End::Odd(why) => {
            let label = paint.word(Style::Red, format_args!("{:<10}", "odd"));
            print::line(format_args!("  {label} {}", print::harmless(why)));
        }
    }
}

/// The patterns of topics, the nearest first.
fn topics(attempts: &[Attempt]) {
    let mut patterns: BTreeMap<&str, &Outcome> = BTreeMap::new();
    for attempt in attempts {
        if let Some(topic) = &attempt.topic {
            patterns.entry(topic).or_insert(&attempt.outcome);
        }
    }
    let mut misses: Vec<(usize, String)> = patterns
        .into_iter()
        .filter_map(|(pattern, outcome)| match outcome {
            Outcome::Topic(mismatch) => {
                let end = |level: &Option<Box<str>>| match level {
                    Some(level) => format!("`{level}`"),
                    None => "its end".to_owned(),
                };
                let (wanted, found) = (end(&mismatch.wanted), end(&mismatch.found));
                let why = match mismatch.level {
                    0 => "what it captures twice differs".to_owned(),
                    level => format!("differs at level {level}: {wanted} is asked for, found {found}"),
                };
                Some((mismatch.level, format!("{pattern}  {why}")))
            }
            Outcome::When { .. } | Outcome::Pointer { .. } | Outcome::Found(_) | Outcome::Known(_) => None,
        })
        .collect();
    misses.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    if !misses.is_empty() {
        print::line("");
        heading("topics of the definition", "the nearest first");
    }
    for (_, miss) in misses {
        print::line(format_args!("  {}", print::harmless(&miss)));
    }
}

fn meaning(meaning: &Meaning) {
    let paint = Paint::stdout();
    print::line("");
    heading("Clown.Talk", "");
    row("base", meaning.base.as_str());
    for message in &meaning.messages {
        row("says", &format!("[\"{}\", {}]", message.topic, message.payload.as_str()));
    }
    if let Some(word) = meaning.word {
        row("presence", &format!("{}: {}", word.word(), known_as(word)));
    }
    if !meaning.messages.is_empty() {
        print::line("");
        heading("readings", "");
    }
    for message in &meaning.messages {
        for reading in message.payload.readings() {
            let unit = reading.unit.as_deref().unwrap_or_default();
            let value = paint.word(Style::Green, print::harmless(&reading.value.to_string()));
            let name = format!("{} {}", message.topic, reading.key);
            print::line(format_args!("  {} = {value} {unit}", print::harmless(&name)));
        }
    }
    for odd in &meaning.odd {
        let odd = odd.to_string();
        print::line(format_args!("  {} {}", paint.word(Style::Red, "odd:"), print::harmless(&odd)));
    }
}
