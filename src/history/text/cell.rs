//! Cells of CSV (RFC 4180) that are text in every spreadsheet, and the cells of a line.
//!
//! A text that a spreadsheet would take for a formula gets an apostrophe in front, which is how a spreadsheet itself
//! marks a text.

use std::borrow::Cow;

/// What cells begin with in a spreadsheet's formula.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '＠'];
/// No number that anybody writes is longer.
const LONGEST_NUMBER: usize = 40;

/// A cell that is text in every spreadsheet; numbers stay numbers.
pub fn cell(text: &str) -> Cow<'_, str> {
    marked(text, is_formula(text))
}

/// Whether a spreadsheet would take it for a formula.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(FORMULA) && !is_number(text)
}

fn is_number(text: &str) -> bool {
    text.len() <= LONGEST_NUMBER && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A cell, with an apostrophe in front if it needs a mark.
pub fn marked(text: &str, needs_mark: bool) -> Cow<'_, str> {
    if !needs_mark && !text.contains([',', '"', '\r', '\n', ' ']) {
        return Cow::Borrowed(text);
    }
    let mark = if needs_mark { "'" } else { "" };
    Cow::Owned(format!("\"{mark}{}\"", text.replace('"', "\"\"")))
}

/// The cells of a line.
pub fn split(line: &str, separator: char) -> Vec<Cow<'_, str>> {
    if !line.contains('"') {
        return line.split(separator).map(Cow::Borrowed).collect();
    }
    let mut cells = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let (cell, behind) = match text.strip_prefix('"') {
            Some(text) => quoted(text, separator),
            None => match text.split_once(separator) {
                Some((cell, behind)) => (Cow::Borrowed(cell), Some(behind)),
                None => (Cow::Borrowed(text), None),
            },
        };
        cells.push(cell);
        rest = behind;
    }
    cells
}

/// A cell behind its first quote, and what follows; what stands between its last quote and the separator belongs to it.
fn quoted(text: &str, separator: char) -> (Cow<'_, str>, Option<&str>) {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let Some((inside, behind)) = rest.split_once('"') else {
            return (Cow::Owned(cell + rest), None);
        };
        cell.push_str(inside);
        if let Some(behind) = behind.strip_prefix('"') {
            cell.push('"');
            rest = behind;
            continue;
        }
        return match behind.split_once(separator) {
            Some((left, behind)) => (Cow::Owned(cell + left), Some(behind)),
            None => (Cow::Owned(cell + behind), None),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas_and_numbers_stay_numbers() {
        let check = |text: &str, expect: &str| assert_eq!(cell(text), expect, "{text:?}");
        check("24.50", "24.50");
        check("-24.50", "-24.50");
        check("+1e3", "+1e3");
        check("on", "on");
        check("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"");
        check("-2+3", "\"'-2+3\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("\t=1", "\"'\t=1\"");
        check("＝1", "\"'＝1\"");
        check("-inf", "\"'-inf\"");
        check("{\"a\": [1, \"℃\"]}", "\"{\"\"a\"\": [1, \"\"℃\"\"]}\"");
        check("two\r\nlines", "\"two\r\nlines\"");
    }

    #[test]
    fn a_line_is_split_as_spreadsheets_write_it() {
        let check = |line: &str, expect: &[&str]| assert_eq!(split(line, ','), expect, "{line}");
        check("a,b,c", &["a", "b", "c"]);
        check("", &[""]);
        check(",", &["", ""]);
        check("\"a,b\",\"\",c", &["a,b", "", "c"]);
        check("\"say \"\"hi\"\"\",x", &["say \"hi\"", "x"]);
        check("\"two\nlines\",x", &["two\nlines", "x"]);
        check("5\" pipe,x", &["5\" pipe", "x"]);
        check("\"a\"b,x", &["ab", "x"]);
        check("\"open,x", &["open,x"]);
        check("\"a\",", &["a", ""]);
        assert_eq!(split("1;\"2;3\"", ';'), ["1", "2;3"]);
    }

    #[test]
    fn what_was_written_is_split_again() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let texts: Vec<String> = (0..random.usize(1..5))
                .map(|_| {
                    (0..random.usize(0..6))
                        .map(|_| {
                            random.choice(['a', ',', '"', '\n', '\r', ' ', '\'', '=', '℃']).unwrap_or('x')
                        })
                        .collect()
                })
                .collect();
            let line: Vec<_> = texts.iter().map(|text| marked(text, false)).collect();
            assert_eq!(split(&line.join(","), ','), texts);
        }
    }
}
