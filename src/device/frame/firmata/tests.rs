//! Messages and requests by the tables of the protocol, and streams with damage in them.

use std::sync::Arc;

use super::*;
use crate::device::frame::{Format, Framer, hex};

fn bytes(text: &str) -> Vec<u8> {
    hex::read(text).expect("pairs of digits")
}

/// A board with a relay, two inputs, a dimmer, a servo and one analog input.
fn board() -> Firmata {
    let pin = |number, mode| Pin { number, mode };
    let pins = vec![
        pin(13, Mode::Output),
        pin(2, Mode::PullUp),
        pin(7, Mode::Input),
        pin(3, Mode::Pwm),
        pin(9, Mode::Servo),
        pin(0, Mode::Analog),
    ];
    Firmata { pins, sampling: None }
}

/// Frames as their JSON, damage as its reason and its bytes.
fn heard(pieces: &[&str]) -> Vec<String> {
    let mut framer = Framer::new(Arc::new(Format::Firmata(board())));
    let mut all = Vec::new();
    let mut each = |heard| {
        all.push(match heard {
            Heard::Frame(frame) => frame.json.to_string(),
            Heard::Damage(damage) => format!("{} {}", damage.why, damage.bytes),
        });
    };
    pieces.iter().for_each(|piece| framer.feed(&bytes(piece), &mut each));
    framer.silence(&mut each);
    all
}

#[test]
fn messages_are_read_as_the_tables_of_the_protocol_say() {
    let check = |wire: &str, json: &str| assert_eq!(heard(&[wire]), [json], "{wire}");
    check("F9 02 05", r#"{"protocol": "2.5"}"#);
    check("F0 79 02 05 55 00 6E 00 6F 00 F7", r#"{"firmware": {"name": "Uno", "version": "2.5"}}"#);
    check("E0 2A 03", r#"{"analog": {"0": 426}}"#);
    check("E0 7F 07", r#"{"analog": {"0": 1023}}"#);
    check("90 04 00", r#"{"digital": {"2": true, "7": false}}"#);
    check("90 00 01", r#"{"digital": {"2": false, "7": true}}"#);
    check("F0 6E 0D 01 01 F7", r#"{"pin": {"13": {"output": true}}}"#);
    check("F0 6E 0D 01 00 F7", r#"{"pin": {"13": {"output": false}}}"#);
    check("F0 6E 0D 00 01 F7", r#"{"pin": {"13": {"input": 1}}}"#);
    check("F0 6E 03 03 00 01 F7", r#"{"pin": {"3": {"pwm": 128}}}"#);
    check("F0 6E 03 06 00 F7", r#"{"pin": {"3": {"mode-6": 0}}}"#);
    check("F0 71 4E 00 6F 00 21 00 F7", r#"{"text": "No!"}"#);
    check("F0 71 43 01 29 01 F7", r#"{"text": "é"}"#);
    check("F0 6A 7F 7F 00 01 F7", r#"{"channels": {"0": 2, "1": 3}}"#);
    check("F0 6C 00 01 7F F7", r#"{"feature": 108}"#);
}

#[test]
fn what_cannot_be_is_damaged_with_its_reason() {
    let check = |wire: &str, reason: &str| assert_eq!(heard(&[wire]), [reason], "{wire}");
    // Pins, ports and channels that the definition does not know.
    check("92 04 00", "shape 3");
    check("E5 2A 03", "shape 3");
    check("90 04 02", "shape 3");
    // An output that is neither on nor off, a state without an end, half a character.
    check("F0 6E 0D 01 02 F7", "shape 6");
    check("F0 6E 0D 01 F7", "shape 5");
    check("F0 71 4E F7", "shape 4");
    check("F0 71 4E 02 F7", "shape 5");
    check("F0 6E 0D 01 7F 7F 7F 7F 7F 7F 7F 7F 7F 7F F7", "shape 15");
    check("F0 F7", "shape 2");
    // What breaks off, and what belongs to nothing.
    check("E0 2A", "cut 2");
    check("F0 6E 0D", "cut 3");
    check("2A 03", "began 2");
    check("C0 D0 FF 80", "noise 4");
}

#[test]
fn the_next_message_is_found_after_damage() {
    let relay = "F0 6E 0D 01 01 F7";
    let is_on = r#"{"pin": {"13": {"output": true}}}"#;
    assert_eq!(heard(&["E0 2A", relay]), ["cut 2", is_on]);
    assert_eq!(heard(&["F0 6E 0D 01", relay]), ["cut 4", is_on]);
    assert_eq!(heard(&[relay, "11 22 33", relay]), [is_on, "noise 3", is_on]);
    assert_eq!(heard(&["0D 01 01 F7", relay]), ["began 3", "noise 1", is_on]);
    assert_eq!(heard(&["F0 6E", "0D 01 01", "F7"]), [is_on]);
    let endless = "11 ".repeat(5_000);
    let outcome = heard(&["F0", &endless, relay]);
    assert!(outcome[0].starts_with("too-long "), "{outcome:?}");
    assert_eq!(outcome.last().map(String::as_str), Some(is_on));
    assert_eq!(outcome.len(), 2, "told once: {outcome:?}");
}

#[test]
fn messages_of_every_kind_are_written_as_they_are_read() {
    let all = [
        Message::Version(2, 5),
        Message::Firmware { version: (2, 5), name: "Küche".into() },
        Message::Digital { port: 1, bits: 0xa5 },
        Message::Analog { channel: 15, value: 0x3fff },
        Message::Pin { number: 9, mode: 4, state: 1_500 },
        Message::Pin { number: 13, mode: 1, state: 0 },
        Message::Text("Unknown pin mode".into()),
        Message::Channels(vec![None, Some(0), Some(15)]),
    ];
    for message in all {
        assert_eq!(Message::parse(&message.bytes()), Some(message.clone()), "{message:?}");
    }
}

#[test]
fn requests_are_those_of_the_protocol_and_a_board_understands_them() {
    let check = |request: Request, wire: &str| {
        assert_eq!(hex::shown(&request.bytes()), wire);
        let mut heard = request.bytes();
        heard.push(0xf9);
        assert_eq!(Request::first(&heard), Some((request.bytes().len(), Some(request))), "{wire}");
        for cut in 1..request.bytes().len() {
            assert_eq!(Request::first(&request.bytes()[..cut]), None, "{wire} cut at {cut}");
        }
    };
    check(Request::Version, "F9");
    check(Request::Firmware, "F0 79 F7");
    check(Request::Channels, "F0 69 F7");
    check(Request::State(13), "F0 6D 0D F7");
    check(Request::Mode(13, 1), "F4 0D 01");
    check(Request::Mode(2, 11), "F4 02 0B");
    check(Request::Digital(13, true), "F5 0D 01");
    check(Request::Digital(13, false), "F5 0D 00");
    check(Request::Analog(3, 255), "E3 7F 01");
    check(Request::Analog(44, 255), "F0 6F 2C 7F 01 F7");
    check(Request::ReportChannel(0, true), "C0 01");
    check(Request::ReportPort(0, true), "D0 01");
    check(Request::Sampling(1_000), "F0 7A 68 07 F7");
    check(Request::Reset, "FF");
    assert_eq!(Request::first(&bytes("11 22 F9")), Some((2, None)), "noise");
    assert_eq!(Request::first(&bytes("F4 0D F9")), Some((2, None)), "cut");
    assert_eq!(Request::first(&[]), None);
}

#[test]
fn pins_are_set_and_asked_as_their_mode_says() {
    let set = |number, mode, value: &str| Pin { number, mode }.set(value);
    assert_eq!(set(13, Mode::Output, "true"), Ok(Request::Digital(13, true)));
    assert_eq!(set(13, Mode::Output, "0"), Ok(Request::Digital(13, false)));
    assert_eq!(set(3, Mode::Pwm, "127.5"), Ok(Request::Analog(3, 128)));
    assert_eq!(set(9, Mode::Servo, "90"), Ok(Request::Analog(9, 90)));
    for (mode, value) in [
        (Mode::Output, "2"),
        (Mode::Output, ""),
        (Mode::Pwm, "-1"),
        (Mode::Pwm, "16384"),
        (Mode::Pwm, "nan"),
        (Mode::Servo, "true"),
        (Mode::Input, "true"),
        (Mode::Analog, "1"),
    ] {
        assert!(set(3, mode, value).is_err(), "{mode:?} {value}");
    }
    let ask = |number, mode| Pin { number, mode }.ask();
    assert_eq!(ask(13, Mode::Output), Request::State(13));
    assert_eq!(ask(9, Mode::PullUp), Request::ReportPort(1, true));
    assert_eq!(ask(0, Mode::Analog), Request::ReportChannel(0, true));
    for (word, mode) in Mode::WORDS {
        assert_eq!((Mode::of(mode.code()), mode.word()), (Some(mode), word));
    }
}

#[test]
fn only_pins_that_are_trusted_are_told() {
    let firmata = board();
    let message = Message::Digital { port: 0, bits: 0x84 };
    let trusted = |number: u8| firmata.json(&message, |pin| pin.number == number);
    assert_eq!(trusted(7).as_deref(), Some(r#"{"digital": {"7": true}}"#));
    assert_eq!(trusted(13), None);
}
