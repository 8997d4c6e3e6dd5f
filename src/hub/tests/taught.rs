//! Transcripts of definitions that come, change and go while devices speak.

use std::path::Path;

use super::*;
use crate::device::builtin;
use crate::device::catalog::Catalog;
use crate::device::profile::{Profile, file};

const BASE: &str = "nodes/maker/plug-1";
const PLUG: &str = r#"
name = "Plug"
vendor = "Maker"
property = [
  { id = "relay/0", name = "Socket", read = { topic = "{id}/relay", map = { on = true, off = false } } },
  { id = "buzzer/0", kind = "button", quantity = "beep", write = { topic = "{id}/buzz", payload = "1", confirm = "nothing" } },
]
"#;

fn profile(id: &str, text: &str) -> Arc<Profile> {
    Arc::new(file::read(id, Path::new("test.toml"), text.to_owned()).unwrap_or_else(|bad| panic!("{bad}")))
}

impl Play {
    fn teach(&self, profiles: &[&Arc<Profile>]) {
        self.hub.teach(self.now, Arc::new(Catalog::new(profiles.iter().copied().cloned())));
    }

    fn plug_says(&self, link: &LinkHandle, profile: &Arc<Profile>, id: &str, payload: &str) {
        let base = Topic::new(BASE).expect("a base");
        let topic = Topic::new(&format!("{BASE}/{id}")).expect("a topic");
        let message = Message::new(topic, Payload::parse(payload).expect(payload));
        let profile = Some(profile.clone());
        link.hear(self.now, Said { base: Some(base), message, memory: false, via: None, profile })
            .expect("its own");
    }

    fn mqtt(&self) -> (LinkHandle, mpsc::Receiver<Outgoing>) {
        let (link, outbox) =
            self.hub.attach(self.now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
        link.state(self.now, LinkState::up("connected"));
        (link, outbox)
    }

    fn ids(&self, base: &str) -> Vec<String> {
        let entries = self.hub.snapshot(self.now).entries;
        let of_it = entries.iter().filter(|entry| entry.topic.as_str().starts_with(base));
        of_it.map(|entry| entry.id().to_owned()).collect()
    }

    fn taught(&self, base: &str) -> DeviceView {
        let devices = self.hub.snapshot(self.now).devices;
        devices.into_iter().find(|device| device.base.as_str() == base).expect(base)
    }
}

#[test]
fn a_changed_definition_counts_at_once_and_what_it_left_out_is_gone() {
    let play = Play::new();
    let plug = profile("maker/plug", PLUG);
    play.teach(&[&plug]);
    let (link, _outbox) = play.mqtt();
    play.plug_says(&link, &plug, "relay/0", r#"{"state": true}"#);
    assert_eq!(play.ids(BASE), ["buzzer/0", "relay/0"], "what never speaks is there with its device");
    let other = profile("maker/plug", &PLUG.replace("buzzer", "horn").replace("Socket", "Kettle"));
    play.teach(&[&other]);
    assert_eq!(play.ids(BASE), ["horn/0", "relay/0"]);
    let told = play.taught(BASE).profile.expect("it is taught");
    assert_eq!(told.describe("relay/0", "state").and_then(|known| known.name).as_deref(), Some("Kettle"));
    assert_eq!(play.taught(BASE).presence, Presence::Online);
}

#[test]
fn a_definition_that_is_gone_takes_its_devices_with_it_until_it_comes_back() {
    let mut play = Play::new();
    let plug = profile("maker/plug", PLUG);
    play.teach(&[&plug]);
    let (link, _outbox) = play.mqtt();
    play.plug_says(&link, &plug, "relay/0", r#"{"state": true}"#);
    play.teach(&[]);
    let gone = play.taught(BASE);
    assert_eq!((gone.presence, gone.reason.as_deref()), (Presence::Offline, Some("its definition is gone")));
    play.heard();
    drop(play.asks(&format!("{BASE}/relay/0/set"), r#"{"state": false}"#));
    assert!(play.heard()[0].starts_with("refused"));
    play.teach(&[&plug]);
    play.plug_says(&link, &plug, "relay/0", r#"{"state": true}"#);
    assert_eq!(play.taught(BASE).presence, Presence::Online);
}

fn known(play: &Play, base: &str) -> Option<String> {
    play.taught(base).profile.map(|profile| profile.id.to_string())
}

#[test]
fn what_speaks_clown_talk_itself_is_known_by_its_base_or_its_own_word() {
    let mut play = Play::new();
    play.hub.teach(play.now, builtin::catalog());
    assert_eq!(known(&play, "nodes/bridge/0").as_deref(), Some("bigclown/generation-a"));
    play.heard();
    drop(play.asks("nodes/bridge/0/simulator/-/config/set", r#"{"silence": true}"#));
    assert_eq!(play.heard(), ["accepted"], "what it never lists it may have all the same");
    let base = Topic::new("nodes/cellar/1").ok();
    let (link, _outbox) = play.hub.attach(play.now, LinkInfo { name: "tty".into(), kind: "serial", base });
    assert_eq!(known(&play, "nodes/cellar/1"), None);
    let line = r#"["clown.talk/-/config/ok", {"ack": false, "device": "bridge", "capabilities": 1}]"#;
    link.publish(play.now, Message::parse(line).expect(line));
    assert_eq!(known(&play, "nodes/cellar/1").as_deref(), Some("bigclown/generation-a"));
    assert!(play.ids("nodes/cellar/1").is_empty(), "it has what it says that it has");
}
