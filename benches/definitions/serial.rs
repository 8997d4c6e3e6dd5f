//! What devices say on serial lines: bytes to frames, frames to messages, for every definition of a serial line. What is
//! said stands in its examples: the one with the most values.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use clown_hub::device::catalog::Catalog;
use clown_hub::device::frame::modbus::{Answer, Request};
use clown_hub::device::frame::{Frame, Framer, Heard};
use clown_hub::device::profile::{Example, Given, Profile};
use clown_hub::device::translate::Translator;

use crate::{best, micros};

/// What one dialect costs.
struct Cost {
    bytes: usize,
    /// From bytes to a frame.
    framing: Duration,
    /// From bytes to messages.
    all: Duration,
    /// What the frame says, as JSON.
    json: String,
}

/// Prints the table.
pub fn measure(catalog: &Arc<Catalog>) {
    println!("### Translating what came on a serial line\n");
    println!(
        "| device | bytes | values | framing, µs | all, µs | frames/s | finding its end, µs | its JSON into a tree, µs |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for profile in catalog.iter().filter(|profile| profile.serial.is_some()) {
        let Some(example) = longest(profile) else { continue };
        let (cost, end) = match &example.given {
            Given::Line(line) => {
                let bytes = format!("{line}{}", profile.line_end());
                (frames(catalog, profile, bytes.as_bytes()), end(bytes.as_bytes()))
            }
            Given::Bytes(bytes) => (frames(catalog, profile, bytes), end(bytes)),
            Given::Answer { request, bytes } => (answer(catalog, profile, request, bytes), end(bytes)),
            Given::Message { .. } | Given::Command { .. } => continue,
        };
        let tree = best(|| drop(black_box(serde_json::from_str::<serde_json::Value>(&cost.json))));
        println!(
            "| {} {} | {} | {} | {} | {} | {:.0} | {} | {} |",
            profile.vendor,
            profile.name,
            cost.bytes,
            example.gives.len(),
            micros(cost.framing),
            micros(cost.all),
            1.0 / cost.all.as_secs_f64(),
            micros(end),
            micros(tree)
        );
    }
    println!();
}

/// The whole word of its examples that tells the most.
fn longest(profile: &Profile) -> Option<&Example> {
    let heard = profile.examples.iter().filter(|example| {
        let is_heard = matches!(example.given, Given::Line(_) | Given::Bytes(_) | Given::Answer { .. });
        is_heard && example.damage.is_none() && !example.gives.is_empty()
    });
    heard.max_by_key(|example| example.gives.len())
}

/// The least that anybody has to do with bytes of a line: look at each whether a word ends there.
fn end(bytes: &[u8]) -> Duration {
    let last = bytes.last().copied().unwrap_or_default();
    best(|| {
        black_box(memchr::memchr_iter(last, black_box(bytes)).count());
    })
}

fn frames(catalog: &Arc<Catalog>, profile: &Profile, bytes: &[u8]) -> Cost {
    let Some(format) = &profile.frame else { panic!("{}: no frame", profile.id) };
    let mut framer = Framer::in_step(format.clone());
    let mut said: Option<Frame> = None;
    let mut frame = |each: &mut dyn FnMut(Frame)| {
        let mut heard = |heard| match heard {
            Heard::Frame(frame) => each(frame),
            Heard::Damage(damage) => panic!("{}: {}", profile.id, damage.why),
        };
        framer.feed(bytes, &mut heard);
        framer.silence(&mut heard);
    };
    frame(&mut |frame| said = Some(frame));
    let framing = best(|| frame(&mut |frame| drop(black_box(frame))));
    let mut translator = Translator::new(catalog.clone());
    let mut understood = 0_u64;
    let all = best(|| {
        frame(&mut |frame| understood += black_box(translator.hear_frame(&profile.id, &frame)).len() as u64);
    });
    assert!(understood > 0, "{}", profile.id);
    let json = said.map(|frame| frame.json.into_string()).unwrap_or_default();
    Cost { bytes: bytes.len(), framing, all, json }
}

fn answer(catalog: &Arc<Catalog>, profile: &Profile, request: &[u8], bytes: &[u8]) -> Cost {
    let (Some(registers), Some(request)) = (&profile.registers, Request::parse(request)) else {
        panic!("{}: no Modbus", profile.id)
    };
    let frame = || {
        let Answer::Said(content) = request.answer(bytes) else { panic!("{}: no answer", profile.id) };
        let Some(json) = registers.json(&request, &content) else { panic!("{}: no registers", profile.id) };
        Frame { topic: None, json: json.into(), wire: bytes.into() }
    };
    let framing = best(|| drop(black_box(frame())));
    let mut translator = Translator::new(catalog.clone());
    let all = best(|| {
        assert!(!black_box(translator.hear_frame(&profile.id, &frame())).is_empty(), "{}", profile.id);
    });
    Cost { bytes: bytes.len(), framing, all, json: frame().json.into_string() }
}
