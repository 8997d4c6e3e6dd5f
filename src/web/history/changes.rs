//! On and off, and words, of a time: when they changed.
//!
//! What was said before the time holds at its beginning. Where there are more changes than a screen can show, each piece of
//! time keeps its first and its last one, so that something that was on for a moment is still seen.

use std::collections::BTreeMap;
use std::ops::Range;

use super::pieces::{Of, samples_and_holes};
use crate::disk::Fault;
use crate::history::series::Sample;

/// So many samples are read one by one.
const MOST: u64 = 300_000;

/// A change: when, and to what; nothing from where on nobody knows.
pub type Change = (i64, Option<f64>);

/// The changes of a time.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// In order, the first one what was so at the beginning; not all of them if there are very many.
    pub shown: Vec<Change>,
    /// How many there were.
    pub count: usize,
    /// For how many milliseconds each value held.
    pub held: BTreeMap<i64, i64>,
}

/// The changes of some series that bear one name.
pub fn changes(of: &Of<'_>) -> Result<Changes, Fault> {
    let mut changes: Vec<Change> = Vec::new();
    for sample in before(of)?.into_iter().chain(told(of)?) {
        let value = sample.value.is_finite().then_some(sample.value);
        if changes.last().map_or(value.is_some(), |(_, last)| *last != value) {
            changes.push((sample.at, value));
        }
    }
    let mut all = Changes::default();
    let ends = changes.iter().skip(1).map(|(at, _)| *at).chain([of.range.end]);
    for (number, ((at, value), end)) in changes.iter().zip(ends).enumerate() {
        let Some(value) = value else { continue };
        *all.held.entry(whole(*value)).or_default() += end - at;
        // What is known after a time that nobody knows did not change then.
        let before = number.checked_sub(1).and_then(|before| changes.get(before));
        all.count += usize::from(before.is_some_and(|(_, before)| before.is_some()));
    }
    all.shown = thinned(changes, of.range, of.points);
    Ok(all)
}

/// A truth or the number of a word; both are whole.
#[expect(clippy::cast_possible_truncation, reason = "words are numbered from 1")]
pub fn whole(value: f64) -> i64 {
    value as i64
}

/// What was said, all of it; of a switch that flaps for years, what was so at the end of each point.
fn told(of: &Of<'_>) -> Result<Vec<Sample>, Fault> {
    let mut count = 0;
    for id in of.ids {
        count += of.store.extent(*id)?.map_or(0, |extent| extent.samples);
    }
    if count <= MOST {
        return samples_and_holes(of);
    }
    let mut ends: Vec<Sample> = Vec::new();
    for id in of.ids {
        ends.extend(of.store.thin(*id, of.range, of.points.max(1))?.values().map(|bucket| bucket.last));
    }
    ends.sort_by_key(|sample| sample.at);
    Ok(ends)
}

/// What was so when the time began: what was said last, unless the hub has paused since.
fn before(of: &Of<'_>) -> Result<Option<Sample>, Fault> {
    let start = of.range.start;
    let mut last: Option<Sample> = None;
    for id in of.ids {
        let found = of.store.before(*id, start)?;
        last = found.filter(|it| last.is_none_or(|last| it.at > last.at)).or(last);
    }
    let Some(last) = last.filter(|last| last.at < start) else { return Ok(None) };
    let is_sure = of.store.pauses(&(last.at..start))?.is_empty();
    Ok(is_sure.then_some(Sample { at: start, ..last }))
}

fn thinned(changes: Vec<Change>, range: &Range<i64>, points: u32) -> Vec<Change> {
    let most = points.max(1) as usize;
    if changes.len() <= 2 * most {
        return changes;
    }
    let width = (range.end.saturating_sub(range.start) / i64::from(points.max(1))).max(1);
    let piece = |at: i64| at.div_euclid(width);
    let mut kept: Vec<Change> = Vec::with_capacity(2 * most);
    for change in changes {
        match kept.as_slice() {
            // The second one of a piece gives way to the last one.
            [.., one, other] if piece(one.0) == piece(change.0) && piece(other.0) == piece(change.0) => {
                kept.pop();
                kept.push(change);
            }
            _ => kept.push(change),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn among_very_many_changes_each_point_keeps_its_first_and_its_last() {
        let value = |n: i64| Some(if n % 2 == 0 { 0.0 } else { 1.0 });
        let many: Vec<Change> = (0..1_000).map(|n| (n, value(n))).collect();
        let kept = thinned(many.clone(), &(0..1_000), 10);
        assert_eq!(kept.len(), 20);
        assert_eq!((kept[0], kept[1], kept[2]), (many[0], many[99], many[100]));
        assert_eq!(thinned(many.clone(), &(0..1_000), 500), many);
    }
}
