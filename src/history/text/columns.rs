//! Which column of a CSV file is what, and how its times and numbers are written.

use super::cell;
use crate::history::moment;
use crate::history::name::Name;

/// Headings that need not be told, as hubs, Home Assistant and InfluxDB write them.
const TIMES: [&str; 5] = ["time", "timestamp", "last_changed", "_time", "date"];
const VALUES: [&str; 3] = ["value", "state", "_value"];
const SERIES: [&str; 3] = ["series", "entity_id", "topic"];
const UNITS: [&str; 2] = ["unit", "unit_of_measurement"];
/// What may stand between columns.
/// With as many columns either way the first one counts: a comma may belong to a number.
const SEPARATORS: [char; 3] = [';', '\t', ','];

/// What a person says about the columns of a file; each by its heading, or by its number from one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// When.
    pub time: Option<String>,
    /// What was true then.
    pub value: Option<String>,
    /// Which series.
    pub series: Option<String>,
    /// The unit.
    pub unit: Option<String>,
    /// The one series that all lines are of.
    pub fixed: Option<Name>,
    /// The unit of all lines.
    pub fixed_unit: Option<String>,
    /// What times are counted in.
    pub clock: Clock,
}

/// How times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// RFC 3339, or a number whose size tells what it counts.
    #[default]
    Any,
    /// Numbers of so many nanoseconds since 1970.
    Counts(i64),
}

/// Where everything is, once the first line was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub separator: char,
    pub time: usize,
    pub value: usize,
    pub series: Option<usize>,
    pub unit: Option<usize>,
    /// It is a file of this hub, where a mark tells texts.
    pub is_own: bool,
    /// The first line holds values already.
    pub is_bare: bool,
}

impl Clock {
    /// The clock that is called like this.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "auto" => Some(Self::Any),
            "s" => Some(Self::Counts(1_000_000_000)),
            "ms" => Some(Self::Counts(1_000_000)),
            "us" | "µs" => Some(Self::Counts(1_000)),
            "ns" => Some(Self::Counts(1)),
            _ => None,
        }
    }

    /// The moment that a text means.
    pub fn read(self, text: &str) -> Option<i64> {
        if let Some(at) = moment::stamp(text) {
            return Some(at);
        }
        let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
        let number: i64 = whole.parse().ok()?;
        let unit = match self {
            Self::Counts(unit) => unit,
            // Seconds until the year 5138, and so on: times of sensors are never near a border.
            Self::Any => match number.unsigned_abs() {
                0..100_000_000_000 => 1_000_000_000,
                100_000_000_000..100_000_000_000_000 => 1_000_000,
                100_000_000_000_000..100_000_000_000_000_000 => 1_000,
                _ => 1,
            },
        };
        let at = i128::from(number) * i128::from(unit);
        let part = part(fraction, unit)?;
        let at = if whole.starts_with('-') { at - part } else { at + part };
        i64::try_from(at.div_euclid(1_000_000)).ok()
    }
}

/// A decimal fraction of a unit, in nanoseconds.
fn part(fraction: &str, unit: i64) -> Option<i128> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.get(..9).unwrap_or(fraction);
    let count = u32::try_from(digits.len()).ok()?;
    let number: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    Some(number * i128::from(unit) / 10_i128.pow(count))
}

impl Columns {
    /// Whether nothing was said about the columns.
    fn is_silent(&self) -> bool {
        let Self { time, value, series, unit, fixed, fixed_unit, clock } = self;
        [time, value, series, unit, fixed_unit].iter().all(|said| said.is_none())
            && fixed.is_none()
            && *clock == Clock::Any
    }

    /// Finds everything in the first line; a reason says what is missing and how it can be told.
    pub(super) fn find(&self, line: &str) -> Result<Found, String> {
        let is_own = self.is_silent() && line == super::write::HEADING;
        let separator = separator(line)
            .ok_or("there is one column only; a file needs a time and a value, separated by , ; or a tab")?;
        let headings: Vec<String> =
            cell::split(line, separator).iter().map(|heading| heading.trim().to_owned()).collect();
        let column = |said: &Option<String>, known: &[&str]| match said {
            Some(said) => place(&headings, said).map(Some),
            None => Ok(known.iter().find_map(|known| place(&headings, known).ok())),
        };
        let have = || headings.join(", ").chars().take(300).collect::<String>();
        let missing = |what: &str, name: &str| {
            format!("no column is called {name:?}; there are: {}; say which one has the {what}", have())
        };
        let time = column(&self.time, &TIMES)?.ok_or_else(|| missing("time (time_column)", "time"))?;
        let value = column(&self.value, &VALUES)?.ok_or_else(|| missing("value (value_column)", "value"))?;
        let series = match self.fixed {
            Some(_) => None,
            None => Some(column(&self.series, &SERIES)?.ok_or_else(|| {
                missing(
                    "series (series_column), or name the one series that all lines are of (series)",
                    "series",
                )
            })?),
        };
        let unit = if self.fixed_unit.is_some() { None } else { column(&self.unit, &UNITS)? };
        let is_bare = headings.get(time).is_some_and(|heading| self.clock.read(heading).is_some());
        Ok(Found { separator, time, value, series, unit, is_own, is_bare })
    }
}

/// The separator that the first line has most of, outside quotes.
fn separator(line: &str) -> Option<char> {
    let count = |separator: char| cell::split(line, separator).len();
    let most = SEPARATORS.into_iter().map(count).max().filter(|most| *most > 1)?;
    SEPARATORS.into_iter().find(|separator| count(*separator) == most)
}

/// Where a column is, by its number, or by its heading in any case.
fn place(headings: &[String], said: &str) -> Result<usize, String> {
    let said = said.trim();
    let is_it = |heading: &String| heading.to_lowercase() == said.to_lowercase();
    let by_number = || said.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < headings.len());
    by_number().or_else(|| headings.iter().position(is_it)).ok_or_else(|| {
        let have: String = headings.join(", ").chars().take(300).collect();
        format!("no column is called {said:?}; there are: {have}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_unit() {
        let check = |clock: &str, text: &str, expect: Option<i64>| {
            assert_eq!(Clock::of(clock).unwrap().read(text), expect, "{clock} {text}");
        };
        check("auto", "2016-11-20T22:10:00.123Z", Some(1_479_679_800_123));
        check("auto", "2016-11-20 22:10:00", Some(1_479_679_800_000));
        check("auto", "1479679800", Some(1_479_679_800_000));
        check("auto", "1479679800.123456", Some(1_479_679_800_123));
        check("auto", "1479679800123", Some(1_479_679_800_123));
        check("auto", "1479679800123456", Some(1_479_679_800_123));
        check("auto", "1479679800123456789", Some(1_479_679_800_123));
        check("s", "5", Some(5_000));
        check("ms", "5", Some(5));
        check("ms", "-1.5", Some(-2));
        check("ns", "-1", Some(-1));
        check("us", "1500", Some(1));
        check("s", "99999999999999999", None);
        for text in ["", "x", "1.x", "now", "-1h", "1 2"] {
            check("auto", text, None);
        }
    }

    #[test]
    fn columns_are_found_by_heading_and_by_number() {
        let check = |columns: &Columns,
                     line: &str,
                     expect: Result<(char, usize, usize, Option<usize>), &str>| {
            match (columns.find(line), expect) {
                (Ok(found), Ok(expect)) => {
                    assert_eq!((found.separator, found.time, found.value, found.series), expect, "{line}");
                }
                (Err(error), Err(expect)) => assert!(error.contains(expect), "{line}: {error}"),
                (found, expect) => panic!("{line}: {found:?} instead of {expect:?}"),
            }
        };
        let silent = Columns::default();
        check(&silent, "time,series,value,unit", Ok((',', 0, 2, Some(1))));
        check(&silent, "entity_id,state,last_changed", Ok((',', 2, 1, Some(0))));
        check(&silent, "Value;Time;Series", Ok((';', 1, 0, Some(2))));
        check(&silent, "\"a,b\"\ttime\tvalue\tseries", Ok(('\t', 1, 2, Some(3))));
        check(&silent, "time,value", Err("series_column"));
        check(&silent, "when,value,series", Err("there are: when, value, series"));
        check(&silent, "time", Err("one column only"));
        check(&silent, "", Err("one column only"));
        let fixed = Columns { fixed: "a#t".parse().ok(), ..Columns::default() };
        check(&fixed, "time,value", Ok((',', 0, 1, None)));
        let said = Columns { time: Some("when".into()), value: Some("2".into()), ..fixed.clone() };
        check(&said, "When;Kitchen °C", Ok((';', 0, 1, None)));
        check(&said, "Wann;Kitchen °C", Err("no column is called \"when\""));
        let numbers = Columns { time: Some("1".into()), value: Some("2".into()), ..fixed };
        assert!(numbers.find("2016-11-20;21,5").unwrap().is_bare);
        assert!(!numbers.find("when;what").unwrap().is_bare);
        assert!(silent.find("time,series,value,unit").unwrap().is_own);
        assert!(!silent.find("time;series;value;unit").unwrap().is_own);
    }
}
