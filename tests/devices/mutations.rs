//! Files and devices that are out of their minds: whatever stands in a definition and whatever a device says, nothing
//! panics, nothing takes long, and nothing but the texts of the file and the device comes out.
//!
//! The mutations are made by a generator that always makes the same ones, so a failure can be repeated.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clown_hub::device::builtin;
use clown_hub::device::catalog::Catalog;
use clown_hub::device::profile::{Given, Profile, file};
use clown_hub::device::prove;
use clown_hub::device::translate::Translator;
use clown_hub::talk::{Payload, Topic};

/// What nothing may take, on a slow machine without optimisation and with neighbours.
const LONGEST: Duration = Duration::from_secs(5);

/// A generator that makes the same numbers every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        // Xorshift, by Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// A place in `text` where a character begins.
    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
    }
}

/// What likes to break readers.
const SCRAPS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "'''",
    "=",
    ",",
    "/",
    "//",
    "#",
    "\n",
    "\\",
    "{{",
    "}}",
    "{%",
    "{id}",
    "{n?}",
    "{x*}",
    "{id:hex12}",
    "+",
    "*",
    "null",
    "true",
    "-",
    "0",
    "1e999",
    "-0",
    "99999999999999999999999999999",
    "0.1",
    "\u{0}",
    "\u{feff}",
    "℃",
    "é",
    "(",
    ")",
    "(?<value>",
    "|",
    "| int",
    " ",
    "~1",
    "1/0",
    "[[property]]",
    "id = ",
    "read = {",
];

fn mutated(text: &str, chance: &mut Chance) -> String {
    let mut text = text.to_owned();
    for _ in 0..=chance.below(3) {
        let (from, other) = (chance.place(&text), chance.place(&text));
        let (from, to) = (from.min(other), from.max(other));
        match chance.below(5) {
            0 => text.insert_str(from, SCRAPS[chance.below(SCRAPS.len())]),
            1 => {
                let length: usize = text[from..to].chars().take(12).map(char::len_utf8).sum();
                text.replace_range(from..from + length, "");
            }
            2 => {
                let part = text[from..to].chars().take(200).collect::<String>();
                text.insert_str(other.min(text.len()), &part);
            }
            3 => {
                let lines: Vec<&str> = text.lines().collect();
                let gone = chance.below(lines.len());
                let kept = lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line);
                text = kept.collect::<Vec<_>>().join("\n");
            }
            _ => {
                let scrap = SCRAPS[chance.below(SCRAPS.len())];
                let end = text[from..].char_indices().nth(1).map_or(text.len(), |(at, _)| from + at);
                text.replace_range(from..end, scrap);
            }
        }
    }
    text
}

/// Does it, and fails if that takes too long.
fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    assert!(started.elapsed() < LONGEST, "{what:.300} took {:?}", started.elapsed());
    done
}

fn read(text: &str) -> Option<Arc<Profile>> {
    file::read("test", Path::new("test.toml"), text.to_owned()).ok().map(Arc::new)
}

#[test]
fn damaged_definitions_are_refused_or_work_and_never_hang() {
    let mut chance = Chance(0x2016_0701_2146_0705);
    let (mut refused, mut taken) = (0, 0);
    for (id, text) in builtin::files() {
        for _ in 0..25 {
            let text = mutated(&text, &mut chance);
            match soon(id, || read(&text)) {
                None => refused += 1,
                Some(profile) => {
                    taken += 1;
                    soon(&text, || prove::prove(&profile));
                }
            }
        }
    }
    assert!(refused > 100 && taken > 10, "{refused} {taken}");
}

/// What every example of every definition says, with its topic.
fn said() -> Vec<(String, String)> {
    let examples = builtin::profiles().iter().flat_map(|profile| &profile.examples);
    let said = examples.filter_map(|example| match &example.given {
        Given::Message { topic, payload } => Some((topic.to_string(), payload.to_string())),
        Given::Line(_) | Given::Bytes(_) | Given::Answer { .. } | Given::Command { .. } => None,
    });
    said.collect()
}

#[test]
fn devices_that_talk_nonsense_are_told_and_never_guessed() {
    let mut chance = Chance(0x1985_0523);
    let mut translator = Translator::new(builtin::catalog());
    let mut bases: Vec<Topic> = Vec::new();
    for (topic, payload) in said() {
        for round in 0..6 {
            let payload = mutated(&payload, &mut chance);
            let topic = if round % 3 == 0 { mutated(&topic, &mut chance) } else { topic.clone() };
            let wire = Payload::from_wire(payload.as_bytes());
            for meaning in soon(&payload, || translator.hear(&topic, &wire)) {
                assert!(meaning.base.as_str().starts_with("nodes/"), "{}", meaning.base);
                for message in &meaning.messages {
                    assert!(message.payload.is_object(), "{topic} {payload}: {}", message.payload);
                }
                bases.push(meaning.base);
            }
        }
    }
    assert!(bases.len() > 200, "{}", bases.len());
    for base in bases.iter().step_by(7) {
        for id in ["relay/0", "light/0", "led-strip/-", "cover/0", "lcd/-", "relay/{n}", "", "/", "a/b/c"] {
            let payload = mutated(r#"{"state": true, "brightness": 50, "for": 1e400}"#, &mut chance);
            let payload = Payload::from_wire(payload.as_bytes());
            for verb in ["set", "get", "config/set", ""] {
                let order = soon(id, || translator.command(base, &format!("{id}/{verb}"), &payload));
                if let Some(Ok(order)) = order {
                    assert!(!order.sends.is_empty(), "{base} {id}/{verb} {payload}");
                }
            }
        }
    }
}

#[test]
fn payloads_of_any_size_are_done_with_soon() {
    let mut translator = Translator::new(builtin::catalog());
    let many = |one: &dyn Fn(usize) -> String| (0..60_000).map(one).collect::<Vec<_>>().join(",");
    let payloads = [
        format!("{{{}}}", (0..8_000).map(|at| format!("\"POWER{at}\":\"ON\"")).collect::<Vec<_>>().join(",")),
        format!("{{{}}}", many(&|at| format!("\"POWER{at}\":\"ON\""))),
        format!("{{\"ENERGY\":{{\"Power\":[{}]}}}}", many(&|at| at.to_string())),
        format!("{}{}", "[".repeat(500_000), "]".repeat(500_000)),
        format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120)),
        format!("{{\"StatusSNS\":{{\"X\":{{\"Temperature\":{}}}}}}}", "9".repeat(1_000_000)),
        format!(
            "{{\"method\":\"NotifyStatus\",\"params\":{{{}}}}}",
            many(&|at| format!("\"switch:{at}\":{{\"output\":true}}"))
        ),
        "9".repeat(1_000_000),
        "x".repeat(1_000_000),
        String::new(),
        "\u{0}\u{1}".into(),
    ];
    for topic in [
        "tele/t/SENSOR",
        "tele/t/STATE",
        "stat/t/RESULT",
        "stat/t/STATUS8",
        "s/events/rpc",
        "s/status/switch:0",
        "shellies/s/relay/0/power",
    ] {
        for payload in &payloads {
            let payload = Payload::from_wire(payload.as_bytes());
            let meanings = soon(topic, || translator.hear(topic, &payload));
            assert!(meanings.iter().all(|meaning| meaning.messages.len() <= 1_024), "{topic}");
        }
    }
}

fn with_read(read: &str) -> String {
    format!(
        "name = \"X\"\nvendor = \"Y\"\n[[property]]\nid = \"device/-\"\nquantity = \"version\"\nread = {{ topic = \"{{id}}/x\", {read} }}\n"
    )
}

#[test]
fn a_definition_cannot_take_the_machine() {
    // What reads is then given a word that likes to backtrack.
    for (what, heavy) in [
        ("nested repeats", with_read("regex = '^(?:(?:(?:a+)+)+)+$'")),
        ("a regular expression of megabytes", with_read("regex = '(?:a{1000}){1000}'")),
        ("many ways", with_read("regex = '(?:a|a?)(?:a|a?)(?:a|a?)(?:a|a?)(?:.*)(?:.*)(?:.*)(?:.*)x'")),
        (
            "a text that doubles",
            with_read(
                "template = '{% set a = value ~ value %}{% set a = a ~ a ~ a ~ a %}{{ a ~ a ~ a ~ a }}'",
            ),
        ),
        ("a text many times", with_read("template = '{{ value * 99999999 }}'")),
        ("a list many times", with_read("template = '{{ json.a * json.b }}'")),
        (
            "a text in a text",
            with_read("template = \"{{ value | replace('a', value) | replace('a', value) }}\""),
        ),
        ("brackets", with_read(&format!("template = '{{{{ {}1{} }}}}'", "(".repeat(900), ")".repeat(900)))),
        ("deep TOML", format!("name = {}1{}", "[".repeat(20_000), "]".repeat(20_000))),
        ("a key of many parts", format!("{} = 1", vec!["a"; 20_000].join("."))),
        ("captures", with_read("value = \"/{a}_{b}_{c}_{d}_{e}_{f}_{g}_{h}\"")),
        ("many properties", with_read("").replace("read", "words = 1\nread").repeat(400)),
    ] {
        let Some(profile) = soon(what, || read(&heavy)) else { continue };
        let mut translator = Translator::new(Arc::new(Catalog::new([profile])));
        for payload in [
            r#"{"a": [[1]], "b": 99999999}"#.to_owned(),
            "a".repeat(16_000),
            "a".repeat(60_000),
            "a".repeat(1_000_000),
            format!("{{\"{}\": 1}}", "a_".repeat(60_000)),
        ] {
            let payload = Payload::from_wire(payload.as_bytes());
            for meaning in soon(what, || translator.hear("t/x", &payload)) {
                let told: usize = meaning.messages.iter().map(|message| message.payload.as_str().len()).sum();
                assert!(told <= 1_100_000, "{what}: {told}");
            }
        }
    }
}
