//! The simulated bridge: transcripts of what it says to what it hears, its misbehaviour, and its room.

use std::time::Duration;

use clown_hub::link::simulator::{Faults, Manner, Room, Said, Setup, Simulator};
use clown_hub::talk::Message;

fn setup(manner: Manner) -> Setup {
    Setup { manner, ..Setup::default() }
}

fn bridge(manner: Manner) -> Simulator {
    Simulator::new(&setup(manner), Faults::default())
}

fn message(text: &str) -> Message {
    Message::parse(text).expect(text)
}

fn text(said: Said) -> String {
    match said {
        Said::Message(message) => message.to_text(),
        Said::Garbage(bytes) => format!("garbage of {} bytes", bytes.len()),
    }
}

/// Plays a transcript to a bridge that is awake and whose sensors are quiet. Each line of it is
/// `@MS` (time passes), `> MESSAGE` (the hub says), `< MESSAGE` (the bridge must say) or `! WORD` (it refuses).
fn check(manner: Manner, transcript: &str) {
    let mut bridge = bridge(manner);
    let mut at = Duration::ZERO;
    bridge.wake(at);
    for path in [
        "thermometer/i2c0-48",
        "thermometer/i2c1-48",
        "lux-meter/i2c0-44",
        "barometer/i2c0-60",
        "humidity-sensor/i2c0-40",
        "co2-sensor/i2c0-38",
    ] {
        let quiet = format!(r#"["{path}/config/update", {{"publish-interval": null}}]"#);
        assert_eq!(bridge.hear(at, &message(&quiet)), None);
    }
    bridge.take(at);
    let mut found = Vec::new();
    let mut expected = Vec::new();
    for line in transcript.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (mark, rest) = line.split_at(1);
        match mark {
            "@" => at = Duration::from_millis(rest.parse().expect("milliseconds")),
            ">" => {
                let heard = message(rest);
                let refused = bridge.hear(at, &heard);
                found.extend(refused.map(|refused| format!("! {}", refused.code)));
            }
            _ => expected.push(line.to_owned()),
        }
        found.extend(bridge.take(at).into_iter().map(|said| format!("< {}", text(said))));
    }
    assert_eq!(found, expected, "\n{transcript}");
}

#[test]
fn relay_tells_its_state_after_the_coil_moved_and_rests_100_ms() {
    check(
        Manner::BcBridge,
        r#"
        > ["relay/i2c0-3b/get", {}]
        < ["relay/i2c0-3b", {"state": null}]
        @10
        > ["relay/i2c0-3b/set", {"state": true}]
        < ["relay/i2c0-3b", {"state": true}]
        @50
        > ["relay/i2c0-3b/set", {"state": false}]
        @60
        > ["relay/i2c0-3b/set", {"state": true}]
        > ["relay/i2c0-3b/set", {"state": false}]
        > ["relay/i2c0-3b/get", {}]
        < ["relay/i2c0-3b", {"state": true}]
        @109
        @110
        < ["relay/i2c0-3b", {"state": false}]
        > ["relay/i2c0-3f/get", {}]
        < ["relay/i2c0-3f", {"state": null}]
        "#,
    );
}

#[test]
fn relay_takes_only_a_boolean_state_in_the_first_field() {
    check(
        Manner::BcBridge,
        r#"
        > ["relay/i2c0-3b/set", {"state": "true"}]
        ! bad-state
        > ["relay/i2c0-3b/set", {"state": 1}]
        ! bad-state
        > ["relay/i2c0-3b/set", {"why": 1, "state": true}]
        ! bad-state
        > ["relay/i2c0-3b/set", {}]
        ! bad-state
        > ["relay/i2c0-3a/set", {"state": true}]
        ! no-such-device
        > ["relay/i2c0-3b/get", {}]
        < ["relay/i2c0-3b", {"state": null}]
        "#,
    );
}

#[test]
fn led_answers_with_the_word_it_was_given() {
    check(
        Manner::Documented,
        r#"
        > ["led/-/get", {}]
        < ["led/-", {"state": "off"}]
        > ["led/-/set", {"state": "2-dot"}]
        < ["led/-", {"state": "2-dot"}]
        > ["led/-/set", {"state": "blink"}]
        ! bad-state
        > ["led/-/set", {"state": true}]
        ! bad-state
        "#,
    );
}

#[test]
fn display_takes_lines_and_says_nothing() {
    check(
        Manner::Documented,
        r#"
        > ["display-oled/i2c0-3c/set", {"line-0": "hello", "line-7": "123456789012345678901"}]
        > ["display-oled/i2c0-3c/set", {"line-8": "x"}]
        ! bad-line
        > ["display-oled/i2c0-3c/get", {}]
        ! cannot
        "#,
    );
}

#[test]
fn publish_interval_is_set_as_documented_and_refused_with_a_reason() {
    check(
        Manner::Documented,
        r#"
        > ["thermometer/i2c0-48/config/set", {"publish-interval": 30}]
        < ["thermometer/i2c0-48/config/ok", {"publish-interval": 30}]
        > ["thermometer/i2c0-48/config/get", {}]
        < ["thermometer/i2c0-48/config/ok", {"publish-interval": 30}]
        > ["thermometer/i2c0-48/config/set", {"publish-interval": 1e3}]
        < ["thermometer/i2c0-48/config/ok", {"publish-interval": 1000}]
        > ["relay/i2c0-3b/config/list", {}]
        < ["relay/i2c0-3b/config/ok", {"publish-interval": 1}]
        > ["co2-sensor/i2c0-38/config/set", {"publish-interval": 15}]
        ! too-fast
        < ["co2-sensor/i2c0-38/config/error", {"error":"too-fast","message":"the CO₂ module measures every 16 s: publish-interval is 0, 16 or more, or null"}]
        > ["co2-sensor/i2c0-38/config/set", {"publish-interval": 0}]
        < ["co2-sensor/i2c0-38/config/ok", {"publish-interval": 0}]
        > ["thermometer/i2c0-49/config/get", {}]
        ! no-such-device
        < ["thermometer/i2c0-49/config/error", {"error":"no-such-device","message":"no such device on this bridge; ask with -/-/config/list"}]
        "#,
    );
}

#[test]
fn bc_bridge_knows_update_only_and_refuses_in_silence() {
    check(
        Manner::BcBridge,
        r#"
        > ["lux-meter/i2c0-44/config/set", {"publish-interval": 30}]
        ! unknown-request
        > ["lux-meter/i2c0-44/config/update", {"publish-interval": 30}]
        < ["lux-meter/i2c0-44/config/ok", {"publish-interval": 30}]
        > ["lux-meter/i2c0-44/config/update", {"publish-interval": -1}]
        ! bad-publish-interval
        > ["co2-sensor/i2c0-38/config/update", {"publish-interval": 1}]
        ! too-fast
        "#,
    );
}

#[test]
fn both_forms_of_the_list_name_the_same_devices() {
    let devices = r#"{"sensors": ["thermometer/i2c0-48", "thermometer/i2c1-48", "lux-meter/i2c0-44", "barometer/i2c0-60", "humidity-sensor/i2c0-40", "co2-sensor/i2c0-38"], "actuators": ["led/-", "relay/i2c0-3b", "relay/i2c0-3f", "display-oled/i2c0-3c"], "notifications": "#;
    for (manner, topic, notifications) in
        [(Manner::Documented, "-/-/config/ok", "[\"boot\"]"), (Manner::BcBridge, "-/-/config/list/ok", "[]")]
    {
        check(
            manner,
            &format!(
                r#"
                > ["-/-/config/list", {{}}]
                < ["{topic}", {devices}{notifications}}}]
                > ["-/-/config/list", {{"all": true}}]
                ! not-empty
                "#
            ),
        );
    }
}

#[test]
fn get_wakes_a_sensor_that_publishes_nothing_by_itself() {
    let mut bridge = bridge(Manner::BcBridge);
    bridge.wake(Duration::ZERO);
    let quiet = r#"["barometer/i2c0-60/config/update", {"publish-interval": null}]"#;
    bridge.hear(Duration::ZERO, &message(quiet));
    let at = Duration::from_secs(100);
    bridge.take(at);
    bridge.hear(at, &message(r#"["barometer/i2c0-60/get", {}]"#));
    let said: Vec<_> = bridge.take(at + Duration::from_millis(30)).into_iter().map(text).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with(r#"["barometer/i2c0-60", {"altitude": ["#), "{said:?}");
}

#[test]
fn nothing_is_said_before_the_handshake_and_every_sensor_after_it() {
    let mut bridge = bridge(Manner::BcBridge);
    let hear = |bridge: &mut Simulator, text: &str| {
        bridge.hear(Duration::ZERO, &message(text));
    };
    hear(&mut bridge, r#"["relay/i2c0-3b/set", {"state": true}]"#);
    assert!(bridge.take(Duration::from_secs(60)).is_empty());
    assert_eq!(bridge.next_due(), None);
    hear(&mut bridge, r#"["clown.talk/-/config/set", {"any": "object"}]"#);
    let said: Vec<_> = bridge.take(Duration::from_secs(60)).into_iter().map(text).collect();
    assert!(
        said[0].starts_with(
            r#"["clown.talk/-/config/ok", {"ack": false, "device": "bridge", "capabilities": 1, "#
        )
    );
    let topics: Vec<_> = said[1..].iter().map(|line| line.split('"').nth(1).unwrap()).collect();
    assert_eq!(
        topics,
        [
            "thermometer/i2c0-48",
            "thermometer/i2c1-48",
            "lux-meter/i2c0-44",
            "barometer/i2c0-60",
            "humidity-sensor/i2c0-40",
            "co2-sensor/i2c0-38"
        ]
    );
    assert!(said[1].contains("\\u2103"), "bc-bridge escapes the degree: {}", said[1]);
}

/// How many messages of each topic a bridge says in `seconds`.
fn count(bridge: &mut Simulator, seconds: u64) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    let end = Duration::from_secs(seconds);
    while let Some(due) = bridge.next_due().filter(|due| *due < end) {
        for said in bridge.take(due) {
            let line = text(said);
            *counts.entry(line.split('"').nth(1).unwrap_or("garbage").to_owned()).or_default() += 1;
        }
    }
    counts
}

#[test]
fn sensors_publish_every_second_and_co2_every_16() {
    let mut bridge = bridge(Manner::BcBridge);
    bridge.wake(Duration::ZERO);
    let counts = count(&mut bridge, 160);
    assert_eq!(counts["thermometer/i2c0-48"], 160);
    assert_eq!(counts["humidity-sensor/i2c0-40"], 160);
    assert_eq!(counts["co2-sensor/i2c0-38"], 10);
}

/// What comes of 1,000 messages under the faults in `change`: (messages, garbage).
fn under(change: &str) -> (usize, usize) {
    let mut bridge = bridge(Manner::BcBridge);
    bridge.wake(Duration::ZERO);
    let text = format!(r#"["simulator/-/config/set", {change}]"#);
    assert_eq!(bridge.hear(Duration::ZERO, &message(&text)), None);
    let mut counts = count(&mut bridge, 200);
    assert_eq!(counts.remove("simulator/-/config/ok"), Some(1));
    let garbage = counts.remove("garbage").unwrap_or(0);
    (counts.values().sum(), garbage)
}

#[test]
fn faults_do_what_their_names_say() {
    assert_eq!(under("{}"), (1_013, 0));
    assert_eq!(under(r#"{"silence": true}"#), (0, 0));
    assert_eq!(under(r#"{"garbage": 1}"#), (0, 1_013));
    assert_eq!(under(r#"{"loss": 1}"#), (0, 0));
    let (messages, garbage) = under(r#"{"loss": 0.2, "garbage": 0.1}"#);
    assert!((650..800).contains(&messages) && (50..120).contains(&garbage), "{messages} and {garbage}");
}

#[test]
fn delay_keeps_the_order_and_refusal_names_its_reason() {
    check(
        Manner::Documented,
        r#"
        > ["simulator/-/config/set", {"delay-ms": 500}]
        < ["simulator/-/config/ok", {"silence": false, "garbage": 0, "refuse": null, "delay-ms": 500, "loss": 0}]
        > ["relay/i2c0-3b/set", {"state": true}]
        > ["led/-/set", {"state": "on"}]
        @499
        @500
        < ["relay/i2c0-3b", {"state": true}]
        < ["led/-", {"state": "on"}]
        > ["simulator/-/config/set", {"delay-ms": 0, "refuse": "overheated"}]
        < ["simulator/-/config/ok", {"silence": false, "garbage": 0, "refuse": "overheated", "delay-ms": 0, "loss": 0}]
        > ["relay/i2c0-3b/set", {"state": false}]
        ! refused
        > ["relay/i2c0-3b/get", {}]
        < ["relay/i2c0-3b", {"state": true}]
        > ["simulator/-/config/set", {"refuse": null}]
        < ["simulator/-/config/ok", {"silence": false, "garbage": 0, "refuse": null, "delay-ms": 0, "loss": 0}]
        > ["simulator/-/config/set", {"garbage": 2}]
        ! bad-fault
        < ["simulator/-/config/error", {"error":"bad-fault","message":"garbage is a share from 0 to 1"}]
        "#,
    );
}

#[test]
fn heater_is_felt_within_seconds_and_dries_the_air() {
    let mut room = Room::new(7, Duration::from_secs(12 * 3_600));
    room.advance(Duration::from_secs(60), false, false);
    let (near, far, humidity) = (room.temperature_near(), room.temperature_far(), room.relative_humidity());
    room.advance(Duration::from_secs(65), true, false);
    assert!(room.temperature_near() > near + 0.8, "{near} → {}", room.temperature_near());
    room.advance(Duration::from_secs(180), true, false);
    assert!(room.temperature_near() > near + 7.0);
    assert!(room.temperature_far() > far + 1.5);
    assert!(room.relative_humidity() < humidity - 2.0, "{humidity} → {}", room.relative_humidity());
    room.advance(Duration::from_secs(900), false, false);
    assert!((room.temperature_near() - near).abs() < 1.0);
}

#[test]
fn fan_clears_the_air_and_cools_a_little() {
    let mut room = Room::new(7, Duration::from_secs(18 * 3_600));
    room.advance(Duration::from_secs(60), false, false);
    let (near, co2) = (room.temperature_near(), room.concentration());
    assert!(co2 > 900, "three people in the evening: {co2}");
    room.advance(Duration::from_secs(240), false, true);
    assert!(room.concentration() < co2 - 200, "{co2} → {}", room.concentration());
    assert!(room.temperature_near() < near - 0.7, "{near} → {}", room.temperature_near());
}

#[test]
fn thirty_days_stay_within_what_the_sensors_can_measure() {
    let mut room = Room::new(3, Duration::ZERO);
    let mut brightest = 0.0_f64;
    for minute in 0..30 * 24 * 60 {
        room.advance(Duration::from_secs(minute * 60), minute % 500 > 400, minute % 700 > 600);
        let (near, far) = (room.temperature_near(), room.temperature_far());
        assert!((15.0..40.0).contains(&near) && (15.0..30.0).contains(&far), "{near} {far}");
        assert!((5.0..=95.0).contains(&room.relative_humidity()));
        assert!((350..2_000).contains(&room.concentration()));
        assert!((90.0..110.0).contains(&room.pressure()) && (100.0..700.0).contains(&room.altitude()));
        let lux = room.illuminance();
        assert!((0.0..83_865.6).contains(&lux));
        brightest = brightest.max(lux);
        if minute % (24 * 60) == 3 * 60 {
            assert!(lux < 1.0, "dark at three at night: {lux}");
        }
    }
    assert!(brightest > 400.0);
}

#[test]
fn the_same_seed_gives_the_same_day_and_a_machine_that_slept_goes_on() {
    let day = |seed| {
        let mut room = Room::new(seed, Duration::ZERO);
        (0..100)
            .map(|step| {
                room.advance(Duration::from_secs(step * 7), false, false);
                room.temperature_near()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(day(1), day(1));
    assert_ne!(day(1), day(2));
    let mut bridge = bridge(Manner::BcBridge);
    bridge.wake(Duration::ZERO);
    assert_eq!(bridge.take(Duration::from_secs(1_000_000)).len(), 6, "one beat, not a million");
}
