//! A house full of plugs, as a bridge of Zigbee2MQTT lists them.

use serde_json::{Value, json};

use crate::captured::messages;

/// So many plugs, made of a recorded one.
pub fn plugs(count: usize) -> Vec<Value> {
    let list = messages("13-zigbee2mqtt-bridge-devices.mqtt").remove(0).1;
    let list: Vec<Value> = serde_json::from_str(&list).expect("JSON");
    let plug = list.iter().find(|one| one["friendly_name"] == "power_plug").expect("a plug");
    let several = |at: usize| {
        let mut plug = plug.clone();
        plug["friendly_name"] = json!(format!("room {at}/plug"));
        plug["ieee_address"] = json!(format!("0x00158d00{at:08x}"));
        plug
    };
    (0..count).map(several).collect()
}
