//! What the hub writes is what it reads, in both of its layouts, and damage never ends it.

use super::columns::Columns;
use super::read::{Form, Reader};
use super::write::{HEADING, Layout};
use super::*;

type Row = (String, i64, String, Option<String>);

/// Names, units and values that are hard to tell apart.
fn random(random: &mut fastrand::Rng) -> (Name, i64, Option<String>, Hard) {
    let any = |random: &mut fastrand::Rng, from: &str| -> String {
        let from: Vec<char> = from.chars().collect();
        (0..random.usize(1..7)).filter_map(|_| random.choice(&from).copied()).collect()
    };
    let name = loop {
        let topic = any(random, "ab/=+-'%23#,\"");
        if crate::talk::Topic::new(&topic).is_ok() {
            break Name { topic: topic.into(), quantity: any(random, "q'=#,\"\n ℃").into() };
        }
    };
    let unit = random.bool().then(|| any(random, "'=-℃%,\" "));
    let value = match random.u8(0..6) {
        0 => Hard::Gap,
        1 => Hard::Truth(random.bool()),
        2 => Hard::Number(f64::from_bits(random.u64(..))),
        3 => Hard::Number((random.f64() * 1e4).round() / 100.0),
        4 => Hard::Word(any(random, "true'false10.eE+-=\"\n, \r")),
        _ => Hard::Word(
            random.choice(["true", "", "'", "nan", "inf", "-0", "=1", " x ", "unknown"]).unwrap_or("").into(),
        ),
    };
    let at = if random.u8(0..10) == 0 { random.i64(..) } else { random.i64(0..4_000_000_000_000) };
    (name, at, unit, value)
}

enum Hard {
    Gap,
    Truth(bool),
    Number(f64),
    Word(String),
}

impl Hard {
    fn recorded(&self) -> Recorded<'_> {
        match self {
            Self::Gap => Recorded::Unknown,
            Self::Number(number) if number.is_nan() => Recorded::Unknown,
            Self::Number(number) => Recorded::Number(*number),
            Self::Truth(truth) => Recorded::Truth(*truth),
            Self::Word(word) => Recorded::Word(word),
        }
    }
}

fn written(layout: Layout, seed: u64) -> (String, Vec<Row>) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut text = String::new();
    layout.begin(&mut text);
    let mut rows = Vec::new();
    for _ in 0..300 {
        let (name, at, unit, value) = random(&mut rng);
        let value = value.recorded();
        layout.entry(&mut text, &Entry { name: &name, at, value, unit: unit.as_deref() });
        rows.push((name.to_string(), at, format!("{value:?}"), unit));
    }
    (text, rows)
}

#[test]
fn what_this_hub_wrote_comes_back_to_the_last_bit() {
    for seed in 0..100 {
        for (layout, form) in
            [(Layout::Csv, Form::Csv(Columns::default())), (Layout::JsonLines, Form::JsonLines)]
        {
            let (text, expect) = written(layout, seed);
            let mut rows: Vec<Row> = Vec::new();
            let mut take = |_: u64, entry: Entry<'_>| {
                let unit = entry.unit.filter(|unit| !unit.is_empty()).map(str::to_owned);
                rows.push((entry.name.to_string(), entry.at, format!("{:?}", entry.value), unit));
                Ok(())
            };
            let mut reader = Reader::new(form, 0);
            for piece in text.as_bytes().chunks(1_000) {
                reader.feed(piece, &mut take).unwrap();
            }
            reader.finish(&mut take).unwrap();
            assert_eq!(reader.refused().named, [], "{seed}");
            assert_eq!(rows.len(), expect.len(), "{seed}");
            for (row, expect) in rows.iter().zip(&expect) {
                assert_eq!(row, expect, "{seed}");
            }
        }
    }
    assert!(written(Layout::Csv, 0).0.starts_with(HEADING));
}

#[test]
fn damage_is_refused_and_never_a_panic() {
    for (layout, form) in [(Layout::Csv, Form::Csv(Columns::default())), (Layout::JsonLines, Form::JsonLines)]
    {
        let (text, _) = written(layout, 7);
        let bytes = &text.as_bytes()[..text.len().min(3_000)];
        let run = |bytes: &[u8]| {
            let mut reader = Reader::new(form.clone(), 0);
            let mut take = |_: u64, _: Entry<'_>| Ok(());
            let fed = reader.feed(bytes, &mut take);
            let _ = fed.and_then(|()| reader.finish(&mut take));
        };
        for at in 0..bytes.len() {
            run(&bytes[..at]);
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 1 << (at % 8);
            run(&damaged);
        }
    }
}
