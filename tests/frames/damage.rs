//! Damage of every sort: it is counted, it never becomes a reading, and what comes after it is heard.

use std::sync::Arc;

use crate::stage::{Outcome, Port, capture, frames, profile};
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

fn pair(id: &str, first: &[u8], second: &[u8]) -> Pair {
    let profile = profile(id);
    let alone = |frame: &[u8]| {
        let outcome = Port::open(&profile).silence().feed(frame).outcome();
        assert!(!outcome.readings.is_empty() && outcome.damage.is_empty(), "{id} {outcome:?}");
        outcome
    };
    let says = (alone(first), alone(second));
    Pair { profile, first: first.to_vec(), second: second.to_vec(), says }
}

/// Dialects that prove every frame.
fn proved() -> Vec<Pair> {
    let dump = capture("26-vedirect-bluesolar.bin");
    let starts: Vec<usize> = memchr::memmem::find_iter(&dump, b"\r\nPID\t").collect();
    let pms = frames("34-pms5003.serial.hex", '<');
    let sds = &frames("33-sds011.serial.hex", '<')[0];
    let other_sds = [0xaa, 0xc0, 0x10, 0, 0x20, 0, 0xa1, 0x60, 0x31, 0xab];
    let sml = frames("37-sml-meter.serial.hex", '<').concat();
    let mhz = &frames("35-mhz19.serial.hex", '<')[0];
    let other_mhz = [0xff, 0x86, 0x01, 0x90, 0x44, 0, 0, 0, 0xa5];
    vec![
        pair(
            "nmea/gps",
            b"$GPGGA,102929.00,5327.04024,N,00214.41560,W,1,08,1.16,36.3,M,48.5,M,,*7E\r\n",
            b"$GPRMC,102930.00,A,5327.04033,N,00214.41550,W,0.099,,070321,,,A*69\r\n",
        ),
        pair("victron/mppt-hex", b":7D5ED00E204A6\n", b":7BCED00B4230000CE\n"),
        pair("victron/mppt", &dump[starts[0]..starts[1]], &dump[starts[1]..starts[2]]),
        pair("dsmr/p1", &capture("23-dsmr5-p1.telegram"), &capture("24-dsmr42-p1.telegram")),
        pair("plantower/pms5003", &pms[0], &pms[1]),
        pair("nova/sds011", sds, &other_sds),
        pair("winsen/mh-z19", mhz, &other_mhz),
        pair("sml/meter", &sml, &sml),
    ]
}

/// Dialects whose frames prove nothing; only what looks wrong as a whole is found out.
fn trusted() -> Vec<Pair> {
    vec![
        pair(
            "rflink/433-mhz-device",
            b"20;2D;UPM/Esic;ID=0001;TEMP=00cf;HUM=16;BAT=OK;\r\n",
            b"20;36;Alecto V1;ID=0334;TEMP=800d;HUM=33;BAT=OK;\r\n",
        ),
        pair("mysensors/node", b"12;6;1;0;0;36.5\n", b"13;7;1;0;2;1\n"),
        pair(
            "openenergymonitor/emontx",
            b"MSG:1,Vrms:246.81,P1:79,E1:0,pulse:1\r\n",
            b"power1:100,power2:200\r\n",
        ),
        pair("lcus/lcus-8", b"CH1: ON\r\n", b"CH2: OFF\r\n"),
        pair("dsmr/p1-v2", &capture("25-dsmr22-p1.telegram"), &capture("25-dsmr22-p1.telegram")),
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
    for pair in trusted() {
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
    for pair in proved().into_iter().chain(trusted()) {
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
    for pair in trusted() {
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
fn groups_of_a_meter_are_damaged_one_by_one() {
    // Two bits of each character are not covered by its checksum but by the parity of the line: 7E1.
    let frame = "\u{2}\nADCO 812164547605 H\r\nHCHC 002669308 (\r\nPAPP 00440 )\r\u{3}".as_bytes();
    let pair = pair("enedis/linky-historic", frame, frame);
    let right = &pair.says.0;
    for at in 0..frame.len() {
        for bit in 0..8 {
            let mut damaged = frame.to_vec();
            damaged[at] ^= 1 << bit;
            let outcome = Port::open(&pair.profile).feed(&damaged).outcome();
            let wrong: Vec<_> = outcome.readings.difference(&right.readings).collect();
            assert!(wrong.is_empty(), "bit {bit} of byte {at}: {wrong:?}");
        }
    }
    let mut damaged = frame.to_vec();
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
