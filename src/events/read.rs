//! Looking for events, newest first, in pages that stay the same while new events come.

use std::io;
use std::path::Path;

use super::backwards::Backwards;
use super::event::{Kind, Line};
use super::store::parts;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A text anywhere in the line, in lower case.
    pub text: String,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only of this account.
    pub who: Option<String>,
    /// Only about this base, or what begins with it.
    pub device: Option<String>,
    /// Not before this time, RFC 3339 as in the files.
    pub from: Option<String>,
    /// Before this time.
    pub to: Option<String>,
    /// Only with a smaller number.
    pub before: Option<u64>,
    /// Only with a larger number.
    pub after: Option<u64>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub lines: Vec<Line>,
    /// Whether there are older ones.
    pub more: bool,
    /// Lines that cannot be read: the file, the byte at which they begin.
    pub damaged: Vec<(String, u64)>,
}

/// The most damaged lines that are told.
const TOLD: usize = 10;

impl Wanted {
    /// Whether the event is looked for, its number aside.
    pub fn matches(&self, line: &Line) -> bool {
        let event = &line.event;
        let device = |wanted: &String| {
            [&event.device, &event.about].into_iter().flatten().any(|about| is_below(about, wanted))
        };
        self.kind.is_none_or(|kind| kind == event.kind)
            && self.who.as_ref().is_none_or(|who| event.who.as_deref() == Some(who))
            && self.device.as_ref().is_none_or(device)
            && self.from.as_ref().is_none_or(|from| *line.at >= **from)
            && self.to.as_ref().is_none_or(|to| *line.at < **to)
            && (self.text.is_empty() || says(line, &self.text))
    }

    /// Whether everything is wanted.
    pub fn is_everything(&self) -> bool {
        *self == Self { before: self.before, after: self.after, ..Self::default() }
    }
}

fn is_below(topic: &str, base: &str) -> bool {
    topic.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn says(line: &Line, text: &str) -> bool {
    let event = &line.event;
    let texts =
        [&event.who, &event.from, &event.about, &event.device, &event.payload, &event.reason, &event.code];
    let mut all = texts.into_iter().flatten().map(|text| &**text).chain([&*event.what, event.kind.word()]);
    all.any(|own| own.to_lowercase().contains(text))
}

/// The newest `most` events that are wanted.
pub fn newest(folder: &Path, wanted: &Wanted, most: usize) -> io::Result<Found> {
    let mut found = Found::default();
    for (nth, part) in parts(folder)?.iter().rev().enumerate() {
        let lines = match Backwards::open(&folder.join(part.name())) {
            Ok(lines) => lines,
            // It was let go meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for (from_end, line) in lines.enumerate() {
            let (at, text) = line?;
            let Ok(line) = serde_json::from_slice::<Line>(&text) else {
                // The very last line may be half written.
                if (nth, from_end) != (0, 0) && found.damaged.len() < TOLD {
                    found.damaged.push((part.name(), at));
                }
                continue;
            };
            if wanted.after.is_some_and(|after| line.seq <= after) {
                return Ok(found);
            }
            if wanted.before.is_some_and(|before| line.seq >= before) || !wanted.matches(&line) {
                continue;
            }
            if found.lines.len() == most {
                found.more = true;
                return Ok(found);
            }
            found.lines.push(line);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Event;

    #[test]
    fn filters_find_what_they_name() {
        let event = Event {
            device: Some("nodes/bridge/0".into()),
            from: Some("192.168.1.20".into()),
            ..Event::new(Kind::Command, "refused").who("ada").about("nodes/bridge/0/relay/0/set")
        };
        let line = Line { seq: 5, at: "2026-11-22T10:00:00.000Z".into(), event, prev: "".into() };
        let check = |wanted: Wanted, expect: bool| assert_eq!(wanted.matches(&line), expect, "{wanted:?}");
        let some = |text: &str| Some(text.to_owned());
        check(Wanted::default(), true);
        check(Wanted { text: "refus".into(), ..Wanted::default() }, true);
        check(Wanted { text: "168.1".into(), ..Wanted::default() }, true);
        check(Wanted { text: "prev".into(), ..Wanted::default() }, false);
        check(Wanted { kind: Some(Kind::Link), ..Wanted::default() }, false);
        check(Wanted { who: some("ad"), ..Wanted::default() }, false);
        check(Wanted { device: some("nodes/bridge"), ..Wanted::default() }, true);
        check(Wanted { device: some("nodes/bri"), ..Wanted::default() }, false);
        check(Wanted { from: some("2026-11-22T10:00:00.000Z"), ..Wanted::default() }, true);
        check(Wanted { to: some("2026-11-22T10:00:00.000Z"), ..Wanted::default() }, false);
    }
}
