//! Samples that tell by themselves whether one is missing or double: the n-th of a series is n, at its own second.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use clown_hub::history::series::{Key, Kind};
use clown_hub::history::store::{Recorded, Store};

/// What a process of its own is told.
pub const TASK: &str = "HISTORY_TASK";
/// The file it works on.
pub const PATH: &str = "HISTORY_PATH";

/// When the first sample is.
pub const START: i64 = 1_795_212_000_000;
/// How many series there are.
pub const SERIES: i64 = 4;
/// All time.
pub const EVERYTHING: std::ops::Range<i64> = i64::MIN..i64::MAX;

/// The n-th series.
pub fn key(n: i64) -> Key {
    let topic = format!("nodes/ledger/{n}").into();
    Key { topic, quantity: "count".into(), kind: Kind::Number, unit: None }
}

/// Adds samples from a number to before another one to every series.
pub fn add(store: &mut Store, from: i64, to: i64) {
    for series in 0..SERIES {
        let id = store.series(&key(series));
        for n in from..to {
            store.add(id, START + n * 1_000, Recorded::Number(number(n)));
        }
    }
}

fn number(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap())
}

/// How many samples each series has; none is missing, double, or something else.
pub fn check(store: &Store) -> i64 {
    let mut counts = Vec::new();
    for (id, _) in store.all() {
        let samples = store.samples(id, &EVERYTHING).unwrap();
        for (n, sample) in (0..).zip(&samples) {
            assert_eq!((sample.at, sample.value), (START + n * 1_000, number(n)), "series {id}");
        }
        counts.push(i64::try_from(samples.len()).unwrap());
        let hours: u64 = store
            .thin(id, &(START..START + 100 * 3_600_000), 100)
            .unwrap()
            .values()
            .map(|hour| hour.count)
            .sum();
        assert_eq!(hours, samples.len() as u64, "hours know of all samples of series {id}");
    }
    assert!(counts.windows(2).all(|two| two[0] == two[1]), "{counts:?}");
    counts.first().copied().unwrap_or(0)
}

/// Starts this program again with a task.
pub fn start(task: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["a_process_of_its_own", "--exact", "--ignored", "--nocapture"])
        .env(TASK, task)
        .env(PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}
