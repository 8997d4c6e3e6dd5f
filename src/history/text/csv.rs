//! Reads CSV: of this hub without a loss, of others by the names of their columns.
//!
//! In files of others a decimal comma counts where `;` or a tab separates, and what other programs write for an unknown
//! value is a gap. The first value of a series decides whether it has numbers, truths or words; a line that
//! says otherwise is refused, so that one odd word does not begin another series.

use std::collections::HashMap;

use super::cell::split;
use super::columns::{Clock, Columns, Found};
use super::read::{name, no_time};
use super::{Entry, Take, shown, word};
use crate::history::name::Name;
use crate::history::series::Kind;
use crate::history::store::Recorded;

/// What other programs write where they know nothing.
const UNKNOWN: [&str; 8] = ["", "unknown", "unavailable", "nan", "null", "none", "n/a", "-"];

/// A CSV file under way.
pub struct Csv {
    columns: Columns,
    found: Option<Found>,
    /// A line of a spreadsheet says it before the headings.
    separator_said: bool,
    /// What the series of other programs' files are, by their names.
    kinds: HashMap<Name, Kind>,
    /// The name that was read last; most files have it many times in a row.
    last: Option<(Box<str>, Name)>,
}

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// With the first line, and so with the file.
    Heading(String),
    /// With this line.
    Line(String),
}

impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self::Line(reason)
    }
}

impl Csv {
    /// A file with such columns.
    pub fn new(columns: Columns) -> Self {
        Self { columns, found: None, separator_said: false, kinds: HashMap::new(), last: None }
    }

    /// Takes the next line.
    pub fn line(&mut self, number: u64, line: &str, take: &mut impl Take) -> Result<(), Wrong> {
        if let Some(found) = self.found.clone() {
            return Ok(self.sample(&found, number, line, take)?);
        }
        let line = line.trim_start_matches('\u{feff}');
        // A spreadsheet notes its separator here; it is found without that, too.
        if line.trim().is_empty()
            || (!std::mem::replace(&mut self.separator_said, true) && line.starts_with("sep="))
        {
            return Ok(());
        }
        let found = self.columns.find(line).map_err(Wrong::Heading)?;
        let is_bare = found.is_bare;
        self.found = Some(found.clone());
        if is_bare { Ok(self.sample(&found, number, line, take)?) } else { Ok(()) }
    }

    fn sample(&mut self, found: &Found, number: u64, line: &str, take: &mut impl Take) -> Result<(), String> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let cells = split(line, found.separator);
        let cell = |at: usize, what: &str| {
            // This hub writes no spaces around what it means.
            let cell = cells.get(at).map(|cell| if found.is_own { &**cell } else { cell.trim() });
            cell.ok_or_else(|| {
                format!("there are {} columns, but the {what} is in no. {}", cells.len(), at + 1)
            })
        };
        let time = cell(found.time, "time")?;
        // Beyond the calendar this hub writes milliseconds.
        let clock = if found.is_own { Clock::Counts(1_000_000) } else { self.columns.clock };
        let at = clock.read(time).ok_or_else(|| no_time(time))?;
        let unit = match (&self.columns.fixed_unit, found.unit) {
            (Some(unit), _) => Some(unit.clone()),
            (None, Some(at)) => Some(unmarked(cell(at, "unit").unwrap_or_default()).to_owned()),
            (None, None) => None,
        };
        let unit = unit.as_deref();
        let value = cell(found.value, "value")?;
        let value = if found.is_own { own(value)? } else { foreign(value, found.separator)? };
        let series = match found.series {
            Some(at) => Some(unmarked(cell(at, "series")?)),
            None => None,
        };
        let name = named(series, self.columns.fixed.as_ref(), &mut self.last)?;
        if !found.is_own {
            settle(&mut self.kinds, name, value)?;
        }
        take(number, Entry { name, at, value, unit })
    }
}

/// The name of the series that a cell says, or of the one series of the file.
fn named<'a>(
    series: Option<&str>,
    fixed: Option<&'a Name>,
    last: &'a mut Option<(Box<str>, Name)>,
) -> Result<&'a Name, String> {
    let Some(series) = series else { return fixed.ok_or_else(|| "it is of no series".to_owned()) };
    if last.as_ref().is_none_or(|(text, _)| **text != *series) {
        *last = Some((series.into(), name(series)?));
    }
    last.as_ref().map(|(_, name)| name).ok_or_else(|| "it is of no series".to_owned())
}

/// A cell of this hub without the mark of a text.
fn unmarked(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// A value as this hub writes it.
fn own(cell: &str) -> Result<Recorded<'_>, String> {
    if let Some(text) = cell.strip_prefix('\'') {
        return word(text);
    }
    match (cell, cell.parse::<f64>()) {
        ("", _) => Ok(Recorded::Unknown),
        ("true", _) => Ok(Recorded::Truth(true)),
        ("false", _) => Ok(Recorded::Truth(false)),
        (_, Ok(number)) => Ok(number_or_gap(number)),
        (_, Err(_)) => word(cell),
    }
}

/// A value as anybody writes it.
fn foreign(cell: &str, separator: char) -> Result<Recorded<'_>, String> {
    let is = |word: &&str| cell.eq_ignore_ascii_case(word);
    if UNKNOWN.iter().any(is) {
        return Ok(Recorded::Unknown);
    }
    if ["true", "on", "yes"].iter().any(is) {
        return Ok(Recorded::Truth(true));
    }
    if ["false", "off", "no"].iter().any(is) {
        return Ok(Recorded::Truth(false));
    }
    let number = if separator != ',' && cell.contains(',') && !cell.contains('.') {
        cell.replace(',', ".").parse::<f64>()
    } else {
        cell.parse::<f64>()
    };
    match number {
        Ok(number) if number.is_infinite() => Err(format!("{} is beyond every number", shown(cell))),
        Ok(number) => Ok(number_or_gap(number)),
        Err(_) => word(unmarked(cell)),
    }
}

fn number_or_gap<'a>(number: f64) -> Recorded<'a> {
    if number.is_nan() { Recorded::Unknown } else { Recorded::Number(number) }
}

/// Refuses a value that is of another kind than the first one of its series.
fn settle(kinds: &mut HashMap<Name, Kind>, name: &Name, value: Recorded<'_>) -> Result<(), String> {
    let (kind, what) = match value {
        Recorded::Unknown => return Ok(()),
        Recorded::Number(number) => (Kind::Number, number.to_string()),
        Recorded::Truth(truth) => (Kind::Truth, truth.to_string()),
        Recorded::Word(word) => (Kind::Word, shown(word)),
    };
    let Some(known) = kinds.get(name) else {
        kinds.insert(name.clone(), kind);
        return Ok(());
    };
    let expected = match known {
        Kind::Number => "numbers",
        Kind::Truth => "on and off",
        Kind::Word => "words",
    };
    if *known == kind { Ok(()) } else { Err(format!("{what}, but {name} began with {expected}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::text::read::{Form, ReadError, Reader};
    use crate::history::text::write::{HEADING, Layout};

    type Row = (String, i64, String, Option<String>);

    type Read = Result<(Vec<Row>, Vec<(u64, String)>), ReadError>;

    fn rows(columns: Columns, text: &str) -> Read {
        let mut rows = Vec::new();
        let mut take = |_: u64, entry: Entry<'_>| {
            let unit = entry.unit.filter(|unit| !unit.is_empty()).map(str::to_owned);
            rows.push((entry.name.to_string(), entry.at, format!("{:?}", entry.value), unit));
            Ok(())
        };
        let mut reader = Reader::new(Form::Csv(columns), 0);
        reader.feed(text.as_bytes(), &mut take)?;
        reader.finish(&mut take)?;
        let refused = std::mem::take(reader.refused());
        Ok((rows, refused.named.into_iter().map(|refusal| (refusal.line, refusal.reason)).collect()))
    }

    fn check(columns: &Columns, text: &str, expect: &[(&str, i64, &str, &str)]) {
        let (rows, refused) = rows(columns.clone(), text).expect(text);
        let expect: Vec<Row> = expect
            .iter()
            .map(|(name, at, value, unit)| {
                let unit = (!unit.is_empty()).then(|| (*unit).to_owned());
                ((*name).to_owned(), *at, (*value).to_owned(), unit)
            })
            .collect();
        assert_eq!(rows, expect, "{text}");
        assert!(refused.is_empty(), "{refused:?}");
    }

    #[test]
    fn files_of_others_are_read_by_their_headings() {
        check(
            &Columns::default(),
            "entity_id,state,last_changed\nsensor.kitchen,21.5,2016-11-20T22:10:00.123Z\nsensor.kitchen,unavailable,2016-11-20T22:11:00Z\nswitch.pump,on,2016-11-20T22:11:00Z\n",
            &[
                ("sensor.kitchen", 1_479_679_800_123, "Number(21.5)", ""),
                ("sensor.kitchen", 1_479_679_860_000, "Unknown", ""),
                ("switch.pump", 1_479_679_860_000, "Truth(true)", ""),
            ],
        );
        let fixed = Columns {
            fixed: "boiler#temperature".parse().ok(),
            fixed_unit: Some("℃".into()),
            ..Columns::default()
        };
        check(
            &fixed,
            "\u{feff}sep=;\r\n\"Time\";\"Value\"\r\n20.11.2016;x\r\n"
                .replace("20.11.2016;x\r\n", "1479679800;\"21,5\"\r\n\r\n")
                .as_str(),
            &[("boiler#temperature", 1_479_679_800_000, "Number(21.5)", "℃")],
        );
        let bare = Columns { time: Some("1".into()), value: Some("2".into()), ..fixed };
        check(
            &bare,
            "5\t1\n6\t2",
            &[
                ("boiler#temperature", 5_000, "Number(1.0)", "℃"),
                ("boiler#temperature", 6_000, "Number(2.0)", "℃"),
            ],
        );
    }

    #[test]
    fn refused_lines_have_their_number_and_harm_no_other() {
        let text = "time,value,series,unit\n1,5,a#t\nx,5,a#t\n2,warm,a#t\n3,6,a/+#t\n4\n5,\"a\n\n6,7,a#t,℃\n";
        let (rows, refused) = rows(Columns::default(), text).unwrap();
        assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [1_000, 6_000]);
        let lines: Vec<u64> = refused.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7], "{refused:?}");
        let reasons = [
            "`x` is no time",
            "`warm`, but a#t began with numbers",
            "wildcard",
            "there are 1 columns",
            "never closed",
        ];
        for ((_, reason), expect) in refused.iter().zip(reasons) {
            assert!(reason.contains(expect), "{reason}");
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused_as_a_whole() {
        let check = |text: &str, expect: &str| {
            let error = rows(Columns::default(), text).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check("hello\n", "line 1: there is one column only");
        check("a,b,c\n", "no column is called \"time\"; there are: a, b, c");
        check(
            "time,value,series\nx,1,a\ny,1,a\n",
            "none of the first 2 lines is understood; line 2: `x` is no time",
        );
        check(&format!("time,value,series\n{}", "x,1,a\n".repeat(5_000)), "none of the first 5000 lines");
        check("\u{1f}\0", "no text");
        assert!(rows(Columns::default(), "").unwrap().0.is_empty());
    }

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
                random
                    .choice(["true", "", "'", "nan", "inf", "-0", "=1", " x ", "unknown"])
                    .unwrap_or("")
                    .into(),
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
        for (layout, form) in
            [(Layout::Csv, Form::Csv(Columns::default())), (Layout::JsonLines, Form::JsonLines)]
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
}
