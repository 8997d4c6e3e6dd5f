//! Gaps, growth, runs and a clock that jumps.

use std::ops::Range;

use super::rollup::{DAY, HOUR};
use super::*;

const EVERYTHING: std::ops::Range<i64> = i64::MIN..i64::MAX;
const MINUTE: i64 = 60_000;

fn times(store: &Store, series: i64) -> Vec<i64> {
    store.samples(series, &EVERYTHING).unwrap().iter().map(|sample| sample.at).collect()
}

fn pauses(store: &Store, range: &Range<i64>) -> Vec<(i64, i64)> {
    store.pauses(range).unwrap().into_iter().map(|pause| (pause.start, pause.end)).collect()
}

#[test]
fn gaps_are_samples_and_belong_to_no_piece() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let check = |store: &Store| {
        let samples = store.samples(series, &EVERYTHING).unwrap();
        assert_eq!(samples.iter().map(Sample::is_gap).collect::<Vec<_>>(), [false, true, false, false]);
        let thin = store.thin(series, &(START..START + DAY), 24).unwrap();
        let hour = thin[&START];
        assert_eq!((hour.count, hour.least, hour.greatest), (2, 21.5, 22.0));
        assert!(store.before(series, START + 15_000).unwrap().unwrap().is_gap());
        assert_eq!(store.before(series, START).unwrap(), None);
        assert_eq!(store.before(series, START + DAY).unwrap().unwrap().value, f64::INFINITY);
    };
    for (at, recorded) in
        [Recorded::Number(21.5), Recorded::Unknown, Recorded::Number(22.0), Recorded::Number(f64::INFINITY)]
            .into_iter()
            .enumerate()
    {
        store.add(series, START + i64::try_from(at).unwrap() * 10_000, recorded);
    }
    check(&store);
    store.flush().unwrap();
    store.fold().unwrap();
    check(&store);
    drop(store);
    check(&Store::open(&place.path).unwrap());
}

#[test]
fn a_counter_grows_over_hours_restarts_resets_and_late_samples() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("energy", Kind::Number));
    let add = |store: &mut Store, minute: i64, value: f64| {
        store.add(series, START + minute * MINUTE, Recorded::Number(value));
    };
    add(&mut store, 0, 100.0);
    add(&mut store, 30, 101.0);
    add(&mut store, 90, 104.0);
    store.flush().unwrap();
    store.fold().unwrap();
    // A late one between two that were counted, a gap, and a meter that begins anew.
    add(&mut store, 60, 103.0);
    add(&mut store, 130, 105.0);
    store.add(series, START + 140 * MINUTE, Recorded::Unknown);
    add(&mut store, 150, 2.0);
    let gains = |store: &Store, range: &Range<i64>, count| -> Vec<f64> {
        store.thin(series, range, count).unwrap().values().map(|bucket| bucket.gain).collect()
    };
    let day = START..START + DAY;
    assert_eq!(gains(&store, &day, 24), [1.0, 3.0, 3.0]);
    store.flush().unwrap();
    store.fold().unwrap();
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    add(&mut store, 160, 2.5);
    assert_eq!(gains(&store, &day, 24), [1.0, 3.0, 3.5]);
    // The day ends two hours later.
    assert_eq!(gains(&store, &day, 1), [4.0, 3.5]);
    // From samples the growth of a piece begins with the value before it.
    assert_eq!(gains(&store, &(START + 120 * MINUTE..START + 135 * MINUTE), 1), [1.0]);
}

#[test]
fn words_and_truths_have_hours_that_say_what_was_last() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let (mode, relay) = (store.series(&key("mode", Kind::Word)), store.series(&key("relay", Kind::Truth)));
    for (minute, word) in [(0, "idle"), (10, "heating"), (70, "idle")] {
        store.add(mode, START + minute * MINUTE, Recorded::Word(word));
        store.add(relay, START + minute * MINUTE, Recorded::Truth(word == "heating"));
    }
    store.flush().unwrap();
    store.fold().unwrap();
    let last = |series, count| -> Vec<f64> {
        let thin = store.thin(series, &(START..START + 2 * HOUR), count).unwrap();
        thin.values().map(|bucket| bucket.last.value).collect()
    };
    let words: Vec<_> = last(mode, 2).into_iter().map(|number| store.word(number)).collect();
    assert_eq!(words, [Some("heating"), Some("idle")]);
    assert_eq!(last(relay, 2), [1.0, 0.0]);
    assert_eq!(last(relay, 12), [0.0, 1.0, 0.0]);
}

#[test]
fn between_runs_nothing_was_recorded() {
    let place = place();
    let run = |from: i64, to: i64, is_torn: bool| {
        let mut store = Store::open(&place.path).unwrap();
        let series = store.series(&key("temperature", Kind::Number));
        fill(&mut store, series, from, to);
        store.flush().unwrap();
        if !is_torn {
            store.close_at(START + to * 10_000).unwrap();
        }
    };
    let at = |n: i64| START + n * 10_000;
    run(0, 100, false);
    run(200, 300, true);
    run(400, 500, true);
    let store = Store::open(&place.path).unwrap();
    let expect = [(at(100), at(200)), (at(299), at(400))];
    assert_eq!(pauses(&store, &EVERYTHING), expect);
    assert_eq!(pauses(&store, &(at(150)..at(160))), vec![(at(150), at(160))]);
    assert_eq!(pauses(&store, &(at(0)..at(100))), []);
    // A start that records nothing is no run.
    store.close().unwrap();
    drop(Store::open(&place.path).unwrap());
    assert_eq!(pauses(&Store::open(&place.path).unwrap(), &EVERYTHING), expect);
}

#[test]
fn what_was_recorded_before_the_clock_was_set_moves_when_it_is() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    store.add(series, START, Recorded::Number(1.0));
    store.flush().unwrap();
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    let boot = 30_000;
    store.add(series, boot, Recorded::Number(2.0));
    store.flush().unwrap();
    store.fold().unwrap();
    store.add(series, boot + 10_000, Recorded::Number(3.0));
    store.flush().unwrap();
    store.add(series, boot + 20_000, Recorded::Number(4.0));
    assert_eq!(store.tails(), 2, "what has no time yet stays in the journal");
    let by = START + HOUR - boot;
    store.shift(by).unwrap();
    let expect = [START, START + HOUR, START + HOUR + 10_000, START + HOUR + 20_000];
    assert_eq!(times(&store, series), expect);
    store.flush().unwrap();
    assert_eq!(pauses(&store, &EVERYTHING), vec![(START, START + HOUR)]);
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    assert_eq!(times(&store, series), expect);
    store.fold().unwrap();
    assert_eq!((times(&store, series), store.tails()), (expect.to_vec(), 0));
}

#[test]
fn earlier_runs_stay_where_they_are_when_the_clock_jumps() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    store.add(series, START, Recorded::Number(1.0));
    store.flush().unwrap();
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    store.add(series, START + 2 * HOUR, Recorded::Number(2.0));
    store.flush().unwrap();
    store.shift(-HOUR).unwrap();
    assert_eq!(times(&store, series), [START, START + HOUR]);
    // A move that cannot be written moves nothing.
    store.add(series, START + HOUR + 1, Recorded::Number(3.0));
    store.database.connection.pragma_update(None, "query_only", true).unwrap();
    assert!(store.shift(HOUR).is_err());
    assert_eq!(times(&store, series), [START, START + HOUR, START + HOUR + 1]);
}

#[test]
fn what_never_got_a_time_is_left_out_by_the_next_run() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    store.add(series, 30_000, Recorded::Number(1.0));
    store.flush().unwrap();
    drop(store);
    let mut store = Store::open(&place.path).unwrap();
    assert!(times(&store, series).is_empty());
    store.add(series, START, Recorded::Number(2.0));
    store.flush().unwrap();
    store.fold().unwrap();
    assert_eq!(times(&store, series), [START]);
}
