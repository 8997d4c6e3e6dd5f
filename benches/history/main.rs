//! What history costs: bytes on disk and bytes written for a sample, time to take and to read them, memory.
//!
//! `cargo bench --bench history` prints the figures of docs/performance.md. The load is synthetic and the same each time:
//! 200 series, one sample each 10 s, two decimals, 10 million samples, flushed every 10 s as the hub does; then the same
//! as random walks of floats with all their digits; beside both, rows in a plain SQLite table and InfluxDB, if `influxd` is
//! there (Debian's package `influxdb`).

mod influx;
mod load;
mod rows;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use clown_hub::history::series::{Key, Kind};
use clown_hub::history::store::{Recorded, Store};
use load::{EVERY_MS, Load, SERIES, START_MS};

/// Flushes of the whole load: 10 million samples.
const TICKS: usize = 50_000;
/// Flushes between two folds, four hours.
const FOLD: usize = 1_440;
/// Flushes of the table of rows, which takes its time.
const ROW_TICKS: usize = 5_000;
/// Flushes of InfluxDB.
const INFLUX_TICKS: usize = 20_000;
/// Samples of a year.
const YEAR: usize = 365 * 8_640;
/// The bytes of a sample as a program holds it: a time and a number.
const HELD: f64 = 16.0;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    println!(
        "| {TICKS} flushes of {SERIES} samples | bytes/sample on disk | written/sample | times its size | times 16 B |"
    );
    println!("| --- | --- | --- | --- | --- |");
    let path = folder.path().join("decimals.sqlite");
    let before = resident();
    let (store, took) = live(&path, false, TICKS);
    let grown = resident().saturating_sub(before);
    let samples = (TICKS * SERIES) as f64;
    println!(
        "\ntaken, flushed and folded: {:.2} million samples/s; memory grew by {} KiB\n",
        samples / took.as_secs_f64() / 1e6,
        grown
    );
    read(&store);
    drop(store);
    drop(live(&folder.path().join("floats.sqlite"), true, TICKS / 10));
    rows::live(&folder.path().join("rows.sqlite"), ROW_TICKS);
    let influx = folder.path().join("influx");
    fs::create_dir(&influx).expect("a folder");
    influx::live(&influx, INFLUX_TICKS);
    year(&folder.path().join("year.sqlite"));
}

/// As the hub does it: a flush every 10 s, a fold every four hours.
fn live(path: &Path, floats: bool, ticks: usize) -> (Store, Duration) {
    let mut store = Store::open(path).expect("a store");
    let mut load = Load::new(floats);
    let ids: Vec<i64> = (0..SERIES).map(|at| store.series(&key(at))).collect();
    let (written, start) = (written(), Instant::now());
    for tick in 0..ticks {
        for (series, sample) in ids.iter().zip(load.tick(tick)) {
            store.add(*series, sample.at, Recorded::Number(sample.value));
        }
        store.flush().expect("it can be written");
        if tick % FOLD == FOLD - 1 {
            store.fold().expect("it can be written");
        }
    }
    store.fold().expect("it can be written");
    let took = start.elapsed();
    store.settle().expect("it can be written");
    let name = if floats { "history, floats of all digits" } else { "history, two decimals" };
    tell(name, path, ticks * SERIES, self::written() - written);
    (store, took)
}

fn key(at: usize) -> Key {
    let topic = format!("nodes/house/{at}/thermometer/0").into();
    Key { topic, quantity: "temperature".into(), kind: Kind::Number, unit: Some("℃".into()) }
}

/// A line of the table, of a file.
fn tell(name: &str, path: &Path, samples: usize, written: u64) {
    line(name, fs::metadata(path).expect("it is there").len(), samples, written);
}

/// A line of the table.
fn line(name: &str, size: u64, samples: usize, written: u64) {
    let (size, samples, written) = (size as f64, samples as f64, written as f64);
    println!(
        "| {name} | {:.2} | {:.1} | {:.1} | {:.2} |",
        size / samples,
        written / samples,
        written / size,
        written / samples / HELD
    );
}

fn read(store: &Store) {
    let day = START_MS + 2 * 86_400_000;
    let best = best(|at| {
        let series = i64::try_from(at % SERIES).expect("small") + 1;
        let samples = store.samples(series, &(day..day + 86_400_000)).expect("it can be read");
        assert_eq!(samples.len(), 8_640);
    });
    println!("a day of one series, 8,640 samples: {best:?}");
}

/// One series for a year, thinned as a page wants it.
fn year(path: &Path) {
    let mut store = Store::open(path).expect("a store");
    let series = store.series(&key(0));
    let mut load = Load::new(false);
    let start = Instant::now();
    for at in 0..YEAR {
        let sample = load.one(at);
        store.add(series, sample.at, Recorded::Number(sample.value));
        if at % 100_000 == 99_999 {
            store.flush().and_then(|_| store.fold()).expect("it can be written");
        }
    }
    store.flush().and_then(|_| store.fold()).expect("it can be written");
    let rate = YEAR as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("\nadded and folded {YEAR} samples of one series: {rate:.2} million/s");
    import(&mut store);
    let length = i64::try_from(YEAR).expect("small") * EVERY_MS;
    for (name, length) in [("a year", length), ("a month", length / 12), ("a week", length / 52)] {
        let best = best(|_| {
            let thin = store.thin(series, &(START_MS..START_MS + length), 1_000).expect("it can be read");
            assert!(thin.len() > 200);
        });
        println!("{name} at 10 s in at most 1,000 pieces: {best:?}");
    }
}

/// The same year into another series, as an import does it.
fn import(store: &mut Store) {
    let series = store.series(&key(1));
    let mut load = Load::new(false);
    let samples: Vec<_> = (0..YEAR).map(|at| load.one(at)).collect();
    let start = Instant::now();
    for batch in samples.chunks(50_000) {
        store.import(series, batch).expect("it can be written");
    }
    let rate = YEAR as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("imported {YEAR} samples in batches of 50,000: {rate:.2} million/s");
}

fn best(mut once: impl FnMut(usize)) -> Duration {
    let round = |at| {
        let start = Instant::now();
        once(at);
        start.elapsed()
    };
    (0..20).map(round).min().unwrap_or_default()
}

/// Bytes that this process has handed to the system for writing.
pub fn written() -> u64 {
    written_by(std::process::id())
}

/// Bytes that a process has handed to the system for writing.
fn written_by(process: u32) -> u64 {
    field(process, "io", "wchar:")
}

/// Resident memory in KiB.
fn resident() -> u64 {
    resident_of(std::process::id())
}

fn resident_of(process: u32) -> u64 {
    field(process, "status", "VmRSS:")
}

fn field(process: u32, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/{file}")).expect("Linux");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("it is there");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
