//! What is kept how long, and a file that has its size.

use std::time::Instant;

use super::rollup::DAY;
use super::*;

fn float_fill(store: &mut Store, series: i64, days: std::ops::Range<i64>) {
    let mut random = fastrand::Rng::with_seed(1);
    for day in days {
        let sample = |n: i64, value| Sample { at: START + n * 10_000, value };
        let samples: Vec<Sample> =
            (day * 8_640..(day + 1) * 8_640).map(|n| sample(n, random.f64())).collect();
        store.import(series, &samples).unwrap();
    }
}

#[test]
fn samples_hours_and_days_have_ages_of_their_own_and_series_theirs() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let (short, long) = (store.series(&key("short", Kind::Number)), store.series(&key("long", Kind::Number)));
    float_fill(&mut store, short, 0..10);
    float_fill(&mut store, long, 0..10);
    let keep = Keep {
        samples_since: START + 8 * DAY,
        exceptions: [(long, START + 2 * DAY)].into(),
        hours_since: START + 4 * DAY,
        days_since: START + DAY,
        bytes: u64::MAX,
    };
    while store.let_go_of_old(&keep).unwrap() {}
    let first = |series| (store.extent(series).unwrap().unwrap().first - START) / DAY;
    assert_eq!((first(short), first(long)), (7, 1), "chunks go whole");
    let begin = |table: &str| -> i64 {
        let sql = format!("SELECT min(begin) FROM {table}");
        store.database.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(begin("hour"), START + 4 * DAY);
    assert!((START + DAY..START + 2 * DAY).contains(&begin("day")));
}

#[test]
fn the_file_never_grows_above_its_size_while_it_is_filled() {
    const MOST: u64 = 2 << 20;
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    let keep = Keep::everything(MOST);
    store.let_go_of_old(&keep).unwrap();
    let series = store.series(&key("temperature", Kind::Number));
    let mut random = fastrand::Rng::with_seed(1);
    let (mut largest, mut slowest) = (0, std::time::Duration::ZERO);
    for n in 0..400_000 {
        store.add(series, START + n * 10_000, Recorded::Number(random.f64()));
        if n % 500 == 499 {
            store.flush().unwrap();
        }
        if n % 30_000 == 29_999 {
            store.fold().unwrap();
            loop {
                let start = Instant::now();
                let is_more = store.let_go_of_old(&keep).unwrap();
                slowest = slowest.max(start.elapsed());
                if !is_more {
                    break;
                }
            }
        }
        if n % 500 == 0 {
            largest = largest.max(store.bytes().unwrap().file);
        }
    }
    assert!(largest <= MOST, "{largest} bytes");
    // What is promised to those who wait meanwhile.
    assert!(slowest < std::time::Duration::from_millis(100), "{slowest:?}");
    store.settle().unwrap();
    let bytes = store.bytes().unwrap();
    assert!(bytes.file <= MOST && bytes.used > MOST / 2, "{bytes:?}");
    let extent = store.extent(series).unwrap().unwrap();
    assert_eq!(extent.last, START + 399_999 * 10_000);
    assert!(extent.first > START, "the oldest went");
    assert!(store.thin(series, &(START..START + 2 * DAY), 2).unwrap().len() >= 2, "hours and days stay");
}

#[test]
fn hours_go_only_when_there_are_no_samples_and_days_last() {
    let place = place();
    let mut store = Store::open(&place.path).unwrap();
    for n in 0..40 {
        let series = store.series(&key(&format!("temperature/{n}"), Kind::Number));
        let samples: Vec<Sample> =
            (0..2_000).map(|n| Sample { at: START + n * 1_800_000, value: temperature(n) }).collect();
        store.import(series, &samples).unwrap();
    }
    let count = |store: &Store| {
        let count = |table: &str| -> i64 {
            let sql = format!("SELECT count(*) FROM {table}");
            store.database.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        [count("chunk"), count("hour"), count("day")]
    };
    let [_, hours, days] = count(&store);
    let used = store.bytes().unwrap().used;
    while store.let_go_of_old(&Keep::everything(used / 2)).unwrap() {}
    let [chunks, fewer_hours, same_days] = count(&store);
    assert!(chunks == 0 && fewer_hours > 0 && fewer_hours < hours && same_days == days);
    while store.let_go_of_old(&Keep::everything(60 * 1024)).unwrap() {}
    let [_, no_hours, fewer_days] = count(&store);
    assert!(no_hours == 0 && fewer_days < days, "{no_hours} {fewer_days}");
}
