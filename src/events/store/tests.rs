//! The files only grow, go as a whole, and survive half a line.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::events::Kind;
use crate::events::read::{Wanted, newest};
use crate::events::verify::verify;

const NOVEMBER: Duration = Duration::from_secs(1_795_000_000);

fn event(text: &str) -> Event {
    Event::new(Kind::Command, "confirmed").payload(text)
}

fn numbers(folder: &Path) -> Vec<u64> {
    newest(folder, &Wanted::default(), 1_000).unwrap().lines.iter().map(|line| line.seq).collect()
}

#[test]
fn earlier_bytes_never_change_and_numbers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2026-11.jsonl");
    let mut before = Vec::new();
    for run in 0..3 {
        let (mut store, last) = Store::open(folder.path(), Settings::default()).unwrap();
        assert_eq!(last.map_or(0, |line| line.seq), run * 5);
        for _ in 0..5 {
            store.append(UNIX_EPOCH + NOVEMBER, &event("ž")).unwrap();
            let now = fs::read(&path).unwrap();
            assert!(now.starts_with(&before) && now.len() > before.len());
            before = now;
        }
        store.sync().unwrap();
    }
    assert_eq!(numbers(folder.path()), (1..=15).rev().collect::<Vec<_>>());
    let verdict = verify(folder.path()).unwrap();
    assert_eq!((verdict.lines, verdict.numbers), (15, Some((1, 15))));
    assert!(verdict.faults.is_empty() && verdict.torn.is_empty(), "{verdict:?}");
}

#[test]
fn half_a_line_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2026-11.jsonl");
    let append = |n: usize| {
        let (mut store, _) = Store::open(folder.path(), Settings::default()).unwrap();
        for _ in 0..n {
            store.append(UNIX_EPOCH + NOVEMBER, &event("x")).unwrap();
        }
    };
    append(3);
    let whole = fs::read(&path).unwrap();
    let end = whole.len();
    // The third line was cut off anywhere by a power cut.
    let third = whole[..end - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in [third + 1, third + 20, end - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        append(1);
        assert!(fs::read(&path).unwrap().starts_with(&whole[..cut]));
        let verdict = verify(folder.path()).unwrap();
        assert!(verdict.faults.is_empty(), "{cut}: {verdict:?}");
        let expect = if cut == end - 1 { vec![4, 3, 2, 1] } else { vec![3, 2, 1] };
        assert_eq!(numbers(folder.path()), expect);
        assert_eq!(verdict.torn.len(), usize::from(cut != end - 1));
        let found = newest(folder.path(), &Wanted::default(), 10).unwrap();
        assert_eq!(found.damaged.len(), verdict.torn.len());
    }
}

#[test]
fn a_line_that_is_missing_or_was_changed_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("2026-11.jsonl");
    let (mut store, _) = Store::open(folder.path(), Settings::default()).unwrap();
    for _ in 0..4 {
        store.append(UNIX_EPOCH + NOVEMBER, &event("off")).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let check = |changed: String, expect: &str| {
        fs::write(&path, changed).unwrap();
        assert_eq!(verify(folder.path()).unwrap().faults, [expect]);
    };
    let lines: Vec<&str> = text.lines().collect();
    check(format!("{}\n{}\n", lines[0], lines[2]), "2026-11.jsonl:2: number 3 follows 1");
    let lie = lines[1].replace("off", "on!");
    check(format!("{}\n{lie}\n{}\n", lines[0], lines[2]), "2026-11.jsonl:3: the line before it was changed");
}

#[test]
fn the_oldest_files_go_and_the_one_that_is_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { keep: Duration::from_secs(60 * 86_400), size: 80_000 };
    let (mut store, _) = Store::open(folder.path(), settings).unwrap();
    let month = Duration::from_secs(30 * 86_400 + 12 * 3_600);
    let mut at = UNIX_EPOCH + NOVEMBER;
    for _ in 0..6 {
        store.append(at, &event("x")).unwrap();
        at += month;
    }
    let names: Vec<_> = parts(folder.path()).unwrap().iter().map(Part::name).collect();
    assert_eq!(names, ["2027-02.jsonl", "2027-03.jsonl", "2027-04.jsonl"]);
    for _ in 0..2_000 {
        store.append(at, &event(&"y".repeat(200))).unwrap();
    }
    assert!(store.bytes() <= 80_000, "{}", store.bytes());
    // A clock that goes back changes nothing of the order.
    store.append(UNIX_EPOCH, &event("z")).unwrap();
    assert_eq!(numbers(folder.path())[0], 2_007);
    assert!(verify(folder.path()).unwrap().faults.is_empty());
}
