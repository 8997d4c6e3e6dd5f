//! Files of others, and what is refused.

use super::*;
use crate::history::text::read::{Form, ReadError, Reader};

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
