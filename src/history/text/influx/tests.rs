use super::*;
use crate::history::text::read::{Form, Reader};

fn form() -> Form {
    Form::Line { name: Template::default(), unit: None, precision: Precision::default() }
}

fn entries(line: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut influx = Influx::new(Template::default(), None, Precision::Nanoseconds, 77);
    influx.line(1, line, &mut |_: u64, entry: Entry<'_>| {
        found.push(format!("{} {:?} {}", entry.name, entry.value, entry.at));
        Ok(())
    })?;
    Ok(found)
}

fn check(line: &str, expect: &[&str]) {
    assert_eq!(
        entries(line).as_deref(),
        Ok(expect.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>().as_slice()),
        "{line}"
    );
}

fn refused(line: &str, expect: &str) {
    let reason = entries(line).expect_err(line);
    assert!(reason.contains(expect), "{line}: {reason}");
}

/// Samples of the documentation named in the module.
#[test]
fn lines_of_the_documentation_are_understood() {
    check(
        r#"myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000"#,
        &[r#"myMeasurement/tag1=value1/tag2=value2#fieldKey Word("fieldValue") 1556813561098"#],
    );
    check("myMeasurement fieldKey=1.0", &["myMeasurement#fieldKey Number(1.0) 77"]);
    check("myMeasurement fieldKey=-1.234456e+78", &["myMeasurement#fieldKey Number(-1.234456e78) 77"]);
    check("myMeasurement fieldKey=12485903u", &["myMeasurement#fieldKey Number(12485903.0) 77"]);
    check("myMeasurement fieldKey=-12485903i", &["myMeasurement#fieldKey Number(-12485903.0) 77"]);
    for (words, truth) in
        [(["t", "T", "true", "True", "TRUE"], true), (["f", "F", "false", "False", "FALSE"], false)]
    {
        for word in words {
            check(&format!("m v={word} 1000000"), &[&format!("m#v Truth({truth}) 1")]);
        }
    }
    check(
        r#"my\ Measurement fieldKey="string value""#,
        &[r#"my Measurement#fieldKey Word("string value") 77"#],
    );
    check(
        r#"myMeasurement,tag\ Key1=tag\ Value1,tag\ Key2=tag\ Value2 fieldKey=100 1556813561098000000"#,
        &["myMeasurement/tag Key1=tag Value1/tag Key2=tag Value2#fieldKey Number(100.0) 1556813561098"],
    );
    check(
        r#"myMeasurement,tagKey=🍭 fieldKey="Launch 🚀" 1556813561098000000"#,
        &[r#"myMeasurement/tagKey=🍭#fieldKey Word("Launch 🚀") 1556813561098"#],
    );
    check(r#"m v="\"string\" within a string""#, &[r#"m#v Word("\"string\" within a string") 77"#]);
    check(r#"m v="C:\\path" 5"#, &[r#"m#v Word("C:\\path") 0"#]);
    check(r"m,a=b\,c,d=x\=y v\=1=2", &[r"m/a=b,c/d=x=y#v=1 Number(2.0) 77"]);
    check("# This is a comment", &[]);
    check("", &[]);
}

#[test]
fn several_fields_become_several_series_and_tags_stand_in_order() {
    check(
        "cpu,host=b,core=1 user=1.5,idle=98i,ok=t,state=\"a b,c=d\" 1465839830100400200",
        &[
            "cpu/core=1/host=b#user Number(1.5) 1465839830100",
            "cpu/core=1/host=b#idle Number(98.0) 1465839830100",
            "cpu/core=1/host=b#ok Truth(true) 1465839830100",
            "cpu/core=1/host=b#state Word(\"a b,c=d\") 1465839830100",
        ],
    );
    check("m  v=1   5000000 ", &["m#v Number(1.0) 5"]);
    check("m v=.5,w=5. -1", &["m#v Number(0.5) -1", "m#w Number(5.0) -1"]);
    check(r"m,p=a\b v=1", &[r"m/p=a\b#v Number(1.0) 77"]);
}

#[test]
fn lines_with_mistakes_say_which() {
    refused("m", "no fields");
    refused(" ,a=b v=1", "no measurement");
    refused("m,a v=1", "the tag `a` has no value");
    refused("m,a= v=1", "a tag has no value");
    refused("m,a=b=c v=1", "two `=`");
    refused("m,a=b", "no fields");
    refused("m v", "a field is key=value, not `v`");
    refused("m =1", "a field is key=value");
    refused("m v=", "the field `v` has ``, which is neither");
    refused("m v=on", "the field `v` has `on`");
    refused("m v=nan", "neither a number");
    refused("m v=inf", "neither a number");
    refused("m v=1e999", "neither a number");
    refused("m v=9223372036854775808i", "neither a number");
    refused("m v=-1u", "neither a number");
    refused("m v=1,", "a field is key=value");
    refused("m v=\"a", "never closed");
    refused("m v=\"a\"b", "`b` follows the text");
    refused("m v=1 x", "`x` is no time");
    refused("m v=1 1.5", "`1.5` is no time");
    refused("m v=1 99999999999999999999", "is no time");
    refused(&format!("m v=\"{}\"", "x".repeat(300)), "a text of 300 bytes");
    // Nothing of a line is taken if a part of it makes no sense.
    refused("m v=1,w=x 1", "`w`");
}

#[test]
fn every_precision_is_milliseconds_here() {
    for (word, at) in [("ns", 1_500), ("us", 1_500_000), ("ms", 1_500_000_000), ("s", 1_500_000_000_000)] {
        let mut found = None;
        let mut influx = Influx::new(Template::default(), None, Precision::of(word).unwrap(), 0);
        influx
            .line(1, "m v=1 1500000000", &mut |_: u64, entry: Entry<'_>| {
                found = Some(entry.at);
                Ok(())
            })
            .unwrap();
        assert_eq!(found, Some(at), "{word}");
    }
    assert_eq!(Precision::of("h"), None);
}

#[test]
fn a_template_of_the_unit_fits_what_home_assistant_writes() {
    let name: Template = "{tag:domain}.{tag:entity_id}#value".parse().unwrap();
    let unit = "{measurement}".parse().ok();
    let mut found = Vec::new();
    let mut influx = Influx::new(name, unit, Precision::Nanoseconds, 0);
    let line =
        "°C,domain=sensor,entity_id=kitchen value=21.5,friendly_name_str=\"Kitchen\" 1479679800123000000";
    influx
        .line(1, line, &mut |_: u64, entry: Entry<'_>| {
            found.push(format!("{} {:?} {:?}", entry.name, entry.value, entry.unit));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        found,
        ["sensor.kitchen#value Number(21.5) Some(\"°C\")", "sensor.kitchen#value Word(\"Kitchen\") None"]
    );
}

#[test]
fn an_export_of_influxdb_is_read_without_its_definitions() {
    let text = "# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z\n# DDL\nCREATE DATABASE home WITH NAME autogen\n# DML\n# CONTEXT-DATABASE:home\n# CONTEXT-RETENTION-POLICY:autogen\n# writing tsm data\nroom,name=kitchen t=21.5 1479679800123000000\n";
    let mut count = 0;
    let mut take = |_: u64, _: Entry<'_>| {
        count += 1;
        Ok(())
    };
    let mut reader = Reader::new(form(), 0);
    reader.feed(text.as_bytes(), &mut take).unwrap();
    reader.finish(&mut take).unwrap();
    assert_eq!((count, reader.refused().count), (1, 0));
}

/// A line as InfluxDB would write it.
fn escaped(text: &str, which: &[char]) -> String {
    text.chars().flat_map(|c| which.contains(&c).then_some('\\').into_iter().chain([c])).collect()
}

#[test]
fn random_lines_come_back() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..20_000 {
        let mut any = |from: &str| -> String {
            let from: Vec<char> = from.chars().collect();
            (0..random.usize(1..6)).filter_map(|_| random.choice(&from).copied()).collect()
        };
        let (measurement, key, value) = (any("ab, =é"), any("ab, =é"), any("ab, =é\""));
        let (field, text) = (any("ab, =é"), any("ab, =é\"\\\n#"));
        let keys = [',', '=', ' '];
        let line = format!(
            "{},{}={} {}=\"{}\" 5000000",
            escaped(&measurement, &[',', ' ']),
            escaped(&key, &keys),
            escaped(&value, &keys),
            escaped(&field, &keys),
            escaped(&text, &['"', '\\'])
        );
        let mut found = Vec::new();
        let mut take = |_: u64, entry: Entry<'_>| {
            found.push((entry.name.clone(), format!("{:?}", entry.value), entry.at));
            Ok(())
        };
        let mut reader = Reader::new(form(), 0);
        for piece in line.as_bytes().chunks(3) {
            reader.feed(piece, &mut take).unwrap();
        }
        reader.finish(&mut take).unwrap_or_else(|error| panic!("{line}: {error}"));
        let topic = format!("{measurement}/{key}={value}");
        let expect =
            crate::history::name::Name { topic: topic.trim_end_matches('/').into(), quantity: field.into() };
        assert_eq!(found, [(expect, format!("{:?}", Recorded::Word(&text)), 5)], "{line}");
    }
}

#[test]
fn damage_is_refused_and_never_a_panic() {
    let text = "weather,location=us\\ midwest,é=x temperature=82.5,ok=t,s=\"a\\\"b\\\\\n\",n=-1i 1465839830100400200\n# x\nm v=1u\n";
    let run = |bytes: &[u8]| {
        let mut reader = Reader::new(form(), 0);
        let mut take = |_: u64, _: Entry<'_>| Ok(());
        let fed = reader.feed(bytes, &mut take);
        let _ = fed.and_then(|()| reader.finish(&mut take));
    };
    for at in 0..text.len() {
        run(&text.as_bytes()[..at]);
        for bit in 0..8 {
            let mut damaged = text.as_bytes().to_vec();
            damaged[at] ^= 1 << bit;
            run(&damaged);
        }
    }
}
