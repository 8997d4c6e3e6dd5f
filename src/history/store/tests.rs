mod import;
mod look;
mod retain;
mod runs;

use std::path::PathBuf;

use super::*;
use crate::history::series::Kind;

const START: i64 = 1_795_212_000_000;

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    Place { _folder: folder, path }
}

fn key(quantity: &str, kind: Kind) -> Key {
    Key { topic: "nodes/bridge/0/thermometer/0".into(), quantity: quantity.into(), kind, unit: None }
}

/// A temperature every ten seconds that goes up and down within a day.
fn temperature(n: i64) -> f64 {
    let day = f64::from(i32::try_from(n.rem_euclid(8_640)).unwrap()) / 8_640.0;
    ((20.0 + 5.0 * (day * std::f64::consts::TAU).sin()) * 100.0).round() / 100.0
}

fn fill(store: &mut Store, series: i64, from: i64, to: i64) -> Vec<Sample> {
    let samples: Vec<Sample> =
        (from..to).map(|n| Sample { at: START + n * 10_000, value: temperature(n) }).collect();
    for sample in &samples {
        store.add(series, sample.at, Recorded::Number(sample.value));
    }
    samples
}

#[test]
fn samples_come_back_from_memory_journal_and_chunks_and_over_a_restart() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let mut all = fill(&mut store, series, 0, 5_000);
    store.flush().unwrap();
    store.fold().unwrap();
    all.extend(fill(&mut store, series, 5_000, 6_000));
    store.flush().unwrap();
    all.extend(fill(&mut store, series, 6_000, 6_010));
    let everything = i64::MIN..i64::MAX;
    assert_eq!(store.samples(series, &everything).unwrap(), all);
    let some = START + 4_990 * 10_000..START + 6_005 * 10_000;
    assert_eq!(store.samples(series, &some).unwrap(), all[4_990..6_005]);
    // A stop without a flush loses what waited, and nothing else.
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    assert_eq!(store.series(&key("temperature", Kind::Number)), series);
    assert_eq!(store.samples(series, &everything).unwrap(), all[..6_000]);
    store.fold().unwrap();
    assert_eq!((store.tails(), store.waiting()), (0, 0));
    store.close().unwrap();
    let store = Store::open(&place.path).unwrap();
    assert_eq!(store.samples(series, &everything).unwrap(), all[..6_000]);
    assert_eq!(store.samples(series + 1, &everything).unwrap(), []);
}

#[test]
fn what_comes_late_or_out_of_order_is_kept_and_read_in_order() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let mut all = Vec::new();
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..20 {
        for _ in 0..100 {
            let sample = Sample { at: START + random.i64(0..100_000_000), value: f64::from(random.u16(..)) };
            all.push(sample);
            store.add(series, sample.at, Recorded::Number(sample.value));
        }
        store.flush().unwrap();
        store.fold().unwrap();
    }
    all.sort_by_key(|sample| sample.at);
    let times: Vec<i64> = all.iter().map(|sample| sample.at).collect();
    let read = store.samples(series, &(i64::MIN..i64::MAX)).unwrap();
    assert_eq!(read.iter().map(|sample| sample.at).collect::<Vec<_>>(), times);
    let sum = |samples: &[Sample]| samples.iter().map(|sample| sample.value).sum::<f64>();
    assert_eq!(sum(&read), sum(&all));
}

#[test]
fn series_are_told_apart_by_topic_quantity_kind_and_unit() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let one = key("temperature", Kind::Number);
    let other = Key { unit: Some("℃".into()), ..one.clone() };
    let ids =
        [&one, &other, &key("state", Kind::Truth), &key("state", Kind::Word)].map(|key| store.series(key));
    assert_eq!(ids, [1, 2, 3, 4]);
    for id in &ids[..2] {
        store.add(*id, START, Recorded::Number(21.5));
    }
    store.add(ids[2], START, Recorded::Truth(true));
    for (at, word) in ["heating", "idle", "heating"].into_iter().enumerate() {
        store.add(ids[3], START + i64::try_from(at).unwrap(), Recorded::Word(word));
    }
    store.flush().unwrap();
    store.fold().unwrap();
    let store = {
        drop(store);
        Store::open(&place.path).unwrap()
    };
    assert_eq!(store.all().map(|(id, key)| (id, key.unit.clone())).nth(1), Some((2, Some("℃".into()))));
    let said = store.samples(ids[3], &(START..START + 10)).unwrap();
    let words: Vec<_> = said.iter().map(|sample| store.word(sample.value)).collect();
    assert_eq!(words, [Some("heating"), Some("idle"), Some("heating")]);
    assert_eq!(store.samples(ids[2], &(START..START + 1)).unwrap()[0].value, 1.0);
}

#[test]
fn a_time_is_thinned_with_its_extremes_from_samples_hours_and_days() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let mut all = fill(&mut store, series, 0, 8_640 * 3);
    let spike = Sample { at: START + 123_456_789, value: 99.5 };
    store.add(series, spike.at, Recorded::Number(spike.value));
    all.push(spike);
    store.flush().unwrap();
    store.fold().unwrap();
    all.extend(fill(&mut store, series, 8_640 * 3, 8_640 * 3 + 500));
    store.flush().unwrap();
    let sum: f64 = all.iter().map(|sample| sample.value).sum();
    let end = START + 4 * rollup::DAY;
    for count in [1, 3, 50, 1_000, 100_000] {
        let range = START - START.rem_euclid(rollup::DAY)..end;
        let thin = store.thin(series, &range, count).unwrap();
        let samples: u64 = thin.values().map(|bucket| bucket.count).sum();
        assert_eq!(samples, all.len() as u64, "{count} pieces");
        assert!((thin.values().map(|bucket| bucket.sum).sum::<f64>() - sum).abs() < 1e-6, "{count} pieces");
        let greatest = thin.values().map(|bucket| bucket.greatest).fold(f64::MIN, f64::max);
        assert_eq!(greatest, 99.5, "a spike survives {count} pieces");
        assert_eq!(thin.values().last().unwrap().last, *all.last().unwrap());
        let width = (range.end - range.start) / i64::from(count);
        let most = if width >= rollup::HOUR { count as usize + 1 } else { all.len() };
        assert!(thin.len() <= most, "{} of {count} pieces", thin.len());
    }
}

#[test]
fn a_disk_that_cannot_be_written_costs_nothing_until_memory_is_full() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    store.database.connection.pragma_update(None, "query_only", true).unwrap();
    let all = fill(&mut store, series, 0, 1_000);
    assert!(store.flush().is_err());
    assert_eq!(store.samples(series, &(i64::MIN..i64::MAX)).unwrap(), all);
    store.database.connection.pragma_update(None, "query_only", false).unwrap();
    assert!(store.flush().unwrap());
    assert_eq!(store.samples(series, &(i64::MIN..i64::MAX)).unwrap(), all);
    fill(&mut store, series, 1_000, i64::try_from(MOST_WAITING).unwrap() + 1_001);
    assert_eq!(store.take_lost(), MOST_WAITING as u64 / 2);
    assert_eq!(store.waiting(), MOST_WAITING / 2 + 1);
}

#[test]
fn a_damaged_chunk_costs_only_itself() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    for hour in 0..3 {
        fill(&mut store, series, hour * 360, (hour + 1) * 360);
        store.flush().unwrap();
        store.fold().unwrap();
    }
    store.database.connection.execute("UPDATE chunk SET samples = x'0102' WHERE id = 2", []).unwrap();
    let mut count = 0;
    let damaged = store.visit(series, &(i64::MIN..i64::MAX), |samples| count += samples.len()).unwrap();
    assert_eq!((damaged, count), (1, 720));
}

#[test]
fn what_is_old_goes_and_the_file_never_has_more_than_its_size() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let mut random = fastrand::Rng::with_seed(1);
    for day in 0..20 {
        for n in day * 8_640..(day + 1) * 8_640 {
            store.add(series, START + n * 10_000, Recorded::Number(random.f64()));
        }
        store.flush().unwrap();
        store.fold().unwrap();
    }
    let keep = |days: i64, bytes| {
        let samples_since = START + days * rollup::DAY;
        let hours_since = samples_since - 2 * rollup::DAY;
        Keep { samples_since, hours_since, ..Keep::everything(bytes) }
    };
    while store.let_go_of_old(&keep(5, u64::MAX)).unwrap() {}
    let everything = i64::MIN..i64::MAX;
    let first = store.samples(series, &everything).unwrap()[0].at;
    let day_five = START + 5 * rollup::DAY;
    assert!((day_five - rollup::DAY..=day_five).contains(&first), "chunks go whole: {first}");
    let hours = store.thin(series, &(START..START + 20 * rollup::DAY), 20 * 24).unwrap();
    assert_eq!(*hours.keys().next().unwrap(), START + 3 * rollup::DAY, "hours outlive samples");
    store.settle().unwrap();
    let size = || std::fs::metadata(&place.path).unwrap().len();
    let half = size() / 2;
    while store.let_go_of_old(&keep(0, half)).unwrap() {}
    store.settle().unwrap();
    assert!(size() <= half, "{} of {half}", size());
    let left = store.samples(series, &everything).unwrap();
    assert!(!left.is_empty() && left[0].at > first, "the oldest went first");
    assert_eq!(left.last().unwrap().at, START + (20 * 8_640 - 1) * 10_000);
}
