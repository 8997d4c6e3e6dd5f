//! What the address of the HISTORY page asks for, and the addresses of what is beside it.
//!
//! A wrong address is no reason to show nothing: what can be understood of it is shown, with a word about the rest.

use std::ops::Range;

use crate::history::moment;
use crate::history::name::Name;
use crate::web::address::encoded;
use crate::web::history::chart::within;
use crate::web::text::{History as Texts, fill};

/// The most series at once: as many as there are inks.
pub const MOST: usize = 8;
/// Shown unless another time is asked for.
const USUAL: i64 = 24 * 3_600_000;
/// The shortest time that is shown.
const SHORTEST: i64 = 10_000;
/// Lengths of time to choose from, in milliseconds.
pub const LENGTHS: [i64; 7] = [600_000, 3_600_000, 21_600_000, USUAL, 7 * USUAL, 30 * USUAL, 365 * USUAL];

/// What is to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The series, each with an ink of its own.
    pub names: Vec<Name>,
    /// From when until when.
    pub range: Range<i64>,
    /// Whether it goes on with the clock.
    pub is_live: bool,
    /// What could not be understood, in words.
    pub words: Vec<String>,
}

impl Asked {
    /// What the pairs of a query ask for.
    pub fn parse(texts: &Texts, pairs: &[(String, String)], now: i64) -> Self {
        let mut words = Vec::new();
        let mut names: Vec<Name> = Vec::new();
        for (_, text) in pairs.iter().filter(|(key, text)| key == "series" && !text.is_empty()) {
            match text.parse() {
                Ok(name) if names.contains(&name) => {}
                Ok(name) => names.push(name),
                Err(_) => words.push(fill(texts.no_series, &[("name", text)])),
            }
        }
        if names.len() > MOST {
            names.truncate(MOST);
            words.push(fill(texts.too_many, &[("n", &MOST.to_string())]));
        }
        let value = |name: &str| pairs.iter().rev().find(|(key, text)| key == name && !text.is_empty());
        let at = |name: &str, usual| value(name).map_or(Ok(usual), |(_, text)| moment::parse(text, now));
        let times = at("from", now - USUAL).and_then(|from| Ok((from, at("to", now)?)));
        let range = times
            .ok()
            .map(|(from, to)| within(from)..within(to).min(now))
            .filter(|range| range.start < range.end);
        if range.is_none() {
            words.push(texts.bad_time.to_owned());
        }
        let range = range.unwrap_or(now - USUAL..now);
        let range = range.start.min(range.end - SHORTEST)..range.end;
        Self { names, is_live: range.end == now, range, words }
    }

    /// How long the time is.
    pub fn length(&self) -> i64 {
        self.range.end - self.range.start
    }

    /// The address of the same series at another time.
    pub fn at(&self, range: &Range<i64>, now: i64) -> String {
        self.address(&self.names, range, now)
    }

    /// The address of the same time without one of the series.
    pub fn without(&self, name: &Name, now: i64) -> String {
        let names: Vec<Name> = self.names.iter().filter(|known| *known != name).cloned().collect();
        self.address(&names, &self.range, now)
    }

    fn address(&self, names: &[Name], range: &Range<i64>, now: i64) -> String {
        format!("/history?{}", query(names, range, now))
    }

    /// The address of every sample in this time, as CSV.
    pub fn samples(&self, now: i64) -> String {
        format!("/api/history/samples?{}&format=csv", query(&self.names, &self.range, now))
    }

    /// Both ends as an address has them.
    pub fn ends(&self, now: i64) -> (String, String) {
        ends(&self.range, now)
    }

    /// Closer or wider around the middle.
    pub fn zoomed(&self, factor: i64, is_closer: bool) -> Range<i64> {
        let middle = i64::midpoint(self.range.start, self.range.end);
        let half = if is_closer { self.length() / 2 / factor } else { self.length() / 2 * factor };
        middle - half.max(SHORTEST / 2)..middle + half.max(SHORTEST / 2)
    }

    /// The same length of time by a half of it earlier or later.
    pub fn moved(&self, is_later: bool) -> Range<i64> {
        let by = if is_later { self.length() / 2 } else { -self.length() / 2 };
        self.range.start + by..self.range.end + by
    }
}

fn query(names: &[Name], range: &Range<i64>, now: i64) -> String {
    let (from, to) = ends(range, now);
    let series: String = names.iter().map(|name| format!("series={}&", encoded(&name.to_string()))).collect();
    format!("{series}from={}&to={}", encoded(&from), encoded(&to))
}

fn ends(range: &Range<i64>, now: i64) -> (String, String) {
    if range.end < now {
        return (moment::show(range.start), moment::show(range.end));
    }
    // A time that reaches to now goes on with the clock.
    let seconds = ((range.end - range.start) / 1_000).max(1);
    let units = [(604_800, 'w'), (86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let (unit, letter) = units.into_iter().find(|(unit, _)| seconds % unit == 0).unwrap_or((1, 's'));
    (format!("-{}{letter}", seconds / unit), "now".to_owned())
}
