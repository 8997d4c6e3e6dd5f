//! Zigbee2MQTT: what its list of devices and its messages must become. Source of the meanings:
//! https://www.zigbee2mqtt.io/guide/usage/exposes.html and …/mqtt_topics_and_messages.html.

use crate::rig::{Ears, messages};

const BULB: &str = "nodes/ikea/0x000b57fffec6a5b2";
const PLUG: &str = "nodes/xiaomi/0x0017880104e45524";
const WALL: &str = "nodes/siglis/0xf4ce368a38be56a1";
const GUESSED: &str = "nodes/notsupportedmfg/0x0017880104e45518";

fn listed() -> Ears {
    Ears::capture("13-zigbee2mqtt-bridge-devices.mqtt")
}

/// A list with one device of these exposes, under a name with slashes and blanks.
fn announce(exposes: &str, more: &str) -> String {
    format!(
        r#"[{{"friendly_name":"Attic/my lamp","ieee_address":"0x00158d0001dc126a","type":"Router","interview_completed":true,"definition":{{"vendor":"Acme","model":"A1","description":"Thing","source":"native","exposes":{exposes}}}{more}}}]"#
    )
}

const ATTIC: &str = "nodes/acme/0x00158d0001dc126a";

fn attic(exposes: &str) -> Ears {
    let mut ears = Ears::new();
    ears.hears("home/z/bridge/devices", &announce(exposes, ""));
    ears
}

#[test]
fn every_device_of_a_bridge_is_there_but_the_coordinator() {
    let ears = listed();
    assert_eq!(
        ears.devices(),
        [
            "nodes/aqara/0x0017880104e45522 weather_sensor",
            "nodes/ikea/0x000b57fffec6a5b2 bulb",
            "nodes/notsupportedmfg/0x0017880104e45518 0x0017880104e45518",
            "nodes/philips/0x000b57fffec6a5b4 bulb_color_2",
            "nodes/philips/0x0017880104e45517 remote",
            "nodes/siglis/0xf4ce368a38be56a1 zigfred_plus",
            "nodes/xiaomi/0x0017880104e45524 power_plug",
        ]
    );
    assert_eq!(
        ears.properties("nodes/aqara/0x0017880104e45522"),
        [
            "battery/- level %",
            "thermometer/- temperature °C",
            "hygrometer/- relative-humidity %",
            "barometer/- pressure hPa",
            "battery/- voltage mV",
            "signal/zigbee link-quality",
        ]
    );
    assert_eq!(
        ears.properties(BULB),
        [
            "light/- state set",
            "light/- brightness % set",
            "light/- color-temperature mired set",
            "set-point/color-temp-startup value mired set",
            "sensor/level-config data set",
            "select/effect mode set",
            "select/power-on-behavior mode set",
            "sensor/color-options data set",
            "button/identify press set",
            "signal/zigbee link-quality",
        ]
    );
    assert_eq!(
        ears.properties(PLUG),
        [
            "relay/- state set",
            "power-meter/- power W",
            "power-meter/- energy kWh",
            "thermometer/device temperature °C",
            "relay/power-outage-memory state set",
            "signal/zigbee link-quality",
        ]
    );
    let color = ears.properties("nodes/philips/0x000b57fffec6a5b4");
    assert_eq!(color.iter().filter(|one| one.contains("color set")).count(), 1, "one key holds both forms");
    assert_eq!(
        ears.properties(WALL)[..4],
        ["button/- event", "light/l1 state set", "light/l1 brightness % set", "light/l1 color set"]
    );
    assert_eq!(
        ears.properties(WALL)[12..15],
        ["cover/l6 action set", "cover/l6 position % set", "cover/l6 tilt % set"]
    );
    assert_eq!(
        ears.unknown(GUESSED),
        [
            "0x0017880104e45518: Zigbee2MQTT does not know this model: what it has was guessed from its clusters."
        ]
    );
    assert_eq!(ears.unknown(BULB), [""; 0]);
    let quirks: Vec<&str> = ears.profile(BULB).quirks.iter().map(|quirk| &*quirk.text).collect();
    assert_eq!(
        quirks,
        [
            "Color temp: coolest 250, cool 250, neutral 370, warm 454, warmest 454.",
            "Color temp startup: coolest 250, cool 250, neutral 370, warm 454, warmest 454, previous 65535.",
        ]
    );
}

#[test]
fn what_devices_say_is_read_and_the_bridge_itself_is_no_device() {
    let mut ears = listed();
    let before = ears.devices();
    for (topic, payload) in messages("14-zigbee2mqtt-runtime.mqtt") {
        ears.hears(&topic, &payload);
    }
    assert_eq!(
        ears.devices(),
        before,
        "bridge/event, logging, response and a group of strangers are no devices"
    );
    assert_eq!(
        ears.readings(),
        [format!(
            r#"{BULB}/light/- {{"state": true, "brightness": [85, "%"], "color-temperature": [325, "mired"]}}"#
        )]
    );
    assert_eq!(ears.online(BULB), Some((false, None)), "by its own word, plain in the end");
    ears.hears("zigbee2mqtt/weather_sensor", r#"{"battery":99,"humidity":44.720,"linkquality":120,"pressure":980.5,"temperature":27.340,"voltage":3005}"#);
    ears.hears("zigbee2mqtt/power_plug", r#"{"state":"OFF","power":5.20,"energy":1.10,"device_temperature":null,"power_outage_memory":false,"update":{"state":"idle"}}"#);
    ears.hears("zigbee2mqtt/zigfred_plus", r#"{"state_l1":"ON","brightness_l1":254,"color_l1":{"x":0.30,"y":0.31},"state_l6":"CLOSE","position_l6":0,"tilt_l6":50,"action":"button_1_single"}"#);
    let said = |start: &str| {
        let all = ears.readings();
        all.into_iter().filter_map(|line| line.strip_prefix(start).map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(
        said("nodes/aqara/0x0017880104e45522/"),
        [
            r#"barometer/- {"pressure": [980.5, "hPa"]}"#,
            r#"battery/- {"level": [99, "%"], "voltage": [3005, "mV"]}"#,
            r#"hygrometer/- {"relative-humidity": [44.720, "%"]}"#,
            r#"signal/zigbee {"link-quality": 120}"#,
            r#"thermometer/- {"temperature": [27.340, "°C"]}"#,
        ]
    );
    assert_eq!(
        said(&format!("{PLUG}/")),
        [
            r#"power-meter/- {"power": [5.20, "W"], "energy": [1.10, "kWh"]}"#,
            r#"relay/- {"state": false}"#,
            r#"relay/power-outage-memory {"state": false}"#,
            r#"thermometer/device {"temperature": [null, "°C"]}"#,
        ]
    );
    assert_eq!(
        said(&format!("{WALL}/")),
        [
            r#"button/- {"event": "button_1_single"}"#,
            r#"cover/l6 {"action": "closed", "position": [0, "%"], "tilt": [50, "%"]}"#,
            r#"light/l1 {"state": true, "brightness": [100, "%"], "color": {"x":0.30,"y":0.31}}"#,
        ]
    );
    assert_eq!(ears.odd, [""; 0]);
}

#[test]
fn commands_are_in_its_words_and_the_device_is_asked_where_it_can_be() {
    let ears = listed();
    let sends =
        |base: &str, id: &str, payload: &str| ears.command(base, id, payload).expect(payload).join("; ");
    assert_eq!(
        sends(PLUG, "relay/-", r#"{"state": true}"#),
        r#"zigbee2mqtt/power_plug/set {"state": "ON"}; zigbee2mqtt/power_plug/get {"state": ""}"#
    );
    assert_eq!(
        sends(PLUG, "relay/power-outage-memory", r#"{"state": true}"#),
        r#"zigbee2mqtt/power_plug/set {"power_outage_memory": true}; zigbee2mqtt/power_plug/get {"power_outage_memory": ""}"#
    );
    assert_eq!(
        sends(BULB, "light/-", r#"{"brightness": [33, "%"]}"#),
        r#"zigbee2mqtt/bulb/set {"brightness": 84}; zigbee2mqtt/bulb/get {"brightness": ""}"#
    );
    assert_eq!(
        sends(BULB, "select/effect", r#"{"mode": "okay"}"#),
        r#"zigbee2mqtt/bulb/set {"effect": "okay"}"#
    );
    assert_eq!(
        sends(BULB, "button/identify", r#"{"press": true}"#),
        r#"zigbee2mqtt/bulb/set {"identify": "identify"}"#
    );
    assert_eq!(
        sends(WALL, "cover/l6", r#"{"action": "open"}"#),
        r#"zigbee2mqtt/zigfred_plus/set {"state_l6": "OPEN"}; zigbee2mqtt/zigfred_plus/get {"state_l6": ""}"#
    );
    assert_eq!(
        sends(WALL, "light/l1", r##"{"color": {"hex":"#ff0000"}}"##),
        r##"zigbee2mqtt/zigfred_plus/set {"color_l1": {"hex":"#ff0000"}}"##
    );
    let refused = |id: &str, payload: &str| ears.command(BULB, id, payload).expect_err(payload);
    assert!(refused("light/-", r#"{"color-temperature": 600}"#).contains("250 to 454"));
    assert!(refused("signal/zigbee", r#"{"link-quality": 1}"#).contains("cannot be set"));
}

#[test]
fn each_kind_of_expose_is_understood() {
    let mut ears = attic(
        r#"[
        {"type":"lock","features":[{"type":"binary","name":"state","property":"state","access":7,"value_on":"LOCK","value_off":"UNLOCK"},
            {"type":"enum","name":"lock_state","property":"lock_state","access":1,"values":["not_fully_locked","locked","unlocked"]}]},
        {"type":"fan","features":[{"type":"binary","name":"state","property":"fan_state","access":7,"value_on":"ON","value_off":"OFF"},
            {"type":"enum","name":"mode","property":"fan_mode","access":7,"values":["low","high"]}]},
        {"type":"climate","features":[{"type":"numeric","name":"local_temperature","property":"local_temperature","access":5,"unit":"°C"},
            {"type":"numeric","name":"occupied_heating_setpoint","property":"occupied_heating_setpoint","access":7,"unit":"°C","value_min":5,"value_max":30,"value_step":0.5},
            {"type":"enum","name":"system_mode","property":"system_mode","access":7,"values":["off","heat"]},
            {"type":"enum","name":"running_state","property":"running_state","access":5,"values":["idle","heat"]},
            {"type":"enum","name":"preset","property":"preset","access":3,"values":["eco","comfort"]}]},
        {"type":"binary","name":"contact","property":"contact","access":1,"value_on":true,"value_off":false},
        {"type":"binary","name":"water_leak","property":"water_leak","access":1,"value_on":true,"value_off":false},
        {"type":"binary","name":"occupancy","property":"occupancy_left","endpoint":"left","access":1,"value_on":true,"value_off":false},
        {"type":"binary","name":"odd_flag","property":"odd_flag","access":1,"value_on":1,"value_off":0},
        {"type":"numeric","name":"voltage","property":"voltage","access":1,"unit":"V"},
        {"type":"numeric","name":"calibration","property":"calibration","access":3,"unit":"°C","value_min":-5,"value_max":5,"value_step":0.1},
        {"type":"text","name":"learned","property":"learned","access":3},
        {"type":"list","name":"codes","property":"codes","access":3,"item_type":{"type":"numeric","name":"code","access":3}},
        {"type":"composite","name":"schedule","property":"schedule","access":2,"features":[]},
        {"type":"hologram","name":"h","property":"h","access":1},
        {"type":"numeric","name":"hostile","property":"a{{ 1 }}","access":3},
        {"type":"enum","name":"empty","property":"empty","access":1},
        {"type":"numeric","name":"broken","property":7}]"#,
    );
    assert_eq!(
        ears.properties(ATTIC),
        [
            "lock/- state set",
            "sensor/lock-state mode",
            "fan/- state set",
            "fan/- mode set",
            "thermostat/- temperature °C",
            "thermostat/- set-point °C set",
            "thermostat/- mode set",
            "thermostat/- action",
            "select/preset mode set",
            "door-sensor/- state",
            "flood-detector/- alarm",
            "motion-sensor/left state",
            "input/odd-flag state",
            "power-meter/- voltage V",
            "set-point/calibration set-point °C set",
            "sensor/learned text set",
            "sensor/codes data set",
            "sensor/schedule data set",
            "signal/zigbee link-quality",
        ]
    );
    let mut unknown = ears.unknown(ATTIC);
    unknown.sort();
    assert_eq!(unknown.len(), 4, "{unknown:?}");
    for (line, part) in
        unknown.iter().zip(["empty: it has no words", "h: `hologram`", "hostile: its key", "invalid type"])
    {
        assert!(line.contains(part), "{line}: {part}");
    }
    ears.hears(
        "home/z/Attic/my lamp",
        r#"{"state":"LOCK","contact":true,"occupancy_left":true,"odd_flag":0,"water_leak":false,"occupied_heating_setpoint":21.50,"system_mode":"heat","codes":[1, 2.0],"learned":"a\"b","preset":"sauna"}"#,
    );
    assert_eq!(
        ears.readings(),
        [
            r#"door-sensor/- {"state": false}"#,
            r#"flood-detector/- {"alarm": false}"#,
            r#"input/odd-flag {"state": false}"#,
            r#"lock/- {"state": true}"#,
            r#"motion-sensor/left {"state": true}"#,
            r#"sensor/codes {"data": [1, 2.0]}"#,
            r#"sensor/learned {"text": "a\"b"}"#,
            r#"thermostat/- {"set-point": [21.50, "°C"], "mode": "heat"}"#,
        ]
        .map(|line| format!("{ATTIC}/{line}")),
        "a closed door is not open"
    );
    assert_eq!(ears.odd.len(), 1, "a word that was not announced is not believed: {:?}", ears.odd);
    let sends = |id: &str, payload: &str| ears.command(ATTIC, id, payload).expect(payload).join("; ");
    assert_eq!(
        sends("thermostat/-", r#"{"set-point": [21.50, "°C"]}"#),
        r#"home/z/Attic/my lamp/set {"occupied_heating_setpoint": 21.50}; home/z/Attic/my lamp/get {"occupied_heating_setpoint": ""}"#
    );
    assert_eq!(
        sends("sensor/learned", r#"{"text": "x\"}"}"#),
        r#"home/z/Attic/my lamp/set {"learned": "x\"}"}"#
    );
}

#[test]
fn a_device_is_the_same_under_another_name_and_gone_when_it_is_listed_no_more() {
    let mut ears = attic(
        r#"[{"type":"binary","name":"contact","property":"contact","access":1,"value_on":true,"value_off":false}]"#,
    );
    assert_eq!(ears.devices(), [format!("{ATTIC} Attic/my lamp")]);
    let renamed = announce(r#"[{"type":"binary","name":"contact","property":"contact","access":1,"value_on":true,"value_off":false}]"#, "")
        .replace("Attic/my lamp", "cellar");
    ears.hears("home/z/bridge/devices", &renamed);
    assert_eq!(ears.devices(), [format!("{ATTIC} cellar")]);
    ears.hears("home/z/cellar", r#"{"contact":false}"#);
    ears.hears("home/z/Attic/my lamp", r#"{"contact":true}"#);
    assert_eq!(ears.readings(), [format!(r#"{ATTIC}/door-sensor/- {{"state": true}}"#)]);
    for broken in ["{}", "7", "[", "[{}]", "online"] {
        ears.hears("home/z/bridge/devices", broken);
        assert_eq!(ears.devices().len(), 1, "{broken} takes nothing back");
    }
    ears.hears(
        "home/z/bridge/devices",
        r#"[{"friendly_name":"Coordinator","ieee_address":"0x00124b00120144ae","type":"Coordinator"}]"#,
    );
    assert_eq!(ears.devices(), [""; 0]);
    ears.hears("home/z/bridge/devices", &renamed);
    ears.hears("home/z/bridge/devices", "");
    assert_eq!(ears.devices(), [""; 0]);
}

#[test]
fn a_device_of_two_bridges_is_there_once_and_follows_the_one_that_works() {
    let contact = r#"[{"type":"binary","name":"contact","property":"contact","access":1,"value_on":true,"value_off":false}]"#;
    let mut ears = attic(contact);
    ears.hears("upstairs/bridge/devices", &announce(contact, "").replace("Attic/my lamp", "lamp"));
    assert_eq!(ears.devices(), [format!("{ATTIC} Attic/my lamp")]);
    ears.hears("home/z/bridge/devices", &announce(contact, r#","disabled":true"#));
    assert_eq!(ears.devices(), [format!("{ATTIC} lamp")], "it is disabled at the first one");
    ears.hears("upstairs/bridge/devices", "");
    assert_eq!(ears.devices(), [format!("{ATTIC} Attic/my lamp")]);
}

#[test]
fn what_cannot_be_used_is_there_and_says_why() {
    let switch = r#"[{"type":"switch","features":[{"type":"binary","name":"state","property":"state","access":7,"value_on":"ON","value_off":"OFF"}]}]"#;
    let check = |more: &str, has: &[&str], why: &str| {
        let mut ears = Ears::new();
        ears.hears("z/bridge/devices", &announce(switch, more));
        assert_eq!(ears.properties(ATTIC), has, "{more}");
        let unknown = ears.unknown(ATTIC);
        assert!(unknown.iter().any(|line| line.contains(why)), "{more}: {unknown:?}");
    };
    check(r#","disabled":true"#, &["relay/- state", "signal/zigbee link-quality"], "disabled in Zigbee2MQTT");
    check(
        r#","interview_state":"FAILED""#,
        &["relay/- state set", "signal/zigbee link-quality"],
        "has not finished",
    );
    check(
        r#","supported":false"#,
        &["relay/- state set", "signal/zigbee link-quality"],
        "does not know this model",
    );
    let mut ears = Ears::new();
    ears.hears(
        "z/bridge/devices",
        r#"[{"friendly_name":"0x00158d0001dc126a","ieee_address":"0x00158d0001dc126a","type":"EndDevice","definition":null,"interview_completed":false}]"#,
    );
    assert_eq!(ears.properties("nodes/zigbee2mqtt/0x00158d0001dc126a"), ["signal/zigbee link-quality"]);
}

#[test]
fn the_bridge_takes_its_devices_with_it_and_brings_them_back() {
    let mut ears = listed();
    ears.hears("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#);
    assert_eq!(ears.online(PLUG), None, "that its bridge is there does not make a device be there");
    ears.hears("zigbee2mqtt/power_plug/availability", r#"{"state":"online"}"#);
    assert_eq!(ears.online(PLUG), Some((true, None)));
    ears.hears("zigbee2mqtt/bridge/state", "offline");
    assert_eq!(ears.online(PLUG), Some((false, Some("zigbee2mqtt"))));
    assert_eq!(ears.online(BULB), Some((false, Some("zigbee2mqtt"))));
    ears.hears("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#);
    assert_eq!(ears.online(PLUG), Some((true, None)));
    assert_eq!(ears.online(BULB), Some((true, None)), "nobody says otherwise");
    ears.hears("zigbee2mqtt/power_plug/availability", r#"{"state":"offline"}"#);
    ears.hears("zigbee2mqtt/bridge/state", r#"{"state":"offline"}"#);
    ears.hears("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#);
    assert_eq!(ears.online(PLUG), Some((false, None)), "the bridge is back, the device is not");
}

#[test]
fn a_group_can_do_what_its_members_can() {
    let mut ears = listed();
    let group = |members: &str| {
        format!(r#"[{{"id":1,"friendly_name":"all lamps","scenes":[],"members":[{members}]}}]"#)
    };
    let lamp = r#"{"ieee_address":"0x000b57fffec6a5b2","endpoint":1}"#;
    let plug = r#"{"ieee_address":"0x0017880104e45524","endpoint":1}"#;
    ears.hears("zigbee2mqtt/bridge/groups", &group(&format!("{lamp},{plug}")));
    let base = "nodes/zigbee2mqtt/group-1";
    assert_eq!(
        ears.properties(base),
        [
            "light/- state set",
            "light/- brightness % set",
            "light/- color-temperature mired set",
            "relay/- state set"
        ]
    );
    assert_eq!(
        ears.command(base, "light/-", r#"{"state": true}"#).expect("it can be switched"),
        [r#"zigbee2mqtt/all lamps/set {"state": "ON"}"#]
    );
    ears.hears("zigbee2mqtt/all lamps", r#"{"state":"OFF","brightness":127}"#);
    assert_eq!(ears.readings()[0], format!(r#"{base}/light/- {{"state": false, "brightness": [50, "%"]}}"#));
    ears.hears("zigbee2mqtt/bridge/groups", &group(plug));
    assert_eq!(ears.properties(base), ["relay/- state set"]);
    ears.hears("zigbee2mqtt/bridge/groups", &group(""));
    assert!(!ears.devices().iter().any(|line| line.starts_with(base)), "a group of nobody can do nothing");
    ears.hears("strange/bridge/groups", r#"[{"id":1,"friendly_name":"g","members":[]}]"#);
    ears.hears("strange/bridge/devices", r#"[{"name":"a bridge of something else"}]"#);
    assert_eq!(ears.devices().len(), 7);
}

#[test]
fn whatever_a_stranger_lists_nothing_breaks_and_nothing_is_believed() {
    let list = messages("13-zigbee2mqtt-bridge-devices.mqtt").remove(0).1;
    let mut ears = Ears::new();
    for cut in (0..list.len()).step_by(997).filter(|at| list.is_char_boundary(*at)) {
        ears.hears("zigbee2mqtt/bridge/devices", &list[..cut]);
        assert_eq!(ears.devices(), [""; 0], "a list that was cut is no list");
    }
    for (from, to) in [
        (r#""access": 7"#, r#""access": "7""#),
        (r#""exposes": ["#, r#""exposes": {"a":["#),
        (r#""features": ["#, r#""features": [null, 7, "#),
        (r#""value_max": 254"#, r#""value_max": 1e999"#),
        (r#""value_max": 254"#, r#""value_max": -1"#),
        (r#""property": ""#, r#""property": "{id*}/"#),
        (r#""friendly_name": ""#, r#""friendly_name": "{x}"#),
        (r#""friendly_name": ""#, r##""friendly_name": "#"##),
        (r#""value_on": "ON""#, r#""value_on": {"a": ["b"]}"#),
        (r#""unit": "%""#, r#""unit": "\u0000""#),
        (r#""vendor": ""#, r#""vendor": "\n[[property]]\n"#),
        ("0x0", "0X0"),
    ] {
        let mut ears = Ears::new();
        ears.settles_for(&list.replace(from, to));
    }
    let many: Vec<String> = (0..10_000)
        .map(|at| format!(r#"{{"friendly_name":"d{at}","ieee_address":"0x{at:016x}","type":"Router","definition":{{"vendor":"V","model":"M","exposes":[]}}}}"#))
        .collect();
    let mut ears = Ears::new();
    ears.hears("zigbee2mqtt/bridge/devices", &format!("[{}]", many.join(",")));
    assert_eq!(ears.devices().len(), 4_096, "so many and no more");
    let deep = format!("{}{}", r#"[{"type":"light","features":"#.repeat(200), "]".repeat(200));
    let ears = attic(&format!("[{}]", format_args!(r#"{{"type":"light","features":{deep}}}"#)));
    assert!(ears.devices().len() <= 1);
    let wide: Vec<String> = (0..10_000)
        .map(|at| format!(r#"{{"type":"numeric","name":"n{at}","property":"n{at}","access":7,"unit":"W"}}"#))
        .collect();
    let ears = attic(&format!("[{}]", wide.join(",")));
    assert_eq!(ears.properties(ATTIC).len(), 256);
}

/// What is told of the relay of the plug when the bridge says this.
fn relay_told(ears: &mut Ears, payload: &str) -> Vec<String> {
    ears.told.clear();
    ears.asks.clear();
    ears.hears("zigbee2mqtt/power_plug", payload);
    let relay = format!("{PLUG}/relay/- ");
    ears.told.iter().filter_map(|line| line.strip_prefix(&relay).map(str::to_owned)).collect()
}

const ON: &str = r#"{"state": true}"#;
const OFF: &str = r#"{"state": false}"#;
const ASK: &str = r#"zigbee2mqtt/power_plug/get {"state": ""}"#;
const NOBODY: [&str; 0] = [];

#[test]
fn what_is_said_before_the_device_has_answered_is_not_believed() {
    let mut ears = listed();
    assert_eq!(relay_told(&mut ears, r#"{"state":"OFF","power":0}"#), [OFF]);
    for _ in 0..3 {
        ears.orders(PLUG, "relay/-", ON);
        assert_eq!(relay_told(&mut ears, r#"{"state":"ON","power":0}"#), NOBODY, "an echo");
        assert_eq!(ears.asks, [ASK], "so the device is asked");
        assert!(ears.readings().contains(&format!("{PLUG}/relay/- {OFF}")), "and it does not answer");
    }
    assert_eq!(relay_told(&mut ears, r#"{"state":"ON","power":5}"#), [ON], "it answers at last");
    assert_eq!(ears.asks, NOBODY);
    // It says that it did not do it.
    ears.orders(PLUG, "relay/-", OFF);
    assert_eq!(relay_told(&mut ears, r#"{"state":"OFF"}"#), NOBODY);
    assert_eq!(relay_told(&mut ears, r#"{"state":"ON"}"#), [ON]);
    // What is said without a command is believed.
    assert_eq!(relay_told(&mut ears, r#"{"state":"OFF"}"#), [OFF]);
}

#[test]
fn what_it_said_before_a_command_is_no_answer_to_it() {
    let mut ears = listed();
    relay_told(&mut ears, r#"{"state":"ON"}"#);
    ears.orders(PLUG, "relay/-", ON);
    assert_eq!(relay_told(&mut ears, r#"{"power":5}"#), NOBODY);
    assert!(ears.told.iter().any(|line| line.contains("power-meter")), "the rest is told");
    assert_eq!(relay_told(&mut ears, r#"{"state":"ON","power":5}"#), NOBODY, "an echo");
    assert_eq!(ears.asks, [ASK]);
    assert_eq!(relay_told(&mut ears, r#"{"state":"ON","power":5}"#), [ON]);
    // A command that the bridge could not pass on has no echo: what the device says goes on being told.
    ears.orders(PLUG, "relay/-", OFF);
    assert_eq!(relay_told(&mut ears, r#"{"state":"ON","power":6}"#), [ON]);
    assert_eq!(ears.asks, NOBODY);
}

#[test]
fn several_commands_in_a_row_are_each_repeated_once() {
    let mut ears = listed();
    relay_told(&mut ears, r#"{"state":"OFF"}"#);
    ears.orders(PLUG, "relay/-", ON);
    ears.orders(PLUG, "relay/-", OFF);
    for word in ["ON", "OFF"] {
        assert_eq!(relay_told(&mut ears, &format!(r#"{{"state":"{word}"}}"#)), NOBODY);
        assert_eq!(ears.asks, [ASK]);
    }
    assert_eq!(relay_told(&mut ears, r#"{"state":"OFF"}"#), [OFF]);
}

#[test]
fn a_light_shows_no_brightness_that_it_does_not_have() {
    let mut ears = listed();
    ears.hears("zigbee2mqtt/bulb", r#"{"state":"ON","brightness":127}"#);
    ears.orders(BULB, "light/-", r#"{"brightness": [33, "%"]}"#);
    ears.hears("zigbee2mqtt/bulb", r#"{"state":"ON","brightness":84}"#);
    let light = format!(r#"{BULB}/light/- {{"state": true, "brightness": [50, "%"]}}"#);
    assert!(ears.readings().contains(&light), "{:?}", ears.readings());
    assert_eq!(ears.asks, [r#"zigbee2mqtt/bulb/get {"brightness": ""}"#]);
    ears.hears("zigbee2mqtt/bulb", r#"{"state":"ON","brightness":84}"#);
    assert!(ears.readings().contains(&light.replace("50", "33")), "{:?}", ears.readings());
}
