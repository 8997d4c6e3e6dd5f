//! The tape as a transcript: what came and went when, and the rows that are read.

use std::fmt::Write;

use super::*;

/// A moment so many milliseconds after the first.
fn at(start: Now, ms: u64) -> Now {
    let later = Duration::from_millis(ms);
    Now { mono: start.mono + later, wall: start.wall + later }
}

fn start() -> Now {
    Now { mono: Instant::now(), wall: SystemTime::UNIX_EPOCH }
}

/// The rows as `<` heard, `>` written, `·` what happened to the port.
fn shown(rows: &[Row]) -> Vec<String> {
    let mark = |way| match way {
        Way::Heard => "<",
        Way::Written => ">",
        Way::Opened | Way::Closed | Way::Withdrawn => "·",
    };
    rows.iter().map(|row| format!("{}{}", mark(row.way), row.bytes.escape_ascii())).collect()
}

fn check(said: &[(u64, Way, &[u8])], expect: &[&str]) {
    let (start, mut tape) = (start(), Tape::default());
    for (ms, way, bytes) in said {
        tape.append(at(start, *ms), *way, None, bytes);
    }
    assert_eq!(shown(&tape.read(None, ROWS).rows), expect);
}

#[test]
fn lines_of_text_are_rows_however_the_port_cut_them() {
    use Way::{Heard, Written};
    check(&[(0, Heard, b"a,1\r\nb,2\r\nc")], &["<a,1\\r\\n", "<b,2\\r\\n", "<c"]);
    check(&[(0, Heard, b"he"), (1500, Heard, b"llo\n"), (1500, Heard, b"x")], &["<hello\\n", "<x"]);
    check(&[(0, Heard, b"OK> "), (2500, Heard, b"OK> ")], &["<OK> ", "<OK> "]);
    check(&[(0, Heard, b"[a,"), (1, Written, b"q\n"), (2, Heard, b"{}]\n")], &["<[a,", ">q\\n", "<{}]\\n"]);
    check(&[(0, Heard, b"\0\0\0[boot]\n\n")], &["<\\x00\\x00\\x00[boot]\\n", "<\\n"]);
}

#[test]
fn frames_are_rows_by_direction_and_silence_and_a_line_feed_in_them_ends_nothing() {
    use Way::{Heard, Written};
    check(
        &[
            (0, Written, b"\x0a\x03\x00\x0a\x00\x02"),
            (20, Heard, b"\x0a\x03\x04\x00"),
            (40, Heard, b"\x0a\x00\x0b"),
        ],
        &[">\\n\\x03\\x00\\n\\x00\\x02", "<\\n\\x03\\x04\\x00\\n\\x00\\x0b"],
    );
    check(&[(0, Heard, b"\xaa\xc0\xab"), (1000, Heard, b"\xaa\xc0\xab")], &["<\\xaa\\xc0\\xab"; 2]);
}

#[test]
fn row_that_never_ends_is_cut() {
    let (start, mut tape) = (start(), Tape::default());
    tape.append(start, Way::Heard, None, &[0x55; 600]);
    let lengths: Vec<_> = tape.read(None, ROWS).rows.iter().map(|row| row.bytes.len()).collect();
    assert_eq!(lengths, [256, 256, 88]);
}

#[test]
fn bytes_by_hand_are_rows_of_their_own_with_their_author() {
    let (start, mut tape, anna) = (start(), Tape::default(), Arc::from("anna"));
    tape.append(start, Way::Written, None, b"by the hub");
    tape.append(start, Way::Written, Some(&anna), b"by hand");
    let rows = tape.read(None, ROWS).rows;
    let by: Vec<_> = rows.iter().map(|row| row.by.as_deref()).collect();
    assert_eq!((shown(&rows), by), (vec![">by the hub".into(), ">by hand".into()], vec![None, Some("anna")]));
}

#[test]
fn follower_hears_of_a_row_again_only_when_it_has_grown() {
    let (start, mut tape) = (start(), Tape::default());
    tape.mark(start, Way::Opened);
    tape.append(start, Way::Heard, None, b"temp");
    let seen = tape.read(None, ROWS);
    assert_eq!(shown(&seen.rows), ["·", "<temp"]);
    assert!(tape.read(Some(seen.place), ROWS).rows.is_empty(), "nothing is new");
    tape.append(at(start, 30), Way::Heard, None, b"erature\n");
    let seen = tape.read(Some(seen.place), ROWS);
    assert_eq!((shown(&seen.rows), seen.rows[0].number), (vec!["<temperature\\n".into()], 1));
    tape.append(at(start, 40), Way::Heard, None, b"x");
    tape.mark(at(start, 50), Way::Closed);
    let seen = tape.read(Some(seen.place), ROWS);
    assert_eq!((shown(&seen.rows), seen.lost), (vec!["<x".into(), "·".into()], 0));
    assert!(tape.read(Some(seen.place), ROWS).rows.is_empty());
}

#[test]
fn slow_follower_is_told_exactly_how_much_it_lost() {
    let (start, mut tape) = (start(), Tape::default());
    tape.append(start, Way::Heard, None, b"first\n");
    let seen = tape.read(None, ROWS);
    let mut said = String::new();
    for number in 0..5000 {
        writeln!(said, "line {number:04}").expect("a string takes all");
    }
    said.as_bytes().chunks(777).for_each(|part| tape.append(start, Way::Heard, None, part));
    let seen = tape.read(Some(seen.place), ROWS);
    let read: usize = seen.rows.iter().map(|row| row.bytes.len()).sum();
    assert_eq!(seen.lost as usize + read, said.len());
    assert!(read <= BYTES && seen.rows.len() <= ROWS, "{read} bytes in {} rows", seen.rows.len());
    assert_eq!(shown(&seen.rows).last().map(String::as_str), Some("<line 4999\\n"));
    assert!(shown(&seen.rows).iter().all(|row| row.len() == "<line 0000\\n".len()), "no row is a half one");
}

#[test]
fn follower_that_wants_few_rows_gets_the_newest_and_hears_of_the_others() {
    let (start, mut tape) = (start(), Tape::default());
    let place = Some(tape.read(None, 2).place);
    (0..5).for_each(|number| tape.append(start, Way::Heard, None, format!("{number}\n").as_bytes()));
    let seen = tape.read(place, 2);
    assert_eq!((shown(&seen.rows), seen.lost), (vec!["<3\\n".into(), "<4\\n".into()], 6));
    assert_eq!(tape.read(None, 2).lost, 0, "who comes for the first time has lost nothing");
}

#[test]
fn short_rows_are_bounded_too() {
    let (start, mut tape) = (start(), Tape::default());
    for number in 0..10_000 {
        tape.append(at(start, number * 100), Way::Heard, None, b"\x01");
    }
    let seen = tape.read(None, usize::MAX);
    assert_eq!((seen.rows.len(), seen.rows[0].number), (ROWS, 10_000 - ROWS as u64));
}

#[test]
fn place_of_another_tape_begins_anew() {
    let (start, mut long, mut fresh) = (start(), Tape::default(), Tape::default());
    (0..9).for_each(|_| long.append(start, Way::Heard, None, b"old\n"));
    fresh.append(start, Way::Heard, None, b"new\n");
    let seen = fresh.read(Some(long.read(None, ROWS).place), ROWS);
    assert_eq!((shown(&seen.rows), seen.lost), (vec!["<new\\n".into()], 0));
}
