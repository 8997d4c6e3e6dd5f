//! The program in docs/history.md that reads the file without the hub.

use std::collections::BTreeMap;

use clown_hub::history::series::{Key, Kind};
use clown_hub::history::store::{Recorded, Store};

use super::ledger::{EVERYTHING, START, key};
use super::tools::need;

/// The program of the documentation.
fn program() -> &'static str {
    let text = include_str!("../../docs/history.md");
    let begin = text.find("```python\n").expect("a program in Python") + "```python\n".len();
    let end = text[begin..].find("```").expect("its end");
    &text[begin..begin + end]
}

/// A file with everything in it; what a reader has to say of it, by time and series.
fn file(path: &std::path::Path) -> Vec<String> {
    let mut store = Store::open(path).unwrap();
    let with = |n, kind, unit: Option<&str>| Key { kind, unit: unit.map(Into::into), ..key(n) };
    let keys = [
        with(0, Kind::Number, Some("℃")),
        with(1, Kind::Number, None),
        with(2, Kind::Word, None),
        with(3, Kind::Truth, None),
    ];
    let ids = keys.clone().map(|key| store.series(&key));
    let mut random = fastrand::Rng::with_seed(8);
    for n in 0..500_i64 {
        let at = START + n * 1_000 + random.i64(0..500);
        let small = f64::from(random.i32(-5_000..5_000)) / 100.0;
        store.add(ids[0], at, if n % 90 == 7 { Recorded::Unknown } else { Recorded::Number(small) });
        store.add(ids[1], at, if n % 80 == 9 { Recorded::Unknown } else { Recorded::Number(random.f64()) });
        if n % 10 == 0 {
            store.add(ids[2], at, Recorded::Word(["idle", "heating", "off"][random.usize(..3)]));
            store.add(ids[3], at, Recorded::Truth(random.bool()));
        }
        if n % 20 == 19 {
            store.flush().unwrap();
        }
        if n % 200 == 199 {
            store.fold().unwrap();
        }
    }
    store.flush().unwrap();
    let mut lines = BTreeMap::new();
    for (id, key) in ids.iter().zip(&keys) {
        for sample in store.samples(*id, &EVERYTHING).unwrap() {
            let value = match key.kind {
                _ if sample.is_gap() => "None".to_owned(),
                Kind::Word => store.word(sample.value).unwrap().to_owned(),
                Kind::Number | Kind::Truth => format!("{:?}", sample.value),
            };
            let unit = key.unit.as_deref().unwrap_or_default();
            lines.insert(
                (*id, sample.at),
                format!("{} {} {} {value} {unit}", sample.at, key.topic, key.quantity),
            );
        }
    }
    lines.into_values().collect()
}

#[test]
fn the_documented_program_reads_every_sample() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let expect = file(&path);
    let said =
        need("python3", "python3 and its module pcodec").args(["-c", program()]).arg(&path).output().unwrap();
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "run scripts/setup if a module is missing\n{errors}");
    let said = String::from_utf8_lossy(&said.stdout);
    assert_eq!(said.lines().count(), expect.len());
    for (line, expect) in said.lines().zip(&expect) {
        assert_eq!(line, expect);
    }
}
