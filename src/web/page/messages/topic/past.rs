//! The past of a topic: its messages as far as they are known, and what changed between two of them.

use std::time::SystemTime;

use super::payload::{bytes, visible_lines};
use crate::hub::iso;
use crate::web::messages::diff::{Diff, Fate, diff};
use crate::web::messages::history::Form;
use crate::web::messages::look::{beginning, moment, shorten, time};
use crate::web::messages::recorder::State as Recorded;
use crate::web::messages::tree::Leaf;
use crate::web::page::messages::Asked;
use crate::web::page::note::Stamp;
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// Messages in one list.
const MOMENTS: usize = 30;
/// How much of a changed value is shown.
const SHOWN_CHANGE: usize = 2_000;

/// What changed between two messages.
pub struct Change {
    /// The heading.
    pub title: String,
    /// Said in place of a list.
    pub words: String,
    /// Values by path: path, before, after.
    pub paths: Vec<(String, String, String)>,
    /// Pieces of text: `stayed`, `went` or `came`.
    pub runs: Vec<(&'static str, String)>,
}

/// One message of the past.
pub struct Moment {
    /// Its number.
    pub number: u64,
    /// When it came.
    pub at: Stamp,
    /// The same to the millisecond, for a person; with the date if it was not today.
    pub time: String,
    /// The beginning of its payload.
    pub value: String,
    /// From whom.
    pub from: String,
    /// Whether it says the same as the one before.
    pub same: bool,
    /// Whether it is compared, as the first or the second.
    pub compared: [bool; 2],
    /// Screen reader texts for both.
    pub labels: [String; 2],
}

/// The part of the past that is listed.
pub struct Past {
    /// The messages, newest first.
    pub moments: Vec<Moment>,
    /// Where the past begins.
    pub begins: String,
    /// The oldest that is listed, and the oldest that is known.
    ends: (u64, u64),
    /// Those that are compared.
    pair: Option<(u64, u64)>,
}

impl Past {
    /// The part that `asked` is about.
    pub fn new(text: &Text, recorded: &Recorded, leaf: &Leaf, asked: &Asked, now: SystemTime) -> Self {
        let (m, history) = (&text.messages, &leaf.history);
        let (oldest, number) = (history.oldest(), history.number());
        let wish = |text: &str| text.parse().ok().filter(|number| history.get(*number).is_some());
        let pair = match (wish(&asked.a), wish(&asked.b)) {
            (Some(a), Some(b)) => Some((a, b)),
            _ => (number > oldest).then(|| (number - 1, number)),
        };
        let before = asked.before.parse().unwrap_or(u64::MAX).min(number + 1).max(oldest);
        let listed = (oldest..before).rev().take(MOMENTS);
        let moments: Vec<_> = listed
            .filter_map(|number| {
                let kept = history.get(number)?;
                let said_before = number.checked_sub(1).and_then(|before| history.get(before));
                let (value, cut) = beginning(kept);
                let n = number.to_string();
                let value = visible(&value) + if cut { "…" } else { "" };
                Some(Moment {
                    number,
                    at: Stamp::new(moment(kept.at), now),
                    time: clock(kept.at, now),
                    value: if kept.form == Form::Empty { m.live.no_value.to_owned() } else { value },
                    from: visible(recorded.source(kept.from)),
                    same: said_before.is_some_and(|before| before.bytes == kept.bytes),
                    compared: [
                        pair.is_some_and(|pair| pair.0 == number),
                        pair.is_some_and(|pair| pair.1 == number),
                    ],
                    labels: [fill(m.as_first, &[("n", &n)]), fill(m.as_second, &[("n", &n)])],
                })
            })
            .collect();
        let begins = match oldest {
            1 => fill(m.complete, &[("n", &number.to_string())]),
            _ => fill(m.begins, &[("n", &oldest.to_string()), ("gone", &(oldest - 1).to_string())]),
        };
        let last_listed = moments.last().map_or(oldest, |moment| moment.number);
        Self { moments, begins, ends: (last_listed, oldest), pair }
    }

    /// The address of older messages.
    pub fn older(&self, asked: &Asked, query: &str) -> Option<String> {
        let (listed, oldest) = self.ends;
        let address = asked.href(&[("before", &listed.to_string())]);
        (listed > oldest).then(|| format!("{address}&{query}"))
    }

    /// What changed between the two that are compared.
    pub fn change(&self, text: &'static Text, leaf: &Leaf) -> Option<Change> {
        let (m, (a, b)) = (&text.messages, self.pair?);
        let (before, after) = (leaf.history.get(a)?, leaf.history.get(b)?);
        let title = fill(m.difference, &[("a", &a.to_string()), ("b", &b.to_string())]);
        let mut change = Change { title, words: String::new(), paths: Vec::new(), runs: Vec::new() };
        match diff((&before.bytes, before.form), (&after.bytes, after.form)) {
            Diff::Same => change.words = m.same.to_owned(),
            Diff::TooLong => change.words = m.too_long.to_owned(),
            Diff::Paths(paths, more) => {
                if more > 0 {
                    change.words = fill(m.more, &[("n", &more.to_string())]);
                }
                let show = |value: Option<String>| {
                    value.map_or_else(|| "–".to_owned(), |value| visible_change(&value))
                };
                change.paths = paths
                    .into_iter()
                    .map(|one| {
                        let path =
                            if one.path.is_empty() { m.whole_value.to_owned() } else { visible(&one.path) };
                        (path, show(one.before), show(one.after))
                    })
                    .collect();
            }
            Diff::Runs(runs) => {
                let show = |fate| match fate {
                    Fate::Stayed => "stayed",
                    Fate::Went => "went",
                    Fate::Came => "came",
                };
                change.runs =
                    runs.into_iter().map(|run| (show(run.fate), visible_change(&run.text))).collect();
            }
        }
        Some(change)
    }
}

fn visible_change(text: &str) -> String {
    let shown = shorten(text, SHOWN_CHANGE);
    if shown.len() == text.len() {
        return visible_lines(text);
    }
    format!("{}… ({})", visible_lines(shown), bytes(text.len()))
}

fn clock(at: u64, now: SystemTime) -> String {
    let (text, today) = (time(at), iso(now));
    match (text.get(..10), text.get(11..23)) {
        (Some(date), Some(time)) if today.starts_with(date) => format!("{time} UTC"),
        (Some(date), Some(time)) => format!("{date} {time} UTC"),
        (None, _) | (_, None) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_another_day_has_its_date() {
        let now = moment(1_795_212_000_000);
        assert_eq!(clock(1_795_211_999_123, now), "21:59:59.123 UTC");
        assert_eq!(clock(1_795_125_600_000, now), "2026-11-19 22:00:00.000 UTC");
    }
}
