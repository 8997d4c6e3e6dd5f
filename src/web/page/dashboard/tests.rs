//! The dashboard as HTML, from a hub that plays through every state.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, header};

use super::*;
use crate::hub::{By, Command, Fault, HubConfig, Kept, LinkHandle, LinkInfo, LinkState, Outgoing, Phase};
use crate::talk::{Message, Payload, Topic};

const BASE: &str = "nodes/bridge/0";

/// A hub with one link, whose time stands still.
struct Play {
    hub: Hub,
    link: LinkHandle,
    outbox: tokio::sync::mpsc::Receiver<Outgoing>,
    now: Now,
    seen: Seen,
}

impl Play {
    fn new() -> Self {
        let now = Now { wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_212_600), ..Now::now() };
        let hub = Hub::new(HubConfig::default(), now);
        let base = Topic::new(BASE).ok();
        let (link, outbox) = hub.attach(now, LinkInfo { name: "usb".into(), kind: "serial", base });
        link.state(now, LinkState::up("a bridge"));
        Self { hub, link, outbox, now, seen: Seen::default() }
    }

    fn says(&self, line: &str) {
        self.link.publish(self.now, Message::parse(line).expect(line));
    }

    fn asks(&self, id: &str, payload: &str) {
        let command = Command {
            topic: Topic::new(&format!("{BASE}/{id}/set")).expect(id),
            payload: Payload::parse(payload).expect(payload),
            by: By { account: "ada".into(), client: 0, from: None },
            id: None,
        };
        drop(self.hub.command(self.now, command));
    }

    fn is_sent(&mut self) {
        let outgoing = self.outbox.try_recv().expect("a command");
        self.link.sent(self.now, outgoing.id);
    }

    fn passes(&mut self, seconds: u64) {
        for _ in 0..seconds {
            let second = Duration::from_secs(1);
            self.now = Now { mono: self.now.mono + second, wall: self.now.wall + second };
            self.hub.tick(self.now);
        }
    }

    fn page(&self, lang: &str, said: &Said) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("lang={lang}").parse().unwrap());
        let shell = Shell::new(&headers, Some("ada"), "/");
        Dashboard::new(shell, &self.hub.snapshot(self.now), &self.seen, said, Past::default())
            .render()
            .unwrap()
    }

    /// The tile of `id`, from its first attribute to its end.
    fn tile(&self, id: &str) -> String {
        let page = self.page("en", &Said::default());
        let tiles = page.split("<article").skip(1).filter_map(|tile| tile.split("</article>").next());
        let mut found = tiles.filter(|tile| tile.contains(&format!("data-topic=\"{BASE}/{id}\"")));
        found.next().expect(id).to_owned()
    }
}

/// What a tile says must hold each of `parts`.
fn check(tile: &str, parts: &[&str]) {
    for part in parts {
        assert!(tile.contains(part), "no {part} in {tile}");
    }
}

#[test]
fn a_number_with_a_range_is_an_arc_with_its_digits_as_sent() {
    let play = Play::new();
    play.says(r#"["thermometer/i2c0-48", {"temperature": [20.00, "℃"]}]"#);
    let tile = play.tile("thermometer/i2c0-48");
    check(&tile, &["data-kind=\"gauge\"", ">20.00<", ">℃<", ">−20<", ">60<", "stroke-dashoffset=\"50.00\""]);
    check(&tile, &["data-presence=\"online\"", "Temperature", "datetime=\"2026-11-20T22:10:00.000Z\""]);
}

#[test]
fn other_kinds_have_their_own_tile() {
    let play = Play::new();
    play.says(r#"["barometer/i2c0-60", {"altitude": [231.5, "m"]}]"#);
    play.says(r#"["pir/-", {"event-count": 17}]"#);
    play.says(r#"["led/-", {"state": "2-dot"}]"#);
    play.says(r#"["note/0", {"text": "hello"}]"#);
    check(&play.tile("barometer/i2c0-60"), &["data-kind=\"number\"", ">231.5<", ">m<"]);
    check(&play.tile("pir/-"), &["data-kind=\"count\"", ">17<", "last"]);
    check(&play.tile("led/-"), &["data-kind=\"choice\"", "value=\"2-dot\" aria-pressed=\"true\""]);
    check(&play.tile("note/0"), &["data-kind=\"text\"", ">hello<"]);
}

#[test]
fn a_switch_shows_what_the_device_said() {
    let mut play = Play::new();
    play.says(r#"["relay/i2c0-3b", {"state": false}]"#);
    check(
        &play.tile("relay/i2c0-3b"),
        &["data-value=\"false\"", "aria-checked=\"false\"", "value=\"true\" role=\"switch\""],
    );

    play.asks("relay/i2c0-3b", r#"{"state": true}"#);
    play.is_sent();
    let pending = play.tile("relay/i2c0-3b");
    check(
        &pending,
        &["data-step=\"pending\"", "data-value=\"false\"", "role=\"checkbox\" aria-checked=\"mixed\""],
    );
    check(&pending, &["#mark-pending", "switching to on… asked by ada"]);

    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    check(&play.tile("relay/i2c0-3b"), &["data-step=\"\"", "data-value=\"true\"", "aria-checked=\"true\""]);
}

#[test]
fn a_failure_names_its_reason_and_keeps_the_old_value() {
    let mut play = Play::new();
    play.says(r#"["relay/i2c0-3b", {"state": false}]"#);
    play.asks("relay/i2c0-3b", r#"{"state": true}"#);
    play.is_sent();
    play.passes(4);
    let silent = play.tile("relay/i2c0-3b");
    check(
        &silent,
        &["data-step=\"unanswered\"", "data-value=\"false\"", "#mark-unanswered", "still shows off as of"],
    );

    play.asks("relay/i2c0-3b", "{\"state\": 1}");
    let refused = play.tile("relay/i2c0-3b");
    check(&refused, &["data-step=\"refused\"", "#mark-refused", "refused: ", "true or false"]);
}

#[test]
fn what_is_not_live_does_not_look_live() {
    let mut play = Play::new();
    play.says(r#"["-/-/config/ok", {"sensors": ["lux-meter/i2c0-44"], "actuators": ["relay/i2c0-3f"]}]"#);
    check(
        &play.tile("lux-meter/i2c0-44"),
        &["data-presence=\"unknown\"", "data-known=\"no\"", "has not spoken yet"],
    );
    check(&play.tile("relay/i2c0-3f"), &["data-value=\"null\"", "unknown", "Switch off", "Switch on"]);

    for _ in 0..8 {
        play.says(r#"["thermometer/i2c0-48", {"temperature": [20.00, "℃"]}]"#);
        play.passes(1);
    }
    play.passes(10);
    check(
        &play.tile("thermometer/i2c0-48"),
        &["data-presence=\"silent\"", "#mark-silent", "silent, last said"],
    );

    play.link.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "it is gone", "plug it in"));
    check(
        &play.tile("thermometer/i2c0-48"),
        &["data-presence=\"offline\"", "#mark-offline", "offline, last said"],
    );
    check(&play.page("en", &Said::default()), &["data-phase=\"waiting\"", "it is gone", "plug it in"]);
}

#[test]
fn values_from_before_a_restart_say_so() {
    let play = Play::new();
    let message = Message::parse(&format!(r#"["{BASE}/relay/i2c0-3b", {{"state": true}}]"#)).unwrap();
    let at = play.now.wall - Duration::from_secs(60);
    play.hub.restore(play.now, Kept { message, at, memory: false });
    check(&play.tile("relay/i2c0-3b"), &["data-presence=\"remembered\"", "remembered from"]);
}

#[test]
fn hostile_names_and_values_stay_text() {
    let play = Play::new();
    play.says("[\"note/<img src=x onerror=alert(1)>\", {\"a\\\"><b\": \"</article><script>\u{202e}\"}]");
    let page = play.page("en", &Said::default());
    assert!(!page.contains("<img") && !page.contains("<script>") && !page.contains('\u{202e}'), "{page}");
    check(&page, &["\\u{202e}", "&#60;script&#62;"]);
}

#[test]
fn the_outcome_of_a_form_is_told_in_words_that_are_true() {
    let mut play = Play::new();
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    let said = |step: &str| Said { about: Some(format!("{BASE}/relay/i2c0-3b")), step: Some(step.into()) };
    check(&play.page("en", &said("confirmed")), &["role=\"status\"", "Relay, relay/i2c0-3b: on, confirmed"]);
    check(&play.page("cs", &said("confirmed")), &["Relé, relay/i2c0-3b: zapnuto, potvrzeno"]);
    assert!(!play.page("en", &said("refused")).contains("class=\"flash\""), "nothing was refused");
    assert!(!play.page("en", &said("<b>")).contains("class=\"flash\""));
    play.asks("relay/i2c0-3b", "{\"state\": 1}");
    check(&play.page("en", &said("refused")), &["class=\"flash\"", "refused: "]);
    play.passes(1);
}

#[test]
fn an_empty_hub_teaches_and_names_what_is_wrong() {
    let play = Play::new();
    check(&play.page("en", &Said::default()), &["No device has spoken yet", "clown-hub demo"]);
    play.link
        .state(play.now, LinkState::not_up(Phase::Waiting, "forbidden", "no permission", "join dialout"));
    let page = play.page("cs", &Said::default());
    check(&page, &["Zatím se neozvalo", "Hub nesmí port používat.", "no permission", "join dialout"]);
}

#[test]
fn a_link_without_a_device_is_seen_beside_devices_that_work() {
    let play = Play::new();
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    let base = Topic::new("nodes/bridge/1").ok();
    let (other, _) = play.hub.attach(play.now, LinkInfo { name: "attic".into(), kind: "serial", base });
    other.state(play.now, LinkState::not_up(Phase::Waiting, "missing", "no such port", "plug it in"));
    let page = play.page("en", &Said::default());
    check(
        &page,
        &["<p class=\"trouble\" data-link=\"attic\"><code>attic</code>", "no such port", "plug it in"],
    );
    assert_eq!(page.matches("data-link=\"usb\"").count(), 2, "the other link stands at its device only");
}

#[test]
fn what_a_link_could_not_pass_on_is_a_number_on_the_page_however_it_is() {
    let play = Play::new();
    let (home, _) = play.hub.attach(play.now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
    let lines = |language: &str| play.page(language, &Said::default());
    home.state(play.now, LinkState::up("connected"));
    check(&lines("en"), &["<p class=\"trouble\" data-link=\"home\" hidden>"]);
    home.count(Fault::Dropped, 1_234);
    let told = "<p class=\"trouble\" data-link=\"home\"><code>home</code> <b data-part=\"reason\"></b>";
    check(&lines("en"), &[told, ">messages dropped since the start: 1234<"]);
    check(&lines("cs"), &[">zahozených zpráv od startu: 1234<"]);
    home.state(play.now, LinkState::not_up(Phase::Waiting, "broker-absent", "nobody is there", "start it"));
    check(&lines("en"), &["nobody is there", ">messages dropped since the start: 1234<"]);
}

#[test]
fn a_page_holds_nothing_that_the_policy_forbids() {
    let play = Play::new();
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    let page = play.page("en", &Said::default());
    for forbidden in ["style=", " onclick", "<style", "javascript:", "http://", "https://"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn a_value_that_cannot_be_keeps_its_digits_and_is_marked() {
    let play = Play::new();
    play.says(r#"["humidity-sensor/i2c0-40", {"relative-humidity": [104.70, "%"]}]"#);
    let tile = play.tile("humidity-sensor/i2c0-40");
    let words = "cannot be: only 0 to 100 is possible, said";
    check(&tile, &[">104.70<", " data-strange ", "#mark-strange", words, "data-low=\"0\" data-high=\"100\""]);
    play.says(r#"["humidity-sensor/i2c0-40", {"relative-humidity": [100.0, "%"]}]"#);
    let tile = play.tile("humidity-sensor/i2c0-40");
    check(&tile, &[">100.0<", "#mark-online"]);
    assert!(!tile.contains(" data-strange"), "{tile}");
    play.says(r#"["thermometer/i2c0-48", {"temperature": [-300, "℃"]}]"#);
    check(
        &play.tile("thermometer/i2c0-48"),
        &["cannot be: nothing below −273.15 is possible, said", ">-300<"],
    );
}
