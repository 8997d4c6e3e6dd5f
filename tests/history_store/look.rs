//! Other programs read while the hub writes.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clown_hub::history::store::Store;

use super::ledger::{self, add, check, key, start};
use super::tools::need;

/// Reads the whole history fifty times.
pub fn read_again_and_again(path: &Path) {
    let mut known = 0;
    for _ in 0..50 {
        let count = check(&Store::look(path).unwrap());
        assert!(count >= known);
        known = count;
        thread::sleep(Duration::from_millis(10));
    }
    assert!(known > 0);
}

/// What a stranger does with the file.
const STRANGER: &str = r#"
import sqlite3, sys, time
known = 0
for _ in range(50):
    with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as file:
        count, = file.execute("SELECT sum(count) FROM hourly WHERE topic = 'nodes/ledger/0'").fetchone()
        assert count >= known, (count, known)
        known = count
        assert file.execute("PRAGMA quick_check").fetchone() == ("ok",)
    time.sleep(0.01)
time, = file.execute("SELECT min(time) FROM hourly").fetchone()
print(known > 0, time)
"#;

#[test]
fn python_and_another_process_read_while_the_hub_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut store = Store::open(&path).unwrap();
    add(&mut store, 0, 100);
    store.flush().unwrap();
    store.fold().unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut n = 100;
            while !over.load(Ordering::Relaxed) {
                add(&mut store, n, n + 10);
                store.flush().unwrap();
                n += 10;
                if n % 500 == 0 {
                    store.fold().unwrap();
                }
                thread::sleep(Duration::from_millis(1));
            }
            n
        });
        let reader = start("read", &path);
        let stranger = need("python3", "python3").args(["-c", STRANGER]).arg(&path).output().unwrap();
        let reader = reader.wait_with_output().unwrap();
        over.store(true, Ordering::Relaxed);
        let written = writer.join().unwrap();
        assert!(reader.status.success(), "{}", String::from_utf8_lossy(&reader.stdout));
        let errors = String::from_utf8_lossy(&stranger.stderr);
        assert_eq!(String::from_utf8_lossy(&stranger.stdout), "True 2026-11-20T22:00:00Z\n", "{errors}");
        assert_eq!(check(&Store::look(&path).unwrap()), written);
    });
}

#[test]
fn views_say_hours_and_days_in_words_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut store = Store::open(&path).unwrap();
    add(&mut store, 0, 3_700);
    let mode = store
        .series(&clown_hub::history::series::Key { kind: clown_hub::history::series::Kind::Word, ..key(9) });
    let idle = clown_hub::history::store::Recorded::Word("idle");
    store.add(mode, ledger::START, idle);
    store.flush().unwrap();
    store.fold().unwrap();
    store.close().unwrap();
    let query = "import sqlite3, sys
file = sqlite3.connect(sys.argv[1])
columns = 'topic, quantity, unit, time, least, mean, greatest, gain, count, last'
for view in 'hourly', 'daily':
    for row in file.execute(f'SELECT {columns} FROM {view} WHERE topic IN (?, ?)', ('nodes/ledger/0', 'nodes/ledger/9')):
        print(*row)";
    let said = need("python3", "python3").args(["-c", query]).arg(&path).output().unwrap();
    let expect = "nodes/ledger/0 count None 2026-11-20T22:00:00Z 0.0 1799.5 3599.0 3599.0 3600 3599.0
nodes/ledger/0 count None 2026-11-20T23:00:00Z 3600.0 3649.5 3699.0 100.0 100 3699.0
nodes/ledger/9 count None 2026-11-20T22:00:00Z None None None None 1 idle
nodes/ledger/0 count None 2026-11-20 0.0 1849.5 3699.0 3699.0 3700 3699.0
nodes/ledger/9 count None 2026-11-20 None None None None 1 idle
";
    assert_eq!(String::from_utf8_lossy(&said.stdout), expect, "{}", String::from_utf8_lossy(&said.stderr));
}
