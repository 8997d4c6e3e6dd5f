//! Translation, by files that stand in for whole families.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::device::Expect;
use crate::device::profile::file;

const PLUS: &str = r#"
name = "Plus 1PM"
vendor = "Shelly"

[[property]]
id = "relay/{n}"
read = { topic = "{id*}/status/switch:{n}", value = "/output" }
write = { topic = "{id*}/command/switch:{n}", on = "on", off = "off", timed = { topic = "{id*}/command/switch:{n}", payload = "{{ 'on' if value else 'off' }},{{ seconds }}" } }

[[property]]
id = "power-meter/{n}"
read = { topic = "{id*}/status/switch:{n}", value = "/apower" }

[[property]]
id = "power-meter/{n}"
quantity = "voltage"
read = [
  { topic = "{id*}/status/switch:{n}", value = "/voltage" },
  { topic = "{id*}/events/rpc", when = { "/method" = "NotifyStatus" }, value = "/params/switch:{n}/voltage" },
]

[[availability]]
topic = "{id*}/online"
online = "true"
offline = "false"
"#;

fn translator(text: &str) -> Translator {
    let profile = file::read("test", Path::new("test.toml"), text.to_owned()).expect("a good file");
    Translator::new(Arc::new(Catalog::new([Arc::new(profile)])))
}

fn hear(translator: &mut Translator, topic: &str, payload: &str) -> Vec<String> {
    let meanings = translator.hear(topic, &Payload::from_wire(payload.as_bytes()));
    let mut told = Vec::new();
    for Meaning { base, messages, word, odd, .. } in meanings {
        told.extend(messages.iter().map(|message| format!("{base} {} {}", message.topic, message.payload)));
        told.extend(word.map(|word| format!("{base} {}", word.word())));
        told.extend(odd.iter().map(|odd| format!("{base} {odd}")));
    }
    told
}

#[test]
fn a_status_becomes_properties_with_the_digits_that_were_sent() {
    let mut shelly = translator(PLUS);
    let status = r#"{"id":0, "output":false, "apower":0.0, "voltage":232.70}"#;
    assert_eq!(
        hear(&mut shelly, "shellies/plus/status/switch:0", status),
        [
            r#"nodes/shelly/shellies-plus relay/0 {"state": false}"#,
            r#"nodes/shelly/shellies-plus power-meter/0 {"power": [0.0, "W"], "voltage": [232.70, "V"]}"#,
        ]
    );
    // What only tells what changed has not lost the rest.
    let part = r#"{"method":"NotifyStatus","params":{"ts":1.61,"switch:0":{"id":0,"voltage":231.9}}}"#;
    assert_eq!(
        hear(&mut shelly, "shellies/plus/events/rpc", part),
        [r#"nodes/shelly/shellies-plus power-meter/0 {"power": [0.0, "W"], "voltage": [231.9, "V"]}"#]
    );
    assert_eq!(hear(&mut shelly, "shellies/plus/online", "false"), ["nodes/shelly/shellies-plus offline"]);
}

#[test]
fn what_is_not_understood_is_told_and_never_guessed() {
    let mut shelly = translator(PLUS);
    assert_eq!(hear(&mut shelly, "other/status", "{}"), [""; 0]);
    assert_eq!(hear(&mut shelly, "a/status/switch:0", r#"{"unrelated": 1}"#), [""; 0]);
    hear(&mut shelly, "a/status/switch:0", r#"{"output": true}"#);
    assert_eq!(
        hear(&mut shelly, "a/status/switch:0", r#"{"output": "maybe", "apower": null}"#),
        [
            r#"nodes/shelly/a power-meter/0 {"power": [null, "W"]}"#,
            r#"nodes/shelly/a `relay/{n}`: true or false is expected; say with `map` what other words mean, found "maybe""#,
        ]
    );
}

#[test]
fn commands_go_back_in_the_devices_own_words() {
    let mut shelly = translator(PLUS);
    hear(&mut shelly, "shellies/plus/status/switch:0", r#"{"output":false}"#);
    let base = Topic::new("nodes/shelly/shellies-plus").expect("valid");
    let order = |topic: &str, payload: &str| {
        let payload = Payload::parse(payload).expect(payload);
        shelly.command(&base, topic, &payload).expect("known").map_err(|refusal| refusal.code)
    };
    let sent = |payload: &str| {
        vec![Sending {
            topic: Some("shellies/plus/command/switch:0".into()),
            payload: payload.into(),
            bytes: None,
            echoes: false,
            qos: 0,
        }]
    };
    let on = Expect::Reading { key: "state".into(), value: crate::talk::model::Value::Bool(true) };
    assert_eq!(
        order("relay/0/set", r#"{"state": true}"#),
        Ok(Order { sends: sent("on"), expect: on.clone(), refusing: Vec::new() })
    );
    assert_eq!(
        order("relay/0/set", r#"{"state": true, "for": 600}"#),
        Ok(Order { sends: sent("on,600"), expect: on, refusing: Vec::new() })
    );
    assert_eq!(order("relay/0/set", r#"{"state": "on"}"#), Err("bad-payload"));
    assert_eq!(order("relay/0/set", r#"{"power": 1}"#), Err("bad-payload"));
    assert_eq!(order("relay/0/set", "true"), Err("bad-payload"));
    assert_eq!(order("power-meter/0/set", r#"{"power": 1}"#), Err("read-only"));
    assert_eq!(order("relay/0/get", "{}"), Err("cannot-ask"));
    assert_eq!(order("lamp/0/set", "{}"), Err("no-such-device"));
}

#[test]
fn topics_in_another_order_are_answered_in_that_order() {
    let mut tasmota = translator(
        r#"
name = "Relay"
vendor = "Tasmota"
[variant]
usual = { tele = "tele/{id*}", stat = "stat/{id*}", cmnd = "cmnd/{id*}" }
reversed = { tele = "{id*}/tele", stat = "{id*}/stat", cmnd = "{id*}/cmnd" }

[[property]]
id = "relay/{n}"
read = { topic = "{stat}/RESULT", value = "/POWER{n}", map = { ON = true, OFF = false } }
write = { topic = "{cmnd}/POWER{n}", on = "ON", off = "OFF" }

[[property]]
id = "thermometer/{sensor}"
read = { topic = "{tele}/SENSOR", value = "/{sensor}/Temperature" }
"#,
    );
    assert_eq!(
        hear(&mut tasmota, "tasmota/sc_01/tele/SENSOR", r#"{"Time":"x","SonoffSC":{"Temperature":23.0}}"#),
        [r#"nodes/tasmota/tasmota-sc_01 thermometer/SonoffSC {"temperature": [23.0, "℃"]}"#]
    );
    hear(&mut tasmota, "tasmota/sc_01/stat/RESULT", r#"{"POWER2":"ON"}"#);
    let base = Topic::new("nodes/tasmota/tasmota-sc_01").expect("valid");
    let off = Payload::parse(r#"{"state": false}"#).expect("json");
    let order = tasmota.command(&base, "relay/2/set", &off).expect("known").expect("possible");
    assert_eq!(order.sends[0].topic.as_deref(), Some("tasmota/sc_01/cmnd/POWER2"));
    assert_eq!(order.sends[0].payload, "OFF");
}

#[test]
fn text_is_divided_before_it_is_pointed_into() {
    let mut meter = translator(
        r#"
name = "emonTx"
vendor = "OpenEnergyMonitor"
[[property]]
id = "power-meter/{n}"
read = { topic = "emon/{id}", is = ":", between = ",", value = "/P{n}" }
[[property]]
id = "power-meter/1"
quantity = "voltage"
read = { topic = "emon/{id}", regex = 'Vrms:(?<value>[0-9.]+)' }
[[property]]
id = "thermometer/-"
read = { topic = "columns/{id}", between = " ", value = "/1", scale = 0.1 }
"#,
    );
    assert_eq!(
        hear(&mut meter, "emon/tx", "MSG:1,Vrms:246.81,P1:79,P2:-3"),
        [
            r#"nodes/openenergymonitor/tx power-meter/1 {"power": [79, "W"], "voltage": [246.81, "V"]}"#,
            r#"nodes/openenergymonitor/tx power-meter/2 {"power": [-3, "W"]}"#,
        ]
    );
    assert_eq!(
        hear(&mut meter, "columns/tx", "10  242 7"),
        [r#"nodes/openenergymonitor/tx thermometer/- {"temperature": [24.2, "℃"]}"#]
    );
}

#[test]
fn what_tells_no_id_is_called_like_its_place_and_what_tells_one_is_not() {
    let text = "name = \"Gauge\"\nvendor = \"Acme\"\nserial = { baud = 9600 }\n[match]\nid = \"/id\"\nid_else = \"-\"\n\
        [[property]]\nid = \"thermometer/-\"\nread = { value = \"/t\" }\n";
    let told = |translator: &mut Translator, line: &str| -> Vec<String> {
        translator.hear_line(line).iter().map(|meaning| meaning.base.to_string()).collect()
    };
    let mut anywhere = translator(text);
    assert_eq!(told(&mut anywhere, r#"{"id": 7, "t": 20.5}"#), ["nodes/acme/7"]);
    assert_eq!(told(&mut anywhere, r#"{"t": 20.5}"#), ["nodes/acme/-"]);
    let mut cellar = translator(text).at_place("cellar");
    assert_eq!(told(&mut cellar, r#"{"id": 7, "t": 20.5}"#), ["nodes/acme/7"]);
    assert_eq!(told(&mut cellar, r#"{"t": 20.5}"#), ["nodes/acme/cellar"]);
}
