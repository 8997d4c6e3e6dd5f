//! Damage of every sort: it is counted, it never becomes a reading, and what comes after it is heard.

use std::sync::Arc;

use crate::dialects::{self, Dialect, frames};
use crate::stage::{Outcome, Port, profile};
use clown_hub::device::frame::Why;
use clown_hub::device::frame::modbus::{Answer, Request};
use clown_hub::device::profile::Profile;

/// A definition and two whole frames of its device.
struct Pair {
    profile: Arc<Profile>,
    first: Vec<u8>,
    second: Vec<u8>,
    /// What each of them says, heard after a silence.
    says: (Outcome, Outcome),
}

fn pair(Dialect { id, first, second, .. }: Dialect) -> Pair {
    pair_of(id, first, second)
}

fn pair_of(id: &str, first: Vec<u8>, second: Vec<u8>) -> Pair {
    let profile = profile(id);
    let alone = |frame: &[u8]| {
        let outcome = Port::open(&profile).silence().feed(frame).outcome();
        assert!(!outcome.readings.is_empty() && outcome.damage.is_empty(), "{id} {outcome:?}");
        outcome
    };
    let says = (alone(&first), alone(&second));
    Pair { profile, first, second, says }
}

/// Dialects that prove every frame.
fn proved() -> impl Iterator<Item = Pair> {
    dialects::proved().into_iter().map(pair)
}

/// Dialects whose frames prove nothing; only what looks wrong as a whole is found out.
fn trusted() -> impl Iterator<Item = Pair> {
    dialects::trusted().into_iter().map(pair)
}

/// Dialects with messages so short that noise may look like one; a link listens to them only when it was greeted back.
fn bare() -> Vec<Pair> {
    vec![
        pair_of("firmata/standard", vec![0xf0, 0x6e, 13, 1, 1, 0xf7], vec![0xe0, 0x2a, 0x03]),
        pair_of("firmata/standard", vec![0xe0, 0x2a, 0x03], vec![0x90, 0x04, 0x00]),
    ]
}

/// Nothing was heard that neither frame says; the second one was heard as a whole.
fn check(pair: &Pair, outcome: &Outcome, what: &str) {
    let (first, second) = &pair.says;
    let id = &pair.profile.id;
    for reading in &outcome.readings {
        let is_right = first.readings.contains(reading) || second.readings.contains(reading);
        assert!(is_right, "{id}, {what}: the wrong reading {reading}");
    }
    for reading in &second.readings {
        assert!(outcome.readings.contains(reading), "{id}, {what}: lost {reading}, {:?}", outcome.damage);
    }
    let is_all = first.readings.is_subset(&outcome.readings);
    assert!(is_all || !outcome.damage.is_empty(), "{id}, {what}: a frame is gone and nobody counted it");
}

/// The port is opened in the middle of the first frame.
fn check_begun(pair: &Pair, at: usize) {
    let rest = &pair.first[at..];
    // A line end alone is nothing that was damaged.
    if !rest.trim_ascii().is_empty() {
        let outcome = Port::open(&pair.profile).feed(rest).feed(&pair.second).outcome();
        check(pair, &outcome, &format!("begun at {at}"));
    }
}

#[test]
fn a_flipped_bit_anywhere_never_becomes_a_reading() {
    for pair in proved() {
        for at in 0..pair.first.len() {
            for bit in 0..8 {
                let mut damaged = pair.first.clone();
                damaged[at] ^= 1 << bit;
                let outcome = Port::open(&pair.profile).silence().feed(&damaged).feed(&pair.second).outcome();
                check(&pair, &outcome, &format!("bit {bit} of byte {at}"));
            }
        }
    }
}

#[test]
fn a_frame_that_is_cut_anywhere_takes_nothing_along() {
    for pair in proved() {
        for at in 1..pair.first.len() {
            let outcome =
                Port::open(&pair.profile).silence().feed(&pair.first[..at]).feed(&pair.second).outcome();
            check(&pair, &outcome, &format!("cut at {at}"));
            check_begun(&pair, at);
        }
    }
}

#[test]
fn a_line_that_stops_and_a_line_that_had_begun_are_no_readings() {
    for pair in trusted().chain(bare()) {
        for at in 1..pair.first.len() {
            let mut port = Port::open(&pair.profile);
            let outcome = port.silence().feed(&pair.first[..at]).silence().feed(&pair.second).outcome();
            check(&pair, &outcome, &format!("stopped at {at}"));
            check_begun(&pair, at);
        }
    }
}

#[test]
fn two_lines_in_one_are_none() {
    for pair in trusted() {
        let end = pair.first.iter().rposition(|byte| !byte.is_ascii_whitespace()).expect("text") + 1;
        let joined = [&pair.first[..end], &pair.second].concat();
        let outcome = Port::open(&pair.profile).silence().feed(&joined).feed(&pair.second).outcome();
        check(&pair, &outcome, "joined");
    }
}

#[test]
fn noise_between_frames_is_counted_and_takes_nothing_along() {
    for pair in proved() {
        let mut random = fastrand::Rng::with_seed(7);
        for round in 0..200 {
            let noise: Vec<u8> = (0..random.usize(1..40)).map(|_| random.u8(..)).collect();
            let mut port = Port::open(&pair.profile);
            let outcome = port.feed(&noise).feed(&pair.first).feed(&noise).feed(&pair.second).outcome();
            check(&pair, &outcome, &format!("noise {round} {noise:02x?}"));
            let is_first_there = pair.says.0.readings.is_subset(&outcome.readings);
            assert!(is_first_there, "{}: noise {round} {noise:02x?} {outcome:?}", pair.profile.id);
            assert!(!outcome.damage.is_empty(), "{}: noise {round} {noise:02x?}", pair.profile.id);
        }
    }
}

#[test]
fn noise_without_an_end_is_given_up() {
    for pair in proved().chain(trusted()) {
        let mut random = fastrand::Rng::with_seed(11);
        let mut port = Port::open(&pair.profile);
        // Everything but line ends, which would end it for some.
        let noise: Vec<u8> = (0..100_000).map(|_| random.u8(..)).filter(|byte| *byte != b'\n').collect();
        port.silence().feed(&noise).feed(b"\r\n").silence().feed(&pair.second);
        let outcome = port.outcome();
        check(&pair, &outcome, "a long noise");
        let bytes: usize = outcome.damage.iter().map(|damage| damage.bytes).sum();
        assert!(bytes > 50_000, "{}: {bytes} bytes counted", pair.profile.id);
    }
}

#[test]
fn what_no_checksum_covers_never_panics() {
    for pair in trusted().chain(bare()) {
        for at in 0..pair.first.len() {
            for bit in 0..8 {
                let mut damaged = pair.first.clone();
                damaged[at] ^= 1 << bit;
                let mut port = Port::open(&pair.profile);
                let outcome = port.silence().feed(&damaged).silence().feed(&pair.second).outcome();
                assert!(pair.says.1.readings.is_subset(&outcome.readings), "{} {at} {bit}", pair.profile.id);
            }
        }
    }
}

#[test]
fn messages_that_prove_nothing_are_found_again_behind_noise() {
    for pair in bare() {
        let mut random = fastrand::Rng::with_seed(5);
        for round in 0..200 {
            // What looks like no beginning of a message can be told from one.
            let noise: Vec<u8> = (0..random.usize(1..40)).map(|_| random.u8(..0x80)).collect();
            let mut port = Port::open(&pair.profile);
            let outcome = port.silence().feed(&pair.first).feed(&noise).feed(&pair.second).outcome();
            check(&pair, &outcome, &format!("noise {round} {noise:02x?}"));
            assert!(!outcome.damage.is_empty(), "noise {round} {noise:02x?}");
            // Anything at all: the message behind it is heard.
            let noise: Vec<u8> = (0..random.usize(1..400)).map(|_| random.u8(..)).collect();
            let outcome = Port::open(&pair.profile).feed(&noise).silence().feed(&pair.second).outcome();
            let is_there = pair.says.1.readings.is_subset(&outcome.readings);
            assert!(is_there && !outcome.damage.is_empty(), "noise {round} {noise:02x?} {outcome:?}");
        }
    }
}

#[test]
fn groups_of_a_meter_are_damaged_one_by_one() {
    let pair = pair(dialects::grouped());
    let frame = &pair.first;
    let right = &pair.says.0;
    for at in 0..frame.len() {
        for bit in 0..8 {
            let mut damaged = frame.clone();
            damaged[at] ^= 1 << bit;
            let outcome = Port::open(&pair.profile).feed(&damaged).outcome();
            let wrong: Vec<_> = outcome.readings.difference(&right.readings).collect();
            assert!(wrong.is_empty(), "bit {bit} of byte {at}: {wrong:?}");
        }
    }
    let mut damaged = frame.clone();
    damaged[8] ^= 1;
    let outcome = Port::open(&pair.profile).feed(&damaged).outcome();
    assert!(outcome.readings.is_empty(), "without its number nobody knows which meter it is: {outcome:?}");
    assert_eq!(outcome.damage.iter().map(|damage| damage.why).collect::<Vec<_>>(), [Why::Checksum]);
}

#[test]
fn a_damaged_answer_of_a_unit_is_no_answer() {
    let asked = &frames("32-modbus-rtu-sdm-meter.serial.hex", '>')[0];
    let told = &frames("32-modbus-rtu-sdm-meter.serial.hex", '<')[0];
    let request = Request::parse(asked).expect("a whole request");
    for at in 0..told.len() {
        for bit in 0..8 {
            let mut damaged = told.clone();
            damaged[at] ^= 1 << bit;
            let answer = request.answer(&damaged);
            assert!(matches!(answer, Answer::Part | Answer::Wrong(_)), "bit {bit} of byte {at}: {answer:?}");
        }
        let (cut, rest) = told.split_at(at);
        assert_eq!(request.answer(cut), Answer::Part, "cut at {at}");
        if at > 0 {
            let answer = request.answer(rest);
            assert!(matches!(answer, Answer::Part | Answer::Wrong(_)), "begun at {at}: {answer:?}");
        }
        let joined = [cut, told].concat();
        assert!(!matches!(request.answer(&joined), Answer::Refused(_)), "joined at {at}");
    }
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..20_000 {
        let noise: Vec<u8> = (0..random.usize(0..20)).map(|_| random.u8(..)).collect();
        assert!(!matches!(request.answer(&noise), Answer::Said(_) | Answer::Refused(_)), "{noise:02x?}");
    }
}
