//! What the hub says.

use super::*;

#[test]
fn what_a_device_says_goes_out_byte_for_byte() {
    let mut play = Play::new(Version::V5, &[r#"nodes/# out 1 "" house/"#]);
    play.device(
        r#"["thermometer/i2c0-48", {"temperature":[24.50,"\u2103"], "n": 1e3, "big": 12345678901234567890}]"#,
    );
    let given = play.client.kept().pop().expect("given");
    assert_eq!(
        shown(&given),
        r#"house/nodes/bridge/0/thermometer/i2c0-48 {"temperature":[24.50,"\u2103"], "n": 1e3, "big": 12345678901234567890}"#
    );
    assert_eq!((given.qos, given.via.as_deref()), (1, Some(OWN)));
    assert_eq!(play.counts().sent, 1);
}

#[test]
fn only_what_a_route_names_goes_out() {
    let mut play = Play::new(Version::V5, &["nodes/bridge/0/relay/# out", "nodes/# in"]);
    play.device(&format!("[\"thermometer/i2c0-48\", {CELSIUS}]"));
    play.device(RELAY_OFF);
    play.passes(Duration::from_secs(2));
    assert_eq!(play.given(), [format!("{RELAY} {{\"state\": false}}")], "nor what the hub says about itself");
}

#[test]
fn the_hubs_own_facts_go_out_where_they_are_named() {
    let mut play = Play::new(Version::V5, &[r#"link/# out 0 $hub/ status/"#]);
    play.usb.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", "plug it in"));
    play.runs();
    let given = play.given();
    assert!(given.len() == 1 && given[0].starts_with(r#"status/link/usb {"state":"waiting""#), "{given:?}");
}

#[test]
fn a_command_for_a_device_behind_the_broker_goes_there_once_and_is_confirmed_by_its_word() {
    let mut play = Play::new(Version::V4, &[r#"nodes/# both 2 far/ """#]);
    play.broker("nodes/bridge/1/relay/i2c0-3b", r#"{"state": false}"#);
    let ticket = play.asks("far/nodes/bridge/1/relay/i2c0-3b/set", ON);
    let given: Vec<Publish> = play
        .client
        .kept()
        .into_iter()
        .filter(|publish| birth::read_topic(&publish.topic).is_none())
        .collect();
    assert_eq!(
        given.iter().map(shown).collect::<Vec<_>>(),
        [format!("nodes/bridge/1/relay/i2c0-3b/set {ON}")]
    );
    assert_eq!((given[0].qos, given[0].retain), (0, false), "nothing is kept for a device that sleeps");
    play.broker("nodes/bridge/1/relay/i2c0-3b/set", ON);
    assert_eq!(play.counts().echo, 1, "its echo");
    play.broker("nodes/bridge/1/relay/i2c0-3b", ON);
    let outcome = ticket.outcome().now_or_never().flatten().expect("at its end");
    assert_eq!(outcome.step.word(), "confirmed");
}

#[test]
fn a_command_that_another_hub_refuses_is_refused_with_its_reason() {
    let mut play = Play::new(Version::V5, &[r#"nodes/# both 0 far/ """#]);
    play.broker("nodes/bridge/1/relay/i2c0-3b", r#"{"state": false}"#);
    let ticket = play.asks("far/nodes/bridge/1/relay/i2c0-3b/set", ON);
    let error = "nodes/bridge/1/clown.talk/-/error";
    play.broker(error, r#"{"code":"offline","reason":"not this one","topic":"nodes/bridge/1/led/-/set"}"#);
    let told = r#"{"code":"offline","reason":"unplugged","topic":"nodes/bridge/1/relay/i2c0-3b/set"}"#;
    play.broker(error, told);
    let outcome = ticket.outcome().now_or_never().flatten().expect("at its end");
    let refusal = outcome.refusal.clone().expect("refused");
    assert_eq!((refusal.code, &*refusal.reason), ("device", "the device's hub refused it: unplugged"));
    assert!(play.entry(&format!("far/{error}")).is_none(), "it is no value");
}

#[test]
fn a_command_that_was_ended_before_is_not_sent() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    play.broker("nodes/bridge/1/relay/i2c0-3b", r#"{"state": false}"#);
    let by = By { account: "ada".into(), client: 1, from: None };
    let full = topic("nodes/bridge/1/relay/i2c0-3b/set");
    let payload = Payload::parse(ON).expect("json");
    play.hub.command(play.now, Command { topic: full, payload, by, id: None });
    play.passes(Duration::from_secs(3));
    assert_eq!(play.given(), [""; 0]);
}

#[test]
fn what_is_published_by_hand_goes_exactly_so_and_is_confirmed_by_the_broker() {
    let mut play = Play::new(Version::V5, &[r#"nodes/# both 0 far/ """#]);
    let post = |play: &mut Play, full: &str, qos: u8, retain: bool| {
        let by = By { account: "ada".into(), client: 1, from: None };
        let (link, payload) = ("home".into(), Payload::from_wire(b"on"));
        let delivery = Delivery { qos, retain };
        play.client.kept();
        let ticket =
            play.hub.post(play.now, Post { link, topic: topic(full), payload, delivery, by, id: None });
        play.runs();
        let given = play.client.kept().pop().expect("given");
        assert_eq!((given.qos, given.retain), (qos, retain));
        (ticket, given.topic)
    };
    let (ticket, remote) = post(&mut play, "far/nodes/x", 1, true);
    assert_eq!(remote, "nodes/x");
    for number in 0..10 {
        play.flow.acknowledged(play.now, number);
    }
    assert_eq!(ticket.outcome().now_or_never().flatten().expect("ended").step.word(), "confirmed");
    let (ticket, remote) = post(&mut play, "anything/else", 0, false);
    assert_eq!(remote, "anything/else");
    assert_eq!(ticket.outcome().now_or_never().flatten().expect("ended").step.word(), "unconfirmable");
    let (ticket, _) = post(&mut play, "anything/else", 2, false);
    for number in 0..20 {
        play.flow.refused(play.now, number, "not authorized");
    }
    let refused = ticket.outcome().now_or_never().flatten().expect("ended");
    assert_eq!(refused.refusal.as_ref().expect("refused").code, "refused");
    assert_eq!(play.flow.ledger.topics().filter(|(remote, _)| *remote == "nodes/x").count(), 0);
}

#[test]
fn an_outage_costs_what_is_older_than_ten_seconds_and_counts_it() {
    let mut play = Play::absent(Version::V5, config(OWN, &["nodes/# out"]));
    play.runs();
    for n in 0..1_005 {
        play.device(&format!("[\"well/0\", {{\"depth\": {n}}}]"));
    }
    assert_eq!(play.counts().dropped, 5);
    play.passes(Duration::from_secs(6));
    play.device(r#"["well/0", {"depth": -1}]"#);
    play.passes(Duration::from_secs(5));
    assert_eq!(play.counts().dropped, 1_005);
    play.connects();
    assert_eq!(play.given(), [r#"nodes/bridge/0/well/0 {"depth": -1}"#]);
    play.flow.lagged(play.now, 7);
    assert_eq!(play.counts().dropped, 1_012);
}

#[test]
fn values_stay_in_the_brokers_memory_where_that_is_wished() {
    let config = Config { retain: true, ..config(OWN, &["nodes/# both"]) };
    let mut play = Play::with(Version::V4, config);
    assert_eq!(
        play.given(),
        [format!("{RELAY} {{\"state\": false}} (retained)")],
        "what is true is said at once"
    );
    play.device(r#"["boot", {"reason-for-reset": "power-on"}]"#);
    play.device(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(
        play.given(),
        [
            r#"nodes/bridge/0/boot {"reason-for-reset": "power-on"}"#.to_owned(),
            format!("{RELAY} {ON} (retained)")
        ],
        "an event does not happen again"
    );
    play.memory(RELAY, ON);
    assert_eq!((play.counts().echo, play.counts().conflict), (1, 0), "our own word");
}

#[test]
fn what_is_only_remembered_is_not_said_as_if_it_were_true() {
    let config = Config { retain: true, ..config(OWN, &["nodes/# both"]) };
    let mut play = Play::absent(Version::V5, config);
    play.usb.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", ""));
    let (kept, now) = (play.hub.remembered(), play.now);
    play.runs();
    play.flow.waiting = Waiting::default();
    play.connects();
    assert_eq!(play.given(), [""; 0], "the bridge is not there");
    let hub = Hub::new(HubConfig::default(), now);
    let (_, mut stream) = hub.subscribe(now);
    kept.into_iter().for_each(|kept| hub.restore(now, kept));
    while let Ok(update) = stream.try_recv() {
        play.flow.update(now, &play.client, &update);
    }
    assert_eq!(play.given(), [""; 0], "from before a restart");
}

#[test]
fn what_is_left_at_the_broker_is_taken_out_when_its_route_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = |topics: &[&str], retain| Config {
        retain,
        folder: Some(folder.path().to_owned()),
        ..config(OWN, topics)
    };
    let mut play = Play::with(Version::V5, kept(&["nodes/# out"], true));
    play.device(&format!("[\"thermometer/i2c0-48\", {CELSIUS}]"));
    play.leaves(false);
    let thermometer = "nodes/bridge/0/thermometer/i2c0-48";
    let mut play = Play::with(Version::V5, kept(&["nodes/+/+/relay/# out"], true));
    assert_eq!(play.given()[0], format!("{thermometer}  (retained)"));
    play.leaves(false);
    let mut play = Play::with(Version::V5, kept(&["nodes/# out"], false));
    assert_eq!(play.given(), [format!("{RELAY}  (retained)")]);
    play.leaves(true);
    assert_eq!(play.births(), ["clown-hub/0f3a9c1e/home  (retained)"], "for good");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn what_is_left_at_the_broker_is_taken_out_when_its_device_is_gone() {
    let mut play = Play::with(Version::V5, Config { retain: true, ..config(OWN, &["nodes/# out"]) });
    play.flow.ledger.put("nodes/bridge/7/led/-", Some("usb"), Some(&topic("nodes/bridge/7")));
    play.flow.ledger.put("nodes/attic/1/led/-", Some("attic"), None);
    play.given();
    play.passes(SETTLED / 2);
    assert_eq!(play.given(), [""; 0], "not before every device had the time to come");
    play.passes(SETTLED);
    assert_eq!(play.given(), ["nodes/attic/1/led/-  (retained)", "nodes/bridge/7/led/-  (retained)"]);
}

#[test]
fn a_birth_names_the_devices_that_are_there() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let said = |bases: &str| {
        format!(
            r#"clown-hub/0f3a9c1e/home {{"state":"online","name":"workshop","bases":[{bases}]}} (retained)"#
        )
    };
    assert_eq!(play.births(), [said(r#""nodes/bridge/0""#)]);
    play.usb.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", ""));
    play.passes(Duration::from_secs(1));
    assert_eq!(play.births(), [said("")]);
    play.broker("nodes/bridge/1/relay/i2c0-3b", ON);
    play.usb.state(play.now, LinkState::up("bridge"));
    play.device(RELAY_OFF);
    assert_eq!(
        play.births().last(),
        Some(&said(r#""nodes/bridge/0""#)),
        "those behind the broker are not ours"
    );
    assert_eq!(shown(&play.flow.will()), r#"clown-hub/0f3a9c1e/home {"state":"offline"} (retained)"#);
    play.leaves(false);
    assert_eq!(play.births(), [shown(&play.flow.will())]);
}

#[test]
fn a_hub_that_comes_hears_what_is_true() {
    for version in [Version::V5, Version::V4] {
        let mut play = Play::new(version, &["nodes/# both"]);
        let peer = "clown-hub/77ab01cd/cloud";
        play.given();
        play.broker(peer, r#"{"state":"online","name":"attic","bases":[]}"#);
        play.passes(Duration::from_millis(250));
        assert_eq!(play.given(), [format!("{RELAY} {{\"state\": false}}")]);
        play.broker(peer, r#"{"state":"online","name":"attic","bases":["nodes/x"]}"#);
        play.passes(Duration::from_secs(3));
        assert_eq!(play.given(), [""; 0], "it has heard it");
        play.usb.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", ""));
        play.broker(peer, r#"{"state":"offline"}"#);
        play.broker(peer, r#"{"state":"online","name":"attic","bases":[]}"#);
        play.passes(Duration::from_secs(3));
        assert_eq!(play.given(), [""; 0], "the bridge is not there");
    }
}

#[test]
fn an_empty_word_for_a_kept_topic_goes_out_empty() {
    let mut play = Play::with(Version::V5, Config { retain: true, ..config(OWN, &["nodes/# out"]) });
    play.given();
    play.usb.forget(play.now, &topic(RELAY), None);
    play.runs();
    assert_eq!(play.given(), [format!("{RELAY}  (retained)")]);
    assert!(!play.flow.ledger.has(RELAY));
}
