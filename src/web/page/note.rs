//! The line under every value: a mark, words and an age, so that a state is understood without its colour.
//!
//! A command that is under way or failed speaks first, then the silence of the device, then just the age. The script
//! says the same with the same words (`state.js`).

use std::time::SystemTime;

use time::OffsetDateTime;
use time::macros::format_description;

use super::show::visible;
use crate::hub::{Presence, iso};
use crate::web::text::{Live, fill};

/// Where the last command to a property stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// On its way to a value.
    Pending {
        /// What was asked for, in words.
        wish: String,
        /// Who asked.
        by: String,
    },
    /// The device, or the hub in front of it, said no.
    Refused {
        /// Why, for programs.
        code: &'static str,
        /// Why.
        reason: String,
    },
    /// Nothing came back.
    Unanswered {
        /// How long the hub waited.
        after_ms: u64,
    },
}

/// A moment, for a machine and for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// RFC 3339 with milliseconds.
    pub machine: String,
    /// Time of day, or the date too if it was not today.
    pub person: String,
}

/// The line under a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The name of the mark.
    pub mark: &'static str,
    /// What is the matter; empty if all is well.
    pub words: String,
    /// When the value was said.
    pub at: Option<Stamp>,
}

impl Step {
    /// The word of `data-step`.
    pub fn code(&self) -> &'static str {
        match self {
            Step::Pending { .. } => "pending",
            Step::Refused { .. } => "refused",
            Step::Unanswered { .. } => "unanswered",
        }
    }
}

impl Stamp {
    /// The stamp of a moment, seen from `now`.
    pub fn new(said: SystemTime, now: SystemTime) -> Self {
        let (at, now) = (OffsetDateTime::from(said), OffsetDateTime::from(now));
        let person = if at.date() == now.date() {
            at.format(format_description!("[hour]:[minute]:[second] UTC"))
        } else {
            at.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"))
        };
        Self { machine: iso(said), person: person.unwrap_or_default() }
    }
}

impl Note {
    /// What to say about a value; `value` is what it shows now, in words.
    pub fn new(live: &Live, presence: Presence, step: Option<&Step>, value: &str, at: Option<Stamp>) -> Self {
        let (mark, mut words) = match (step, presence) {
            (Some(Step::Pending { wish, by }), _) => {
                ("pending", fill(live.switching, &[("value", wish), ("by", &visible(by))]))
            }
            (Some(Step::Refused { code, reason }), _) => {
                ("refused", fill(live.refused, &[("reason", &explained(live.refusals.of(code), reason))]))
            }
            (Some(Step::Unanswered { after_ms }), _) => {
                ("unanswered", fill(live.unanswered, &[("after", &duration(*after_ms)), ("value", value)]))
            }
            (None, Presence::Stale) => ("stale", live.stale.to_owned()),
            (None, Presence::Silent) => ("silent", live.silent.to_owned()),
            (None, Presence::Asleep) => ("asleep", live.asleep.to_owned()),
            (None, Presence::Offline) => ("offline", live.offline.to_owned()),
            (None, Presence::Lost) => ("lost", live.lost.to_owned()),
            (None, Presence::Remembered) => ("remembered", live.remembered.to_owned()),
            (None, Presence::Unknown) => ("unheard", live.unheard.to_owned()),
            (None, Presence::Online) => ("online", String::new()),
        };
        let timeless = matches!(step, Some(Step::Pending { .. } | Step::Refused { .. }))
            || (step.is_none() && presence == Presence::Unknown);
        if at.is_none() && !timeless {
            // What a broker remembers was said some time; a sentence about it must not end in the air.
            words = format!("{words} {}", live.some_time).trim_start().to_owned();
        }
        Self { mark, words, at: at.filter(|_| !timeless) }
    }
}

impl Note {
    /// The words with their time, for a place that has no clock beside it.
    pub fn sentence(&self) -> String {
        match &self.at {
            Some(at) => format!("{} {}", self.words, at.person),
            None => self.words.clone(),
        }
    }
}

/// A reason with what it is about in the reader's language, if that is another one.
fn explained(words: Option<&str>, reason: &str) -> String {
    match words {
        Some(words) => format!("{words} ({})", visible(reason)),
        None => visible(reason),
    }
}

/// A duration as people say it: `12 ms`, `3 s`, `2.5 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        0 => "< 1 ms".to_owned(),
        1..1000 => format!("{ms} ms"),
        _ if ms % 1000 < 100 => format!("{} s", ms / 1000),
        _ => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::text::EN;

    #[test]
    fn every_state_has_its_mark_and_words() {
        let check = |presence, step: Option<Step>, mark: &str, words: &str, timed: bool| {
            let at = Stamp { machine: "m".into(), person: "p".into() };
            let note = Note::new(&EN.live, presence, step.as_ref(), "off", Some(at));
            assert_eq!((note.mark, note.words.as_str(), note.at.is_some()), (mark, words, timed));
            let ageless = Note::new(&EN.live, presence, step.as_ref(), "off", None);
            let says_so = ageless.words.ends_with("some time ago");
            assert_eq!((says_so, ageless.at), (timed, None), "{}", ageless.words);
        };
        let pending = Step::Pending { wish: "on".into(), by: "clown\u{202e}".into() };
        let refused = Step::Refused { code: "busy", reason: "the other relay is on".into() };
        let unanswered = Step::Unanswered { after_ms: 3000 };
        check(Presence::Online, None, "online", "", true);
        check(Presence::Stale, None, "stale", "overdue, last said", true);
        check(Presence::Silent, None, "silent", "silent, last said", true);
        check(Presence::Asleep, None, "asleep", "asleep, last said", true);
        check(Presence::Offline, None, "offline", "offline, last said", true);
        check(Presence::Lost, None, "lost", "connection lost, last said", true);
        check(Presence::Remembered, None, "remembered", "remembered from", true);
        check(Presence::Unknown, None, "unheard", "listed, has not spoken yet", false);
        check(Presence::Online, Some(pending), "pending", "switching to on… asked by clown\\u{202e}", false);
        check(Presence::Online, Some(refused), "refused", "refused: the other relay is on", false);
        check(
            Presence::Silent,
            Some(unanswered),
            "unanswered",
            "no answer after 3 s; still shows off as of",
            true,
        );
    }

    #[test]
    fn a_stamp_names_the_day_unless_it_is_today() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_212_600_123);
        let check = |later: u64, expect: &str| {
            let stamp = Stamp::new(at, at + Duration::from_secs(later));
            assert_eq!((stamp.machine.as_str(), stamp.person.as_str()), ("2026-11-20T22:10:00.123Z", expect));
        };
        check(5, "22:10:00 UTC");
        check(86_400, "2026-11-20 22:10 UTC");
    }

    #[test]
    fn durations_are_short() {
        let check = |ms, expect| assert_eq!(duration(ms), expect);
        check(0, "< 1 ms");
        check(12, "12 ms");
        check(3000, "3 s");
        check(3099, "3 s");
        check(2512, "2.5 s");
    }
}
