//! What is offered, read by Home Assistant's words and, from another sender, by our own reader of announcements: the
//! same properties come back.

use std::path::Path;
use std::sync::Arc;

use super::quantity::quantities;
use super::*;
use crate::device::builtin;
use crate::device::catalog::Catalog;
use crate::device::dialect::Settings;
use crate::device::profile::Shape;
use crate::device::profile::pointer::Pointer;
use crate::device::profile::{Profile, Property, Topics, Words, file};
use crate::device::roster::News;
use crate::device::translate::Translator;
use crate::talk::{Payload, Topic};

const TOPIC: &str = "homeassistant/device/clown-hub-0f3a9c1e-nodes_x/config";
const ID: &str = "clown-hub-0f3a9c1e-nodes_x";

fn offer() -> Offer<'static> {
    let availability = vec!["clown-hub/0f3a9c1e/home", "clown-hub/0f3a9c1e/home/nodes/x"];
    Offer { id: ID, name: "Kitchen", maker: Some("Acme"), availability, ..Offer::default() }
}

fn part(profile: Option<&Profile>, id: &str, said: &str) -> Part {
    let payload = Payload::from_wire(said.as_bytes());
    let readings = if said.is_empty() { &[][..] } else { payload.readings() };
    let (state, command) = (format!("nodes/x/{id}"), Some(format!("nodes/x/{id}/set")));
    Part { id: id.into(), state, command, quantities: quantities(profile, id, readings) }
}

fn announced(parts: &[Part]) -> Value {
    let announced = offer().announce(parts, &BTreeMap::new()).expect("something to offer");
    serde_json::from_str(&announced.text).expect("JSON")
}

/// The device as a hub knows it to which somebody else announces the same.
fn read_back(parts: &[Part]) -> (Translator, Topic, Arc<Profile>) {
    let mut translator = Translator::listening(Arc::new(Catalog::default()), &Settings::default());
    let mut told = announced(parts);
    told["o"]["name"] = "somebody else".into();
    assert!(translator.hear_announcement(TOPIC, &Payload::from_wire(told.to_string().as_bytes())));
    let news = translator.settle();
    let known = news.into_iter().find_map(|news| match news {
        News::Known { base, profile } => Some((base, profile)),
        News::Gone { .. } | News::Refused { .. } => None,
    });
    let (base, profile) = known.unwrap_or_else(|| panic!("not understood: {told}"));
    (translator, base, profile)
}

fn definition(text: &str) -> Profile {
    file::read("test", Path::new("test.toml"), text.to_owned()).expect("a good file")
}

#[test]
fn a_relay_is_a_switch_that_shows_what_the_device_says() {
    let told = announced(&[part(None, "relay/i2c0-3b", r#"{"state": false}"#)]);
    assert_eq!(
        told,
        json!({
            "dev": {"identifiers": [ID], "name": "Kitchen", "manufacturer": "Acme"},
            "o": {"name": "clown-hub", "sw": env!("CARGO_PKG_VERSION")},
            "availability": [
                {"topic": "clown-hub/0f3a9c1e/home", "value_template": "{{ value_json.state }}"},
                {"topic": "clown-hub/0f3a9c1e/home/nodes/x", "value_template": "{{ value_json.state }}"},
            ],
            "availability_mode": "all",
            "cmps": {"switch-relay_i2c0-3b-state": {
                "p": "switch",
                "name": "Relay",
                "unique_id": "clown-hub-0f3a9c1e-nodes_x-relay_i2c0-3b-state",
                "state_topic": "nodes/x/relay/i2c0-3b",
                "value_template": "{{ value_json.state }}",
                "state_on": "True",
                "state_off": "False",
                "command_topic": "nodes/x/relay/i2c0-3b/set",
                "payload_on": "{\"state\": true}",
                "payload_off": "{\"state\": false}",
                "optimistic": false,
            }},
        })
    );
}

#[test]
fn sensors_have_classes_and_units_of_home_assistant() {
    let check = |id: &str, said: &str, expect: Value| {
        let told = announced(&[part(None, id, said)]);
        let cmps = told["cmps"].as_object().expect("components");
        let one = cmps.values().next().expect("one");
        for (key, value) in expect.as_object().expect("an object") {
            assert_eq!(one.get(key).unwrap_or(&Value::Null), value, "{id} {said}: {key}");
        }
    };
    check(
        "thermometer/0",
        r#"{"temperature": [24.50, "℃"]}"#,
        json!({"p": "sensor", "device_class": "temperature", "unit_of_measurement": "°C", "state_class": "measurement",
               "value_template": "{{ value_json.temperature[0] }}"}),
    );
    check(
        "humidity-sensor/0",
        r#"{"relative-humidity": [30.2, "%"]}"#,
        json!({"device_class": "humidity", "value_template": "{{ value_json['relative-humidity'][0] }}"}),
    );
    check(
        "lux-meter/0",
        r#"{"illuminance": [1, "lux"]}"#,
        json!({"device_class": "illuminance", "unit_of_measurement": "lx"}),
    );
    check("well/0", r#"{"depth": [3, "m"]}"#, json!({"device_class": null, "unit_of_measurement": "m"}));
    check(
        "well/0",
        r#"{"pressure": [3, "feet"]}"#,
        json!({"device_class": null, "unit_of_measurement": "feet"}),
    );
    check(
        "power-meter/0",
        r#"{"energy": [3, "kWh"]}"#,
        json!({"device_class": "energy", "state_class": "total_increasing"}),
    );
    check(
        "push-button/-",
        r#"{"event-count": 3}"#,
        json!({"p": "sensor", "state_class": "total_increasing"}),
    );
    check("door/0", r#"{"open": true}"#, json!({"p": "binary_sensor", "payload_on": "True"}));
    check(
        "led/-",
        r#"{"state": "on"}"#,
        json!({"p": "select", "command_template": r#"{"state": {{ value | tojson }}}"#}),
    );
    check("thing/0", r#"{"word": "on"}"#, json!({"p": "sensor", "state_class": null}));
    check("depth/0", "3.5", json!({"p": "sensor", "value_template": "{{ value_json }}"}));
    check("word/0", "ON", json!({"p": "sensor", "value_template": "{{ value }}"}));
}

#[test]
fn what_has_no_counterpart_is_left_out() {
    let none = |id: &str, said: &str| offer().announce(&[part(None, id, said)], &BTreeMap::new());
    assert_eq!(none("thing/0", r#"{"list": [1, 2, 3]}"#), None);
    assert_eq!(none("thing/0", r#"{"a'b": 1, "{{ now() }}": 2}"#), None);
    assert_eq!(none("thing/0", ""), None);
}

#[test]
fn a_component_that_is_no_more_is_taken_back() {
    let before = offer().announce(&[part(None, "relay/0", ""), part(None, "led/-", "")], &BTreeMap::new());
    let before = before.expect("two").components;
    let now = offer().announce(&[part(None, "relay/0", "")], &before).expect("one");
    let told: Value = serde_json::from_str(&now.text).expect("JSON");
    assert_eq!(told["cmps"]["select-led_--state"], json!({"p": "select"}));
    assert_eq!(now.components.len(), 1);
}

#[test]
fn names_that_would_stand_twice_are_told_apart() {
    let parts = [part(None, "relay/0", ""), part(None, "relay/1", ""), part(None, "barometer/i2c0-60", "")];
    let told = announced(&parts);
    let mut names: Vec<&str> = told["cmps"]
        .as_object()
        .expect("components")
        .values()
        .filter_map(|one| one["name"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["Barometer i2c0-60 altitude", "Barometer i2c0-60 pressure", "Relay 0", "Relay 1"]);
}

#[test]
fn words_and_commands_come_back_as_they_were_said() {
    let parts = [
        part(None, "relay/0", r#"{"state": null}"#),
        part(None, "thermometer/0", r#"{"temperature": [24.50, "℃"]}"#),
        part(None, "led/-", r#"{"state": "on"}"#),
    ];
    let (mut translator, base, _) = read_back(&parts);
    let mut heard = |topic: &str, said: &str| {
        let meanings = translator.hear(topic, &Payload::from_wire(said.as_bytes()));
        let messages = meanings.iter().flat_map(|meaning| &meaning.messages);
        messages.map(|message| format!("{} {}", message.topic, message.payload)).collect::<Vec<_>>()
    };
    let relay = "relay/switch-relay_0-state";
    let select = "select/select-led_--state";
    assert_eq!(heard("nodes/x/relay/0", r#"{"state": true}"#), [format!("{relay} {{\"state\": true}}")]);
    assert_eq!(heard("nodes/x/relay/0", r#"{"state": null}"#), [format!("{relay} {{\"state\": null}}")]);
    let celsius = heard("nodes/x/thermometer/0", r#"{"temperature": [24.50, "℃"]}"#);
    assert_eq!(celsius, [r#"thermometer/sensor-thermometer_0-temperature {"temperature": [24.50, "°C"]}"#]);
    assert_eq!(
        heard("nodes/x/led/-", r#"{"state": "2-dot"}"#),
        [format!("{select} {{\"mode\": \"2-dot\"}}")]
    );
    let sent = |id: &str, wish: &str| {
        let wish = Payload::parse(wish).expect("JSON");
        let order = translator.command(&base, &format!("{id}/set"), &wish).expect("known").expect("taken");
        let one = &order.sends[0];
        format!("{} {}", one.topic.as_deref().unwrap_or_default(), one.payload)
    };
    assert_eq!(sent(relay, r#"{"state": true}"#), r#"nodes/x/relay/0/set {"state": true}"#);
    assert_eq!(sent(select, r#"{"mode": "1-dot"}"#), r#"nodes/x/led/-/set {"state": "1-dot"}"#);
}

/// The id of a property with something in place of what it captures.
fn filled(pattern: &str) -> String {
    let mut id = String::new();
    for (number, piece) in pattern.split('{').enumerate() {
        let rest = if number == 0 { Some(piece) } else { piece.split_once('}').map(|(_, rest)| rest) };
        if number > 0 {
            id.push('1');
        }
        id.push_str(rest.unwrap_or_default());
    }
    id
}

/// The ids of a definition, filled in, each once.
fn ids(profile: &Profile) -> Vec<String> {
    let mut ids: Vec<String> = profile.properties.iter().map(|one| filled(one.id.as_str())).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn is_under(topics: Option<&Topics>, topic: &str) -> bool {
    topics.is_some_and(|Topics(patterns)| patterns.iter().any(|pattern| pattern.as_str() == topic))
}

#[test]
fn whatever_a_definition_of_the_binary_has_is_read_back_from_its_offer() {
    for profile in builtin::profiles() {
        let parts: Vec<Part> = ids(profile).iter().map(|id| part(Some(profile), id, "")).collect();
        let (_, _, known) = read_back(&parts);
        let unknown = &known.announced.as_ref().expect("announced").unknown;
        assert!(unknown.is_empty(), "{}: {unknown:?}", profile.id);
        for part in &parts {
            for quantity in part.quantities.iter().filter(|one| one.is_told && one.sort != Shape::Button) {
                let end = if quantity.is_paired { "/0" } else { "" };
                let pointer = Pointer::new(&format!("/{}{end}", quantity.key)).expect("a pointer");
                let is_read = |one: &&Property| {
                    let here = one.reads.iter().filter(|read| is_under(read.topics.as_ref(), &part.state));
                    here.into_iter().any(|read| read.value == pointer || read.template.is_some())
                };
                let about = format!("{} {} {}", profile.id, part.id, quantity.key);
                let back: Vec<&Property> = known.properties.iter().filter(is_read).collect();
                assert!(!back.is_empty(), "{about} is not read back");
                let command = part.command.as_deref().unwrap_or_default();
                let is_set = |one: &Property| {
                    let sends = one.write.iter().flat_map(|write| &write.sends);
                    sends.into_iter().any(|send| {
                        let says = match &send.words {
                            Words::Map(words) => words.iter().all(|(_, text)| text.contains(&*quantity.key)),
                            Words::Template(_) => true,
                            Words::Value(_) => false,
                        };
                        is_under(send.topics.as_ref(), command) && says
                    })
                };
                assert_eq!(back.iter().any(|one| is_set(one)), quantity.is_set, "{about} can be set");
            }
        }
    }
}

const HOUSE: &str = r#"
name = "House"
vendor = "Acme"
property = [
  { id = "light/1", read = { topic = "{id}/l" }, write = { topic = "{id}/l/s" } },
  { id = "light/1", quantity = "brightness", range = [0, 100], read = { topic = "{id}/b" }, write = { topic = "{id}/b/s" } },
  { id = "cover/1", range = [0, 100], read = { topic = "{id}/p" }, write = { topic = "{id}/p/s" } },
  { id = "cover/1", quantity = "action", words = ["open", "closed", "opening", "closing", "stopped"], read = { topic = "{id}/a" }, write = { topic = "{id}/a/s", map = { open = "o", closed = "c", stopped = "s" } } },
  { id = "thermostat/1", unit = "℃", read = { topic = "{id}/t" } },
  { id = "thermostat/1", quantity = "set-point", unit = "℃", range = [5, 30], step = 0.5, read = { topic = "{id}/w" }, write = { topic = "{id}/w/s" } },
  { id = "thermostat/1", quantity = "mode", words = ["off", "heat", "auto"], read = { topic = "{id}/m" }, write = { topic = "{id}/m/s" } },
  { id = "button/1", write = { topic = "{id}/press", payload = "x" } },
]
"#;

#[test]
fn lights_covers_and_thermostats_are_one_thing_each() {
    let profile = definition(HOUSE);
    let parts: Vec<Part> = ids(&profile).iter().map(|id| part(Some(&profile), id, "")).collect();
    let told = announced(&parts);
    let platforms: Vec<&str> =
        told["cmps"].as_object().expect("components").values().filter_map(|one| one["p"].as_str()).collect();
    assert_eq!(platforms, ["button", "climate", "cover", "light"], "{told:#}");
    let cover = &told["cmps"]["cover-cover_1"];
    assert_eq!(cover["payload_open"], r#"{"action": "open"}"#, "a word that it can be told");
    assert_eq!(cover["set_position_template"], r#"{"position": {{ position }}}"#);
    let (mut translator, base, _) = read_back(&parts);
    let mut heard = |topic: &str, said: &str| {
        let meanings = translator.hear(topic, &Payload::from_wire(said.as_bytes()));
        let messages = meanings.iter().flat_map(|meaning| &meaning.messages);
        messages
            .map(|message| format!("{} {}", message.topic, message.payload))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let light = heard("nodes/x/light/1", r#"{"state": true, "brightness": [40, "%"]}"#);
    assert!(light.contains(r#""state": true"#) && light.contains(r#""brightness": [40, "%"]"#), "{light}");
    let partial = heard("nodes/x/light/1", r#"{"brightness": [50, "%"]}"#);
    assert!(partial.contains("50") && partial.contains("true"), "what is not said stays: {partial}");
    let cover = heard("nodes/x/cover/1", r#"{"position": [75, "%"], "action": "opening"}"#);
    assert!(cover.contains("75") && cover.contains("opening"), "{cover}");
    let climate = heard(
        "nodes/x/thermostat/1",
        r#"{"temperature": [21.5, "℃"], "set-point": [22.0, "℃"], "mode": "heat"}"#,
    );
    assert!(climate.contains("21.5") && climate.contains("22.0") && climate.contains("heat"), "{climate}");
    let sent = |id: &str, wish: &str| {
        let wish = Payload::parse(wish).expect("JSON");
        let order = translator.command(&base, &format!("{id}/set"), &wish).expect("known").expect("taken");
        order.sends.iter().map(|one| one.payload.clone()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(sent("light/light-light_1", r#"{"brightness": 40}"#), r#"{"brightness": 40}"#);
    assert_eq!(sent("light/light-light_1", r#"{"state": false}"#), r#"{"state": false}"#);
    assert_eq!(sent("cover/cover-cover_1", r#"{"action": "closing"}"#), r#"{"action": "closed"}"#);
    assert_eq!(sent("cover/cover-cover_1", r#"{"position": 25}"#), r#"{"position": 25}"#);
    assert_eq!(sent("thermostat/climate-thermostat_1", r#"{"set-point": 21.5}"#), r#"{"set-point": 21.5}"#);
    assert_eq!(sent("thermostat/climate-thermostat_1", r#"{"mode": "off"}"#), r#"{"mode": "off"}"#);
    assert_eq!(sent("button/button-button_1-press", r#"{"press": true}"#), r#"{"press": true}"#);
}
