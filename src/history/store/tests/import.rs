//! Samples from elsewhere, and samples that are deleted.

use std::ops::Range;

use super::rollup::{DAY, HOUR};
use super::*;

const EVERYTHING: Range<i64> = i64::MIN..i64::MAX;

fn at(n: i64) -> Sample {
    Sample { at: START + n * 10_000, value: temperature(n) }
}

/// Hours and days of a series as the file has them.
fn pieces(store: &Store, series: i64) -> Vec<(String, i64, Bucket)> {
    let mut all = Vec::new();
    for table in ["hour", "day"] {
        let sql = format!("SELECT {} FROM {table} WHERE series = ?1 ORDER BY begin", rollup::COLUMNS);
        let mut statement = store.database.connection.prepare(&sql).unwrap();
        let rows = statement.query_map([series], Bucket::of_row).unwrap();
        all.extend(rows.map(Result::unwrap).map(|(begin, bucket)| (table.to_owned(), begin, bucket)));
    }
    all
}

fn assert_same(found: &[(String, i64, Bucket)], expect: &[(String, i64, Bucket)]) {
    assert_eq!(found.len(), expect.len());
    for ((table, begin, one), (.., other)) in found.iter().zip(expect) {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(near(one.sum, other.sum) && near(one.gain, other.gain), "{table} {begin}: {one:?} {other:?}");
        let rest = |bucket: &Bucket| Bucket { sum: 0.0, gain: 0.0, ..*bucket };
        assert_eq!(rest(one), rest(other), "{table} {begin}");
    }
}

#[test]
fn what_is_imported_in_any_order_and_twice_is_there_once() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    // The same, recorded in order.
    let recorded = store.series(&key("recorded", Kind::Number));
    let all = fill(&mut store, recorded, -30_000, 2_000);
    store.flush().unwrap();
    store.fold().unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    fill(&mut store, series, 0, 1_000);
    store.flush().unwrap();
    store.fold().unwrap();
    fill(&mut store, series, 1_000, 1_500);
    store.flush().unwrap();
    fill(&mut store, series, 1_500, 2_000);
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..2 {
        let mut shuffled = all.clone();
        random.shuffle(&mut shuffled);
        let counts: Vec<usize> =
            shuffled.chunks(7_000).map(|some| store.import(series, some).unwrap()).collect();
        let new: usize = counts.iter().sum();
        assert!(new == 30_000 || new == 0, "{counts:?}");
    }
    assert_eq!(store.import(series, &all).unwrap(), 0);
    assert_eq!(store.samples(series, &EVERYTHING).unwrap(), all);
    store.flush().unwrap();
    store.fold().unwrap();
    assert_eq!(store.samples(series, &EVERYTHING).unwrap(), all);
    assert_same(&pieces(&store, series), &pieces(&store, recorded));
    let chunks: i64 = store
        .database
        .connection
        .query_row("SELECT count(*) FROM chunk WHERE series = ?1", [series], |row| row.get(0))
        .unwrap();
    assert!(chunks < 20, "{chunks} chunks");
}

#[test]
fn an_import_makes_new_series_and_words_and_takes_gaps_and_equal_times() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let mode = store.series(&key("mode", Kind::Word));
    let idle = store.value(Recorded::Word("idle"));
    let samples = [(0, idle), (0, f64::NAN), (5, f64::NAN), (5, f64::NAN), (7, idle)];
    let samples = samples.map(|(at, value)| Sample { at, value });
    assert_eq!(store.import(mode, &samples).unwrap(), 4);
    assert_eq!(store.import(mode, &samples).unwrap(), 0);
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    assert_eq!(store.import(mode, &samples).unwrap(), 0);
    let found = store.samples(mode, &EVERYTHING).unwrap();
    assert_eq!((found.len(), store.word(found[3].value)), (4, Some("idle")));
    assert_eq!(store.pauses(&EVERYTHING).unwrap().len(), 0, "an import is no run");
}

#[test]
fn samples_one_by_one_do_not_become_a_chunk_each() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    for n in 0..300 {
        assert_eq!(store.import(series, &[at(n)]).unwrap(), 1);
    }
    let count = "SELECT count(*) FROM chunk";
    assert_eq!(store.database.connection.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn an_import_again_after_the_samples_went_does_not_double_their_hours() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let all: Vec<Sample> = (0..5_000).map(at).collect();
    store.import(series, &all).unwrap();
    let before = pieces(&store, series);
    let keep = Keep { samples_since: START + DAY, ..Keep::everything(u64::MAX) };
    while store.let_go_of_old(&keep).unwrap() {}
    assert_eq!(store.extent(series).unwrap(), None);
    store.import(series, &all[..2_000]).unwrap();
    store.import(series, &all).unwrap();
    assert_same(&pieces(&store, series), &before);
}

#[test]
fn what_is_forgotten_is_gone_from_chunks_journal_memory_hours_and_days() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let other = store.series(&key("other", Kind::Number));
    let mut all = fill(&mut store, series, 0, 20_000);
    fill(&mut store, other, 0, 100);
    store.flush().unwrap();
    store.fold().unwrap();
    all.extend(fill(&mut store, series, 20_000, 20_100));
    store.flush().unwrap();
    all.extend(fill(&mut store, series, 20_100, 20_200));
    for (from, to) in [(3_000, 15_000), (20_050, 20_150)] {
        let range = at(from).at..at(to).at;
        assert_eq!(store.forget(series, &range).unwrap(), usize::try_from(to - from).unwrap());
        all.retain(|sample| !range.contains(&sample.at));
    }
    assert_eq!(store.samples(series, &EVERYTHING).unwrap(), all);
    store.flush().unwrap();
    store.fold().unwrap();
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    assert_eq!(store.samples(series, &EVERYTHING).unwrap(), all);
    let fresh = store.series(&key("fresh", Kind::Number));
    store.import(fresh, &all).unwrap();
    assert_same(&pieces(&store, series), &pieces(&store, fresh));
    assert_eq!(store.forget(series, &EVERYTHING).unwrap(), all.len());
    assert_eq!((pieces(&store, series).len(), store.extent(series).unwrap()), (0, None));
    assert_eq!(store.extent(other).unwrap().unwrap().samples, 100);
    drop(store);
    let store = Store::open(&place.path).unwrap();
    assert!(store.all().all(|(id, _)| id != series), "its name is gone, too");
}

#[test]
fn a_sample_between_two_of_a_counter_moves_growth_to_where_it_was() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("energy", Kind::Number));
    let sample = |hour: i64, value: f64| Sample { at: START + hour * HOUR, value };
    store.import(series, &[sample(0, 10.0), sample(3, 16.0)]).unwrap();
    let gains = |store: &Store| -> Vec<(i64, f64)> {
        let hours = pieces(store, series).into_iter().filter(|(table, ..)| table == "hour");
        hours.map(|(_, begin, bucket)| ((begin - START) / HOUR, bucket.gain)).collect()
    };
    assert_eq!(gains(&store), [(0, 0.0), (3, 6.0)]);
    store.import(series, &[sample(1, 12.0)]).unwrap();
    assert_eq!(gains(&store), [(0, 0.0), (1, 2.0), (3, 4.0)]);
    store.forget(series, &(START..START + HOUR)).unwrap();
    assert_eq!(gains(&store), [(1, 0.0), (3, 4.0)]);
}
