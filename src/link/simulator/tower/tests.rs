//! Transcripts of the dongle: what it says to what it hears.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const RELAY: &str = "836d19821664";
const CLIMATE: &str = "836d1983718a";
const BUTTON: &str = "836d1981f9d6";
const CO2: &str = "836d1983689b";

/// A dongle with power, whose nodes have started and told their first readings.
struct Desk {
    dongle: Dongle,
    at: Duration,
}

impl Desk {
    fn new(setup: Setup, faults: Faults) -> Self {
        let mut dongle = Dongle::new(Setup { every: 1_000 * SECOND, ..setup }, faults);
        dongle.power(Duration::ZERO);
        Self { dongle, at: Duration::ZERO }
    }

    fn met(setup: Setup) -> Self {
        let mut desk = Self::new(setup, Faults::default());
        desk.say("");
        desk.pass(5 * SECOND);
        desk
    }

    /// Everything it says in this time.
    fn pass(&mut self, time: Duration) -> String {
        self.at += time;
        let said = self.dongle.take(self.at).concat();
        String::from_utf8_lossy(&said).into_owned()
    }

    fn say(&mut self, line: &str) {
        // What it makes of nonsense is seen in what it says.
        let _ = self.dongle.hear(self.at, line.as_bytes());
    }

    /// What it answers within a second.
    fn ask(&mut self, line: &str) -> Vec<String> {
        self.say(line);
        self.pass(SECOND).lines().map(str::to_owned).collect()
    }

    fn check(&mut self, line: &str, answer: &[&str]) {
        assert_eq!(self.ask(line), answer, "{line}");
    }
}

#[test]
fn it_says_who_it_is_once_the_radio_is_ready() {
    let mut desk = Desk::new(Setup::default(), Faults::default());
    let unready =
        r#"["/info", {"id": "000000000000", "firmware": "bcf-gateway-usb-dongle", "version": "v1.10.0"}]"#;
    desk.say(r#"["/info/get", null]"#);
    let first = desk.pass(Duration::from_millis(100));
    assert_eq!(first, format!("\0\0\0{unready}\n"));
    let info = unready.replace("000000000000", "836d19839c3b");
    assert_eq!(desk.pass(Duration::from_millis(100)), format!("{info}\n"));
    desk.pass(SECOND);
    desk.check(r#"["/info/get", null]"#, &[&info]);
}

#[test]
fn paired_nodes_start_with_the_first_hub_and_the_others_are_not_heard() {
    let mut desk = Desk::new(Setup::default(), Faults::default());
    assert!(!desk.pass(10 * SECOND).contains("power-controller"));
    desk.say("");
    let said = desk.pass(SECOND);
    let info =
        r#"["836d1983718a/info", {"firmware": "kit-climate-monitor", "version": "v1.4.1", "mode": 3}]"#;
    assert!(said.contains(info), "{said}");
    assert!(said.contains(r#"["836d1983718a/barometer/0:0/pressure", 9"#), "{said}");
    assert!(said.contains(r#"["836d1983718a/battery/-/voltage", 3.12]"#), "{said}");
    assert!(said.contains(&format!("[\"{RELAY}/thermometer/0:1/temperature\", ")), "{said}");
    assert!(!said.contains(&format!("{RELAY}/battery")) && !said.contains(CO2), "{said}");
}

#[test]
fn lists_come_as_the_firmware_writes_them() {
    let mut desk = Desk::met(Setup::default());
    desk.check(r#"["/nodes/get", null]"#, &[r#"["/nodes", ["836d19821664","836d1983718a","836d1981f9d6"]]"#]);
    let names = r#"["$eeprom/alias/list/0", {"836d19821664": "power-controller:0","836d1983718a": "climate-monitor:0"}]"#;
    desk.check(r#"["$eeprom/alias/list", 0]"#, &[names]);
    desk.check(r#"["$eeprom/alias/list", 3]"#, &[r#"["$eeprom/alias/list/3", {}]"#]);
    desk.check(r#"["$eeprom/alias/list", 4]"#, &[]);
}

#[test]
fn a_waiting_node_attaches_a_moment_after_pairing_began_and_says_who_it_is() {
    let mut desk = Desk::met(Setup { waiting: 1, ..Setup::default() });
    desk.check(r#"["/pairing-mode/start", null]"#, &[r#"["/pairing-mode", "start"]"#]);
    let said = desk.pass(2 * SECOND);
    assert_eq!(
        said,
        "[\"/attach\", \"836d1983689b\"]\n\
         [\"836d1983689b/info\", {\"firmware\": \"kit-co2-monitor\", \"version\": \"v1.3.0\", \"mode\": 3}]\n"
    );
    assert_eq!(desk.pass(60 * SECOND), "");
    desk.check(r#"["/pairing-mode/stop", null]"#, &[r#"["/pairing-mode", "stop"]"#]);
}

#[test]
fn nobody_attaches_after_pairing_was_stopped() {
    let mut desk = Desk::met(Setup::default());
    desk.say(r#"["/pairing-mode/start", null]"#);
    desk.say(r#"["/pairing-mode/stop", null]"#);
    desk.pass(SECOND);
    assert_eq!(desk.pass(60 * SECOND), "");
    desk.dongle.happen(desk.at, Happening::Pair);
    assert_eq!(desk.pass(SECOND), "");
}

#[test]
fn a_full_table_refuses_the_next_node() {
    let mut desk = Desk::met(Setup { paired: MOST_NODES, waiting: 1, ..Setup::default() });
    desk.say(r#"["/pairing-mode/start", null]"#);
    let said = desk.pass(10 * SECOND);
    assert!(said.contains("[\"/attach-failure\", \"836d19f0001f\"]"), "{said}");
    desk.check(r#"["/nodes/add", "836d19821664"]"#, &[r#"["/attach-failure", "836d19821664"]"#]);
}

#[test]
fn nodes_are_added_and_removed_by_hand_and_silence_means_nothing_to_do() {
    let mut desk = Desk::met(Setup::default());
    desk.check(r#"["/nodes/remove", "836D19821664"]"#, &[r#"["/detach", "836d19821664"]"#]);
    desk.check(r#"["/nodes/remove", "836d19821664"]"#, &[]);
    let info = r#"["836d19821664/info", {"firmware": "power-controller", "version": "v1.3.0", "mode": 2}]"#;
    desk.check(r#"["/nodes/add", "836d19821664"]"#, &[r#"["/attach", "836d19821664"]"#, info]);
    desk.check(r#"["/nodes/add", "836d19821664"]"#, &[]);
    desk.check(r#"["/nodes/add", "aaaaaaaaaaaa"]"#, &[r#"["/attach", "aaaaaaaaaaaa"]"#]);
    desk.check(r#"["/nodes/add", "aaa"]"#, &[]);
    desk.check(
        r#"["/nodes/purge", null]"#,
        &[
            r#"["/detach", "aaaaaaaaaaaa"]"#,
            r#"["/detach", "836d19821664"]"#,
            r#"["/detach", "836d1983718a"]"#,
            r#"["/detach", "836d1981f9d6"]"#,
            r#"["/nodes", []]"#,
        ],
    );
}

#[test]
fn a_name_is_kept_until_the_node_left_and_the_dongle_started_again() {
    let mut desk = Desk::met(Setup::default());
    let add = |name: &str| format!(r#"["$eeprom/alias/add", {{"id": "{BUTTON}", "name": "{name}"}}]"#);
    desk.check(&add("předsíň"), &[r#"["$eeprom/alias/add/ok", "836d1981f9d6"]"#]);
    desk.check(&add(&"x".repeat(33)), &[]);
    desk.say(&format!(r#"["/nodes/remove", "{BUTTON}"]"#));
    desk.pass(SECOND);
    assert!(desk.ask(r#"["$eeprom/alias/list", 0]"#)[0].contains("předsíň"));
    desk.dongle.power(desk.at);
    let said = desk.pass(SECOND);
    assert!(said.starts_with("\0\0\0[\"$eeprom/alias/remove/ok\", \"836d1981f9d6\"]\n[\"/info\""), "{said}");
    assert!(!desk.ask(r#"["$eeprom/alias/list", 0]"#)[0].contains("předsíň"));
    desk.check(
        r#"["$eeprom/alias/remove", "836d1981f9d6"]"#,
        &[r#"["$eeprom/alias/remove/ok", "836d1981f9d6"]"#],
    );
    desk.dongle.happen(desk.at, Happening::Fault(Fault::Eeprom(true)));
    desk.check(&add("kitchen"), &[r#"["$eeprom/alias/add/error", "836d1981f9d6"]"#]);
}

#[test]
fn a_node_on_mains_obeys_and_one_on_batteries_hears_nothing() {
    let mut desk = Desk::met(Setup::default());
    desk.check(
        r#"["836d19821664/relay/0:0/state/get", null]"#,
        &[r#"["836d19821664/relay/0:0/state", null]"#],
    );
    for (what, value) in [("relay/-", "true"), ("led/-", "\"true\""), ("relay/0:1", "false")] {
        let answer = format!("[\"{RELAY}/{what}/state\", {}]", value.trim_matches('"'));
        desk.check(&format!("[\"{RELAY}/{what}/state/set\", {value}]"), &[&answer]);
    }
    desk.check(r#"["836d19821664/relay/-/state/set", 1]"#, &[]);
    desk.check(r#"["836d19821664/relay/0:0/pulse/set", {"duration": 3000}]"#, &[]);
    desk.check(
        r#"["836d19821664/relay/0:0/state/get", null]"#,
        &[r#"["836d19821664/relay/0:0/state", true]"#],
    );
    desk.pass(3 * SECOND);
    desk.check(
        r#"["836d19821664/relay/0:0/state/get", null]"#,
        &[r#"["836d19821664/relay/0:0/state", false]"#],
    );
    desk.check(r#"["836d19821664/led-strip/-/brightness/set", 50]"#, &[]);
    desk.check(r#"["836d1983718a/led/-/state/set", true]"#, &[]);
    desk.check(r#"["aaaaaaaaaaaa/led/-/state/set", true]"#, &[]);
    desk.check(r#"["836d19839c3b/led/-/state/set", true]"#, &[r#"["836d19839c3b/led/-/state", true]"#]);
}

#[test]
fn an_incomplete_topic_means_every_command_it_begins() {
    let mut desk = Desk::met(Setup::default());
    let state = r#"["836d19821664/led/-/state", true]"#;
    desk.check(r#"["836d19821664/led/-/state", true]"#, &[state, state]);
    desk.check(
        r#"["/pairing-mode", null]"#,
        &[r#"["/pairing-mode", "start"]"#, r#"["/pairing-mode", "stop"]"#],
    );
    for nonsense in
        ["x", "{}", r#"["/nowhere", null]"#, r#"["836d19821664/", null]"#, r#"["info/get", null]"#]
    {
        desk.check(nonsense, &[]);
    }
}

#[test]
fn what_people_do_to_nodes_is_heard_from_paired_ones() {
    let mut desk = Desk::met(Setup::default());
    for count in 0..2 {
        desk.dongle.happen(desk.at, Happening::Press(BUTTON.into()));
        let said = desk.pass(SECOND);
        assert_eq!(said, format!("[\"{BUTTON}/push-button/-/event-count\", {count}]\n"));
    }
    desk.dongle.happen(desk.at, Happening::Boot(CLIMATE.into()));
    assert!(desk.pass(SECOND).starts_with("[\"836d1983718a/info\""));
    desk.check(r#"["/scan/start", null]"#, &[r#"["/scan", "start"]"#]);
    for expected in ["[\"/found\", \"836d1983689b\"]\n", ""] {
        desk.dongle.happen(desk.at, Happening::Press(CO2.into()));
        assert_eq!(desk.pass(SECOND), expected);
    }
}

#[test]
fn faults_spoil_the_line_and_never_make_a_message_by_chance() {
    let with = |faults| Desk::new(Setup { paired: 0, waiting: 0, ..Setup::default() }, faults);
    assert_eq!(with(Faults { silence: true, ..Faults::default() }).pass(SECOND), "\0\0\0");
    assert_eq!(with(Faults { loss: 1.0, ..Faults::default() }).pass(SECOND), "\0\0\0");
    let mut garbage = with(Faults { garbage: 1.0, ..Faults::default() });
    for _ in 0..100 {
        garbage.say(r#"["/info/get", null]"#);
    }
    garbage.at += SECOND;
    let said = garbage.dongle.take(garbage.at).concat();
    let lines: Vec<&[u8]> = said.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 102);
    assert!(lines.iter().all(|line| wire::parse(line).is_err()));
    let mut halves = with(Faults { halves: 1.0, ..Faults::default() });
    assert!(!halves.pass(SECOND).contains('\n'));
    let mut late = with(Faults { delay: SECOND, ..Faults::default() });
    assert_eq!(late.pass(SECOND), "\0\0\0");
    assert!(late.pass(SECOND).starts_with("[\"/info\""));
    late.dongle.happen(late.at, Happening::Fault(Fault::Delay(Duration::ZERO)));
    late.dongle.happen(late.at, Happening::Say("# 1.00 <E> whatever".into()));
    assert!(late.pass(SECOND).ends_with("# 1.00 <E> whatever\n"));
}

#[test]
fn firmware_of_ones_own_making_writes_log_lines() {
    let mut desk = Desk::met(Setup { logs: true, ..Setup::default() });
    let said = desk.ask(r#"["/nodes/get", null]"#);
    assert!(said[0].starts_with("# 5.00 <D> "), "{said:?}");
    assert!(said[1].starts_with("[\"/nodes\", "), "{said:?}");
}
