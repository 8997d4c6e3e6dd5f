use std::sync::Arc;

use super::*;
use crate::history::settings::Rule;
use crate::hub::{Hub, HubConfig, LinkHandle, LinkInfo, LinkState, Now, Phase};
use crate::talk::{Message, Topic, TopicFilter};
use tokio::sync::broadcast::Receiver;

struct Scene {
    link: LinkHandle,
    stream: Receiver<Arc<Update>>,
    hub: Hub,
    tracker: Tracker,
}

impl Scene {
    fn new(settings: Settings) -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let base = Some(Topic::new("nodes/bridge/0").unwrap());
        let info = LinkInfo { name: "a".into(), kind: "serial", base };
        let (link, _commands) = hub.attach(Now::now(), info);
        let (_, stream) = hub.subscribe(Now::now());
        Self { link, stream, hub, tracker: Tracker::new(settings) }
    }

    /// What is recorded when the device says this at a time.
    fn says(&mut self, at: i64, line: &str) -> Vec<String> {
        let wall = UNIX_EPOCH + Duration::from_millis(at.unsigned_abs());
        self.link.publish(Now { wall, ..Now::now() }, Message::parse(line).unwrap());
        self.heard()
    }

    /// What is recorded of everything that the hub told.
    fn heard(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        while let Ok(update) = self.stream.try_recv() {
            self.tracker.hear(&update, 0, &mut |key, at, recorded| all.push(line(key, at, recorded)));
        }
        all
    }

    fn settles(&mut self, now: i64) -> Vec<String> {
        let mut all = Vec::new();
        self.tracker.settle(now, &mut |key, at, recorded| all.push(line(key, at, recorded)));
        all
    }
}

fn line(key: &Key, at: i64, recorded: Recorded<'_>) -> String {
    let topic = key.topic.trim_start_matches("nodes/bridge/0/");
    let known = recorded != Recorded::Unknown;
    let unit = key.unit.as_deref().filter(|_| known).unwrap_or_default();
    let value = match recorded {
        Recorded::Number(number) => number.to_string(),
        Recorded::Truth(truth) => truth.to_string(),
        Recorded::Word(word) => word.to_owned(),
        Recorded::Unknown => "?".to_owned(),
    };
    format!("{at} {topic}#{} {value}{unit}", key.quantity)
}

fn at_once() -> Settings {
    Settings { every: Duration::ZERO, ..Settings::default() }
}

#[test]
fn numbers_are_recorded_each_time_and_states_when_they_change() {
    let mut scene = Scene::new(at_once());
    let mut says = |at, line: &str, expect: &[&str]| assert_eq!(scene.says(at, line), expect, "{at}");
    says(1, r#"["thermometer/0", {"temperature": [21.5, "℃"]}]"#, &["1 thermometer/0#temperature 21.5℃"]);
    says(2, r#"["thermometer/0", {"temperature": [21.5, "℃"]}]"#, &["2 thermometer/0#temperature 21.5℃"]);
    says(3, r#"["relay/0", {"state": true}]"#, &["3 relay/0#state true"]);
    says(4, r#"["relay/0", {"state": true}]"#, &[]);
    says(5, r#"["relay/0", {"state": false}]"#, &["5 relay/0#state false"]);
    says(6, r#"["relay/0", {"state": null}]"#, &["6 relay/0#state ?"]);
    says(7, r#"["relay/0", {"state": null}]"#, &[]);
    says(8, r#"["relay/0", {"state": false}]"#, &["8 relay/0#state false"]);
    says(9, r#"["led/-", {"state": "1-dot"}]"#, &["9 led/-#state 1-dot"]);
    says(10, r#"["led/-", {"state": "1-dot"}]"#, &[]);
    says(11, r#"["relay/0/set", {"state": true}]"#, &[]);
    says(12, r#"["-/-/config/ok", {"x": 1}]"#, &[]);
    says(13, r#"["thermometer/0", {"temperature": [70.7, "℉"]}]"#, &["13 thermometer/0#temperature 70.7℉"]);
    says(14, r#"["thing/0", {"list": [1, 2, 3]}]"#, &[]);
}

#[test]
fn a_number_that_comes_too_often_is_held_and_recorded_when_no_other_follows() {
    let mut scene = Scene::new(Settings::default());
    let mut says = |at, value: f64| scene.says(at, &format!(r#"["a/0", {{"x": {value}}}]"#));
    assert_eq!(says(10_000, 1.0), ["10000 a/0#x 1"]);
    assert!(says(10_300, 2.0).is_empty());
    assert!(says(10_600, 3.0).is_empty());
    assert_eq!(says(11_000, 4.0), ["11000 a/0#x 4"]);
    assert!(says(11_500, 5.0).is_empty());
    assert!(scene.settles(11_900).is_empty());
    assert_eq!(scene.settles(12_000), ["11500 a/0#x 5"]);
    assert!(scene.settles(99_000).is_empty());
    // A clock that went back is no reason to wait for it.
    assert_eq!(scene.says(5_000, r#"["a/0", {"x": 6}]"#), ["5000 a/0#x 6"]);
}

#[test]
fn what_is_gone_leaves_a_gap_and_is_recorded_again_when_it_is_back() {
    let mut scene = Scene::new(at_once());
    let hub = scene.hub.clone();
    scene.link.state(Now::now(), LinkState::up("open"));
    scene.says(1_000, r#"["relay/0", {"state": true}]"#);
    scene.says(1_001, r#"["thermometer/0", {"temperature": [21.5, "℃"]}]"#);
    let wall = UNIX_EPOCH + Duration::from_secs(2);
    scene.link.state(
        Now { wall, ..Now::now() },
        LinkState::not_up(Phase::Waiting, "unplugged", "gone", "plug it in"),
    );
    let mut heard = scene.heard();
    heard.sort();
    assert_eq!(heard, ["2000 relay/0#state ?", "2000 thermometer/0#temperature ?"]);
    scene.link.state(Now::now(), LinkState::up("open"));
    assert_eq!(scene.says(3_000, r#"["relay/0", {"state": true}]"#), ["3000 relay/0#state true"]);
    drop(hub);
}

#[test]
fn texts_are_no_history() {
    let mut scene = Scene::new(at_once());
    let long = "x".repeat(LONGEST_WORD + 1);
    assert!(scene.says(1, &format!(r#"["a/0", {{"text": "{long}"}}]"#)).is_empty());
    assert_eq!(scene.tracker.left_out(), 1);
    for at in 0..500 {
        scene.says(at, &format!(r#"["b/0", {{"uptime": "{at} s"}}]"#));
    }
    assert_eq!(scene.tracker.left_out(), 2);
    assert!(scene.says(501, r#"["b/0", {"uptime": "1 s"}]"#).is_empty());
}

#[test]
fn rules_say_what_is_recorded_and_there_is_an_end_to_series() {
    let rule = |filter: &str, record| Rule {
        topics: vec![TopicFilter::new(filter).unwrap()],
        record,
        every: Some(Duration::from_secs(60)),
        samples: None,
    };
    let rules = vec![rule("nodes/+/+/secret/#", false), rule("nodes/+/+/slow/#", true)];
    let mut scene = Scene::new(Settings { series: 2, rules, ..at_once() });
    assert!(scene.says(1, r#"["secret/0", {"x": 1}]"#).is_empty());
    assert_eq!(scene.says(1, r#"["slow/0", {"x": 1}]"#).len(), 1);
    assert!(scene.says(30_000, r#"["slow/0", {"x": 2}]"#).is_empty());
    assert_eq!(scene.says(60_001, r#"["slow/0", {"x": 3}]"#).len(), 1);
    assert_eq!(scene.says(5, r#"["a/0", {"x": 1, "y": 2}]"#), ["5 a/0#x 1"]);
    assert_eq!(scene.tracker.left_out(), 1);
}

#[test]
fn a_clock_that_was_set_moves_what_is_held() {
    let mut scene = Scene::new(Settings::default());
    scene.says(1_000, r#"["a/0", {"x": 1}]"#);
    scene.says(1_500, r#"["a/0", {"x": 2}]"#);
    scene.tracker.shift(1_000_000);
    assert_eq!(scene.settles(1_002_000), ["1001500 a/0#x 2"]);
}
