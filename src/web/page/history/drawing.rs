//! Graphs as plain drawings, for pages without script: the same lines, gaps, bars and bands as the script draws, with
//! scales of five marks.
//!
//! A drawing is 1,000 by 300 units and stretched to the page; texts stand beside it, where nothing stretches them.

use std::fmt::Write;
use std::ops::Range;

use super::figure::number;
use super::words::{Form, Moment};
use crate::history::store::Bucket;
use crate::web::history::chart::{Line, mean};
use crate::web::page::show::visible;
use crate::web::text::Lang;

/// The size of a drawing.
const SIZE: (f64, f64) = (1_000.0, 300.0);
/// Marks of a scale.
const MARKS: u8 = 5;
/// The height of a band and the distance to the next one.
const BAND: (f64, f64) = (14.0, 22.0);

/// One shape of a drawing.
pub struct Shape {
    /// The number of its ink.
    pub ink: usize,
    /// Between least and greatest; empty if these are samples.
    pub area: String,
    /// The line, the bars or the bands.
    pub path: String,
    /// Whether the path is filled.
    pub is_filled: bool,
}

/// One graph.
pub struct Drawing {
    /// How high it is.
    pub height: f64,
    /// What is drawn.
    pub shapes: Vec<Shape>,
    /// The units and the marks of both scales, the highest first; nothing if there is no such scale.
    pub scales: [Option<(String, Vec<String>)>; 2],
    /// Marks of the time; only the last graph has them.
    pub times: Vec<Moment>,
}

/// The graphs of some lines, one below the other.
pub fn drawings(lang: Lang, lines: &[Line], range: &Range<i64>) -> Vec<Drawing> {
    let mut all: Vec<Drawing> = Vec::new();
    let inked: Vec<(usize, &Line)> = lines.iter().enumerate().collect();
    let of = |form: Form| inked.iter().filter(move |(_, line)| Form::of(line) == form).copied();
    let mut units: Vec<&str> = of(Form::Line).map(|(_, line)| line.unit.as_deref().unwrap_or("")).collect();
    let mut known: Vec<&str> = Vec::new();
    units.retain(|unit| {
        !known.contains(unit) && {
            known.push(unit);
            true
        }
    });
    for pair in units.chunks(2) {
        let scale = |unit: &&str| {
            let lines: Vec<_> =
                of(Form::Line).filter(|(_, line)| line.unit.as_deref().unwrap_or("") == *unit).collect();
            (Scale::around(lines.iter().map(|(_, line)| *line)), visible(unit), lines)
        };
        let sides: Vec<_> = pair.iter().map(scale).collect();
        let shapes = sides
            .iter()
            .flat_map(|(scale, _, lines)| lines.iter().map(|(ink, line)| curve(*ink, line, range, *scale)));
        let shapes = shapes.collect();
        let mut scales = sides.iter().map(|(scale, unit, _)| (unit.clone(), scale.marks(lang)));
        let scales = [scales.next(), scales.next()];
        all.push(Drawing { height: SIZE.1, shapes, scales, times: Vec::new() });
    }
    for (ink, line) in of(Form::Bars) {
        all.push(bars(lang, ink, line, range));
    }
    let bands: Vec<_> = of(Form::Band).collect();
    if !bands.is_empty() {
        let shapes =
            bands.iter().enumerate().map(|(row, (ink, line))| band(*ink, line, range, row)).collect();
        #[expect(clippy::cast_precision_loss, reason = "eight at most")]
        let height = BAND.1 * bands.len() as f64;
        all.push(Drawing { height, shapes, scales: [None, None], times: Vec::new() });
    }
    if let Some(last) = all.last_mut() {
        let length = range.end - range.start;
        let width = if length > 4 * 86_400_000 { 86_400_000 } else { 60_000 };
        let at = |mark: u8| range.start + length * i64::from(mark) / i64::from(MARKS - 1);
        last.times = (0..MARKS).map(|mark| Moment::new(at(mark), width)).collect();
    }
    all
}

#[derive(Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn around<'a>(lines: impl Iterator<Item = &'a Line>) -> Self {
        let all: Vec<&Bucket> =
            lines.flat_map(|line| line.places.iter().filter_map(|(_, bucket)| bucket.as_ref())).collect();
        let low = all.iter().map(|bucket| bucket.least).fold(f64::INFINITY, f64::min);
        let high = all.iter().map(|bucket| bucket.greatest).fold(f64::NEG_INFINITY, f64::max);
        Self::round(low, high)
    }

    /// From a round number to a round number, with round numbers between.
    fn round(low: f64, high: f64) -> Self {
        if !(low.is_finite() && high.is_finite()) {
            return Self { low: 0.0, high: 1.0 };
        }
        let least = ((high - low) / f64::from(MARKS - 1)).max(high.abs().max(1.0) * 1e-6);
        let power = 10_f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0, 20.0].map(|step| step * power);
        let fits = |step: &f64| (low / step).floor() * step + step * f64::from(MARKS - 1) >= high;
        let step = steps.into_iter().find(fits).unwrap_or(least * 2.0);
        let low = (low / step).floor() * step;
        Self { low, high: low + step * f64::from(MARKS - 1) }
    }

    fn marks(self, lang: Lang) -> Vec<String> {
        let step = (self.high - self.low) / f64::from(MARKS - 1);
        (0..MARKS).rev().map(|mark| number(lang, self.low + step * f64::from(mark))).collect()
    }

    fn y(self, value: f64) -> f64 {
        SIZE.1 * (1.0 - (value - self.low) / (self.high - self.low))
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a lifetime are exact")]
fn x(at: i64, range: &Range<i64>) -> f64 {
    ((at - range.start) as f64 / (range.end - range.start).max(1) as f64 * SIZE.0).clamp(-10.0, SIZE.0 + 10.0)
}

/// A line with its holes, and what is between least and greatest.
fn curve(ink: usize, line: &Line, range: &Range<i64>, scale: Scale) -> Shape {
    let (mut path, mut area) = (String::new(), String::new());
    for part in line.places.split(|(_, bucket)| bucket.is_none()) {
        let points = part.iter().filter_map(|(at, bucket)| {
            let bucket = bucket.as_ref()?;
            Some((x(at + line.width / 2, range), scale.y(mean(bucket)), bucket))
        });
        for (number, (x, y, _)) in points.clone().enumerate() {
            // Writing to a String cannot fail, here and below. A sample alone is a dot.
            let _ = write!(path, "{}{x:.1} {y:.1}", if number == 0 { "M" } else { "L" });
            if part.len() == 1 {
                path.push_str("h.1");
            }
        }
        if line.width == 0 {
            continue;
        }
        for (number, (x, _, bucket)) in points.clone().enumerate() {
            let y = scale.y(bucket.greatest);
            let _ = write!(area, "{}{x:.1} {y:.1}", if number == 0 { "M" } else { "L" });
        }
        for (x, _, bucket) in points.rev() {
            let _ = write!(area, "L{x:.1} {:.1}", scale.y(bucket.least));
        }
        area.push('Z');
    }
    Shape { ink, area, path, is_filled: false }
}

/// What was added, in pieces of one length.
fn bars(lang: Lang, ink: usize, line: &Line, range: &Range<i64>) -> Drawing {
    let width = line.width.max((range.end - range.start) / 96).max(1);
    let mut all: std::collections::BTreeMap<i64, f64> = std::collections::BTreeMap::new();
    for (at, bucket) in line.known() {
        *all.entry(at.div_euclid(width) * width).or_default() += bucket.gain;
    }
    let scale = Scale { low: 0.0, ..Scale::round(0.0, all.values().copied().fold(0.0, f64::max)) };
    let mut path = String::new();
    for (at, gain) in &all {
        let (left, right) = (x(*at, range), x(*at + width, range));
        let gap = ((right - left) * 0.12).min(2.0);
        let (y, wide) = (scale.y(*gain), right - left - 2.0 * gap);
        let _ = write!(path, "M{:.1} {:.1}V{y:.1}h{wide:.1}V{:.1}Z", left + gap, SIZE.1, SIZE.1);
    }
    let shapes = vec![Shape { ink, area: String::new(), path, is_filled: true }];
    let unit = line.unit.as_deref().map_or_else(String::new, visible);
    Drawing { height: SIZE.1, shapes, scales: [Some((unit, scale.marks(lang))), None], times: Vec::new() }
}

/// What was on: filled; off and each other word: a thin line; unknown: nothing.
fn band(ink: usize, line: &Line, range: &Range<i64>, row: usize) -> Shape {
    let mut path = String::new();
    #[expect(clippy::cast_precision_loss, reason = "eight at most")]
    let top = row as f64 * BAND.1 + (BAND.1 - BAND.0) / 2.0;
    let ends = line.places.iter().skip(1).map(|(at, _)| *at).chain([range.end]);
    for ((at, bucket), end) in line.places.iter().zip(ends) {
        let Some(bucket) = bucket else { continue };
        let (left, right) = (x(*at, range), x(end, range));
        let is_on = bucket.last.value > 0.5 && line.words.is_empty();
        let (y, height) = if is_on { (top, BAND.0) } else { (top + BAND.0 / 2.0 - 1.0, 2.0) };
        let _ = write!(path, "M{left:.1} {y:.1}H{right:.1}v{height}H{left:.1}Z");
        if !line.words.is_empty() {
            let _ = write!(path, "M{left:.1} {top:.1}h1.5v{}h-1.5Z", BAND.0);
        }
    }
    Shape { ink, area: String::new(), path, is_filled: true }
}
