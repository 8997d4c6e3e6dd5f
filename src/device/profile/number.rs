//! Numbers as devices send them: digits are kept, a factor is exact.
//!
//! `24.50` stays `24.50`. With `scale = 0.1` the text `242` becomes `24.2`, in decimals, so no `24.200000000000003`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use crate::device::frame::hex;

/// How digits are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digits {
    /// `-24.50`, `1e3`, `+3`, `007`.
    #[default]
    Decimal,
    /// `00cf`, not negative.
    Hex,
    /// 16 bits, two's complement.
    HexInt16,
    /// 16 bits, the highest one is the sign: `80cf` is −207.
    HexSign16,
    /// Up to seven bytes, the lowest first: `d204` is 1234.
    HexLittle,
    /// The same in two's complement: `feff` is −2.
    HexLittleInt,
}

/// What is done with a number: times a factor, plus an offset, rounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The factor as a fraction: `1/60000`.
    pub factor: (Decimal, Decimal),
    /// What is added afterwards.
    pub offset: Decimal,
    /// Decimals; without them as many as the calculation gives, at most [`MOST_DECIMALS`].
    pub decimals: Option<u32>,
}

/// Decimals of what is divided.
pub const MOST_DECIMALS: u32 = 6;

impl Default for Scale {
    fn default() -> Self {
        Self { factor: (Decimal::ONE, Decimal::ONE), offset: Decimal::ZERO, decimals: None }
    }
}

impl Scale {
    /// Whether nothing is done.
    pub fn is_one(&self) -> bool {
        *self == Self::default()
    }

    /// The number after it, as JSON writes it; nothing if it is too large to be exact.
    pub fn apply(&self, text: &str) -> Option<String> {
        if self.is_one() {
            return Some(text.to_owned());
        }
        let told = decimal(text)?;
        let number = told.checked_mul(self.factor.0)?;
        let number = match self.factor.1 == Decimal::ONE {
            true => number,
            false => number.checked_div(self.factor.1)?.round_dp(MOST_DECIMALS).normalize(),
        };
        let mut number = number.checked_add(self.offset)?;
        if number.is_zero() && self.factor.1 == Decimal::ONE {
            // Zero has as many decimals as its neighbours.
            number.rescale((told.scale() + self.factor.0.scale()).max(self.offset.scale()));
        }
        Some(self.round(number).to_string())
    }

    /// The number before it: what a device is told for `text`.
    pub fn undo(&self, text: &str) -> Option<String> {
        if self.is_one() {
            return Some(text.to_owned());
        }
        let number = decimal(text)?.checked_sub(self.offset)?.checked_mul(self.factor.1)?;
        Some(number.checked_div(self.factor.0)?.round_dp(MOST_DECIMALS).normalize().to_string())
    }

    fn round(&self, number: Decimal) -> Decimal {
        let Some(decimals) = self.decimals else { return number };
        let mut number = number.round_dp(decimals);
        number.rescale(decimals);
        number
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    match text.contains(['e', 'E']) {
        true => Decimal::from_scientific(text).ok(),
        false => Decimal::from_str(text).ok(),
    }
}

/// `0.1`, `-40` or `1/60000`.
pub fn fraction(text: &str) -> Option<(Decimal, Decimal)> {
    let (number, divisor) = text.split_once('/').unwrap_or((text, "1"));
    let (number, divisor) = (decimal(number.trim())?, decimal(divisor.trim())?);
    (!number.is_zero() && !divisor.is_zero()).then_some((number, divisor))
}

/// A number as JSON writes it, with the digits that were sent; nothing if it is none.
pub fn number(text: &str, digits: Digits) -> Option<Cow<'_, str>> {
    let text = text.trim();
    if digits != Digits::Decimal && !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let hex = || u16::from_str_radix(text, 16).ok();
    match digits {
        Digits::Decimal => plain(text),
        Digits::Hex => u64::from_str_radix(text, 16).ok().map(|number| number.to_string().into()),
        Digits::HexInt16 => hex().map(|number| number.cast_signed().to_string().into()),
        Digits::HexSign16 => hex().map(|number| {
            let size = i32::from(number & 0x7fff);
            if number > 0x7fff { -size } else { size }.to_string().into()
        }),
        Digits::HexLittle => little(text).map(|(number, _)| number.to_string().into()),
        Digits::HexLittleInt => little(text).map(|(number, bits)| {
            let is_negative = number >> (bits - 1) == 1;
            if is_negative { number - (1 << bits) } else { number }.to_string().into()
        }),
    }
}

/// Bytes with the lowest first, and how many bits they have.
fn little(text: &str) -> Option<(i64, u32)> {
    let bytes = hex::read(text).filter(|bytes| (1..=7).contains(&bytes.len()))?;
    let number = bytes.iter().rev().fold(0, |number: i64, byte| number << 8 | i64::from(*byte));
    Some((number, u32::try_from(bytes.len()).ok()? * 8))
}

/// Digits with what JSON does not write taken away: a plus, zeros in front, a point with nothing beside it.
fn plain(text: &str) -> Option<Cow<'_, str>> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exponent = exponent.is_empty() || {
        let power = exponent[1..].trim_start_matches(['+', '-']);
        !power.is_empty() && is_digits(power) && exponent.len() - power.len() <= 2
    };
    if !is_digits(whole) || !is_digits(decimals) || whole.len() + decimals.len() == 0 || !is_exponent {
        return None;
    }
    let significant = whole.trim_start_matches('0');
    let whole_kept = if significant.is_empty() { "0" } else { significant };
    let point = if decimals.is_empty() { "" } else { "." };
    let same = text.len() == sign.len() + whole_kept.len() + point.len() + decimals.len() + exponent.len();
    let finite = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    if same {
        return finite(text).then_some(Cow::Borrowed(text));
    }
    let written = format!("{sign}{whole_kept}{point}{decimals}{exponent}");
    finite(&written).then_some(Cow::Owned(written))
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "× {}", self.factor.0)?;
        if self.factor.1 != Decimal::ONE {
            write!(f, "/{}", self.factor.1)?;
        }
        if !self.offset.is_zero() {
            write!(f, " + {}", self.offset)?;
        }
        match self.decimals {
            Some(decimals) => write!(f, ", {decimals} decimals"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_kept_as_far_as_json_writes_them() {
        let check = |text: &str, digits: Digits, expect: Option<&str>| {
            assert_eq!(number(text, digits).as_deref(), expect, "{text}");
        };
        for same in ["24.50", "-0.0", "1e3", "1.5E-7", "96934.00", "12345678901234567890"] {
            check(same, Digits::Decimal, Some(same));
        }
        check("+24.50", Digits::Decimal, Some("24.50"));
        check("007", Digits::Decimal, Some("7"));
        check("-03.10", Digits::Decimal, Some("-3.10"));
        check(".5", Digits::Decimal, Some("0.5"));
        check("5.", Digits::Decimal, Some("5"));
        check(" 7 ", Digits::Decimal, Some("7"));
        for none in ["", "-", ".", "1e", "1e+-3", "0x10", "1,5", "nan", "inf", "1e999", "1 2", "--1"] {
            check(none, Digits::Decimal, None);
        }
        check("00cf", Digits::Hex, Some("207"));
        check("80cf", Digits::HexSign16, Some("-207"));
        check("d204", Digits::HexLittle, Some("1234"));
        check("64000000", Digits::HexLittle, Some("100"));
        check("feff", Digits::HexLittle, Some("65534"));
        check("feff", Digits::HexLittleInt, Some("-2"));
        check("0100", Digits::HexLittleInt, Some("1"));
        check("ffffffffffffff", Digits::HexLittleInt, Some("-1"));
        check("d20", Digits::HexLittle, None);
        check("", Digits::HexLittle, None);
        check("0000000000000000", Digits::HexLittle, None);
        check("ffff", Digits::HexInt16, Some("-1"));
        check("xyz", Digits::Hex, None);
        check("+cf", Digits::Hex, None);
    }

    #[test]
    fn factors_are_exact_both_ways() {
        let check = |factor: &str, offset: i64, decimals: Option<u32>, before: &str, after: &str| {
            let scale = Scale { factor: fraction(factor).expect(factor), offset: offset.into(), decimals };
            assert_eq!(scale.apply(before).as_deref(), Some(after), "{before} {scale}");
        };
        check("0.1", 0, None, "242", "24.2");
        check("0.1", 0, None, "250", "25.0");
        check("0.001", 0, None, "24050", "24.050");
        check("0.01", 0, None, "0", "0.00");
        check("1/60000", 0, None, "94736", "1.578933");
        check("1", -40, None, "63", "23");
        check("0.1", 0, Some(0), "7", "1");
        check("5/9", 0, Some(2), "9", "5.00");
        check("1000", 0, None, "1e3", "1000000");
        let scale = Scale { factor: fraction("0.1").expect("valid"), ..Scale::default() };
        assert_eq!(scale.undo("24.2").as_deref(), Some("242"));
        assert_eq!(scale.apply("99999999999999999999999999999999"), None);
        assert_eq!(fraction("0"), None);
        assert_eq!(fraction("1/0"), None);
        assert_eq!(fraction("x"), None);
    }
}
