//! What an import has read, on its way into the file: sorted into series, and written in batches.
//!
//! Reading a file needs no store, so nobody waits for a slow sender; [`Intake::write`] then needs it for a moment. A gap
//! tells of no kind and often of no unit: it belongs to the series of its name that the file had before, to one that is
//! recorded already, or to the one that follows.

use std::collections::{BTreeMap, HashMap};

use super::name::Name;
use super::series::{Key, Kind, Sample};
use super::store::{Recorded, Store};
use super::text::Entry;
use super::text::read::Refused;
use crate::disk::Fault;

/// Samples that are written together; 24 bytes each.
pub const BATCH: usize = 50_000;
/// More series than that are a mistake: a column with numbers is taken for the one with names.
const MOST_SERIES: usize = 10_000;
/// Gaps that may wait for the first value of their series.
const MOST_GAPS: usize = 10_000;

/// What is being imported.
#[derive(Default)]
pub struct Intake {
    series: Vec<Series>,
    /// Which of them bear a name; the one that was told of last stands last.
    known: HashMap<Name, Vec<usize>>,
    /// How many of them are new.
    new: usize,
    /// Samples that are not written yet.
    count: usize,
    /// The words of this import; a sample that is not written yet holds the number.
    words: Vec<Box<str>>,
    numbers: HashMap<Box<str>, usize>,
    /// Gaps of series that nobody knows yet, with their lines.
    gaps: HashMap<Name, Vec<(u64, i64)>>,
    waiting_gaps: usize,
    done: Imported,
}

/// A series and what is not written of it yet.
struct Series {
    key: Key,
    samples: Vec<Sample>,
}

/// Why a gap is refused.
const LONE_GAP: &str = "an unknown value of a series that has no other one";

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Samples of each series.
    pub series: BTreeMap<Name, u64>,
    /// Samples that were in the file already.
    pub known: u64,
    /// The first moment.
    pub first: Option<i64>,
    /// The last one.
    pub last: Option<i64>,
}

impl Imported {
    /// All samples.
    pub fn samples(&self) -> u64 {
        self.series.values().sum()
    }
}

impl Intake {
    /// An import into a file that holds these series.
    pub fn new<'a>(keys: impl Iterator<Item = &'a Key>) -> Self {
        let mut intake = Self::default();
        for key in keys {
            intake.begin(key.clone());
        }
        intake
    }

    fn begin(&mut self, key: Key) -> usize {
        let number = self.series.len();
        self.known.entry(Name::of(&key)).or_default().push(number);
        self.series.push(Series { key, samples: Vec::new() });
        number
    }

    /// Takes an entry in, or says why not.
    pub fn take(&mut self, line: u64, entry: &Entry<'_>) -> Result<(), String> {
        let (kind, value) = match entry.value {
            Recorded::Number(number) => (Kind::Number, number),
            Recorded::Truth(truth) => (Kind::Truth, f64::from(u8::from(truth))),
            Recorded::Word(word) => (Kind::Word, self.number(word)),
            Recorded::Unknown => return self.take_gap(line, entry),
        };
        let series = self.of(entry, kind)?;
        if self.waiting_gaps > 0 {
            for (_, at) in self.gaps.remove(entry.name).unwrap_or_default() {
                self.waiting_gaps -= 1;
                self.add(series, at, f64::NAN);
            }
        }
        self.add(series, entry.at, value);
        Ok(())
    }

    fn take_gap(&mut self, line: u64, entry: &Entry<'_>) -> Result<(), String> {
        let unit = entry.unit.filter(|unit| !unit.is_empty());
        let fits = |number: &&usize| match (entry.unit, self.series.get(**number)) {
            (Some(_), Some(series)) => series.key.unit.as_deref() == unit,
            (_, found) => found.is_some(),
        };
        let found = self.known.get(entry.name).and_then(|numbers| numbers.iter().rev().find(fits).copied());
        let series = match found {
            Some(series) => series,
            // Only numbers have units.
            None if unit.is_some() => self.of(entry, Kind::Number)?,
            None if self.waiting_gaps >= MOST_GAPS => return Err(LONE_GAP.to_owned()),
            None => {
                self.waiting_gaps += 1;
                self.gaps.entry(entry.name.clone()).or_default().push((line, entry.at));
                return Ok(());
            }
        };
        self.add(series, entry.at, f64::NAN);
        Ok(())
    }

    /// The series of an entry. Where the file does not tell of units, one that is known already gives its own.
    fn of(&mut self, entry: &Entry<'_>, kind: Kind) -> Result<usize, String> {
        let unit = entry.unit.filter(|unit| !unit.is_empty() && kind == Kind::Number);
        let series = &self.series;
        let is_it = |number: &usize| {
            let key = series.get(*number).map(|series| &series.key);
            key.is_some_and(|key| key.kind == kind && (entry.unit.is_none() || key.unit.as_deref() == unit))
        };
        if let Some(numbers) = self.known.get_mut(entry.name)
            && let Some(at) = numbers.iter().rposition(is_it)
        {
            // What was told of last is what a gap ends.
            let number = numbers.remove(at);
            numbers.push(number);
            return Ok(number);
        }
        if self.new >= MOST_SERIES {
            return Err(format!(
                "there are more than {MOST_SERIES} new series; is the right column named for them?"
            ));
        }
        self.new += 1;
        let Name { topic, quantity } = entry.name.clone();
        Ok(self.begin(Key { topic, quantity, kind, unit: unit.map(Into::into) }))
    }

    #[expect(clippy::cast_precision_loss, reason = "an import never has that many words")]
    fn number(&mut self, word: &str) -> f64 {
        if let Some(number) = self.numbers.get(word) {
            return *number as f64;
        }
        let number = self.words.len();
        self.numbers.insert(word.into(), number);
        self.words.push(word.into());
        number as f64
    }

    fn add(&mut self, series: usize, at: i64, value: f64) {
        if let Some(series) = self.series.get_mut(series) {
            series.samples.push(Sample { at, value });
            self.count += 1;
            self.done.first = Some(self.done.first.map_or(at, |first| first.min(at)));
            self.done.last = Some(self.done.last.map_or(at, |last| last.max(at)));
        }
    }

    /// Whether it is time to write.
    pub fn is_full(&self) -> bool {
        self.count >= BATCH
    }

    /// Writes what was taken in. If that fails, the same can be tried again.
    pub fn write(&mut self, store: &mut Store) -> Result<(), Fault> {
        let words: Vec<f64> = self.words.iter().map(|word| store.value(Recorded::Word(word))).collect();
        for Series { key, samples } in self.series.iter_mut().filter(|series| !series.samples.is_empty()) {
            let id = store.series(key);
            let mut written: Vec<Sample> = samples.clone();
            if key.kind == Kind::Word {
                for sample in written.iter_mut().filter(|sample| !sample.value.is_nan()) {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "it is an index"
                    )]
                    let word = words.get(sample.value as usize);
                    sample.value = word.copied().unwrap_or(f64::NAN);
                }
            }
            let new = store.import(id, &written)?;
            self.done.known += samples.len().saturating_sub(new) as u64;
            self.count -= samples.len();
            *self.done.series.entry(Name::of(key)).or_default() += samples.len() as u64;
            samples.clear();
        }
        Ok(())
    }

    /// What came of it, when everything is written. Gaps of series that never had a value are refused.
    pub fn finish(self, refused: &mut Refused) -> Imported {
        let mut lines: Vec<u64> = self.gaps.values().flatten().map(|(line, _)| *line).collect();
        lines.sort_unstable();
        for line in lines {
            refused.note(line, LONE_GAP.to_owned());
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(quantity: &str, kind: Kind, unit: Option<&str>) -> Key {
        Key { topic: "a".into(), quantity: quantity.into(), kind, unit: unit.map(Into::into) }
    }

    /// What lies in a file after an import, as `quantity kind unit: samples`.
    fn imported(
        before: &[Key],
        entries: &[(&str, i64, Recorded<'_>, Option<&str>)],
    ) -> (Vec<String>, Refused) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("history.sqlite")).unwrap();
        let mut intake = Intake::new(before.iter());
        let mut refused = Refused::default();
        for (line, (quantity, at, value, unit)) in (1..).zip(entries) {
            let name = Name { topic: "a".into(), quantity: (*quantity).into() };
            if let Err(reason) =
                intake.take(line, &Entry { name: &name, at: *at, value: *value, unit: *unit })
            {
                refused.note(line, reason);
            }
        }
        intake.write(&mut store).unwrap();
        let done = intake.finish(&mut refused);
        let all: Vec<(i64, Key)> = store.all().map(|(id, key)| (id, key.clone())).collect();
        let mut told = Vec::new();
        for (id, Key { quantity, kind, unit, .. }) in all {
            let samples = store.samples(id, &(i64::MIN..i64::MAX)).unwrap();
            let samples: Vec<_> =
                samples.iter().map(|sample| format!("{}={}", sample.at, sample.value)).collect();
            told.push(format!(
                "{quantity} {kind:?} {}: {}",
                unit.as_deref().unwrap_or("-"),
                samples.join(" ")
            ));
        }
        told.sort();
        assert_eq!(done.samples() as usize + refused.count as usize, entries.len());
        (told, refused)
    }

    #[test]
    fn a_gap_belongs_to_the_series_that_is_meant() {
        let (number, gap) = (Recorded::Number(1.0), Recorded::Unknown);
        let check = |before: &[Key], entries: &[(&str, i64, Recorded<'_>, Option<&str>)], expect: &[&str]| {
            let (told, refused) = imported(before, entries);
            assert_eq!(
                (told.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), refused.count),
                (expect, 0)
            );
        };
        check(&[], &[("t", 1, number, Some("℃")), ("t", 2, gap, Some("℃"))], &["t Number ℃: 1=1 2=NaN"]);
        check(&[], &[("t", 2, gap, Some("℃"))], &["t Number ℃: 2=NaN"]);
        check(
            &[],
            &[("t", 2, gap, Some("")), ("t", 3, Recorded::Truth(true), Some(""))],
            &["t Truth -: 2=NaN 3=1"],
        );
        check(&[key("t", Kind::Truth, None)], &[("t", 2, gap, Some(""))], &["t Truth -: 2=NaN"]);
        check(
            &[key("t", Kind::Number, Some("℃"))],
            &[("t", 2, gap, None), ("t", 3, number, None)],
            &["t Number ℃: 2=NaN 3=1"],
        );
        check(
            &[key("t", Kind::Number, Some("℃"))],
            &[("t", 3, number, Some("K")), ("t", 4, number, Some(""))],
            &["t Number -: 4=1", "t Number K: 3=1"],
        );
        check(
            &[],
            &[
                ("w", 1, Recorded::Word("b"), None),
                ("w", 2, Recorded::Word("a"), None),
                ("w", 3, Recorded::Word("b"), None),
            ],
            &["w Word -: 1=1 2=2 3=1"],
        );
    }

    #[test]
    fn a_gap_of_nothing_is_refused() {
        let (told, refused) =
            imported(&[], &[("t", 1, Recorded::Number(1.0), None), ("u", 2, Recorded::Unknown, None)]);
        assert_eq!((told.len(), refused.count, refused.named[0].line), (1, 1, 2));
        assert!(refused.named[0].reason.contains("an unknown value"), "{refused:?}");
    }
}
