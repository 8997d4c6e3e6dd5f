//! Home Assistant's MQTT discovery. Source of the meanings: https://www.home-assistant.io/integrations/mqtt/ and the pages
//! of its platforms; of ESPHome's topics https://esphome.io/components/mqtt/.

use crate::rig::Ears;

const KITCHEN: &str = "nodes/bla-electronics/ea334450945afc";
const BUTTON: &str = "nodes/smartthings/zigbee2mqtt_0x286d970001037539";

/// One entity of a device `d1` of Acme, announced alone.
fn announce(ears: &mut Ears, component: &str, options: &str) {
    let device = r#""dev":{"ids":["d1"],"name":"Thing","mf":"Acme"}"#;
    let comma = if options.is_empty() { "" } else { "," };
    ears.hears(&format!("homeassistant/{component}/d1/x/config"), &format!("{{{device}{comma}{options}}}"));
}

const D1: &str = "nodes/acme/d1";

/// What an entity has, what it says, and what it is told; each message is `topic payload`.
fn check(component: &str, options: &str, has: &[&str], hears: &[&str], readings: &[&str]) -> Ears {
    let mut ears = Ears::new();
    announce(&mut ears, component, options);
    assert_eq!(ears.properties(D1), has, "{component} {options}");
    for said in hears {
        let (topic, payload) = said.split_once(' ').unwrap_or((said, ""));
        ears.hears(topic, payload);
    }
    let readings: Vec<String> = readings.iter().map(|reading| format!("{D1}/{reading}")).collect();
    assert_eq!(ears.readings(), readings, "{component} {options}");
    assert_eq!(ears.odd, [""; 0], "{component} {options}");
    ears
}

fn sends(ears: &Ears, id: &str, payload: &str) -> String {
    match ears.command(D1, id, payload) {
        Ok(sent) => sent.join("; "),
        Err(why) => format!("refused: {why}"),
    }
}

#[test]
fn a_whole_device_is_announced_and_loses_a_component() {
    let mut ears = Ears::capture("04-ha-device-discovery.mqtt");
    assert_eq!(ears.devices(), [format!("{KITCHEN} Kitchen")]);
    // The last announcement has taken the second component back.
    assert_eq!(ears.properties(KITCHEN), ["thermometer/some_unique_component_id1 temperature °C"]);
    ears.hears("sensorBedroom/state", r#"{"temperature":23.20,"humidity":43.70}"#);
    assert_eq!(
        ears.readings(),
        [format!(r#"{KITCHEN}/thermometer/some_unique_component_id1 {{"temperature": [23.20, "°C"]}}"#)]
    );
    assert_eq!(ears.unknown(KITCHEN), [""; 0]);
    ears.hears("homeassistant/device/ea334450945afc/config", "");
    assert_eq!(ears.devices(), [""; 0]);
}

#[test]
fn entities_without_a_device_are_devices_of_their_own() {
    let ears = Ears::capture("05-ha-single-component-discovery.mqtt");
    let base = "nodes/homeassistant";
    assert_eq!(
        ears.devices(),
        [
            format!("{base}/irrigation garden"),
            format!("{base}/kitchen Kitchen"),
            format!("{base}/sensorBedroomH Humidity"),
            format!("{base}/sensorBedroomT Temperature"),
        ],
        "the motion sensor was taken back"
    );
    assert_eq!(
        ears.readings(),
        [
            format!(r#"{base}/irrigation/relay/- {{"state": true}}"#),
            format!(r#"{base}/kitchen/light/- {{"state": true, "brightness": [100, "%"]}}"#),
            format!(r#"{base}/sensorBedroomH/hygrometer/- {{"relative-humidity": [43.70, "%"]}}"#),
            format!(r#"{base}/sensorBedroomT/thermometer/- {{"temperature": [23.20, "°C"]}}"#),
        ]
    );
    let sent = |device: &str, id: &str, payload: &str| {
        ears.command(&format!("{base}/{device}"), id, payload).expect(payload)
    };
    assert_eq!(
        sent("irrigation", "relay/-", r#"{"state": false}"#),
        ["homeassistant/switch/irrigation/set OFF"]
    );
    assert_eq!(
        sent("kitchen", "light/-", r#"{"brightness": 50}"#),
        [r#"homeassistant/light/kitchen/set {"state": "ON", "brightness": 128}"#]
    );
}

#[test]
fn what_zigbee2mqtt_announces_so_is_there_as_long_as_its_gateway_is() {
    let mut ears = Ears::capture("06-ha-discovery-from-zigbee2mqtt-2.mqtt");
    assert_eq!(ears.devices(), [format!("{BUTTON} SmartThings Button 1")]);
    assert_eq!(ears.properties(BUTTON), ["thermometer/temperature temperature °C"]);
    ears.hears("zigbee2mqtt/SmartThings Button 1", r#"{"battery":100,"temperature":21.50}"#);
    assert_eq!(
        ears.readings(),
        [format!(r#"{BUTTON}/thermometer/temperature {{"temperature": [21.50, "°C"]}}"#)]
    );
    ears.hears("zigbee2mqtt/bridge/state", r#"{"state":"offline"}"#);
    assert_eq!(ears.online(BUTTON), Some((false, Some("zigbee2mqtt_bridge_0x287681fffef04049"))));
    ears.hears("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#);
    assert_eq!(ears.online(BUTTON), Some((true, None)));
}

#[test]
fn an_esphome_node_announces_itself_so() {
    let mut ears = Ears::capture("15-esphome-mqtt.mqtt");
    let zima = "nodes/espressif/a020a61c3105";
    assert_eq!(ears.devices(), [format!("{zima} zima")]);
    assert_eq!(ears.properties(zima), ["button/start_hp press set"]);
    let pressed = ears.command(zima, "button/start_hp", r#"{"press": true}"#).expect("it can be pressed");
    assert_eq!(pressed, ["zima/button/start_hp/command PRESS"]);
    ears.hears("zima/status", "offline");
    assert_eq!(ears.online(zima), Some((false, None)));

    // The other node was heard without its announcements, which look like this.
    let fazole = "nodes/espressif/24a160123456";
    let entity = |ears: &mut Ears, component: &str, object: &str, options: &str| {
        let device = r#""dev":{"ids":"24a160123456","name":"fazole","mdl":"nodemcu","mf":"espressif"}"#;
        let shared = r#""avty_t":"fazole/status""#;
        let text = format!(r#"{{{options},{shared},"uniq_id":"ESP{object}",{device}}}"#);
        ears.hears(&format!("homeassistant/{component}/fazole/{object}/config"), &text);
    };
    entity(
        &mut ears,
        "sensor",
        "uptime_sensor",
        r#""name":"Uptime","unit_of_meas":"s","stat_cla":"total_increasing","dev_cla":"duration","stat_t":"fazole/sensor/uptime_sensor/state""#,
    );
    entity(
        &mut ears,
        "sensor",
        "next_sunrise",
        r#""name":"Next sunrise","stat_t":"fazole/sensor/next_sunrise/state""#,
    );
    entity(
        &mut ears,
        "sensor",
        "wetness1",
        r#""name":"Wetness","unit_of_meas":"%","stat_cla":"measurement","stat_t":"fazole/sensor/wetness1/state""#,
    );
    entity(
        &mut ears,
        "sensor",
        "irrigation_wifi",
        r#""unit_of_meas":"dBm","dev_cla":"signal_strength","stat_t":"fazole/sensor/irrigation_wifi/state""#,
    );
    entity(
        &mut ears,
        "switch",
        "pump1",
        r#""name":"Pump","stat_t":"fazole/switch/pump1/state","cmd_t":"fazole/switch/pump1/command""#,
    );
    entity(
        &mut ears,
        "climate",
        "pump1_t",
        r#""name":"Pump","curr_temp_t":"fazole/climate/pump1_t/current_temperature/state","temp_cmd_t":"fazole/climate/pump1_t/target_temperature/command","temp_stat_t":"fazole/climate/pump1_t/target_temperature/state","mode_cmd_t":"fazole/climate/pump1_t/mode/command","mode_stat_t":"fazole/climate/pump1_t/mode/state","modes":["off","heat"],"min_temp":5,"max_temp":30,"temp_step":0.5,"pr_mode_cmd_t":"fazole/climate/pump1_t/preset/command","pr_mode_stat_t":"fazole/climate/pump1_t/preset/state","pr_modes":["home","away"],"act_t":"fazole/climate/pump1_t/action/state""#,
    );
    for (topic, payload) in crate::rig::messages("15-esphome-mqtt.mqtt") {
        if topic.starts_with("fazole/") {
            ears.hears(&topic, &payload);
        }
    }
    let readings: Vec<String> = ears.readings().into_iter().filter(|said| said.starts_with(fazole)).collect();
    assert_eq!(
        readings,
        [
            format!(r#"{fazole}/relay/pump1 {{"state": false}}"#),
            format!(r#"{fazole}/sensor/next_sunrise {{"value": "08:01:02"}}"#),
            format!(r#"{fazole}/sensor/uptime_sensor {{"duration": [465, "s"]}}"#),
            format!(r#"{fazole}/sensor/wetness1 {{"value": [21.77, "%"]}}"#),
            format!(r#"{fazole}/signal/irrigation_wifi {{"rssi": [-19, "dBm"]}}"#),
            format!(
                r#"{fazole}/thermostat/pump1_t {{"mode": "heat", "temperature": [7.7, "°C"], "set-point": [14.0, "°C"], "preset-mode": "home", "action": "off"}}"#
            ),
        ]
    );
    assert_eq!(ears.online(fazole), Some((false, None)));
    let set = |payload: &str| ears.command(fazole, "thermostat/pump1_t", payload).expect(payload).join("; ");
    assert_eq!(set(r#"{"set-point": 21.5}"#), "fazole/climate/pump1_t/target_temperature/command 21.5");
    assert_eq!(set(r#"{"mode": "off"}"#), "fazole/climate/pump1_t/mode/command off");
    assert_eq!(set(r#"{"preset-mode": "none"}"#), "fazole/climate/pump1_t/preset/command none");
}

#[test]
fn sensors_are_what_their_class_and_unit_say() {
    let known = [
        (r#""dev_cla":"humidity","unit_of_meas":"%""#, "hygrometer/x relative-humidity %", "[7.50, \"%\"]"),
        (r#""dev_cla":"illuminance","unit_of_meas":"lx""#, "lux-meter/x illuminance lux", "[7.50, \"lux\"]"),
        (r#""dev_cla":"energy","unit_of_meas":"kWh""#, "power-meter/x energy kWh", "[7.50, \"kWh\"]"),
        (r#""dev_cla":"battery","unit_of_meas":"%""#, "battery/x level %", "[7.50, \"%\"]"),
        (
            r#""dev_cla":"pm25","unit_of_meas":"µg/m³""#,
            "particulate-sensor/x pm2-5 µg/m³",
            "[7.50, \"µg/m³\"]",
        ),
        (r#""dev_cla":"temperature","unit_of_meas":"K""#, "thermometer/x temperature K", "[7.50, \"K\"]"),
        // A unit that the quantity does not have stays, and the number is a value.
        (r#""dev_cla":"pressure","unit_of_meas":"inHg""#, "barometer/x value inHg", "[7.50, \"inHg\"]"),
        (r#""unit_of_meas":"lqi""#, "sensor/x value lqi", "[7.50, \"lqi\"]"),
        (r#""dev_cla":"monetary","unit_of_meas":"EUR""#, "sensor/x value EUR", "[7.50, \"EUR\"]"),
        (r#""stat_cla":"measurement""#, "sensor/x value", "7.50"),
        (r#""name":"Word""#, "sensor/x value", "\"7.50\""),
    ];
    for (options, has, value) in known {
        let (id, quantity) = has.split_once(' ').expect("two words");
        let quantity = quantity.split(' ').next().unwrap_or_default();
        let reading = format!(r#"{id} {{"{quantity}": {value}}}"#);
        check("sensor", &format!(r#"{options},"stat_t":"s""#), &[has], &["s 7.50"], &[&reading]);
    }
    let mut ears = check(
        "sensor",
        r#""dev_cla":"enum","ops":["eco","on"],"state_topic":"s","val_tpl":"{{ value_json.m }}","exp_aft":90"#,
        &["sensor/x value"],
        &[r#"s {"m":"eco"}"#, "s {}"],
        &[r#"sensor/x {"value": "eco"}"#],
    );
    assert_eq!(ears.profile(D1).properties[0].interval.map(|after| after.as_secs()), Some(90));
    ears.hears("s", r#"{"m":"off"}"#);
    assert_eq!(ears.odd.len(), 1, "a word that was not announced is none");
}

#[test]
fn numbers_that_are_not_known_are_none_and_digits_stay() {
    let temperature = r#""dev_cla":"temperature","unit_of_meas":"°C","stat_t":"s""#;
    let has = ["thermometer/x temperature °C"];
    let none = r#"thermometer/x {"temperature": [null, "°C"]}"#;
    check("sensor", temperature, &has, &["s nan"], &[none]);
    check("sensor", temperature, &has, &["s None"], &[none]);
    let read = |template: &str, said: &str, gives: &str| {
        let options = format!(r#"{temperature},"val_tpl":"{template}""#);
        let reading = format!(r#"thermometer/x {{"temperature": [{gives}, "°C"]}}"#);
        let readings: Vec<&str> = if gives.is_empty() { Vec::new() } else { vec![&reading] };
        check("sensor", &options, &has, &[&format!("s {said}")], &readings);
    };
    read("{{ value_json.t | float }}", r#"{"t":24.50}"#, "24.50");
    read("{{ value_json.t | is_defined }}", r#"{"u":1}"#, "");
    read("{{ value_json.t }}", r#"{"t":null}"#, "null");
    read("{{ value_json['a-b'][1] }}", r#"{"a-b":[1,2.0]}"#, "2.0");
    read("{{ value_json.t * 0.1 }}", r#"{"t":215}"#, "21.5");
    read("{{ (value_json.t | float / 10) | round(1) }}", r#"{"t":"215"}"#, "21.5");
    read("{{ value | float | round(1) }}", "21.449", "21.4");
    read("{{ value_json.t | int }}", r#"{"t":21.9}"#, "21");
    read("{{ value_json.t if value_json.t is defined else '' }}", "{}", "");
    read("{{ value_json.t | default('') }}", "{}", "");
    read("{{ value.split(';')[1] }}", "1;2.25", "2.25");
    read(
        "{% if value_json.u == 'F' %}{{ ((value_json.t - 32) / 1.8) | round(1) }}{% else %}{{ value_json.t }}{% endif %}",
        r#"{"u":"F","t":212}"#,
        "100.0",
    );
}

#[test]
fn binary_sensors_know_their_words() {
    let class = |class: &str| format!(r#""dev_cla":"{class}","stat_t":"s""#);
    check(
        "binary_sensor",
        &class("motion"),
        &["motion-sensor/x state"],
        &["s ON"],
        &[r#"motion-sensor/x {"state": true}"#],
    );
    check(
        "binary_sensor",
        &class("window"),
        &["door-sensor/x state"],
        &["s OFF"],
        &[r#"door-sensor/x {"state": false}"#],
    );
    check(
        "binary_sensor",
        &class("smoke"),
        &["smoke-detector/x alarm"],
        &["s ON"],
        &[r#"smoke-detector/x {"alarm": true}"#],
    );
    check("binary_sensor", &class("plug"), &["input/x state"], &["s None"], &[r#"input/x {"state": null}"#]);
    // Truth is written in many ways.
    for (on, template, said) in [
        ("true", "{{ value_json.o }}", r#"s {"o":true}"#),
        ("\"True\"", "{{ value_json.o }}", r#"s {"o":true}"#),
        ("\"yes\"", "{{ 'yes' if value_json.o > 3 else 'no' }}", r#"s {"o":4}"#),
        ("1", "{{ value }}", "s 1"),
        ("\"ON\"", "{% if value_json.o is true %}ON{% else %}OFF{% endif %}", r#"s {"o":true}"#),
        ("\"ON\"", "{{ value_json.o | iif('ON', 'OFF') }}", r#"s {"o":true}"#),
    ] {
        let off = if on.contains("yes") {
            "\"no\""
        } else if on == "1" {
            "0"
        } else {
            "\"OFF\""
        };
        let options = format!(r#""stat_t":"s","pl_on":{on},"pl_off":{off},"val_tpl":"{template}""#);
        check("binary_sensor", &options, &["input/x state"], &[said], &[r#"input/x {"state": true}"#]);
    }
}

#[test]
fn switches_obey_in_their_own_words() {
    let ears = check(
        "switch",
        r#""~":"home/1","stat_t":"~/s","cmd_t":"~/c","pl_on":"1","pl_off":"0","stat_on":"up","stat_off":"down","qos":1"#,
        &["relay/x state set"],
        &["home/1/s up"],
        &[r#"relay/x {"state": true}"#],
    );
    assert_eq!(sends(&ears, "relay/x", r#"{"state": true}"#), "home/1/c 1");
    let ears = check(
        "switch",
        r#""cmd_t":"c","cmd_tpl":"{\"s\":\"{{ value }}\"}""#,
        &["relay/x state set"],
        &[],
        &[],
    );
    assert_eq!(sends(&ears, "relay/x", r#"{"state": false}"#), r#"c {"s":"OFF"}"#);
    assert!(!is_confirmed(&ears), "it never says how it is");
    let ears = check("switch", r#""cmd_t":"c","stat_t":"s","opt":true"#, &["relay/x state set"], &[], &[]);
    assert!(!is_confirmed(&ears), "its sender does not trust what it says");
    let ears = check("switch", r#""cmd_t":"c","stat_t":"s""#, &["relay/x state set"], &[], &[]);
    assert!(is_confirmed(&ears));
}

/// Whether the first property confirms what it is told.
fn is_confirmed(ears: &Ears) -> bool {
    use clown_hub::device::profile::Confirm;
    let write = ears.profile(D1).properties[0].write.as_ref().expect("it can be set");
    matches!(write.confirm, Confirm::State)
}

#[test]
fn numbers_choices_buttons_and_texts_are_set() {
    let ears = check(
        "number",
        r#""stat_t":"s","cmd_t":"c","min":5,"max":30,"step":0.5,"unit_of_meas":"°C","dev_cla":"temperature""#,
        &["set-point/x set-point °C set"],
        &["s 21.50"],
        &[r#"set-point/x {"set-point": [21.50, "°C"]}"#],
    );
    assert_eq!(sends(&ears, "set-point/x", r#"{"set-point": [7.5, "°C"]}"#), "c 7.5");
    assert!(sends(&ears, "set-point/x", r#"{"set-point": 31}"#).contains("takes 5 to 30"));
    let ears = check(
        "number",
        r#""stat_t":"s","cmd_t":"c","cmd_tpl":"{\"v\": {{ value * 10 }}}","unit_of_meas":"s""#,
        &["set-point/x value s set"],
        &[],
        &[],
    );
    assert_eq!(sends(&ears, "set-point/x", r#"{"value": 5}"#), r#"c {"v": 50}"#);
    let ears = check(
        "select",
        r#""stat_t":"s","cmd_t":"c","ops":["a","b c"]"#,
        &["select/x mode set"],
        &["s b c"],
        &[r#"select/x {"mode": "b c"}"#],
    );
    assert_eq!(sends(&ears, "select/x", r#"{"mode": "a"}"#), "c a");
    let ears = check("button", r#""cmd_t":"c","pl_prs":"go""#, &["button/x press set"], &[], &[]);
    assert_eq!(sends(&ears, "button/x", r#"{"press": true}"#), "c go");
    let ears = check(
        "text",
        r#""stat_t":"s","cmd_t":"c""#,
        &["text/x text set"],
        &["s hello"],
        &[r#"text/x {"text": "hello"}"#],
    );
    assert_eq!(sends(&ears, "text/x", r#"{"text": "{{ 7 }}"}"#), "c {{ 7 }}", "what is told is no template");
    let ears = check(
        "text",
        r#""stat_t":"s","cmd_t":"c","mode":"password""#,
        &["text/x text set"],
        &["s secret"],
        &[],
    );
    assert_eq!(ears.unknown(D1), ["text x state_topic: a password is not shown"]);
}

#[test]
fn lights_of_both_schemas_are_dimmed() {
    let ears = check(
        "light",
        r#""stat_t":"s","cmd_t":"c","bri_stat_t":"bs","bri_cmd_t":"bc","clr_temp_cmd_t":"tc","clr_temp_stat_t":"ts","rgb_cmd_t":"rc","rgb_stat_t":"rs","fx_cmd_t":"fc","fx_stat_t":"fs","fx_list":["rainbow"],"hs_cmd_t":"h""#,
        &[
            "light/x state set",
            "light/x brightness % set",
            "light/x color-temperature set",
            "light/x effect set",
            "light/x color set",
            "light/x color-hs set",
        ],
        &["s ON", "bs 128", "ts 370", "rs 255,0,0", "fs rainbow"],
        &[
            r#"light/x {"state": true, "brightness": [50, "%"], "color-temperature": 370, "color": "255,0,0", "effect": "rainbow"}"#,
        ],
    );
    assert_eq!(sends(&ears, "light/x", r#"{"state": true}"#), "c ON");
    assert_eq!(sends(&ears, "light/x", r#"{"brightness": 33}"#), "bc 84");
    assert_eq!(sends(&ears, "light/x", r#"{"color-temperature": 200}"#), "tc 200");
    assert_eq!(sends(&ears, "light/x", r#"{"color": "0,255,0"}"#), "rc 0,255,0");
    assert_eq!(sends(&ears, "light/x", r#"{"color-hs": "120,100"}"#), "h 120,100");
    assert_eq!(ears.unknown(D1), [""; 0]);
    let ears = check(
        "light",
        r#""schema":"json","stat_t":"s","cmd_t":"c","brightness":true,"bri_scl":254,"sup_clrm":["color_temp","rgb"],"effect":true,"fx_list":["blink"]"#,
        &[
            "light/x state set",
            "light/x brightness % set",
            "light/x color-temperature set",
            "light/x color set",
            "light/x effect set",
        ],
        &[
            r#"s {"state":"OFF","brightness":127,"color_temp":300,"color":{"r":1,"g":2,"b":3}}"#,
            r#"s {"state":"ON"}"#,
        ],
        &[r#"light/x {"state": true, "brightness": [50, "%"], "color-temperature": 300, "color": "1,2,3"}"#],
    );
    assert_eq!(sends(&ears, "light/x", r#"{"state": false}"#), r#"c {"state": "OFF"}"#);
    assert_eq!(sends(&ears, "light/x", r#"{"brightness": 100}"#), r#"c {"state": "ON", "brightness": 254}"#);
    assert_eq!(
        sends(&ears, "light/x", r#"{"color": "9,8,7"}"#),
        r#"c {"state": "ON", "color": {"r": 9, "g": 8, "b": 7}}"#
    );
    assert_eq!(sends(&ears, "light/x", r#"{"effect": "blink"}"#), r#"c {"state": "ON", "effect": "blink"}"#);
}

#[test]
fn every_percent_of_a_light_comes_back_as_it_was_set() {
    for scale in [100, 254, 255, 1000] {
        let options =
            format!(r#""stat_t":"s","cmd_t":"c","bri_stat_t":"bs","bri_cmd_t":"bc","bri_scl":{scale}"#);
        let mut ears = check("light", &options, &["light/x state set", "light/x brightness % set"], &[], &[]);
        for percent in 0..=100 {
            let sent = sends(&ears, "light/x", &format!(r#"{{"brightness": {percent}}}"#));
            ears.hears("bs", sent.strip_prefix("bc ").expect("it is sent"));
            assert_eq!(
                ears.readings(),
                [format!(r#"{D1}/light/x {{"brightness": [{percent}, "%"]}}"#)],
                "{scale}"
            );
        }
    }
}

#[test]
fn covers_move_and_stand() {
    let ears = check(
        "cover",
        r#""stat_t":"s","cmd_t":"c","pos_t":"p","set_pos_t":"sp","set_pos_tpl":"{\"position\": {{ position }}}","tilt_cmd_t":"tc","tilt_status_t":"ts""#,
        &["cover/x position % set", "cover/x action set", "cover/x-tilt position % set"],
        &["s opening", "p 60", "ts 10"],
        &[
            r#"cover/x {"action": "opening", "position": [60, "%"]}"#,
            r#"cover/x-tilt {"position": [10, "%"]}"#,
        ],
    );
    assert_eq!(sends(&ears, "cover/x", r#"{"position": 25}"#), r#"sp {"position": 25}"#);
    assert_eq!(sends(&ears, "cover/x", r#"{"action": "closing"}"#), "c CLOSE");
    let ears = check(
        "cover",
        r#""cmd_t":"c","pl_stop":null,"pos_t":"p","set_pos_t":"sp","pos_open":0,"pos_clsd":255"#,
        &["cover/x position % set", "cover/x action set"],
        &["p 51"],
        &[r#"cover/x {"position": [80, "%"]}"#],
    );
    assert_eq!(sends(&ears, "cover/x", r#"{"position": 80}"#), "sp 51");
    assert!(sends(&ears, "cover/x", r#"{"action": "stopped"}"#).starts_with("refused"));
}

#[test]
fn thermostats_measure_heat_and_choose() {
    let ears = check(
        "climate",
        r#""~":"t","curr_temp_t":"~/is","curr_temp_tpl":"{{ value_json.local }}","temp_stat_t":"~/is","temp_stat_tpl":"{{ value_json.wish }}","temp_cmd_t":"~/wish","temp_cmd_tpl":"{\"w\":{{ value }}}","mode_stat_t":"~/mode","mode_cmd_t":"~/mode/set","modes":["off","heat"],"act_t":"~/act","fan_mode_cmd_t":"~/fan","swing_mode_cmd_t":"~/swing","swing_mode_stat_tpl":"{{ now() }}","swing_mode_stat_t":"~/sw","temp_unit":"F","hum_cmd_t":"~/hum","pow_cmd_t":"~/power""#,
        &[
            "thermostat/x temperature °F",
            "thermostat/x set-point °F set",
            "thermostat/x mode set",
            "thermostat/x fan-mode set",
            "thermostat/x action",
            "thermostat/x set-humidity % set",
            "thermostat/x state set",
        ],
        &[r#"t/is {"local":68.5,"wish":70}"#, "t/mode heat", "t/act heating"],
        &[
            r#"thermostat/x {"temperature": [68.5, "°F"], "set-point": [70, "°F"], "mode": "heat", "action": "heating"}"#,
        ],
    );
    assert_eq!(sends(&ears, "thermostat/x", r#"{"set-point": 72}"#), r#"t/wish {"w":72}"#);
    assert_eq!(sends(&ears, "thermostat/x", r#"{"fan-mode": "low"}"#), "t/fan low");
    assert_eq!(
        ears.unknown(D1),
        [
            "climate x swing_modes: its swing_mode_state_template needs a template the hub does not know: nothing is called `now` here"
        ]
    );
}

#[test]
fn events_and_versions_are_read() {
    check(
        "event",
        r#""stat_t":"s","evt_typ":["press","hold"],"dev_cla":"button""#,
        &["button/x event"],
        &[r#"s {"event_type":"hold","more":1}"#],
        &[r#"button/x {"event": "hold"}"#],
    );
    let has = ["device/x version", "device/x latest-version"];
    let read = r#"device/x {"version": "1.0", "latest-version": "1.1"}"#;
    check(
        "update",
        r#""stat_t":"s""#,
        &has,
        &[r#"s {"installed_version":"1.0","latest_version":"1.1"}"#],
        &[read],
    );
    let ears = check(
        "update",
        r#""stat_t":"s","l_ver_t":"l","cmd_t":"c","pl_inst":"go""#,
        &has,
        &["s v1", "l v2"],
        &[r#"device/x {"version": "v1", "latest-version": "v2"}"#],
    );
    assert!(sends(&ears, "device/x", r#"{"version": "v2"}"#).starts_with("refused"));
    assert_eq!(ears.unknown(D1), ["update x command_topic: firmware is not installed from here"]);
}

#[test]
fn availability_is_understood_in_every_form_and_mode() {
    let told = |options: &str, said: &[&str]| {
        let mut ears = Ears::new();
        announce(&mut ears, "sensor", &format!(r#""stat_t":"t/s",{options}"#));
        for said in said {
            let (topic, payload) = said.split_once(' ').expect("two words");
            ears.hears(topic, payload);
        }
        ears.online(D1).map(|(online, _)| online)
    };
    assert_eq!(told(r#""avty_t":"a""#, &["a online"]), Some(true));
    assert_eq!(told(r#""avty_t":"a""#, &["a online", "a else"]), Some(true));
    assert_eq!(told(r#""avty_t":"a","pl_avail":"1","pl_not_avail":"0""#, &["a 0"]), Some(false));
    assert_eq!(told(r#""avty_t":"a","avty_tpl":"{{ value_json.s }}""#, &[r#"a {"s":"online"}"#]), Some(true));
    assert_eq!(
        told(
            r#""avty_t":"a","avty_tpl":"{{ 'online' if value_json.rssi < 0 else 'offline' }}""#,
            &[r#"a {"rssi":5}"#]
        ),
        Some(false)
    );
    let two = r#""avty":[{"t":"a"},{"topic":"~/b","payload_available":true,"payload_not_available":false}],"~":"b""#;
    let (a, b) = ("a online", "b/b false");
    assert_eq!(told(two, &[a, b]), Some(false), "the latest counts");
    assert_eq!(told(two, &[b, a]), Some(true), "the latest counts");
    let mode = |mode: &str| format!(r#"{two},"avty_mode":"{mode}""#);
    assert_eq!(told(&mode("all"), &[b, a]), Some(false));
    assert_eq!(told(&mode("all"), &[a, "b/b true"]), Some(true));
    assert_eq!(told(&mode("any"), &[a, b]), Some(true));
    assert_eq!(told(r#""avty":{"t":"a"}"#, &["a offline"]), Some(false), "one without a list");
}

#[test]
fn what_only_one_entity_says_of_availability_is_listed() {
    let mut ears = Ears::new();
    let device = r#""dev":{"ids":"d1","mf":"Acme"}"#;
    for (object, more) in
        [("a", r#""avty":[{"t":"t/on"}]"#), ("b", r#""avty":[{"t":"t/on"},{"t":"b/on"}]"#), ("c", "")]
    {
        let more = if more.is_empty() { String::new() } else { format!(",{more}") };
        ears.hears(
            &format!("homeassistant/sensor/{object}/config"),
            &format!(r#"{{"stat_t":"s","{object}":1,{device}{more}}}"#),
        );
    }
    ears.hears("b/on", "offline");
    assert_eq!(ears.online(D1), None);
    ears.hears("t/on", "offline");
    assert_eq!(ears.online(D1), Some((false, None)));
    let why = "only this part of the device says so; here a device is there or gone as a whole";
    assert_eq!(ears.unknown(D1), [format!("sensor b availability b/on: {why}")]);
}

#[test]
fn what_is_not_understood_is_listed_and_costs_nothing_else() {
    let mut ears = Ears::new();
    let parts = r#""a":{"p":"sensor","stat_t":"s"},
        "b":{"p":"camera","t":"s"},
        "c":{"p":"sensor","stat_t":"s","val_tpl":"{{ states('x') }}"},
        "d":{"p":"sensor","stat_t":"s/#"},
        "e":{"p":"switch","stat_t":"s"},
        "f":{"p":"sensor","stat_t":"s","en":false},
        "g":{"p":"sensor","stat_t":"s","e":""},
        "h":{"stat_t":"s"},
        "i":{"p":"select","cmd_t":"c","ops":[]},
        "j":{"p":"light","cmd_t":"c","schema":"template"},
        "k":{"p":"switch","cmd_t":"c","stat_t":"s","pl_on":"x","pl_off":"x"},
        "l":{"p":"switch","cmd_t":"c","ret":true},
        "m":7"#;
    ears.hears(
        "homeassistant/device/d1/config",
        &format!(r#"{{"dev":{{"ids":"d1","mf":"Acme"}},"o":{{"name":"x"}},"cmps":{{{parts}}}}}"#),
    );
    assert_eq!(ears.properties(D1), ["sensor/a value", "relay/l state set"]);
    let mut unknown = ears.unknown(D1);
    unknown.sort_unstable();
    assert_eq!(
        unknown,
        [
            "camera b: the component camera is not known here",
            "h: says no platform",
            "light j: has no command_on_template",
            "m: is no object",
            "select i: has no options",
            "sensor c: its value_template needs a template the hub does not know: nothing is called `states` here",
            "sensor d: its state_topic is no topic: s/#",
            "sensor f: its sender has it switched off",
            "sensor g: says bytes, no text",
            "switch e: has no command_topic",
            "switch k: says \"x\" for on and for off",
            "switch l retain: commands are never left in the broker's memory",
        ]
    );
}

#[test]
fn one_device_is_known_by_any_of_its_names() {
    let mut ears = Ears::new();
    let entity = |ears: &mut Ears, object: &str, device: &str| {
        ears.hears(
            &format!("homeassistant/switch/{object}/config"),
            &format!(r#"{{"cmd_t":"{object}","name":"{object}","dev":{{{device}}}}}"#),
        );
    };
    entity(&mut ears, "a", r#""ids":["one","two"],"mf":"Acme""#);
    entity(&mut ears, "b", r#""ids":"two""#);
    entity(&mut ears, "c", r#""cns":[["mac","02:5b:26:a8:dc:12"]],"ids":["one"]"#);
    entity(&mut ears, "d", r#""cns":[["mac","02:5b:26:a8:dc:12"]],"name":"Four""#);
    entity(&mut ears, "e", r#""ids":"other""#);
    assert_eq!(ears.devices(), ["nodes/acme/one Four", "nodes/homeassistant/other other"]);
    assert_eq!(ears.properties("nodes/acme/one").len(), 4);
    for object in ["a", "b", "c"] {
        ears.hears(&format!("homeassistant/switch/{object}/config"), "");
    }
    entity(&mut ears, "d", r#""ids":"alone""#);
    assert_eq!(ears.devices(), ["nodes/homeassistant/alone alone", "nodes/homeassistant/other other"]);
}

#[test]
fn a_sender_goes_over_from_one_form_to_the_other() {
    let mut ears = Ears::new();
    let device = r#""dev":{"ids":"d1","mf":"Acme"}"#;
    let single = "homeassistant/sensor/d1/x/config";
    ears.hears(single, &format!(r#"{{"stat_t":"s","uniq_id":"u1",{device}}}"#));
    ears.hears(single, r#"{"migrate_discovery":true}"#);
    assert_eq!(ears.properties(D1), ["sensor/x value"], "it stays until the other form is there");
    ears.hears(
        "homeassistant/device/d1/config",
        &format!(
            r#"{{{device},"o":{{"name":"x"}},"cmps":{{"y":{{"p":"sensor","stat_t":"s","uniq_id":"u1"}}}}}}"#
        ),
    );
    assert_eq!(ears.properties(D1), ["sensor/y value"], "the same thing is there once");
    ears.hears(single, "");
    assert_eq!(ears.properties(D1), ["sensor/y value"]);
}

#[test]
fn what_another_hub_offers_to_home_assistant_is_not_taken() {
    let mut ears = Ears::new();
    ears.hears(
        "homeassistant/device/d1/config",
        r#"{"dev":{"ids":"d1"},"o":{"name":"clown-hub"},"cmps":{"y":{"p":"sensor","stat_t":"nodes/a/b/c"}}}"#,
    );
    assert_eq!(ears.devices(), [""; 0]);
}

#[test]
fn a_broken_announcement_leaves_the_earlier_one() {
    let mut ears = Ears::new();
    announce(&mut ears, "sensor", r#""stat_t":"s""#);
    let topic = "homeassistant/sensor/d1/x/config";
    for broken in ["{", "[]", "7", "\u{0}", r#"{"a":"#] {
        ears.hears(topic, broken);
        assert_eq!(ears.properties(D1), ["sensor/x value"], "{broken}");
    }
    assert_eq!(ears.refused.len(), 4, "two of them for the same reason");
    assert!(ears.refused[0].contains("sensor/d1/x: is no JSON"), "{:?}", ears.refused[0]);
    announce(&mut ears, "camera", r#""t":"s""#);
    ears.hears(topic, "");
    assert!(ears.refused[4].contains("the component camera is not known here"), "{:?}", ears.refused[4]);
    assert_eq!(ears.devices(), [""; 0]);
}

#[test]
fn hostile_announcements_never_panic_and_give_no_wrong_reading() {
    let whole = r#"{"~":"b","name":"N","stat_t":"~/s","cmd_t":"~/c","dev_cla":"temperature","unit_of_meas":"°C","val_tpl":"{{ value_json.t }}","avty":[{"t":"~/a","val_tpl":"{{ value_json.s }}"}],"ops":["a"],"pos_t":"p","temp_cmd_t":"t","schema":"json","brightness":true,"min":1,"max":9,"dev":{"ids":["d1"],"cns":[["mac","00:11:22:33:44:55"]],"name":"D","mf":"Acme","mdl":"M"}}"#;
    let components = [
        "sensor",
        "binary_sensor",
        "switch",
        "light",
        "number",
        "select",
        "button",
        "cover",
        "climate",
        "text",
        "event",
        "update",
        "camera",
        "device",
    ];
    let mut ears = Ears::new();
    // Cut anywhere.
    for component in components {
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)).step_by(7) {
            ears.hears(&format!("homeassistant/{component}/cut/config"), &whole[..end]);
        }
    }
    // Every option is something else.
    let serde_json::Value::Object(options) = serde_json::from_str(whole).expect("JSON") else { panic!() };
    for component in components {
        for key in options.keys() {
            for other in [
                "null",
                "7",
                "-1e300",
                "true",
                "\"\"",
                "\"{{\"",
                "\"\\u0000\"",
                "[]",
                "[[[]]]",
                "{}",
                "\"é~\"",
            ] {
                let mut options = options.clone();
                options.insert(key.clone(), serde_json::from_str(other).expect("JSON"));
                let text = serde_json::Value::Object(options).to_string();
                ears.hears(&format!("homeassistant/{component}/odd/config"), &text);
            }
        }
        ears.hears(&format!("homeassistant/{component}/odd/config"), "");
    }
    ears.hears("b/s", r#"{"t":"<script>"}"#);
    assert_eq!(ears.readings(), [""; 0]);
    // Deep, long and strange.
    ears.hears("homeassistant/sensor/deep/config", &"[".repeat(100_000));
    ears.hears(
        "homeassistant/sensor/deep/config",
        &format!(r#"{{"stat_t":"s","val_tpl":"{{{{ {}value }}}}"}}"#, "(".repeat(5_000)),
    );
    ears.hears("homeassistant/sensor/deep/config", &format!(r#"{{"stat_t":"{}"}}"#, "s/".repeat(30_000)));
    ears.hears(
        "homeassistant/sensor/deep/config",
        &format!(r#"{{"name":"{}","stat_t":"s"}}"#, "n".repeat(200_000)),
    );
    for topic in [
        "homeassistant/config",
        "homeassistant//config",
        "homeassistant/a/b/c/d/config",
        "homeassistant/é/x/config",
    ] {
        ears.hears(topic, whole);
    }
}

#[test]
fn ten_thousand_entities_of_one_device_are_bounded() {
    let mut ears = Ears::new();
    let began = std::time::Instant::now();
    let mut all = String::new();
    for n in 0..10_000 {
        let comma = if n == 0 { "" } else { "," };
        all.push_str(&format!(r#"{comma}"c{n}":{{"p":"sensor","stat_t":"s/{n}"}}"#));
    }
    ears.hears(
        "homeassistant/device/d1/config",
        &format!(r#"{{"dev":{{"ids":"d1","mf":"Acme"}},"cmps":{{{all}}}}}"#),
    );
    assert!(ears.properties(D1).len() <= 256);
    assert_eq!(ears.unknown(D1).len(), 257, "the rest is counted");
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
