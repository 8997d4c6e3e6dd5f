//! What is told of what was seen, over hours.

use super::*;

fn told(judge: &Judge) -> String {
    let said = judge.troubles().map(|(_, trouble)| trouble.map(|it| format!("{}: {}", it.code, it.reason)));
    said.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn over(changes: &[Change]) -> String {
    let words = |change: &Change| {
        format!("{} {}", change.about, change.trouble.as_ref().map_or("over", |trouble| trouble.code))
    };
    changes.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// What is seen at these seconds: the changes of it, and what is told then.
fn check(moments: &[(u64, Seen, &str, &str)]) -> Judge {
    let (start, mut judge) = (Now::now(), Judge::default());
    for (at, seen, change, expect) in moments {
        let after = Duration::from_secs(*at);
        let now = Now { mono: start.mono + after, wall: start.wall + after };
        assert_eq!(over(&judge.see(now, *seen)), *change, "{at} s");
        assert_eq!(told(&judge), *expect, "{at} s");
    }
    judge
}

fn power(is_low: bool) -> Seen {
    Seen { is_low: Some(is_low), ..Seen::default() }
}

fn hot(celsius: f64) -> Seen {
    Seen { celsius: Some(celsius), ..Seen::default() }
}

fn free(free: u64, size: u64) -> Seen {
    Seen { space: Some(Space { free: free * MIB, size: size * MIB }), ..Seen::default() }
}

#[test]
fn what_cannot_be_seen_is_not_told() {
    let judge = check(&[(0, Seen::default(), "", "")]);
    assert_eq!(serde_json::to_string(judge.facts()).unwrap(), "{}");
    assert_eq!(judge.blame(), None);
}

#[test]
fn under_voltage_is_told_for_an_hour_and_counted_for_good() {
    let now = "under_voltage: the voltage is too low now";
    let once = "under_voltage: under-voltage was seen once in the last hour";
    let judge = check(&[
        (0, power(false), "", ""),
        (5, power(true), "power under_voltage", now),
        (7, power(true), "", now),
        (9, power(false), "", once),
        (60, power(true), "", "under_voltage: the voltage is too low now, 2 times in the last hour"),
        (61, power(false), "", "under_voltage: under-voltage was seen 2 times in the last hour"),
        (3_620, power(false), "", once),
        (3_659, power(false), "", once),
    ]);
    assert!(judge.blame().unwrap().starts_with("under-voltage was seen once in the last hour: the drops"));
    let judge = check(&[
        (5, power(true), "power under_voltage", now),
        (9, power(false), "", once),
        (3_700, power(false), "power over", ""),
    ]);
    let facts = judge.facts().power.clone().unwrap();
    assert!((facts.low, facts.times) == (false, 1) && facts.last.is_some(), "{facts:?}");
    assert_eq!(judge.blame(), None);
    // A voltage that stays low does not become history.
    check(&[(0, power(true), "power under_voltage", now), (9_000, power(true), "", now)]);
}

#[test]
fn a_trouble_keeps_its_beginning() {
    let judge = check(&[
        (0, power(true), "power under_voltage", "under_voltage: the voltage is too low now"),
        (100, power(false), "", "under_voltage: under-voltage was seen once in the last hour"),
    ]);
    let power = judge.facts().power.clone().unwrap();
    assert!(power.trouble.unwrap().since < power.last.unwrap());
}

#[test]
fn heat_is_told_where_it_slows_the_processor_down() {
    let at = |celsius: u8| format!("hot: the processor has {celsius} °C and is slowed down");
    let judge = check(&[
        (0, hot(60.0), "", ""),
        (10, hot(79.9), "", ""),
        (20, hot(80.4), "heat hot", &at(80)),
        (30, hot(82.0), "", &at(80)),
        (40, hot(85.5), "", &at(86)),
        (50, hot(76.0), "", &at(76)),
        (60, hot(74.9), "heat over", ""),
        (70, hot(72.0), "", ""),
    ]);
    assert_eq!(serde_json::to_string(judge.facts()).unwrap(), r#"{"heat":{"celsius":75.0}}"#);
}

#[test]
fn a_disk_is_told_while_there_is_little_space_whatever_its_size() {
    let told = |free: &str, size: &str| format!("disk_low: {free} of {size} are free for the hub's data");
    check(&[
        (0, free(2_000, 30_000), "", ""),
        (10, free(1_100, 30_000), "", ""),
        (20, free(900, 30_000), "disk disk_low", &told("900 MiB", "29.2 GiB")),
        (30, free(800, 30_000), "", &told("900 MiB", "29.2 GiB")),
        (40, free(1_200, 30_000), "", &told("1.1 GiB", "29.2 GiB")),
        (50, free(0, 30_000), "disk disk_full", "disk_full: 0 MiB of 29.2 GiB are free for the hub's data"),
        (60, free(1_100, 30_000), "disk disk_low", &told("1.0 GiB", "29.2 GiB")),
        (70, free(3_000, 30_000), "disk over", ""),
    ]);
    // A large one is not low with 20 GiB, a small one not with half of it.
    check(&[
        (0, free(20_000, 1_000_000), "", ""),
        (10, free(1_000, 1_000_000), "disk disk_low", &told("1000 MiB", "976.5 GiB")),
    ]);
    check(&[(0, free(32, 64), "", ""), (10, free(12, 64), "disk disk_low", &told("12 MiB", "64 MiB"))]);
    check(&[(0, free(99, 1_000), "disk disk_low", &told("99 MiB", "1000 MiB"))]);
    // Nothing is said of what has no size.
    check(&[(0, free(5, 5), "", "")]);
}
