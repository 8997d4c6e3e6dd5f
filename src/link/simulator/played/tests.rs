//! A played device: a plug with a meter, a lamp in words and a heater that has to be asked.

use std::path::Path;

use super::*;
use crate::device::builtin;
use crate::device::profile::file;

const PLUG: &str = r#"
name = "Plug"
vendor = "Acme"
[[property]]
id = "relay/{n}"
read = { topic = "{id}/status/switch:{n}", value = "/output" }
write = { topic = "{id}/command/switch:{n}", on = "on", off = "off", timed = { topic = "{id}/command/switch:{n}", payload = "{{ 'on' if value else 'off' }},{{ seconds }}" } }
[[property]]
id = "power-meter/{n}"
read = { topic = "{id}/status/switch:{n}", value = "/power", scale = 0.1 }
[[property]]
id = "light/-"
quantity = "brightness"
read = { topic = "{id}/light", scale = "100/255", decimals = 0 }
write = { topic = "{id}/light/set", scale = "100/255" }
[[property]]
id = "climate/-"
quantity = "mode"
read = { topic = "{id}/mode", map = { H = "heat", C = "cool" } }
write = { topic = "{id}/mode/set", map = { heat = "H", cool = "C" } }
ask = { topic = "{id}/mode/get", payload = "" }
[[availability]]
topic = "{id}/online"
online = true
offline = false
[[example]]
source = "made"
topic = "plug-1/status/switch:0"
payload = '{"output": true, "power": 2305}'
gives = {}
[[example]]
source = "made"
topic = "plug-1/status/switch:0"
payload = '{"output": false, "power": 0}'
gives = {}
[[example]]
source = "made"
topic = "plug-1/light"
payload = '255'
gives = {}
[[example]]
source = "made"
topic = "plug-1/mode"
payload = 'H'
gives = {}
[[example]]
source = "made"
topic = "plug-1/online"
payload = 'true'
online = true
[[example]]
source = "made"
topic = "plug-1/online"
payload = 'false'
online = false
"#;

fn played(id: &str) -> Played {
    let profile = file::read("plug", Path::new("plug.toml"), PLUG.to_owned()).expect("a good file");
    Played::new(Arc::new(profile), id, 0).expect("it has examples")
}

fn words(said: &[(&str, &str)]) -> Vec<Words> {
    said.iter().map(|(topic, payload)| ((*topic).to_owned(), (*payload).to_owned())).collect()
}

#[test]
fn it_says_what_stands_in_the_examples_under_its_own_name() {
    let lamp = played("lamp");
    assert_eq!(lamp.base().as_str(), "nodes/acme/lamp");
    assert_eq!(
        lamp.round(),
        words(&[
            ("lamp/status/switch:0", r#"{"output": true, "power": 2305}"#),
            ("lamp/status/switch:0", r#"{"output": true, "power": 0}"#),
            ("lamp/light", "255"),
            ("lamp/mode", "H"),
        ])
    );
    assert_eq!(lamp.here(), Some(("lamp/online".into(), "true".into())));
    assert_eq!(lamp.gone(), Some(("lamp/online".into(), "false".into())));
    assert_eq!(lamp.filters(), ["lamp/command/+", "lamp/light/set", "lamp/mode/get", "lamp/mode/set"]);
    assert_eq!(usual_id(&lamp.profile).as_deref(), Some("plug-1"));
}

#[test]
fn it_obeys_what_the_definition_sends_and_answers_in_its_own_words() {
    let mut lamp = played("lamp");
    let mut check = |topic: &str, payload: &str, what: &str, said: &[(&str, &str)]| {
        let obeyed = lamp.hear(topic, payload.as_bytes());
        assert_eq!(obeyed, Obeyed::Done(what.to_owned(), words(said)), "{topic} {payload}");
    };
    let off = [("lamp/status/switch:0", r#"{"output": false, "power": 2305}"#)];
    check("lamp/command/switch:0", "off", "relay/0 state = false", &off);
    let on = [("lamp/status/switch:0", r#"{"output": true, "power": 2305}"#)];
    check("lamp/command/switch:0", "on,600", "relay/0 state = true", &on);
    check("lamp/light/set", "127.5", "light/- brightness = 50", &[("lamp/light", "127.5")]);
    check("lamp/mode/set", "C", "climate/- mode = cool", &[("lamp/mode", "C")]);
    check("lamp/mode/get", "", "climate/- is asked for", &[("lamp/mode", "C")]);
    for (topic, payload) in
        [("lamp/command/switch:0", "maybe"), ("lamp/command/switch:1", "on"), ("other", "on")]
    {
        assert_eq!(lamp.hear(topic, payload.as_bytes()), Obeyed::Nothing);
    }
    assert_eq!(lamp.hear("lamp/mode/set", b"\xff"), Obeyed::Nothing);
}

#[test]
fn every_built_in_device_can_be_played_and_obeys_the_commands_of_its_examples() {
    let mut deaf = Vec::new();
    let is_played = |profile: &&Arc<Profile>| {
        let has_messages =
            profile.examples.iter().any(|example| matches!(example.given, Given::Message { .. }));
        profile.recognised.native.is_none() && has_messages
    };
    for profile in builtin::profiles().iter().filter(is_played) {
        let id = usual_id(profile).expect("an example names it");
        let device =
            Played::new(profile.clone(), &id, 0).unwrap_or_else(|error| panic!("{}: {error}", profile.id));
        assert!(!device.round().is_empty(), "{} says nothing", profile.id);
        for example in &profile.examples {
            let Given::Command { device, id, payload } = &example.given else { continue };
            let mut played =
                Played::new(profile.clone(), device.get("id").expect("it has an id"), 0).expect("as before");
            for sent in &example.sends {
                let topic = sent.topic.as_deref().unwrap_or_default();
                if played.hear(topic, sent.payload.as_bytes()) == Obeyed::Nothing {
                    deaf.push(format!("{} {id} {payload}: {topic} {}", profile.id, sent.payload));
                }
            }
        }
    }
    assert!(deaf.is_empty(), "{}", deaf.join("\n"));
}

#[test]
fn a_definition_without_messages_cannot_be_played() {
    let text = PLUG.split("[[example]]").next().expect("the front");
    let profile = file::read("plug", Path::new("plug.toml"), text.to_owned()).expect("a good file");
    assert!(matches!(Played::new(Arc::new(profile), "a", 0), Err(CannotPlay::Silent)));
}
