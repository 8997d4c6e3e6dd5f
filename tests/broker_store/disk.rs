//! What the store writes and when, and what it does when the disk does not take it or gives back something else.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clown_hub::broker::store::{Store, StoreState};
use mqtt5::broker::storage::StorageBackend;
use tokio::time::sleep;

use super::broker::{Broker, LIMITS, Process};
use super::common::{PATIENCE, until};
use super::wire::{Client, Heard};

/// A little longer than changes take to be written.
const WRITTEN: Duration = Duration::from_millis(2_500);

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_all_is_written_when_there_is_space_again() {
    a_disk_that_takes_nothing("/dev/full", "disk_full").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_became_read_only_is_told_and_all_is_written_when_it_is_not() {
    // Root, too, is refused by what the kernel only tells.
    a_disk_that_takes_nothing("/sys/kernel/uevent_seqnum", "read_only").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_named_at_the_start() {
    let path = Path::new("/sys/kernel/broker.sqlite");
    let error = Store::open(path, LIMITS).err().expect("nobody can write there").to_string();
    assert!(error.starts_with("cannot use /sys/kernel/broker.sqlite: "), "{error}");
    assert!(
        error.ends_with("let the hub's user read and write it, and see that the disk has space"),
        "{error}"
    );
}

async fn a_disk_that_takes_nothing(instead: &str, expect: &str) {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(Some(folder.path())).await;
    let mut state = broker.store.as_ref().unwrap().state();
    let mut session = Client::connect(broker.address, "session", false).await;
    session.subscribe("a/#", 1).await;
    session.leave().await;
    for journal in ["journal-a", "journal-b"].map(|name| folder.path().join("broker").with_extension(name)) {
        let _ = fs::remove_file(&journal);
        symlink(instead, journal).unwrap();
    }
    let mut publisher = Client::connect(broker.address, "publisher", true).await;
    publisher.say("a/1", b"acknowledged all the same", true, 1).await;
    let told = |state: &StoreState| matches!(state, StoreState::Failing { code, .. } if *code == expect);
    tokio::time::timeout(PATIENCE, state.wait_for(told)).await.unwrap().unwrap();
    publisher.say("a/2", b"in memory", false, 2).await;
    for journal in ["journal-a", "journal-b"].map(|name| folder.path().join("broker").with_extension(name)) {
        fs::remove_file(journal).unwrap();
    }
    let over = |state: &StoreState| *state == StoreState::Kept;
    tokio::time::timeout(PATIENCE, state.wait_for(over)).await.unwrap().unwrap();
    let copy = copy(folder.path());
    let again = Broker::start(Some(copy.path())).await;
    let mut session = Client::connect(again.address, "session", false).await;
    let got = session.drain(Duration::from_millis(300)).await;
    assert_eq!(got.iter().map(|(topic, _)| topic.as_str()).collect::<Vec<_>>(), ["a/1", "a/2"]);
    again.stop().await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_deleted_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(Some(folder.path())).await;
    let mut publisher = Client::connect(broker.address, "publisher", true).await;
    publisher.say("r/1", b"1", true, 1).await;
    sleep(WRITTEN).await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let file = folder.path().join("broker.sqlite");
    until("a new database", async || file.exists().then_some(())).await;
    let mut state = broker.store.as_ref().unwrap().state();
    let over = |state: &StoreState| *state == StoreState::Kept;
    tokio::time::timeout(PATIENCE, state.wait_for(over)).await.unwrap().unwrap();
    broker.stop().await;
    let store = Store::open(&file, LIMITS).unwrap();
    assert!(store.storage().get_retained_message("r/1").await.unwrap().is_some());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_retained_messages_is_written_once_a_second_and_silence_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(Some(folder.path())).await;
    let mut publisher = Client::connect(broker.address, "publisher", true).await;
    let wal = folder.path().join("broker.sqlite-wal");
    let size = || fs::metadata(&wal).map_or(0, |meta| meta.len());
    let flood = async |publisher: &mut Client, rounds: u32| {
        for round in 0..rounds {
            for topic in 0..50 {
                let payload = format!("{{\"temperature\": [{round}.50, \"\\u2103\"]}}");
                publisher.publish(&format!("r/{topic}"), payload.as_bytes(), 0, true, 0).await;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    flood(&mut publisher, 1).await;
    sleep(WRITTEN).await;
    let (before, start) = (size(), Instant::now());
    flood(&mut publisher, 60).await;
    sleep(WRITTEN).await;
    let (bytes, messages) = (size() - before, 60 * 50);
    println!("{messages} retained messages of quality 0 on 50 topics: {bytes} bytes of the write-ahead log");
    // One look a second, each with the pages of 50 rows.
    let looks = start.elapsed().as_secs() + 1;
    assert!(bytes <= looks * 10 * 4_120, "{bytes}");

    let before = size();
    publisher.say("r/1", b"on its own", true, 1).await;
    sleep(WRITTEN).await;
    println!("one retained message of quality 1: {} bytes of the write-ahead log", size() - before);

    let before = stamps(folder.path());
    sleep(Duration::from_secs(3)).await;
    assert_eq!(stamps(folder.path()), before, "something was written while nothing happened");
    broker.stop().await;
}

fn stamps(folder: &Path) -> Vec<(PathBuf, u64, i64, i64)> {
    let stamp = |path: PathBuf| {
        let meta = fs::metadata(&path).unwrap();
        (path, meta.len(), meta.mtime(), meta.mtime_nsec())
    };
    let mut stamps: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| stamp(entry.unwrap().path())).collect();
    stamps.sort();
    stamps
}

/// A folder with everything in it: sessions, queues, messages in flight, a write-ahead log and a journal.
async fn full_folder(is_killed: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let broker = Process::start(folder.path());
    let mut away = Client::connect(broker.address, "away", false).await;
    away.subscribe("a/#", 2).await;
    away.leave().await;
    let mut here = Client::connect(broker.address, "here", false).await;
    here.subscribe("a/#", 2).await;
    let mut publisher = Client::connect(broker.address, "publisher", false).await;
    for number in 1..=60 {
        publisher.say(&format!("a/{number}"), format!("value {number}").as_bytes(), true, number).await;
    }
    sleep(WRITTEN).await;
    publisher.publish("a/exact", b"not released", 2, false, 61).await;
    assert_eq!(publisher.next().await, Heard::Control { kind: 5, packet: 61 });
    publisher.say("a/last", b"only in the journal", false, 62).await;
    if is_killed {
        broker.kill();
    } else {
        broker.stop();
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damage_keeps_the_broker_from_starting() {
    let mut table = Vec::new();
    for is_killed in [true, false] {
        let whole = full_folder(is_killed).await;
        let mut names: Vec<_> =
            fs::read_dir(whole.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        for number in 0..50 {
            let folder = copy(whole.path());
            let path = folder.path().join(&names[number % names.len()]);
            let mut bytes = fs::read(&path).unwrap();
            if bytes.is_empty() {
                continue;
            }
            let at = fastrand::usize(..bytes.len());
            let what = match number % 3 {
                0 => {
                    bytes.truncate(at);
                    "cut"
                }
                1 => {
                    bytes[at] ^= 1 << fastrand::u8(..8);
                    "flipped"
                }
                _ => {
                    let end = bytes.len().min(at + 512);
                    bytes[at..end].iter_mut().for_each(|byte| *byte = fastrand::u8(..));
                    "overwritten"
                }
            };
            fs::write(&path, bytes).unwrap();
            let file = folder.path().join("broker.sqlite");
            let opened = tokio::task::spawn_blocking(move || Store::open(&file, LIMITS));
            let store = tokio::time::timeout(PATIENCE, opened).await.expect("it hangs").expect("it panics");
            let store = store.unwrap_or_else(|error| panic!("{what} at {at} in {path:?}: {error}"));
            let retained = store.storage().get_retained_messages("#").await.unwrap().len();
            store.close().await;
            let is_aside = fs::read_dir(folder.path())
                .unwrap()
                .any(|entry| entry.unwrap().file_name().to_string_lossy().contains(".damaged-"));
            table.push((what, retained, is_aside));
        }
    }
    let aside = table.iter().filter(|(.., is_aside)| *is_aside).count();
    let all = table.iter().filter(|(_, retained, _)| *retained == 60).count();
    println!("{} times damaged: {aside} set aside, {all} with every retained message", table.len());
    assert!(table.len() >= 75);
}

fn copy(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}
