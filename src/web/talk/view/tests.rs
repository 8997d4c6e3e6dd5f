//! What each kind of client hears of a link that carries many devices.

use super::*;
use crate::hub::{Hub, HubConfig, LinkHandle, LinkInfo, LinkState, Now, Said};
use crate::talk::Message;

const PLUG: &str = "nodes/plug/0";

struct Play {
    hub: Hub,
    link: LinkHandle,
    stream: tokio::sync::broadcast::Receiver<std::sync::Arc<Update>>,
}

fn view(base: Option<&str>, events: bool) -> View {
    let base = base.map(|base| Topic::new(base).unwrap());
    View { base, filters: Vec::new(), events, raw: true, commands: false, scope: None }
}

impl Play {
    fn new() -> Self {
        let now = Now { wall: std::time::SystemTime::UNIX_EPOCH, ..Now::now() };
        let hub = Hub::new(HubConfig::default(), now);
        let (link, _) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
        link.state(now, LinkState::up("a broker"));
        let (_, stream) = hub.subscribe(now);
        Self { hub, link, stream }
    }

    fn hears(&self, base: Option<&str>, topic: &str, payload: &[u8], memory: bool) {
        let now = Now { wall: std::time::SystemTime::UNIX_EPOCH, ..Now::now() };
        let message = Message::new(Topic::new(topic).unwrap(), Payload::from_wire(payload));
        let base = base.map(|base| Topic::new(base).unwrap());
        self.link.hear(now, Said { base, message, memory, via: None, profile: None }).unwrap();
    }

    /// What `view` hears of what devices and others said.
    fn told(&mut self, view: &View) -> Vec<String> {
        let mut texts = Vec::new();
        while let Ok(update) = self.stream.try_recv() {
            let mut text = String::new();
            if !update.is_own() && view.write(&update, &mut text) {
                texts.push(text);
            }
        }
        texts
    }
}

#[test]
fn a_memory_says_so_to_those_who_ask_for_events() {
    let mut play = Play::new();
    let check = |play: &mut Play, view: &View, told: &str, present: &str| {
        play.hears(Some(PLUG), "nodes/plug/0/relay/0", b"ON", true);
        assert_eq!(play.told(view), [told]);
        let mut text = String::new();
        assert!(view.write_entry(&play.hub.snapshot(Now::now()).entries[0], &mut text));
        assert_eq!(text, present);
    };
    let plain = r#"["relay/0", "ON"]"#;
    check(&mut play, &view(Some(PLUG), false), plain, plain);
    check(
        &mut play,
        &view(Some(PLUG), true),
        r#"["relay/0", "ON", {"memory":true}]"#,
        r#"["relay/0", "ON", {"at":"1970-01-01T00:00:00.000Z","presence":"remembered","memory":true}]"#,
    );
    play.hears(Some(PLUG), "nodes/plug/0/relay/0", b"ON", false);
    assert_eq!(play.told(&view(Some(PLUG), true)), [plain]);
}

#[test]
fn words_of_no_device_are_for_those_who_want_all() {
    let check = |view: &View, expect: &[&str]| {
        let mut play = Play::new();
        play.hears(Some(PLUG), "nodes/plug/0/relay/0", b"true", false);
        play.hears(None, "nodes/plug/0/relay/0/set", b"false", false);
        play.hears(None, "tele/plug/SENSOR", b"{}", false);
        assert_eq!(play.told(view), expect);
    };
    let (relay, raw) = (r#"["nodes/plug/0/relay/0", true]"#, r#"["tele/plug/SENSOR", {}]"#);
    check(&view(None, true), &[relay, r#"["nodes/plug/0/relay/0/set", false]"#, raw]);
    check(&view(None, false), &[relay, raw]);
    check(&View { raw: false, ..view(None, true) }, &[relay]);
    check(&view(Some(PLUG), true), &[r#"["relay/0", true]"#]);
}
