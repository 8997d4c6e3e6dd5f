//! Numbers and lengths of time as people read them; the script writes them in the same way (`axes.js`).

use crate::web::text::{History as Texts, Lang};

/// A number with no more decimals than mean something.
pub fn number(lang: Lang, value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 10_000.0 => 0,
        size if size >= 1_000.0 => 1,
        size if size >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let text = if text == "-0" { "0" } else { text };
    let text = text.replace('-', "−");
    match lang {
        Lang::En => text,
        Lang::Cs => text.replace('.', ","),
    }
}

/// A length of time in its two largest units: `3 h 20 min`.
pub fn length(texts: &Texts, milliseconds: i64) -> String {
    let sizes = [86_400_000, 3_600_000, 60_000, 1_000];
    let mut rest = milliseconds.max(0);
    let mut parts: Vec<String> = Vec::new();
    for (size, unit) in sizes.into_iter().zip(texts.units_of_time) {
        let count = rest / size;
        rest -= count * size;
        if count > 0 && parts.len() < 2 {
            parts.push(format!("{count} {unit}"));
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() { format!("0 {}", texts.units_of_time[3]) } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::{CS, EN};

    #[test]
    fn numbers_have_the_digits_that_mean_something() {
        let check = |value: f64, expect: &str| assert_eq!(number(Lang::En, value), expect, "{value}");
        check(21.5, "21.5");
        check(21.456_78, "21.46");
        check(0.012_34, "0.0123");
        check(0.0, "0");
        check(-0.000_001, "0");
        check(-3.25, "−3.25");
        check(1_013.256, "1013.3");
        check(123_456.7, "123457");
        check(100.0, "100");
        assert_eq!(number(Lang::Cs, 21.5), "21,5");
    }

    #[test]
    fn lengths_have_two_units() {
        let check = |length_ms: i64, expect: &str| assert_eq!(length(&EN.history, length_ms), expect);
        check(12_000_000, "3 h 20 min");
        check(3_600_000, "1 h");
        check(3_605_000, "1 h");
        check(59_000, "59 s");
        check(10, "0 s");
        check(90_000_000, "1 d 1 h");
        assert_eq!(length(&CS.history, 60_000), "1 min");
    }
}
