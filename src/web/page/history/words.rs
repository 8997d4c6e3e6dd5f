//! What graphs show, in words and numbers: the legend, a line per series, and a table of the values.

use std::collections::BTreeMap;

use super::asked::Asked;
use super::called::{Called, Names, is_counter};
use super::figure::{length, number};
use crate::history::moment;
use crate::history::series::Kind;
use crate::history::store::Bucket;
use crate::web::history::chart::{Line, mean};
use crate::web::history::pieces::{DAY, HOUR};
use crate::web::page::show::visible;
use crate::web::page::view::word_shown;
use crate::web::text::{Lang, Text, fill};

/// The most rows of the table.
pub const ROWS: usize = 300;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A line.
    Line,
    /// What was added, in bars.
    Bars,
    /// On and off, and words.
    Band,
}

/// One series in the legend.
pub struct Chip {
    /// Its name in addresses.
    pub series: String,
    /// The topic and the quantity as devices say them, for the script.
    pub topic: String,
    /// The quantity.
    pub quantity: String,
    /// How it is called.
    pub called: Called,
    /// The number of its ink, from 0.
    pub ink: usize,
    /// How it is drawn.
    pub form: Form,
    /// The unit.
    pub unit: String,
    /// Its latest value.
    pub latest: String,
    /// The address without it.
    pub without: String,
    /// The words its numbers stand for, as people read them: `1=on`, for the script.
    pub meanings: String,
}

/// A moment as people read it in UTC, until the script writes it in their time.
pub struct Moment {
    /// RFC 3339.
    pub machine: String,
    /// The same for people.
    pub person: String,
    /// How long the piece is that begins then.
    pub width: i64,
}

/// A value, and when it was if that is known.
pub struct Fact {
    /// The value with its unit.
    pub value: String,
    /// When it was.
    pub at: Option<Moment>,
}

/// What one series comes to.
pub struct Row {
    /// How it is called.
    pub name: String,
    /// Latest, least, mean, greatest, added; empty where it makes no sense.
    pub facts: Vec<Fact>,
    /// What is said instead of least and greatest of what is on or off.
    pub sentence: String,
    /// What there is to know beside.
    pub remark: String,
}

/// The values, row by row.
pub struct Table {
    /// What a row is.
    pub lead: String,
    /// The series.
    pub heads: Vec<String>,
    /// When, and the values.
    pub rows: Vec<(Moment, Vec<String>)>,
    /// Said if there are more rows.
    pub cut: String,
}

impl Form {
    /// How a line is drawn.
    pub fn of(line: &Line) -> Self {
        match line.kind {
            Kind::Number if is_counter(&line.name) => Self::Bars,
            Kind::Number => Self::Line,
            Kind::Truth | Kind::Word => Self::Band,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Bars => "bars",
            Self::Band => "band",
        }
    }
}

impl Row {
    /// How many columns are left for the sentence.
    pub fn rest(&self, has_added: bool) -> usize {
        (4 + usize::from(has_added)).saturating_sub(self.facts.len())
    }
}

impl Moment {
    /// A moment seen from another one.
    pub fn new(at: i64, width: i64) -> Self {
        let machine = moment::show(at);
        let end = if width >= DAY {
            10
        } else if width >= 60_000 {
            16
        } else {
            19
        };
        let person = machine.get(..end).unwrap_or(&machine).replace('T', " ");
        Self { machine, person, width }
    }
}

/// What a value of a line is in words, without its unit.
pub fn said(text: &Text, lang: Lang, line: &Line, value: f64) -> String {
    match line.kind {
        Kind::Number => number(lang, value),
        Kind::Truth => word_shown(&text.live, if value > 0.5 { "on" } else { "off" }),
        Kind::Word => word_shown(&text.live, line.word(value).unwrap_or("?")),
    }
}

fn with_unit(value: String, line: &Line) -> String {
    match line.unit.as_deref() {
        Some(unit) if !unit.is_empty() => format!("{value}\u{a0}{}", visible(unit)),
        _ => value,
    }
}

/// The legend.
pub fn chips(text: &Text, lang: Lang, names: &Names, asked: &Asked, lines: &[Line], now: i64) -> Vec<Chip> {
    let chip = |(ink, line): (usize, &Line)| {
        let latest = line.known().next_back().map(|(_, bucket)| said(text, lang, line, bucket.last.value));
        let known = line.held.keys().copied();
        let meaning = |number: i64| {
            #[expect(clippy::cast_precision_loss, reason = "truths and words have small numbers")]
            let value = number as f64;
            (number.to_string(), said(text, lang, line, value))
        };
        let meanings: BTreeMap<String, String> = match line.kind {
            Kind::Number => BTreeMap::new(),
            Kind::Truth => [0, 1].map(meaning).into(),
            Kind::Word => known.map(meaning).collect(),
        };
        Chip {
            series: line.name.to_string(),
            topic: line.name.topic.to_string(),
            quantity: line.name.quantity.to_string(),
            called: names.of(&line.name),
            ink,
            form: Form::of(line),
            unit: line.unit.as_deref().map_or_else(String::new, visible),
            latest: latest.unwrap_or_else(|| "–".to_owned()),
            without: asked.without(&line.name, now),
            meanings: serde_json::to_string(&meanings).unwrap_or_default(),
        }
    };
    lines.iter().enumerate().map(chip).collect()
}

/// A line of words per series.
pub fn rows(text: &Text, lang: Lang, names: &Names, asked: &Asked, lines: &[Line]) -> Vec<Row> {
    lines.iter().map(|line| row(text, lang, names.of(&line.name).whole(), asked, line)).collect()
}

fn row(text: &Text, lang: Lang, name: String, asked: &Asked, line: &Line) -> Row {
    let h = &text.history;
    let mut row = Row { name, facts: Vec::new(), sentence: String::new(), remark: String::new() };
    if !line.other_units.is_empty() {
        let units: Vec<String> = line.other_units.iter().map(|unit| visible(unit)).collect();
        row.remark = fill(h.units, &[("units", &units.join(", "))]);
    }
    let Some((_, newest)) = line.known().next_back() else {
        h.nothing.clone_into(&mut row.sentence);
        return row;
    };
    let fact =
        |value: f64, at: Option<Moment>| Fact { value: with_unit(said(text, lang, line, value), line), at };
    row.facts.push(fact(newest.last.value, Some(Moment::new(newest.last.at, 0))));
    if line.kind != Kind::Number {
        row.sentence = sentence(text, lang, asked, line);
        return row;
    }
    let place = |(at, _): (i64, &Bucket)| Moment::new(at, line.width);
    let least = line.known().min_by(|one, other| one.1.least.total_cmp(&other.1.least));
    let greatest = line.known().max_by(|one, other| one.1.greatest.total_cmp(&other.1.greatest));
    let sum: f64 = line.known().map(|(_, bucket)| bucket.sum).sum();
    #[expect(clippy::cast_precision_loss, reason = "nobody records that many samples")]
    let mean = sum / line.count.max(1) as f64;
    if is_counter(&line.name) {
        // How high a meter stood on average is nothing that anybody asks.
        let nothing = || Fact { value: "–".to_owned(), at: None };
        row.facts.extend([nothing(), nothing(), nothing()]);
        row.facts.push(fact(line.known().map(|(_, bucket)| bucket.gain).sum(), None));
        return row;
    }
    row.facts.extend(least.map(|it| fact(it.1.least, Some(place(it)))));
    row.facts.push(fact(mean, None));
    row.facts.extend(greatest.map(|it| fact(it.1.greatest, Some(place(it)))));
    row
}

/// How long each state held, the longest first.
fn sentence(text: &Text, lang: Lang, asked: &Asked, line: &Line) -> String {
    let h = &text.history;
    let mut held: Vec<(i64, i64)> = line.held.iter().map(|(value, time)| (*value, *time)).collect();
    held.sort_by_key(|(value, time)| (std::cmp::Reverse(*time), *value));
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a lifetime are exact")]
    let state = |(value, time): &(i64, i64)| {
        let percent = *time as f64 * 100.0 / asked.length().max(1) as f64;
        let state = said(text, lang, line, *value as f64);
        let percent = number(lang, (percent * 10.0).round() / 10.0);
        fill(h.held, &[("state", &state), ("time", &length(h, *time)), ("percent", &percent)])
    };
    let mut parts: Vec<String> = held.iter().take(5).map(state).collect();
    parts.push(fill(h.changed, &[("n", &line.count.to_string())]));
    parts.join("; ")
}

/// The table of values.
pub fn table(text: &Text, lang: Lang, names: &Names, lines: &[Line]) -> Table {
    let h = &text.history;
    let width = lines.iter().map(|line| line.width).max().unwrap_or(0);
    let mut by_time: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    // Beside numbers it is told what was on at that time; alone, when it changed.
    let has_numbers = lines.iter().any(|line| line.kind == Kind::Number);
    for (column, line) in
        lines.iter().enumerate().filter(|(_, line)| line.kind == Kind::Number || !has_numbers)
    {
        for (at, bucket) in line.known() {
            let row = by_time.entry(at).or_insert_with(|| vec![String::new(); lines.len()]);
            if let Some(cell) = row.get_mut(column) {
                *cell = cell_of(text, lang, line, bucket);
            }
        }
    }
    for (column, line) in
        lines.iter().enumerate().filter(|(_, line)| line.kind != Kind::Number && has_numbers)
    {
        for (at, row) in &mut by_time {
            let held = line.places.partition_point(|(begin, _)| begin <= at).checked_sub(1);
            let bucket = held.and_then(|held| line.places.get(held)).and_then(|(_, bucket)| bucket.as_ref());
            if let (Some(bucket), Some(cell)) = (bucket, row.get_mut(column)) {
                *cell = cell_of(text, lang, line, bucket);
            }
        }
    }
    let cut = by_time.len() > ROWS;
    let head = |line: &Line| {
        let called = names.of(&line.name).whole();
        line.unit.as_deref().map_or(called.clone(), |unit| format!("{called} ({})", visible(unit)))
    };
    let lead = match width {
        0 => h.samples.to_owned(),
        width => fill(h.pieces, &[("length", &length(h, width))]),
    };
    Table {
        lead,
        heads: lines.iter().map(head).collect(),
        rows: by_time.into_iter().take(ROWS).map(|(at, cells)| (Moment::new(at, width), cells)).collect(),
        cut: if cut { fill(h.cut, &[("n", &ROWS.to_string())]) } else { String::new() },
    }
}

fn cell_of(text: &Text, lang: Lang, line: &Line, bucket: &Bucket) -> String {
    let of = |value: f64| said(text, lang, line, value);
    match line.width {
        0 => of(bucket.last.value),
        _ if is_counter(&line.name) => format!("+ {}", of(bucket.gain)),
        _ => format!("{} ({} … {})", of(mean(bucket)), of(bucket.least), of(bucket.greatest)),
    }
}

/// The end of a time as a field of a form has it, in UTC.
pub fn field(at: i64) -> String {
    moment::show(at).get(..19).unwrap_or_default().to_owned()
}

/// How long pieces of the words and the table are, at least: longer where the time is long.
pub fn points(length: i64) -> u32 {
    // Whole hours and days are easier to read than parts of them.
    match length {
        length if length <= 4 * DAY && length > 12 * HOUR => u32::try_from(length / HOUR).unwrap_or(96),
        _ => 96,
    }
}
