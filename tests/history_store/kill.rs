//! A process that records and is killed again and again, at any moment.
//!
//! `kill -9` takes the process but not what the operating system holds for it; a power cut may take that, too: then what
//! was written since the last checkpoint of SQLite's log can be missing, in whole flushes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use clown_hub::history::store::{Keep, Store};
use rusqlite::Connection;

use super::ledger::{add, check, start};

/// How often it is killed, by all threads together.
const KILLS: usize = 1_000;
/// Cases at the same time.
const THREADS: usize = 4;
/// Kills of one file, which must not become too large to be looked through each time.
const KILLS_OF_A_FILE: usize = 25;
/// Samples of each series that a flush writes.
const FLUSH: i64 = 5;

/// Adds, flushes and folds for ever; says after each flush how many samples of each series are in the file.
pub fn record_until_killed(path: &Path) {
    let mut store = Store::open(path).unwrap();
    let mut n = check(&store);
    let mut out = std::io::stdout().lock();
    loop {
        add(&mut store, n, n + FLUSH);
        store.flush().unwrap();
        n += FLUSH;
        writeln!(out, "flushed {n}").unwrap();
        if n % 35 == 0 {
            store.fold().unwrap();
        }
        if n % 110 == 0 {
            store.let_go_of_old(&Keep::everything(1 << 30)).unwrap();
        }
        if n % 250 == 0 {
            store.settle().unwrap();
        }
    }
}

/// Kills one file's process again and again; returns after how many kills a flush was found that was not told yet.
fn kill(random: &mut fastrand::Rng) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut surprises = 0;
    for _ in 0..KILLS_OF_A_FILE {
        let mut child = start("record", &path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let count = |line: String| line.strip_prefix("flushed ").and_then(|n| n.parse::<i64>().ok());
        // Some are killed while they open the file, most while they write it.
        let mut told = if random.u8(..10) == 0 { None } else { lines.by_ref().find_map(count) };
        thread::sleep(Duration::from_micros(random.u64(..20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        told = lines.filter_map(count).last().or(told);
        let check_of_file: String = Connection::open(&path)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check_of_file, "ok");
        let found = check(&Store::open(&path).unwrap());
        let told = told.unwrap_or(0);
        assert!(found >= told, "{told} samples were flushed, {found} are there");
        surprises += usize::from(found > told);
    }
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    assert!(names.iter().all(|name| !name.contains("damaged")), "{names:?}");
    surprises
}

#[test]
fn nothing_flushed_is_lost_or_doubled_in_a_thousand_kills() {
    let round = |thread: usize| {
        move || {
            let mut random = fastrand::Rng::with_seed(thread as u64);
            (0..KILLS / THREADS / KILLS_OF_A_FILE).map(|_| kill(&mut random)).sum::<usize>()
        }
    };
    let threads: Vec<_> = (0..THREADS).map(|thread| thread::spawn(round(thread))).collect();
    let surprises: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    println!("{KILLS} kills; {surprises} times a flush had ended that nobody was told of");
}
