//! Translating what devices say on serial lines: bytes to frames, frames to messages. What they say stands in the examples
//! of their definitions.

use std::hint::black_box;
use std::sync::Arc;

use clown_hub::device::catalog::Catalog;
use clown_hub::device::frame::modbus::{Answer, Request};
use clown_hub::device::frame::{Frame, Framer, Heard};
use clown_hub::device::profile::{Given, Profile};
use clown_hub::device::translate::Translator;

use crate::{best, micros};

/// What is measured: a definition and which of its examples.
const SAID: &[(&str, &str, usize)] = &[
    ("line of pairs: RFLink", "rflink/433-mhz-device", 0),
    ("line of columns with a checksum: NMEA", "nmea/gps", 0),
    ("binary frame: SDS011", "nova/sds011", 0),
    ("binary frame: PMS5003", "plantower/pms5003", 0),
    ("block of lines: P1 telegram", "dsmr/p1", 0),
    ("block of lines: Victron", "victron/mppt", 0),
    ("SML", "sml/meter", 0),
    ("Modbus, 1 value: SDM230", "eastron/sdm230", 0),
    ("Modbus, 32 registers: SDM230", "eastron/sdm230", 2),
];

/// Prints the table.
pub fn measure(catalog: &Arc<Catalog>) {
    println!("### Translating what came on a serial line\n");
    println!(
        "| what | bytes | values | µs | frames/s | beside it | µs |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for (what, id, number) in SAID {
        let Some(found) = catalog.find(id) else { panic!("{id} is not there") };
        let profile = catalog.profile(found);
        let example = &profile.examples[*number];
        let (bytes, time) = match &example.given {
            Given::Line(line) => line_of(catalog, profile, line),
            Given::Bytes(bytes) => frames(catalog, profile, bytes),
            Given::Answer { request, bytes } => (bytes.len(), answer(catalog, profile, request, bytes)),
            Given::Message { .. } | Given::Command { .. } => panic!("{id}: not on a serial line"),
        };
        let (beside, beside_time) = beside(&example.given, id);
        let rate = 1.0 / time.as_secs_f64();
        let values = example.gives.len();
        println!("| {what} | {bytes} | {values} | {} | {rate:.0} | {beside} | {beside_time} |", micros(time));
    }
    println!();
}

fn line_of(catalog: &Arc<Catalog>, profile: &Profile, line: &str) -> (usize, std::time::Duration) {
    frames(catalog, profile, format!("{line}{}", profile.line_end()).as_bytes())
}

fn frames(catalog: &Arc<Catalog>, profile: &Profile, bytes: &[u8]) -> (usize, std::time::Duration) {
    let Some(format) = &profile.frame else { panic!("{}: no frame", profile.id) };
    let mut framer = Framer::in_step(format.clone());
    let mut translator = Translator::new(catalog.clone());
    let mut understood = 0u64;
    let time = best(|| {
        let mut each = |heard| match heard {
            Heard::Frame(frame) => {
                understood += black_box(translator.hear_frame(&profile.id, &frame)).len() as u64
            }
            Heard::Damage(damage) => panic!("{}: {}", profile.id, damage.why),
        };
        framer.feed(bytes, &mut each);
        framer.silence(&mut each);
    });
    assert!(understood > 0, "{}", profile.id);
    (bytes.len(), time)
}

fn answer(catalog: &Arc<Catalog>, profile: &Profile, request: &[u8], bytes: &[u8]) -> std::time::Duration {
    let (Some(registers), Some(request)) = (&profile.registers, Request::parse(request)) else {
        panic!("{}: no Modbus", profile.id)
    };
    let mut translator = Translator::new(catalog.clone());
    best(|| {
        let Answer::Said(content) = request.answer(bytes) else { panic!("{}: no answer", profile.id) };
        let Some(json) = registers.json(&request, &content) else { panic!("{}: no registers", profile.id) };
        let frame = Frame { topic: None, json: json.into(), wire: bytes.into() };
        assert!(!black_box(translator.hear_frame(&profile.id, &frame)).is_empty(), "{}", profile.id);
    })
}

/// The least that could be done with the same bytes, by hand.
fn beside(given: &Given, id: &str) -> (&'static str, String) {
    match (given, id) {
        (Given::Line(line), "rflink/433-mhz-device") => {
            let written = r"^20;[0-9A-Fa-f]{2};([^;]+);ID=(\w+);TEMP=([0-9a-f]{4});HUM=(\d+);";
            let Ok(regex) = regex::Regex::new(written) else { panic!("{written}") };
            assert!(regex.is_match(line), "{line}");
            ("one regular expression", micros(best(|| drop(black_box(regex.captures(line))))))
        }
        (Given::Line(line), _) => (
            "splitting it",
            micros(best(|| drop(black_box(line.split(',').map(str::to_owned).collect::<Vec<_>>())))),
        ),
        (Given::Bytes(bytes), "nova/sds011" | "plantower/pms5003") => {
            let numbers = |bytes: &[u8]| {
                bytes
                    .chunks(2)
                    .map(|pair| pair.iter().map(|byte| u32::from(*byte)).sum())
                    .collect::<Vec<u32>>()
            };
            ("adding up its bytes", micros(best(|| drop(black_box(numbers(black_box(bytes)))))))
        }
        (Given::Bytes(_) | Given::Answer { .. } | Given::Message { .. } | Given::Command { .. }, _) => {
            ("–", "–".to_owned())
        }
    }
}
