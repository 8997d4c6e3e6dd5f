//! The file of history beside other programs, over `kill -9`, on disks that are full or lie, damaged, and read without us.

#![allow(clippy::unwrap_used)]

#[path = "history_store/damage.rs"]
mod damage;
#[path = "history_store/disk.rs"]
mod disk;
#[path = "history_store/kill.rs"]
mod kill;
#[path = "history_store/ledger.rs"]
mod ledger;
#[path = "history_store/look.rs"]
mod look;
#[path = "history_store/reader.rs"]
mod reader;
#[path = "common/tools.rs"]
mod tools;

use std::env;
use std::path::Path;

#[test]
#[ignore = "started by other tests, as a process of its own"]
fn a_process_of_its_own() {
    let (Some(task), Some(path)) = (env::var_os(ledger::TASK), env::var_os(ledger::PATH)) else { return };
    match task.to_str() {
        Some("read") => look::read_again_and_again(Path::new(&path)),
        Some("record") => kill::record_until_killed(Path::new(&path)),
        Some("fill") => disk::fill_a_small_disk(Path::new(&path)),
        other => panic!("unknown task {other:?}"),
    }
}
