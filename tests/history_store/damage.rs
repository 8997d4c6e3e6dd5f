//! Files that are cut, flipped and overwritten.

use std::fs;
use std::path::Path;

use clown_hub::history::store::Store;

use super::ledger::{EVERYTHING, SERIES, START, add};

/// How often a file is damaged.
const MUTATIONS: usize = 200;

/// A folder with everything in it: chunks, hours, a journal, and a log if the hub was killed.
fn full_folder(is_killed: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut store = Store::open(&path).unwrap();
    for round in 0..6 {
        for flush in 0..10 {
            let from = round * 500 + flush * 50;
            add(&mut store, from, from + 50);
            store.flush().unwrap();
        }
        if round == 2 {
            store.settle().unwrap();
        }
        if round < 5 {
            store.fold().unwrap();
        }
    }
    if !is_killed {
        store.close().unwrap();
        return folder;
    }
    // What the disk has while the store is open is what a kill leaves.
    copy(folder.path())
}

fn copy(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    folder
}

/// Damages a file and says how.
fn damage(path: &Path, number: usize, random: &mut fastrand::Rng) -> String {
    let mut bytes = fs::read(path).unwrap();
    let at = random.usize(..bytes.len());
    let what = match number % 3 {
        0 => {
            bytes.truncate(at);
            "cut"
        }
        1 => {
            bytes[at] ^= 1 << random.u8(..8);
            "flipped"
        }
        _ => {
            let end = bytes.len().min(at + 512);
            bytes[at..end].iter_mut().for_each(|byte| *byte = random.u8(..));
            "overwritten"
        }
    };
    fs::write(path, bytes).unwrap();
    format!("{what} at {at} in {}", path.display())
}

#[test]
fn no_damage_keeps_history_from_going_on() {
    let mut random = fastrand::Rng::with_seed(11);
    let (killed, closed) = (full_folder(true), full_folder(false));
    let (mut aside, mut whole, mut refused) = (0, 0, 0);
    for number in 0..MUTATIONS {
        let is_killed = number % 2 == 0;
        let folder = copy(if is_killed { killed.path() } else { closed.path() });
        let path = folder.path().join("history.sqlite");
        let log = folder.path().join("history.sqlite-wal");
        let damaged = if is_killed && number % 4 == 0 { &log } else { &path };
        let what = damage(damaged, number / 2, &mut random);
        // A look may fail but changes nothing and does not end the program.
        let before = fs::read(&path).unwrap();
        refused += usize::from(Store::look(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), before, "{what}");

        let mut store = Store::open(&path).unwrap_or_else(|error| panic!("{what}: {error}"));
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let is_aside = names.filter(|name| name.to_string_lossy().contains(".damaged-")).count() > 0;
        let mut found = 0;
        let ids: Vec<i64> = store.all().map(|(id, _)| id).collect();
        for id in ids {
            // Damage within a chunk is found when it is read; what cannot be read is an error or left out.
            found += store.samples(id, &EVERYTHING).map_or(0, |samples| samples.len());
            let _ = store.thin(id, &(START..START + 86_400_000), 100);
        }
        aside += usize::from(is_aside);
        whole += usize::from(found == usize::try_from(SERIES).unwrap() * 3_000);
        // Either it goes on, or it says that the file is damaged and a new one takes over.
        add(&mut store, 10_000, 10_010);
        if let Err(fault) = store.flush().and_then(|_| store.fold()) {
            assert!(fault.is_damage(), "{what}: {fault}");
        }
    }
    println!(
        "{MUTATIONS} times damaged: {aside} set aside, {whole} with every sample, {refused} looks refused"
    );
    assert!(aside > 0 && whole > MUTATIONS / 10);
}
