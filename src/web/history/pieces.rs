//! Numbers of a time: samples as they are where they are few, else pieces of it with least, mean and greatest.
//!
//! A moment from which on nobody knows the value is a hole: lines end there and begin anew. Pieces are kept without such
//! moments where they are an hour or longer; there a hole is a stretch without pieces that is long for this series.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::disk::Fault;
use crate::history::series::Sample;
use crate::history::store::{Bucket, Store};

/// The length of an hour and of a day in milliseconds.
pub const HOUR: i64 = 3_600_000;
/// The length of a day in milliseconds.
pub const DAY: i64 = 24 * HOUR;
/// So many times the usual distance between pieces is a hole.
const LONG: i64 = 4;
/// Pieces of more hours would show day and night as noise; then each is a day, with its least and its greatest value.
const MOST_HOURS: i64 = 4;
/// Lengths of pieces that people can name, in milliseconds; longer ones are whole hours or days.
const LENGTHS: [i64; 12] =
    [1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000];

/// One place of a line: when it begins, and what is known there; nothing from where on nobody knows.
pub type Place = (i64, Option<Bucket>);

/// Numbers of a time.
#[derive(Debug, PartialEq)]
pub struct Numbers {
    /// How long a piece is in milliseconds; 0 where places are samples.
    pub width: i64,
    /// In order.
    pub places: Vec<Place>,
}

/// What is asked of some series that bear one name.
pub struct Of<'a> {
    /// The store.
    pub store: &'a Store,
    /// The numbers of the series.
    pub ids: &'a [i64],
    /// From when until when.
    pub range: &'a Range<i64>,
    /// Times in which the hub did not record.
    pub pauses: &'a [Range<i64>],
    /// How many points are enough.
    pub points: u32,
}

/// Numbers in not many more than `points` places.
pub fn numbers(of: &Of<'_>) -> Result<Numbers, Fault> {
    let width = width(of.range, of.points);
    if width < HOUR {
        let mut made = Made::new(width);
        for id in of.ids {
            of.store.visit(*id, of.range, |samples| made.take(samples))?;
        }
        if made.count <= u64::from(of.points) {
            return Ok(Numbers { width: 0, places: samples(of)? });
        }
        made.holes.extend(of.pauses.iter().map(|pause| pause.start));
        return Ok(Numbers { width, places: spaced(made.pieces, width, made.holes, i64::MAX) });
    }
    let pieces = kept(of, width)?;
    let count: u64 = pieces.values().map(|bucket| bucket.count).sum();
    if count <= u64::from(of.points) {
        let samples = samples(of)?;
        // Hours and days outlive their samples.
        if samples.iter().filter(|(_, bucket)| bucket.is_some()).count() as u64 >= count {
            return Ok(Numbers { width: 0, places: samples });
        }
    }
    let long = usual_distance(pieces.keys().copied()).max(width).saturating_mul(LONG);
    let holes = of.pauses.iter().filter(|pause| pause.end - pause.start > width).map(|pause| pause.start);
    Ok(Numbers { width, places: spaced(pieces, width, holes.collect(), long) })
}

/// How long pieces are.
pub fn width(range: &Range<i64>, points: u32) -> i64 {
    let least = range.end.saturating_sub(range.start).max(1) / i64::from(points.max(1));
    let whole =
        |unit: i64| least.div_euclid(unit).saturating_add(i64::from(least.rem_euclid(unit) > 0)) * unit;
    match LENGTHS.iter().find(|length| **length >= least) {
        Some(length) => *length,
        None if least <= MOST_HOURS * HOUR => whole(HOUR),
        None => whole(DAY),
    }
}

/// Pieces of whole hours or days, as the file keeps them.
fn kept(of: &Of<'_>, width: i64) -> Result<BTreeMap<i64, Bucket>, Fault> {
    // From one end of a piece to another one, so that none of them is longer than asked for.
    let start = of.range.start.div_euclid(width).saturating_mul(width);
    let count = (of.range.end.saturating_sub(start).max(1) - 1) / width + 1;
    let range = start..start.saturating_add(count.saturating_mul(width));
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let mut all: BTreeMap<i64, Bucket> = BTreeMap::new();
    for id in of.ids {
        for (begin, bucket) in of.store.thin(*id, &range, count)? {
            let begin = begin.div_euclid(width) * width;
            all.entry(begin).and_modify(|known| known.join(&bucket)).or_insert(bucket);
        }
    }
    Ok(all)
}

/// Pieces as places, with a hole where there is one between two of them, or where they are further apart than `long`. A
/// hole is seen where it takes up a piece at least: shorter ones would be no wider than the line.
fn spaced(pieces: BTreeMap<i64, Bucket>, width: i64, mut holes: Vec<i64>, long: i64) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(pieces.len());
    holes.sort_unstable();
    let mut holes = holes.into_iter().peekable();
    let mut before: Option<i64> = None;
    for (begin, bucket) in pieces {
        let mut is_hole = before.is_some_and(|before| begin - before > long);
        while holes.next_if(|hole| *hole < begin).is_some() {
            is_hole = true;
        }
        if let Some(before) = before.filter(|before| is_hole && begin - before > width) {
            places.push((before + width, None));
        }
        places.push((begin, Some(bucket)));
        before = Some(begin);
    }
    // After the last piece nobody knows either, if so.
    if let Some(before) = before.filter(|before| holes.any(|hole| hole >= *before)) {
        places.push((before + width, None));
    }
    places
}

/// The distance that half of the neighbours do not exceed.
fn usual_distance(at: impl Iterator<Item = i64> + Clone) -> i64 {
    let mut distances: Vec<i64> = at.clone().zip(at.skip(1)).map(|(one, next)| next - one).collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().unwrap_or(0)
}

/// Samples as they are; each is a place of its own.
fn samples(of: &Of<'_>) -> Result<Vec<Place>, Fault> {
    let mut before: Option<f64> = None;
    let mut places: Vec<Place> = Vec::new();
    for sample in samples_and_holes(of)? {
        if !sample.value.is_finite() {
            before = None;
            if places.last().is_some_and(|(_, bucket)| bucket.is_some()) {
                places.push((sample.at, None));
            }
            continue;
        }
        let gain = before.map_or(0.0, |before| gained(before, sample.value));
        places.push((sample.at, Some(Bucket { gain, ..Bucket::of(sample) })));
        before = Some(sample.value);
    }
    Ok(places)
}

/// Samples in order; a pause of the recording begins with one that nobody knows.
pub fn samples_and_holes(of: &Of<'_>) -> Result<Vec<Sample>, Fault> {
    let hole = |pause: &Range<i64>| Sample { at: pause.start, value: f64::NAN };
    let mut all: Vec<Sample> = of.pauses.iter().map(hole).collect();
    for id in of.ids {
        all.extend(of.store.samples(*id, of.range)?);
    }
    all.sort_by_key(|sample| sample.at);
    Ok(all)
}

/// How much a counter grew; one that fell began anew.
pub fn gained(before: f64, now: f64) -> f64 {
    if now >= before { now - before } else { now }
}

/// Pieces shorter than an hour, made of samples.
struct Made {
    width: i64,
    pieces: BTreeMap<i64, Bucket>,
    /// Moments from which on nobody knows.
    holes: Vec<i64>,
    count: u64,
    before: Option<f64>,
}

impl Made {
    fn new(width: i64) -> Self {
        Self { width, pieces: BTreeMap::new(), holes: Vec::new(), count: 0, before: None }
    }

    fn take(&mut self, samples: &[Sample]) {
        for sample in samples {
            if !sample.value.is_finite() {
                self.holes.push(sample.at);
                self.before = None;
                continue;
            }
            let gain = self.before.map_or(0.0, |before| gained(before, sample.value));
            let one = Bucket { gain, ..Bucket::of(*sample) };
            let begin = sample.at.div_euclid(self.width) * self.width;
            self.pieces.entry(begin).and_modify(|known| known.join(&one)).or_insert(one);
            self.before = Some(sample.value);
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_212_000_000;

    #[test]
    fn pieces_have_lengths_that_people_can_name() {
        let check = |length: i64, points: u32, expect: i64| {
            assert_eq!(width(&(NOW - length..NOW), points), expect, "{length} in {points}");
        };
        check(600_000, 800, 1_000);
        check(HOUR, 800, 5_000);
        check(DAY, 800, 120_000);
        check(7 * DAY, 800, 900_000);
        check(30 * DAY, 800, HOUR);
        check(120 * DAY, 800, 4 * HOUR);
        check(365 * DAY, 800, DAY);
        check(10 * 365 * DAY, 800, 5 * DAY);
        check(1, 4_000, 1_000);
    }

    fn one(at: i64) -> (i64, Bucket) {
        (at, Bucket::of(Sample { at, value: 1.0 }))
    }

    fn holes(places: &[Place]) -> Vec<i64> {
        places.iter().filter(|(_, bucket)| bucket.is_none()).map(|(at, _)| *at).collect()
    }

    #[test]
    fn a_hole_is_between_pieces_and_not_within_one() {
        let pieces: BTreeMap<i64, Bucket> = [0, 10, 20, 60, 70].map(one).into();
        assert_eq!(holes(&spaced(pieces.clone(), 10, vec![25], i64::MAX)), [30]);
        assert_eq!(holes(&spaced(pieces.clone(), 10, vec![5, 12], i64::MAX)), Vec::<i64>::new());
        assert_eq!(holes(&spaced(pieces.clone(), 10, vec![75], i64::MAX)), [80]);
        assert_eq!(holes(&spaced(pieces, 10, Vec::new(), 30)), [30]);
    }

    #[test]
    fn the_usual_distance_is_that_of_most() {
        assert_eq!(usual_distance([0, 10, 20, 30, 500].into_iter()), 10);
        assert_eq!(usual_distance([5].into_iter()), 0);
    }
}
