//! Moments as people and programs write them: RFC 3339, a date, milliseconds since 1970, or a time before now.
//!
//! Inside, a moment is milliseconds since 1970 in UTC. A text without a zone is UTC, too: the hub has no list of zones,
//! and what was exported in winter has to mean the same in summer.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use time::{Date, Month};

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;
const DAY: i64 = 86_400_000;

/// Units of a time before now, in milliseconds.
const UNITS: [(char, i64); 6] = [
    ('s', 1_000),
    ('m', 60_000),
    ('h', 3_600_000),
    ('d', DAY),
    ('w', 7 * DAY),
    // What a person means by a year back; a calendar would have two answers on the 29th of February.
    ('y', 365 * DAY),
];

/// Why a text is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no time; write 2026-11-20T22:10:00Z, 2026-11-20 (its beginning, UTC), milliseconds since 1970, now, or a time before now such as -30m, -24h, -7d, -1y"
)]
pub struct MomentError(pub String);

/// This moment.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The moment that a text means; `now` is what times before now count from.
pub fn parse(text: &str, now: i64) -> Result<i64, MomentError> {
    let text = text.trim();
    let found = match text {
        "now" => Some(now),
        _ => ago(text)
            .and_then(|ago| now.checked_sub(ago))
            .or_else(|| milliseconds(text))
            .or_else(|| stamp(text)),
    };
    found.ok_or_else(|| MomentError(text.chars().take(60).collect()))
}

fn milliseconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

/// `-24h`
fn ago(text: &str) -> Option<i64> {
    let text = text.strip_prefix('-')?;
    let (_, length) = UNITS.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number = &text[..text.len() - 1];
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(*length)
}

/// RFC 3339, also with a space instead of `T`, without seconds, without a zone, and a date alone.
pub fn stamp(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let day = day(date)?;
    if rest.is_empty() {
        return Some(day * DAY);
    }
    let (clock, rest) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(5)?;
    let (hour, minute) = (two(clock, 0)?, two(clock, 3)?);
    if clock.as_bytes().get(2) != Some(&b':') || hour > 23 || minute > 59 {
        return None;
    }
    let (second, rest) = seconds(rest)?;
    Some(day * DAY + hour * 3_600_000 + minute * 60_000 + second - zone(rest)?)
}

fn day(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let year = i32::try_from(two(text, 0)? * 100 + two(text, 2)?).ok()?;
    let month = Month::try_from(u8::try_from(two(text, 5)?).ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, u8::try_from(two(text, 8)?).ok()?).ok()?;
    Some(i64::from(date.to_julian_day() - EPOCH))
}

fn two(text: &str, at: usize) -> Option<i64> {
    let digit =
        |at: usize| text.as_bytes().get(at).filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
    Some(i64::from(digit(at)?) * 10 + i64::from(digit(at + 1)?))
}

/// `:05.123` in milliseconds, and what follows.
fn seconds(text: &str) -> Option<(i64, &str)> {
    let Some(text) = text.strip_prefix(':') else { return Some((0, text)) };
    // The 60th second is a leap second, which computers know as the next one.
    let whole = two(text, 0).filter(|second| *second <= 60)? * 1_000;
    let rest = text.get(2..)?;
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some((whole, rest)) };
    let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    let (digits, rest) = fraction.split_at(end);
    let first = |count| digits.bytes().chain([b'0'; 3]).take(count);
    let milliseconds = first(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    (!digits.is_empty()).then_some((whole + milliseconds, rest))
}

/// How far a zone is before UTC, in milliseconds.
fn zone(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    // In an address a `+` that was not escaped arrives as a space.
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let text = text.strip_prefix(['+', '-', ' '])?;
    let minutes = match text.len() {
        2 => 0,
        4 => two(text, 2)?,
        5 if text.as_bytes().get(2) == Some(&b':') => two(text, 3)?,
        _ => return None,
    };
    let hours = two(text, 0).filter(|hours| *hours < 24 && minutes < 60)?;
    Some(sign * (hours * 3_600_000 + minutes * 60_000))
}

/// A moment as RFC 3339 to the millisecond, `2026-11-20T22:10:00.123Z`.
pub fn show(at: i64) -> String {
    let mut text = String::with_capacity(24);
    write(&mut text, at);
    text
}

/// Writes what [`show`] gives; what is not within the years 0 to 9999 as milliseconds.
pub fn write(out: &mut String, at: i64) {
    let date = i32::try_from(at.div_euclid(DAY)).ok().and_then(|day| day.checked_add(EPOCH));
    let date = date.and_then(|day| Date::from_julian_day(day).ok()).filter(|date| date.year() >= 0);
    // Writing to a String cannot fail.
    let _ = match date {
        Some(date) => {
            let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
            let within = at.rem_euclid(DAY);
            let (hour, minute) = (within / 3_600_000, within / 60_000 % 60);
            let (second, milli) = (within / 1_000 % 60, within % 1_000);
            write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
        }
        None => write!(out, "{at}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    #[test]
    fn moments_are_read_in_every_form_that_is_told() {
        let check = |text: &str, expect: i64| assert_eq!(parse(text, NOW), Ok(expect), "{text}");
        check("2016-11-20T22:10:00.123Z", 1_479_679_800_123);
        check("2016-11-20T22:10:00.123456789Z", 1_479_679_800_123);
        check("2016-11-20T22:10:00.1Z", 1_479_679_800_100);
        check("2016-11-20T23:10:00+01:00", 1_479_679_800_000);
        check("2016-11-20T23:10:00 01:00", 1_479_679_800_000);
        check("2016-11-20t19:40:00-0230", 1_479_679_800_000);
        check("2016-11-21 00:10:00+02", 1_479_679_800_000);
        check("2016-11-20 22:10", 1_479_679_800_000);
        check("2016-11-20", 1_479_600_000_000);
        check("1969-12-31T23:59:59.999Z", -1);
        check("2016-12-31T23:59:60Z", 1_483_228_800_000);
        check("2024-02-29", 1_709_164_800_000);
        check(" 1479679800123 ", 1_479_679_800_123);
        check("-5", -5);
        check("0", 0);
        check("now", NOW);
        check("-90s", NOW - 90_000);
        check("-30m", NOW - 1_800_000);
        check("-24h", NOW - DAY);
        check("-7d", NOW - 7 * DAY);
        check("-2w", NOW - 14 * DAY);
        check("-1y", NOW - 365 * DAY);
    }

    #[test]
    fn what_is_no_moment_is_told_what_is_allowed() {
        for text in [
            "",
            "yesterday",
            "24h",
            "-h",
            "-1.5h",
            "+5",
            "--5h",
            "-1x",
            "2026",
            "2026-11",
            "2026-13-01",
            "2025-02-29",
            "2026-11-20T",
            "2026-11-20T24:00:00Z",
            "2026-11-20T10:60Z",
            "2026-11-20T10:00:61Z",
            "2026-11-20T10:00:00.Z",
            "2026-11-20T10:00:00X",
            "2026-11-20T10:00:00+1",
            "2026-11-20T10:00:00+24:00",
            "2026-11-20x",
            "20261120T100000Z",
            "-99999999999999999999h",
            "-9999999999999y",
            "99999999999999999999",
            "２０２６-11-20",
            "2026-1１-20",
        ] {
            if text == "2026" {
                // Milliseconds, however few.
                assert_eq!(parse(text, NOW), Ok(2_026));
                continue;
            }
            let error = parse(text, NOW).expect_err(text).to_string();
            assert!(error.contains("-24h") && error.contains("2026-11-20T22:10:00Z"), "{error}");
        }
        assert!(parse(&"9".repeat(5_000), NOW).unwrap_err().to_string().len() < 400);
    }

    #[test]
    fn every_moment_is_shown_so_that_it_is_read_again() {
        assert_eq!(show(1_479_679_800_123), "2016-11-20T22:10:00.123Z");
        assert_eq!(show(-1), "1969-12-31T23:59:59.999Z");
        let mut random = fastrand::Rng::with_seed(7);
        for round in 0..50_000 {
            let at = if round % 10 == 0 {
                random.i64(..)
            } else {
                random.i64(-62_167_219_200_000..253_402_300_800_000)
            };
            assert_eq!(parse(&show(at), NOW), Ok(at));
        }
        for at in [i64::MIN, i64::MAX, 0] {
            assert_eq!(parse(&show(at), NOW), Ok(at));
        }
    }
}
