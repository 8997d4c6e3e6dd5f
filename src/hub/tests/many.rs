//! Transcripts of links that carry many devices: who serves what, and what becomes of words about others' devices.

use super::*;

pub(super) const PLUG: &str = "nodes/plug/0";

/// A link such as MQTT, up.
pub(super) fn many(play: &Play, name: &str) -> (LinkHandle, mpsc::Receiver<Outgoing>) {
    let (link, outbox) = play.hub.attach(play.now, LinkInfo { name: name.into(), kind: "mqtt", base: None });
    link.state(play.now, LinkState::up("a broker"));
    (link, outbox)
}

pub(super) fn said(base: Option<&str>, topic: &str, payload: &str) -> Said {
    let base = base.map(|base| Topic::new(base).expect(base));
    let message = Message::new(Topic::new(topic).expect(topic), Payload::from_wire(payload.as_bytes()));
    Said { base, message, memory: false, via: None, profile: None }
}

impl Play {
    /// A property of the plug says something.
    pub(super) fn plug(&self, link: &LinkHandle, id: &str, payload: &str) -> Result<(), Conflict> {
        link.hear(self.now, said(Some(PLUG), &format!("{PLUG}/{id}"), payload))
    }

    pub(super) fn counts(&self, link: &str) -> Counts {
        let links = self.hub.snapshot(self.now).links;
        links.into_iter().find(|known| &*known.name == link).expect(link).counts
    }

    fn entry(&self, topic: &str) -> Option<EntryView> {
        self.hub.snapshot(self.now).entries.into_iter().find(|entry| entry.topic.as_str() == topic)
    }

    pub(super) fn device(&self, base: &str) -> Option<DeviceView> {
        self.hub.snapshot(self.now).devices.into_iter().find(|device| device.base.as_str() == base)
    }
}

fn serves(link: &LinkHandle, topic: &str) -> Option<String> {
    let (base, link) = link.serves(&Topic::new(topic).expect(topic))?;
    Some(format!("{base} {link}"))
}

#[test]
fn a_device_is_learned_from_its_word_and_commanded_through_its_link() {
    let mut play = Play::new();
    let (home, mut outbox) = many(&play, "home");
    assert_eq!(serves(&home, "nodes/plug/0/relay/0"), None);
    play.plug(&home, "relay/0", r#"{"state": false}"#).expect("nobody else's");
    assert_eq!(serves(&home, "nodes/plug/0/relay/0").as_deref(), Some("nodes/plug/0 home"));
    assert_eq!(serves(&home, "nodes/bridge/0/relay/x").as_deref(), Some("nodes/bridge/0 usb"));
    assert_eq!(serves(&home, PLUG), None, "a base is not below itself");
    play.heard();

    play.asks("nodes/plug/0/relay/0/set", ON);
    let outgoing = outbox.try_recv().expect("handed over");
    assert_eq!(outgoing.topic.as_str(), "nodes/plug/0/relay/0/set", "complete");
    assert_eq!((outgoing.payload.wire(), outgoing.post), (ON.as_bytes(), None));
    home.sent(play.now, outgoing.id);
    home.confirm(play.now, outgoing.id);
    assert_eq!(play.heard(), ["accepted", "sent"], "a broker cannot speak for the device");
    play.plug(&home, "relay/0", r#"{"state": true}"#).expect("its own");
    assert_eq!(play.heard()[1..], ["confirmed"]);
}

#[test]
fn a_command_from_a_link_bears_its_name_and_its_way() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    let _ticket = home.command(
        play.now,
        Topic::new(SET).expect("topic"),
        Payload::parse(ON).expect("payload"),
        Some("7".into()),
        "0f3a9c1e".into(),
    );
    let outgoing = play.outbox.try_recv().expect("on the serial line");
    assert_eq!((outgoing.topic.as_str(), outgoing.via.as_deref()), ("relay/i2c0-3b/set", Some("0f3a9c1e")));
    let events = std::iter::from_fn(|| play.stream.try_recv().ok()).filter_map(|update| update.event.clone());
    let by: Vec<_> = events.map(|event| (event.by.account.to_string(), event.client_id.clone())).collect();
    assert_eq!(by, [("mqtt:home".to_owned(), Some("7".into()))]);
}

#[test]
fn what_belongs_to_no_device_is_told_and_nothing_else() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    let before = play.hub.snapshot(play.now).entries.len();
    play.heard();
    for (topic, payload) in [("tele/plug/SENSOR", "{}"), ("$SYS/broker/uptime", "7"), (SET, ON)] {
        home.hear(play.now, said(None, topic, payload)).expect("anybody may say so");
    }
    assert_eq!(
        play.heard(),
        [r#"["tele/plug/SENSOR", {}]"#, r#"["$SYS/broker/uptime", 7]"#, &format!("[\"{SET}\", {ON}]")]
    );
    assert_eq!(play.hub.snapshot(play.now).entries.len(), before);
    assert!(play.outbox.try_recv().is_err(), "a command that was heard is not obeyed");
    assert_eq!(play.counts("home").received, 3);
}

#[test]
fn nobody_speaks_for_a_device_of_another_link_nor_for_the_hub() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    play.heard();
    let relay = "nodes/bridge/0/relay/i2c0-3b";
    for base in [Some("nodes/bridge/0"), Some("nodes"), Some("nodes/bridge/0/relay"), None] {
        let conflict = home.hear(play.now, said(base, relay, ON)).expect_err("the bridge's");
        assert_eq!((conflict.base.as_str(), &*conflict.link), ("nodes/bridge/0", "usb"));
    }
    home.forget(play.now, &Topic::new(relay).expect(relay), None);
    home.device_offline(play.now, &Topic::new("nodes/bridge/0").expect("base"), "so they say");
    for (base, topic) in [
        (None, "$hub/command"),
        (Some("$hub"), "$hub/link/usb"),
        (Some(PLUG), "nodes/plug/0/$hub/command"),
        (Some(PLUG), "nodes/plug/0/relay/0/set"),
    ] {
        assert_eq!(home.hear(play.now, said(base, topic, "{}")), Ok(()));
    }
    assert_eq!(play.heard(), [""; 0]);
    assert_eq!((play.counts("home").conflict, play.counts("home").foreign_command), (5, 4));
    assert_eq!(play.relay().update.expect("kept").message.payload.as_str(), r#"{"state": false}"#);
    assert_eq!(play.relay().presence, Presence::Online);
}

#[test]
fn of_two_links_with_the_same_device_the_first_keeps_it_while_it_is_up() {
    let play = Play::new();
    let (one, mut first) = many(&play, "one");
    let (two, mut second) = many(&play, "two");
    play.plug(&one, "relay/0", ON).expect("the first");
    assert_eq!(play.plug(&two, "relay/0", ON).expect_err("taken").link, "one".into());
    one.state(play.now, LinkState::not_up(Phase::Waiting, "lost", "lost", ""));
    play.plug(&two, "relay/0", ON).expect("free");
    one.state(play.now, LinkState::up("again"));
    assert_eq!(play.plug(&one, "relay/0", ON).expect_err("taken").link, "two".into());
    play.asks("nodes/plug/0/relay/0/set", ON);
    assert!(first.try_recv().is_err() && second.try_recv().is_ok());
    play.hub.detach(play.now, "two");
    assert_eq!(serves(&one, "nodes/plug/0/relay/0"), None);
    play.plug(&one, "relay/0", ON).expect("free again");
    assert_eq!((play.counts("one").conflict, play.counts("one").received), (1, 2));
}

#[test]
fn a_link_that_goes_down_takes_all_its_devices_along() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    for n in 0..3 {
        let (base, topic) = (format!("nodes/plug/{n}"), format!("nodes/plug/{n}/relay/0"));
        home.hear(play.now, said(Some(&base), &topic, ON)).expect("its own");
    }
    let ticket = play.asks("nodes/plug/1/relay/0/set", ON);
    play.heard();
    home.state(play.now, LinkState::not_up(Phase::Waiting, "lost", "the broker went away", ""));
    assert_eq!(play.heard(), ["refused vanished"]);
    assert!(!home.wants(ticket.id));
    for n in 0..3 {
        let device = play.device(&format!("nodes/plug/{n}")).expect("known");
        assert_eq!(
            (device.presence, device.reason.as_deref()),
            (Presence::Offline, Some("the broker went away"))
        );
        assert_eq!(play.entry(&format!("nodes/plug/{n}/relay/0")).expect("kept").presence, Presence::Offline);
    }
    assert_eq!(play.relay().presence, Presence::Online, "the bridge has a link of its own");
}

#[test]
fn a_device_that_left_is_offline_until_its_next_word() {
    let mut play = Play::new();
    let (home, mut outbox) = many(&play, "home");
    play.plug(&home, "relay/0", ON).expect("its own");
    play.asks("nodes/plug/0/relay/0/set", ON);
    play.heard();
    home.device_offline(play.now, &Topic::new(PLUG).expect("base"), "its last will was published");
    assert_eq!(play.heard(), ["refused vanished"]);
    let device = play.device(PLUG).expect("known");
    assert_eq!(device.to_payload().as_str().matches("its last will").count(), 1);
    assert_eq!(play.entry("nodes/plug/0/relay/0").expect("kept").presence, Presence::Offline);
    while outbox.try_recv().is_ok() {}
    play.asks("nodes/plug/0/relay/0/set", ON);
    assert_eq!(play.heard(), ["refused offline"]);
    play.plug(&home, "relay/0", ON).expect("its own");
    assert_eq!(play.device(PLUG).expect("known").reason, None);
    play.asks("nodes/plug/0/relay/0/set", ON);
    assert_eq!(play.heard().last().map(String::as_str), Some("accepted"));
}

#[test]
fn what_is_forgotten_leaves_and_everyone_is_told() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    for id in ["relay/0", "thermometer/0"] {
        play.plug(&home, id, ON).expect("its own");
    }
    play.heard();
    let forget = |id: &str| home.forget(play.now, &Topic::new(&format!("{PLUG}/{id}")).expect(id), None);
    forget("relay/0");
    let gone = play.stream.try_recv().expect("told");
    assert_eq!(
        (gone.message.to_text().as_str(), gone.message.payload.wire()),
        (r#"["nodes/plug/0/relay/0", null]"#, &b""[..])
    );
    let judged = play.stream.try_recv().expect("told");
    assert_eq!(judged.message.to_text(), r#"["$hub/presence/nodes/plug/0/relay/0", {"presence":"unknown"}]"#);
    assert!(play.entry("nodes/plug/0/relay/0").is_none() && play.device(PLUG).is_some());
    forget("thermometer/0");
    assert!(play.device(PLUG).is_none(), "nothing is known of it any more");
    assert_eq!(serves(&home, "nodes/plug/0/relay/0"), None);
    forget("thermometer/0");
    play.plug(&home, "relay/0", ON).expect("its own");
    assert!(play.device(PLUG).is_some());
}

#[test]
fn hostile_publishers_fill_no_memory() {
    let play = Play::new();
    let (home, _outbox) = many(&play, "home");
    for n in 0..5_000 {
        let base = format!("mad/{n}");
        home.hear(play.now, said(Some(&base), &format!("{base}/text/0"), "x")).expect("its own");
    }
    let counts = play.counts("home");
    assert_eq!((play.hub.bases().len(), counts.received), (4_096, 5_000));
    assert_eq!(counts.dropped, 5_000 - 4_095, "one of them is the bridge");
    for n in 0..20_000 {
        home.hear(play.now, said(Some("mad/0"), &format!("mad/0/text/{n}"), "x")).expect("its own");
    }
    assert_eq!(play.hub.snapshot(play.now).entries.len(), 20_000);
    assert!(play.counts("home").dropped > counts.dropped);
}

#[test]
fn a_value_that_cannot_be_is_told_as_it_was_said_and_counted() {
    let play = Play::new();
    let (home, _outbox) = many(&play, "home");
    for (payload, counted) in [
        (r#"{"relative-humidity": [100, "%"]}"#, 0),
        (r#"{"relative-humidity": [100.3, "%"]}"#, 1),
        (r#"{"relative-humidity": [104.70, "%"], "temperature": [-300, "°C"]}"#, 3),
        (r#"{"relative-humidity": [null, "%"]}"#, 3),
    ] {
        play.plug(&home, "hygrometer/-", payload).expect("nobody else's");
        assert_eq!(play.counts("home").out_of_range, counted, "{payload}");
        let kept = play.entry("nodes/plug/0/hygrometer/-").and_then(|entry| entry.update).expect("kept");
        assert_eq!(kept.message.payload.as_str(), payload);
    }
    // What a broker remembers was counted when it was said.
    let remembered = said(Some(PLUG), "nodes/plug/0/battery/-", r#"{"level": [255, "%"]}"#);
    home.hear(play.now, Said { memory: true, ..remembered }).expect("nobody else's");
    assert_eq!(play.counts("home").out_of_range, 3);
}
