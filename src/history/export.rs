//! What was, for other programs: an export that is made piece by piece.
//!
//! A piece is some of the samples of one series, so that the store is needed for a moment only and a slow reader costs
//! no memory. Series stand one behind the other, each in the order of time. Where the hub did not run, a gap tells so.

use std::collections::HashMap;
use std::ops::Range;

use super::name::{Name, Pattern};
use super::series::{Key, Kind, Sample};
use super::store::{Recorded, Store};
use super::text::write::{Layout, Written};
use crate::disk::Fault;

/// Samples that a piece should have.
const PIECE: u64 = 10_000;
/// The shortest time that a piece is of, and the longest.
const SHORTEST: i64 = 10_000;
const LONGEST: i64 = 400 * 24 * 3_600_000;

/// An export under way.
pub struct Export {
    layout: Layout,
    range: Range<i64>,
    /// Those that are still to come, the next one last.
    series: Vec<(i64, Key)>,
    half: Option<Half>,
    /// When the hub did not run.
    pauses: Vec<i64>,
    words: HashMap<u64, Option<Box<str>>>,
    has_begun: bool,
    samples: u64,
    damaged: usize,
}

/// A series that is under way.
struct Half {
    id: i64,
    kind: Kind,
    written: Written,
    next: i64,
    end: i64,
    width: i64,
    /// Whether the last sample that was written is a value.
    holds: bool,
}

impl Export {
    /// An export of what these patterns mean, or of everything if there are none.
    pub fn new(store: &Store, wanted: &[Pattern], range: Range<i64>, layout: Layout) -> Result<Self, Fault> {
        let is_wanted = |key: &Key| wanted.is_empty() || wanted.iter().any(|pattern| pattern.means(key));
        let mut series: Vec<(i64, Key)> =
            store.all().filter(|(_, key)| is_wanted(key)).map(|(id, key)| (id, key.clone())).collect();
        series.sort_by_cached_key(|(id, key)| {
            std::cmp::Reverse((Name::of(key).to_string(), key.unit.clone(), *id))
        });
        let pauses = store.pauses(&range)?.into_iter().map(|pause| pause.start).collect();
        Ok(Self {
            layout,
            range,
            series,
            half: None,
            pauses,
            words: HashMap::new(),
            has_begun: false,
            samples: 0,
            damaged: 0,
        })
    }

    /// How many series are still to come.
    pub fn series(&self) -> usize {
        self.series.len() + usize::from(self.half.is_some())
    }

    /// Samples so far, gaps among them.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Chunks that are damaged and were left out.
    pub fn damaged(&self) -> usize {
        self.damaged
    }

    /// The next piece; it may be empty. Nothing at the end.
    pub fn piece(&mut self, store: &Store) -> Result<Option<String>, Fault> {
        let mut out = String::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            self.layout.begin(&mut out);
        }
        let Some(mut half) = self.half.take() else {
            let Some((id, key)) = self.series.pop() else {
                return Ok(Some(out).filter(|out| !out.is_empty()));
            };
            self.half = self.begin(store, id, &key)?;
            return Ok(Some(out));
        };
        let until = half.next.saturating_add(half.width).min(half.end);
        let mut samples = Vec::new();
        let window = half.next..until;
        self.damaged += store.visit(half.id, &window, |some| samples.extend_from_slice(some))?;
        if !samples.is_sorted_by_key(|sample| sample.at) {
            samples.sort_by_key(|sample| sample.at);
        }
        let mut stops = self.stops(&window).into_iter().peekable();
        for sample in samples {
            while let Some(at) = stops.next_if(|at| *at < sample.at) {
                self.stop(&mut half, &mut out, at);
            }
            self.sample(store, &mut half, &mut out, sample);
        }
        for at in stops {
            self.stop(&mut half, &mut out, at);
        }
        half.next = until;
        self.half = Some(half).filter(|half| half.next < half.end);
        Ok(Some(out))
    }

    fn begin(&self, store: &Store, id: i64, key: &Key) -> Result<Option<Half>, Fault> {
        let Some(extent) = store.extent(id)? else { return Ok(None) };
        let next = extent.first.max(self.range.start);
        // The gap of a stop may follow the last sample.
        let last = self.pauses.last().copied().unwrap_or(i64::MIN).max(extent.last);
        let end = last.saturating_add(1).min(self.range.end);
        let length = extent.last.saturating_sub(extent.first).max(1);
        let per_sample = length.unsigned_abs() / extent.samples.max(1);
        let width =
            i64::try_from(per_sample.saturating_mul(PIECE)).unwrap_or(LONGEST).clamp(SHORTEST, LONGEST);
        let unit = Some(key.unit.as_deref().unwrap_or_default());
        let written = self.layout.series(&Name::of(key).to_string(), unit);
        Ok((next < end).then_some(Half { id, kind: key.kind, written, next, end, width, holds: false }))
    }

    /// When the hub stopped within a time.
    fn stops(&self, window: &Range<i64>) -> Vec<i64> {
        self.pauses.iter().copied().filter(|at| window.contains(at)).collect()
    }

    /// From here on nobody knows, if somebody knew before.
    fn stop(&mut self, half: &mut Half, out: &mut String, at: i64) {
        if std::mem::take(&mut half.holds) {
            half.written.sample(out, at, Recorded::Unknown);
            self.samples += 1;
        }
    }

    fn sample(&mut self, store: &Store, half: &mut Half, out: &mut String, Sample { at, value }: Sample) {
        let recorded = match half.kind {
            _ if value.is_nan() => Recorded::Unknown,
            Kind::Number => Recorded::Number(value),
            Kind::Truth => Recorded::Truth(value != 0.0),
            Kind::Word => {
                let known = self.words.entry(value.to_bits());
                // A number that stands for no word is damage, of which nobody knows what it was.
                match known.or_insert_with(|| store.word(value).map(Into::into)) {
                    Some(word) => Recorded::Word(word),
                    None => Recorded::Unknown,
                }
            }
        };
        half.written.sample(out, at, recorded);
        half.holds = recorded != Recorded::Unknown;
        self.samples += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::intake::Intake;
    use crate::history::text::Entry;
    use crate::history::text::read::{Form, Reader, Refused};

    const NOW: i64 = 1_795_000_000_000;

    fn key(quantity: &str, kind: Kind, unit: Option<&str>) -> Key {
        Key { topic: "nodes/a".into(), quantity: quantity.into(), kind, unit: unit.map(Into::into) }
    }

    fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(&folder.path().join("history.sqlite")).unwrap()
    }

    fn filled(store: &mut Store) {
        let mut random = fastrand::Rng::with_seed(7);
        let keys = [
            key("t", Kind::Number, Some("℃")),
            key("t", Kind::Number, Some("°F")),
            key("on", Kind::Truth, None),
            key("state", Kind::Word, None),
            key("", Kind::Number, None),
        ];
        for (number, key) in keys.iter().enumerate() {
            let id = store.series(key);
            let mut at = NOW;
            for _ in 0..30_000 / (number + 1) {
                at += random.i64(1..20_000);
                let recorded = match (key.kind, random.u8(0..20)) {
                    (_, 0) => Recorded::Unknown,
                    (Kind::Number, _) => Recorded::Number(f64::from(random.i16(..)) / 100.0),
                    (Kind::Truth, some) => Recorded::Truth(some > 9),
                    (Kind::Word, some) => {
                        Recorded::Word(["auto", "true", "", "=1", "a,b"][usize::from(some % 5)])
                    }
                };
                store.add(id, at, recorded);
            }
            if number == 1 {
                store.flush().unwrap();
                store.fold().unwrap();
            }
        }
        store.flush().unwrap();
    }

    fn text(store: &Store, wanted: &[&str], range: Range<i64>, layout: Layout) -> String {
        let wanted: Vec<Pattern> = wanted.iter().map(|text| text.parse().unwrap()).collect();
        let mut export = Export::new(store, &wanted, range, layout).unwrap();
        let mut all = String::new();
        while let Some(piece) = export.piece(store).unwrap() {
            assert!(piece.len() < 4_000_000, "{}", piece.len());
            all.push_str(&piece);
        }
        assert_eq!(export.series(), 0);
        all
    }

    const ALL: Range<i64> = i64::MIN..i64::MAX;

    #[test]
    fn what_was_exported_and_imported_is_exported_as_the_same() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut store_here = store(&here);
        filled(&mut store_here);
        let csv = text(&store_here, &[], ALL, Layout::Csv);
        assert!(csv.lines().count() > 60_000, "{}", csv.lines().count());
        for (layout, form) in
            [(Layout::Csv, Form::Csv(Default::default())), (Layout::JsonLines, Form::JsonLines)]
        {
            let mut other = Store::open(&there.path().join(layout.media().1)).unwrap();
            let mut intake = Intake::new(other.all().map(|(_, key)| key));
            let mut reader = Reader::new(form, NOW);
            for piece in text(&store_here, &[], ALL, layout).as_bytes().chunks(64 * 1024) {
                reader.feed(piece, &mut |line, entry: Entry<'_>| intake.take(line, &entry)).unwrap();
                if intake.is_full() {
                    intake.write(&mut other).unwrap();
                }
            }
            reader.finish(&mut |line, entry: Entry<'_>| intake.take(line, &entry)).unwrap();
            intake.write(&mut other).unwrap();
            assert_eq!(*reader.refused(), Refused::default());
            let again = text(&other, &[], ALL, Layout::Csv);
            let differs = again.lines().zip(csv.lines()).position(|(a, b)| a != b);
            assert_eq!((differs, again.len()), (None, csv.len()));
        }
    }

    #[test]
    fn only_what_is_wanted_is_exported() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(&folder);
        filled(&mut store);
        let range = NOW + 1_000_000..NOW + 2_000_000;
        let csv = text(&store, &["nodes/+#t", "nodes/a#on"], range.clone(), Layout::Csv);
        let lines: Vec<&str> = csv.lines().skip(1).collect();
        assert!(
            lines.len() > 100
                && lines.iter().all(|line| line.contains(",nodes/a#t,") || line.contains(",nodes/a#on,"))
        );
        let times: Vec<i64> =
            lines.iter().filter_map(|line| crate::history::moment::stamp(line.split_once(',')?.0)).collect();
        assert_eq!(times.len(), lines.len());
        assert!(times.iter().all(|at| range.contains(at)));
        assert_eq!(text(&store, &["x/#"], ALL, Layout::Csv).lines().count(), 1);
        assert_eq!(text(&store, &["x/#"], ALL, Layout::JsonLines), "");
    }

    #[test]
    fn a_stop_of_the_hub_is_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        for begin in [NOW, NOW + 1_000_000] {
            let mut store = store(&folder);
            let id = store.series(&key("t", Kind::Number, None));
            for step in 0..3 {
                store.add(id, begin + step * 1_000, Recorded::Number(1.0));
            }
            store.close_at(begin + 5_000).unwrap();
        }
        let csv = text(&store(&folder), &[], ALL, Layout::Csv);
        let values: Vec<&str> = csv.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
        assert_eq!(values, ["1", "1", "1", "", "1", "1", "1"], "{csv}");
        assert!(csv.contains(&format!("{},nodes/a#t,,", crate::history::moment::show(NOW + 5_000))));
    }
}
