//! The command line over a folder that no hub holds.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{HARD, done, fails, program, write};

#[test]
fn what_is_exported_and_imported_elsewhere_is_exported_as_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there, third) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("c"));
    let said = done(&["import", &write(folder.path(), "hard.csv", HARD)], &here);
    assert_eq!(said, "11 samples of 3 series\n");
    let csv = done(&["export"], &here);
    assert_eq!(csv, HARD);
    done(&["import", &write(folder.path(), "again.csv", &csv)], &there);
    assert_eq!(done(&["export"], &there), csv);
    let json = done(&["export", "--format", "json"], &there);
    assert!(json.contains("{\"time\":\"2026-01-01T00:00:10.000Z\",\"series\":\"nodes/a/thermometer/0#temperature\",\"value\":null,\"unit\":\"℃\"}\n"), "{json}");
    done(&["import", &write(folder.path(), "again.jsonl", &json), "--format", "json"], &third);
    assert_eq!(done(&["export"], &third), csv);
    // What is there already is not taken twice.
    let again = done(&["import", &write(folder.path(), "hard.csv", HARD)], &here);
    assert_eq!(again, "11 samples of 3 series, 11 of them known already\n");
    assert_eq!(done(&["export"], &here), csv);
}

#[test]
fn only_what_is_wanted_is_exported_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    done(&["import", &write(folder.path(), "hard.csv", HARD)], &data);
    let lines =
        |arguments: &[&str]| done(arguments, &data).lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        lines(&[
            "export",
            "thermometer/+#temperature",
            "--from",
            "2026-01-01T00:00:10Z",
            "--to",
            "2026-01-01T00:00:20Z"
        ]),
        ["2026-01-01T00:00:10.000Z,nodes/a/thermometer/0#temperature,,℃"]
    );
    assert_eq!(lines(&["export", "nodes/b/mode"]).len(), 4);
    assert_eq!(lines(&["export", "nodes/a/#"]).len(), 7);
    assert_eq!(lines(&["export", "--from", "-1h"]).len(), 0);
    let out = folder.path().join("out.csv").display().to_string();
    done(&["export", "nodes/b/mode", "--out", &out], &data);
    assert_eq!(std::fs::read_to_string(&out).unwrap().lines().count(), 5);
    assert!(fails(1, &["export", "--out", &out], &data).contains("choose another name"));
    let list: serde_json::Value = serde_json::from_str(&done(&["--json"], &data)).unwrap();
    let first = &list["series"][1];
    assert_eq!(first["series"], "nodes/a/thermometer/0#temperature");
    assert_eq!(
        (&first["unit"], &first["samples"], &first["last"]),
        (&"°F".into(), &1.into(), &"2026-01-01T00:00:30.000Z".into())
    );
    assert!(first["bytes"].as_u64().unwrap() > 0);
    let table = done(&[], &data);
    assert!(table.starts_with("series ") && table.contains("nodes/b/mode"), "{table}");
}

#[test]
fn what_cannot_be_done_is_told_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(fails(1, &[], &data).contains("there is no history in"));
    assert!(!data.exists(), "looking makes no folder");
    done(&["import", &write(folder.path(), "hard.csv", HARD)], &data);
    let rubbish = write(folder.path(), "rubbish", "hello\nworld\n");
    assert!(fails(1, &["import", &rubbish], &data).contains("there is one column only"));
    assert!(
        fails(1, &["import", &rubbish, "--format", "line"], &data)
            .contains("none of the first 2 lines is understood; line 1: there are no fields")
    );
    assert!(fails(1, &["import", "nowhere.csv"], &data).contains("cannot read nowhere.csv"));
    assert!(fails(1, &["export", "x/y"], &data).contains("no series is called x/y"));
    assert!(fails(2, &["export", "x/+y#"], &data).contains("names no quantity"));
    assert!(fails(2, &["export", "--from", "yesterday"], &data).contains("-24h"));
    assert!(
        fails(2, &["export", "--from", "now", "--to", "-1h"], &data).contains("--from is not before --to")
    );
    assert!(
        fails(2, &["import", &rubbish, "--format", "line", "--times", "s"], &data)
            .contains("--times says nothing about files of the format line")
    );
    assert!(fails(2, &["forget", "nodes/b/mode"], &data).contains("--yes"));
    assert!(
        fails(2, &["forget", "a", "--from", "now", "--to", "-1h", "--yes"], &data).contains("not before")
    );
    assert!(fails(1, &["forget", "nodes/c", "--yes"], &data).contains("no series is called nodes/c"));
}

#[test]
fn refused_lines_are_named_and_the_others_count() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut text = "When;Kitchen °C\n".to_owned();
    for second in 0..500 {
        let value = if second % 3 == 0 { "broken".to_owned() } else { format!("21,{second}") };
        text.push_str(&format!("2026-01-01 00:{:02}:{:02};{value}\n", second / 60, second % 60));
    }
    let file = write(folder.path(), "kitchen.csv", &text);
    let options = [
        "import",
        &file,
        "--series",
        "kitchen#temperature",
        "--unit",
        "℃",
        "--time-column",
        "when",
        "--value-column",
        "2",
    ];
    // The first one is a word, so the series would have words: numbers have to come first.
    let numbers = write(folder.path(), "numbers.csv", &text.replacen("broken", "20,5", 1));
    let output = program(&[&options[..1], &[numbers.as_str()], &options[2..]].concat(), &data);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains(&format!("{numbers}:5: `broken`, but kitchen#temperature began with numbers")),
        "{error}"
    );
    assert!(error.contains("166 lines were refused"), "{error}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "334 samples of 1 series\n");
    let output = program(&[&options[..1], &[numbers.as_str()], &options[2..], &["--json"]].concat(), &data);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (told["refused_lines"].as_u64(), told["refused"].as_array().map(Vec::len)),
        (Some(166), Some(100))
    );
    assert_eq!(told["known"], 334);
}

#[test]
fn an_export_of_influxdb_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/history/noaa.lp");
    let said = done(
        &[
            "import",
            file,
            "--format",
            "line",
            "--precision",
            "s",
            "--name",
            "{measurement}/{tag:location}#{field}",
        ],
        &data,
    );
    assert_eq!(said, "16 samples of 4 series\n");
    let csv = done(&["export", "h2o_feet/+#water_level", "--to", "2015-08-18T00:06:01Z"], &data);
    let expect = "time,series,value,unit\r\n\
        2015-08-18T00:00:00.000Z,h2o_feet/coyote_creek#water_level,8.12,\r\n\
        2015-08-18T00:06:00.000Z,h2o_feet/coyote_creek#water_level,8.005,\r\n\
        2015-08-18T00:00:00.000Z,h2o_feet/santa_monica#water_level,2.064,\r\n\
        2015-08-18T00:06:00.000Z,h2o_feet/santa_monica#water_level,2.116,\r\n";
    assert_eq!(csv, expect);
}

#[test]
fn what_is_forgotten_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    done(&["import", &write(folder.path(), "hard.csv", HARD)], &data);
    let said = done(&["forget", "mode", "--to", "2026-01-01T00:00:02Z", "--yes"], &data);
    assert_eq!(said, "2 samples of nodes/b/mode are forgotten\n");
    assert_eq!(done(&["export", "mode"], &data).lines().count(), 3);
    done(&["forget", "nodes/a/thermometer/0#temperature", "--yes"], &data);
    assert!(!done(&["export"], &data).contains("thermometer"));
}

/// How much memory a process had at most, in KiB.
fn most_memory(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .strip_suffix(" kB")?
        .trim()
        .parse()
        .ok()
}

#[test]
fn a_million_lines_need_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut text = String::from("time,series,value,unit\r\n");
    for line in 0..1_000_000_u64 {
        let at = 1_767_225_600_000 + line / 20 * 10_000;
        text.push_str(&format!(
            "{at},nodes/a/thermometer/{}#temperature,{}.{:02},℃\r\n",
            line % 20,
            20 + line % 7,
            line % 100
        ));
    }
    let file = write(folder.path(), "million.csv", &text);
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["history", "import", &file, "--times", "ms", "--data"])
        .arg(&data)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the program starts");
    let mut most = 0;
    let status = loop {
        most = most.max(most_memory(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().expect("it is our own child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    println!("1,000,000 lines in {:?}, at most {most} KiB", begin.elapsed());
    assert!(status.success());
    assert!(most > 0 && most < 64 * 1024, "{most} KiB");
    let list: serde_json::Value = serde_json::from_str(&done(&["--json"], &data)).unwrap();
    let samples: u64 =
        list["series"].as_array().unwrap().iter().filter_map(|series| series["samples"].as_u64()).sum();
    assert_eq!(samples, 1_000_000);
}
