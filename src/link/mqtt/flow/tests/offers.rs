//! The hub's devices are offered to Home Assistant, and taken back.

use std::path::Path;

use serde_json::Value;

use super::*;
use crate::device::profile::{Announced, file};
use crate::hub::Decision;

const CONFIG: &str = "homeassistant/device/clown-hub-0f3a9c1e-nodes_bridge_0/config";
const ITSELF: &str = "homeassistant/device/clown-hub-0f3a9c1e/config";
const PRESENCE: &str = "clown-hub/0f3a9c1e/home/nodes/bridge/0";
const HERE: &str =
    r#"clown-hub/0f3a9c1e/home/nodes/bridge/0 {"state":"online","presence":"online"} (retained)"#;
const SECOND: Duration = Duration::from_millis(1_100);

fn offering(topics: &[&str]) -> Config {
    let mut config = config(OWN, topics);
    config.discovery.offers = true;
    // Nobody is asked to announce himself, so that this is not in the way.
    config.discovery.asks = false;
    config
}

fn play() -> Play {
    Play::with(Version::V5, offering(&["nodes/# both"]))
}

/// What was handed to the broker within a second, by topic.
fn said(play: &mut Play) -> Vec<(String, String)> {
    play.passes(SECOND);
    let split = |line: String| line.split_once(' ').map(|(topic, text)| (topic.to_owned(), text.to_owned()));
    play.given().into_iter().filter_map(split).collect()
}

fn topics(said: &[(String, String)]) -> Vec<&str> {
    said.iter().map(|(topic, _)| topic.as_str()).collect()
}

#[test]
fn a_device_is_there_before_the_hub_is_and_is_offered_a_moment_later() {
    let play = play();
    let given: Vec<String> = play.client.kept().iter().map(shown).collect();
    assert_eq!(given[0], HERE);
    assert!(given[1].starts_with("clown-hub/0f3a9c1e/home {"), "{given:?}");
    let mut play = self::play();
    play.given();
    let said = said(&mut play);
    assert_eq!(topics(&said), [ITSELF, CONFIG]);
    let text = said[1].1.strip_suffix(" (retained)").expect("retained");
    let told: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(told["cmps"]["switch-relay_i2c0-3b-state"]["command_topic"], SET);
    assert_eq!(told["dev"]["via_device"], "clown-hub-0f3a9c1e");
    let itself: Value = serde_json::from_str(said[0].1.trim_end_matches(" (retained)")).expect("JSON");
    assert_eq!(itself["dev"]["identifiers"][0], told["dev"]["via_device"]);
}

#[test]
fn nothing_is_offered_where_nobody_asked_for_it() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    play.given();
    assert_eq!(said(&mut play), []);
}

#[test]
fn what_has_not_changed_is_not_offered_again_and_its_value_is_said_once_more() {
    let mut play = play();
    said(&mut play);
    assert_eq!(said(&mut play), []);
    let values = said(&mut play);
    assert_eq!(topics(&values), [RELAY], "by now Home Assistant listens");
    assert_eq!(said(&mut play), []);
    play.device(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(topics(&said(&mut play)), [RELAY]);
    play.device(r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#);
    let changed = said(&mut play);
    assert_eq!(topics(&changed), ["nodes/bridge/0/thermometer/i2c0-48", CONFIG]);
    assert!(changed[1].1.contains("sensor-thermometer_i2c0-48-temperature"));
}

#[test]
fn where_the_broker_keeps_values_they_are_not_said_twice() {
    let kept = Config { retain: true, ..offering(&["nodes/# both"]) };
    let mut play = Play::with(Version::V5, kept);
    said(&mut play);
    assert_eq!([said(&mut play), said(&mut play)].concat(), []);
}

#[test]
fn everything_is_offered_again_when_home_assistant_comes() {
    for topics_of_link in [["nodes/# both"], ["# both"]] {
        let mut play = Play::with(Version::V5, offering(&topics_of_link));
        said(&mut play);
        [said(&mut play), said(&mut play)].concat();
        play.memory("homeassistant/status", "online");
        play.broker("homeassistant/status", "offline");
        assert_eq!(said(&mut play), [], "nobody has come");
        play.broker("homeassistant/status", "online");
        play.broker("homeassistant/status", "online");
        assert_eq!(topics(&said(&mut play)), [PRESENCE, ITSELF, CONFIG]);
        assert_eq!(said(&mut play), []);
    }
}

#[test]
fn whether_a_device_is_there_is_said_when_that_changes() {
    let mut play = play();
    said(&mut play);
    play.usb.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "it was unplugged", ""));
    play.runs();
    let gone = r#"{"state":"offline","presence":"offline","reason":"it was unplugged"} (retained)"#;
    assert_eq!(said(&mut play), [(PRESENCE.to_owned(), gone.to_owned())]);
}

#[test]
fn devices_of_the_same_broker_are_not_offered_to_it() {
    let mut play = play();
    said(&mut play);
    play.broker("nodes/bridge/7/relay/i2c0-3b", r#"{"state": true}"#);
    said(&mut play);
    assert!(!topics(&said(&mut play)).iter().any(|topic| topic.contains("bridge_7")));
}

#[test]
fn what_takes_no_commands_is_offered_without_them() {
    let mut play = Play::with(Version::V5, offering(&[r#"nodes/# out 0 "" house/"#]));
    let told = said(&mut play);
    let text = &told.iter().find(|(topic, _)| topic.ends_with("nodes_bridge_0/config")).expect("offered").1;
    assert!(text.contains(r#""state_topic":"house/nodes/bridge/0/relay/i2c0-3b""#), "{text}");
    assert!(text.contains("binary_sensor-relay") && !text.contains("command_topic"), "{text}");
    assert!(text.contains(r#""topic":"clown-hub/0f3a9c1e/home/house/nodes/bridge/0""#), "{text}");
}

#[test]
fn a_device_whose_link_is_removed_is_taken_back() {
    let mut play = play();
    said(&mut play);
    play.hub.detach(play.now, "usb");
    play.runs();
    let gone = said(&mut play);
    assert_eq!(topics(&gone), [CONFIG, PRESENCE]);
    assert!(gone.iter().all(|(_, text)| text == " (retained)"), "{gone:?}");
}

#[tokio::test]
async fn what_an_earlier_life_left_is_not_believed_and_taken_back_when_nobody_asks_for_it_any_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let with = |config: Config| Config { folder: Some(folder.path().to_owned()), ..config };
    let mut first = Play::with(Version::V5, with(offering(&["nodes/# both"])));
    first.broker("nodes/x", "1");
    said(&mut first);
    first.leaves(false);
    // The next life begins without the bridge: its line is not in the configuration.
    let now = start();
    let hub = Hub::new(HubConfig::default(), now);
    let (home, outbox) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
    let (usb, line) = hub.attach(now, LinkInfo { name: "other".into(), kind: "serial", base: None });
    let (_, stream) = home.listen(now);
    let config = with(offering(&["nodes/# both"]));
    let flow = Flow::new(&config, home.clone());
    let client = Client::keeping(Version::V5);
    let mut second = Play { hub, usb, line, flow, home, outbox, client, stream, now };
    second.connects();
    let given: Vec<String> = second.client.kept().iter().map(shown).collect();
    assert_eq!(given[0], format!(r#"{PRESENCE} {{"state":"offline","presence":"unknown"}} (retained)"#));
    assert!(given[1].starts_with("clown-hub/0f3a9c1e/home {"), "{given:?}");
    said(&mut second);
    second.passes(Duration::from_secs(61));
    let mut gone = second.given();
    gone.sort();
    assert_eq!(gone, [format!("{PRESENCE}  (retained)"), format!("{CONFIG}  (retained)")]);
    second.leaves(false);
    let mut third = Play::with(Version::V5, with(super::config(OWN, &["nodes/# both"])));
    assert_eq!(third.given()[0], format!("{ITSELF}  (retained)"), "nobody asks for it any more");
    third.passes(SECOND);
}

#[test]
fn a_device_that_announced_itself_is_offered_when_it_is_accepted_and_taken_back_when_it_is_ignored() {
    let mut play = play();
    said(&mut play);
    let text = "name = \"Plug\"\nvendor = \"Acme\"\n[match]\nid_else = \"1\"\n\
                [[property]]\nid = \"relay/0\"\nread = { topic = \"x\" }\n";
    let mut profile = file::read("plug", Path::new("plug.toml"), text.to_owned()).expect("a good file");
    let (name, area) = ("Desk lamp".into(), Some("Study".into()));
    profile.announced =
        Some(Announced { dialect: "tasmota", name, area, text: text.into(), unknown: Vec::new() });
    let base = topic("nodes/acme/1");
    let (radio, _) = play.hub.attach(play.now, LinkInfo { name: "far".into(), kind: "mqtt", base: None });
    radio.introduce(play.now, &base, Some(Arc::new(profile))).expect("free");
    play.runs();
    let config = "homeassistant/device/clown-hub-0f3a9c1e-nodes_acme_1/config";
    let count = |said: Vec<(String, String)>| said.iter().filter(|(topic, _)| topic == config).count();
    assert_eq!(count(said(&mut play)), 0, "nobody has accepted it");
    play.hub.decide(play.now, &base, Some(Decision::Accepted));
    play.runs();
    let offered = said(&mut play);
    let text = &offered.iter().find(|(topic, _)| topic == config).expect("offered").1;
    assert!(text.contains(r#""name":"Desk lamp""#) && text.contains(r#""suggested_area":"Study""#), "{text}");
    play.hub.decide(play.now, &base, Some(Decision::Ignored));
    play.runs();
    assert!(said(&mut play).contains(&(config.to_owned(), " (retained)".to_owned())));
}

#[test]
fn a_large_house_is_offered_completely_and_piece_by_piece() {
    const MANY: usize = 500;
    let mut play = Play::absent(Version::V5, offering(&["nodes/# both"]));
    let celsius = Message::parse(r#"["thermometer/0", {"temperature": [24.50, "\u2103"]}]"#).expect("JSON");
    for number in 0..MANY {
        let base = Some(topic(&format!("nodes/many/{number}")));
        let name = format!("line{number}").into();
        let (link, _) = play.hub.attach(play.now, LinkInfo { name, kind: "serial", base });
        link.state(play.now, LinkState::up("here"));
        for channel in 0..20 {
            let topic = topic(&format!("thermometer/{channel}"));
            link.publish(play.now, Message::new(topic, celsius.payload.clone()));
        }
    }
    play.connects();
    let (mut configs, mut most) = (std::collections::BTreeSet::new(), 0);
    while configs.len() < MANY + 2 {
        let said = said(&mut play);
        let texts = said.iter().filter(|(topic, _)| topic.ends_with("/config"));
        most = most.max(texts.clone().map(|(_, text)| text.len()).sum());
        assert!(!said.is_empty(), "only {} of them", configs.len());
        assert!(texts.clone().all(|(topic, _)| configs.insert(topic.clone())), "nothing is said twice");
    }
    assert!((1 << 20..2 << 20).contains(&most), "{most} bytes at once");
}
