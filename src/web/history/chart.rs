//! `GET /api/history/chart`: series of a time, thinned to what a screen shows.
//!
//! The same lines are the graphs, the words and the tables of the HISTORY page. Each series is read by itself, so that
//! recording never waits for more than one of them. Series that bear one name, because the device changed its unit, are one
//! line; it tells the newest unit, and that there were others.

use std::collections::BTreeMap;
use std::ops::Range;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::changes::{Change, changes, whole};
use super::pieces::{Of, Place, numbers};
use super::refusal::Refusal;
use crate::disk::Fault;
use crate::history::name::Name;
use crate::history::series::{Key, Kind, Sample};
use crate::history::store::{Bucket, Store};
use crate::history::{History, HistoryError, moment};

/// The most points of a line that anybody can ask for.
pub const MOST_POINTS: u32 = 4_000;
/// Moments are this near to 1970: three thousand years, in milliseconds.
const FURTHEST: i64 = 100_000_000_000_000;
/// The most series of a question.
const MOST_SERIES: usize = 16;
/// Points of a line unless another number is asked for.
const POINTS: u32 = 800;

/// Which series are wanted, of which time, in how many points.
#[derive(Debug, PartialEq)]
pub struct Wanted {
    /// The names of the series.
    pub names: Vec<Name>,
    /// From when until when, in milliseconds since 1970.
    pub range: Range<i64>,
    /// How many points of each are enough.
    pub points: u32,
}

/// One series of a time.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// What it is called.
    pub name: Name,
    /// What its values are.
    pub kind: Kind,
    /// The newest unit.
    pub unit: Option<Box<str>>,
    /// Units that it had before.
    pub other_units: Vec<Box<str>>,
    /// How long a piece is in milliseconds; 0 where places are samples or changes.
    pub width: i64,
    /// What is known, in order.
    pub places: Vec<Place>,
    /// How many samples there are, or how often it changed.
    pub count: u64,
    /// For how many milliseconds each truth or word held.
    pub held: BTreeMap<i64, i64>,
    /// The words that its numbers stand for.
    pub words: BTreeMap<i64, String>,
}

/// The answer.
#[derive(Serialize)]
struct Chart {
    from: i64,
    to: i64,
    series: Vec<Told>,
    /// Times in which the hub did not record.
    pauses: Vec<(i64, i64)>,
}

/// A line as programs read it: one list per fact, so that a graph can take them as they are.
#[derive(Serialize)]
struct Told {
    series: String,
    unit: Option<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_units: Vec<Box<str>>,
    kind: &'static str,
    width: i64,
    exact: bool,
    at: Vec<i64>,
    mean: Vec<Option<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<Vec<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    greatest: Option<Vec<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Vec<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gain: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    words: BTreeMap<i64, String>,
}

/// `GET /api/history/chart`
pub async fn tell(
    State(history): State<Option<History>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let history = history.ok_or_else(Refusal::off)?;
    let wanted = Wanted::parse(&pairs, moment::now())?;
    if wanted.names.is_empty() {
        return Err(Refusal::bad("no series is named", "add series=TOPIC%23QUANTITY, once for each"));
    }
    let range = wanted.range.clone();
    let read = tokio::task::spawn_blocking(move || read(&history, &wanted)).await;
    let (lines, pauses) = read.map_err(|error| Refusal::failed(&error))??;
    let mut series = Vec::with_capacity(lines.len());
    for line in lines {
        series.push(Told::from(line.map_err(|name| Refusal::no_series(&name.to_string()))?));
    }
    let chart = Chart {
        from: range.start,
        to: range.end,
        series,
        pauses: pauses.iter().map(|pause| (pause.start, pause.end)).collect(),
    };
    let body = serde_json::to_string(&chart).map_err(|error| Refusal::failed(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// The nearest moment that can be reckoned with.
pub fn within(at: i64) -> i64 {
    at.clamp(-FURTHEST, FURTHEST)
}

/// What is known of each name, or the name if nothing was ever recorded under it; and when nothing was recorded at all.
pub type Read = (Vec<Result<Line, Name>>, Vec<Range<i64>>);

/// Reads lines, one after the other. It may wait for the disk.
pub fn read(history: &History, wanted: &Wanted) -> Result<Read, HistoryError> {
    let pauses = history.read(|store| store.pauses(&wanted.range))?;
    let mut lines = Vec::with_capacity(wanted.names.len());
    for name in &wanted.names {
        let line = history.read(|store| Line::read(store, name, wanted, &pauses))?;
        lines.push(line.ok_or_else(|| name.clone()));
    }
    Ok((lines, pauses))
}

impl Wanted {
    /// What the query of an address asks for: `series`, `from`, `to`, `points`.
    pub fn parse(pairs: &[(String, String)], now: i64) -> Result<Self, Refusal> {
        let value = |name: &str| pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| &**value);
        let at = |name: &str, usual: &str| {
            let text = value(name).filter(|text| !text.is_empty()).unwrap_or(usual);
            let at = moment::parse(text, now);
            at.map(within).map_err(|error| Refusal::bad(error, "from=-24h&to=now is the last day"))
        };
        let range = at("from", "-24h")?..at("to", "now")?;
        if range.is_empty() {
            return Err(Refusal::bad("the time ends before it begins", "from= has to be earlier than to="));
        }
        let points = match value("points") {
            Some(text) => text.parse().ok().filter(|points| (1..=MOST_POINTS).contains(points)),
            None => Some(POINTS),
        };
        let points = points.ok_or_else(|| {
            Refusal::bad("points= is no number from 1 to 4000", "points=800 is enough for most screens")
        })?;
        let mut names: Vec<Name> = Vec::new();
        for (_, text) in pairs.iter().filter(|(key, text)| key == "series" && !text.is_empty()) {
            let name =
                text.parse().map_err(|error| Refusal::bad(error, "GET /api/history lists all names"))?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.len() > MOST_SERIES {
            let error = format!("{} series at once are too many", names.len());
            return Err(Refusal::bad(error, "ask for 16 at most, and for the others again"));
        }
        Ok(Self { names, range, points })
    }
}

impl Line {
    /// What is known of a name; nothing if nothing was ever recorded under it.
    pub fn read(
        store: &Store,
        name: &Name,
        wanted: &Wanted,
        pauses: &[Range<i64>],
    ) -> Result<Option<Self>, Fault> {
        let mut all: Vec<(i64, &Key)> = store.all().filter(|(_, key)| name.is_of(key)).collect();
        // A series that began later has a higher number.
        all.sort_unstable_by_key(|(id, _)| *id);
        let Some((_, newest)) = all.last().copied() else { return Ok(None) };
        let alike = |(_, key): &&(i64, &Key)| key.kind == newest.kind;
        let ids: Vec<i64> = all.iter().filter(alike).map(|(id, _)| *id).collect();
        let mut other_units: Vec<Box<str>> =
            all.iter().filter(alike).filter_map(|(_, key)| key.unit.clone()).collect();
        other_units.retain(|unit| newest.unit.as_ref() != Some(unit));
        other_units.dedup();
        let of = Of { store, ids: &ids, range: &wanted.range, pauses, points: wanted.points };
        let mut line = Self {
            name: name.clone(),
            kind: newest.kind,
            unit: newest.unit.clone(),
            other_units,
            width: 0,
            places: Vec::new(),
            count: 0,
            held: BTreeMap::new(),
            words: BTreeMap::new(),
        };
        if line.kind == Kind::Number {
            let numbers = numbers(&of)?;
            (line.width, line.places) = (numbers.width, numbers.places);
            line.count = line.known().map(|(_, bucket)| bucket.count).sum();
        } else {
            let changes = changes(&of)?;
            (line.count, line.held) = (changes.count as u64, changes.held);
            line.places = as_places(changes.shown);
        }
        if line.kind == Kind::Word {
            line.words = line.held.keys().map(|number| (*number, word(store, *number))).collect();
        }
        Ok(Some(line))
    }

    /// The word that a number of it stands for.
    pub fn word(&self, value: f64) -> Option<&str> {
        self.words.get(&whole(value)).map(String::as_str)
    }

    /// What is known, without the moments from which on nothing is.
    pub fn known(&self) -> impl DoubleEndedIterator<Item = (i64, &Bucket)> {
        self.places.iter().filter_map(|(at, bucket)| Some((*at, bucket.as_ref()?)))
    }
}

/// A word of the file by its number.
#[expect(clippy::cast_precision_loss, reason = "words are numbered from 1")]
fn word(store: &Store, number: i64) -> String {
    store.word(number as f64).unwrap_or("?").to_owned()
}

fn as_places(changes: Vec<Change>) -> Vec<Place> {
    let of = |(at, value): (i64, Option<f64>)| (at, value.map(|value| Bucket::of(Sample { at, value })));
    changes.into_iter().map(of).collect()
}

/// The mean of a piece.
#[expect(clippy::cast_precision_loss, reason = "nobody records that many samples")]
pub fn mean(bucket: &Bucket) -> f64 {
    bucket.sum / bucket.count.max(1) as f64
}

impl From<Line> for Told {
    fn from(line: Line) -> Self {
        let (is_number, exact) = (line.kind == Kind::Number, line.width == 0);
        let of = |fact: fn(&Bucket) -> f64| -> Vec<Option<f64>> {
            line.places.iter().map(|(_, bucket)| bucket.as_ref().map(fact)).collect()
        };
        let pieces = |fact: fn(&Bucket) -> f64| (!exact).then(|| of(fact));
        let count = |(_, bucket): &Place| bucket.as_ref().map_or(0, |bucket| bucket.count);
        let gain = |(_, bucket): &Place| bucket.as_ref().map_or(0.0, |bucket| bucket.gain);
        Self {
            series: line.name.to_string(),
            kind: line.kind.word(),
            width: line.width,
            exact,
            at: line.places.iter().map(|(at, _)| *at).collect(),
            mean: of(mean),
            least: pieces(|bucket| bucket.least),
            greatest: pieces(|bucket| bucket.greatest),
            last: pieces(|bucket| bucket.last.value),
            count: (!exact).then(|| line.places.iter().map(count).collect()),
            gain: is_number.then(|| line.places.iter().map(gain).collect()),
            unit: line.unit,
            other_units: line.other_units,
            words: line.words,
        }
    }
}
