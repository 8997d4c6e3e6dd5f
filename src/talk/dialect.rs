//! Older dialects of Clown.Talk (2016), understood on input only.
//!
//! The hub speaks the dialect of bc-bridge v1.1.1 and maps what earlier firmware and clients said to it.
//! Source: the README and history of bc-bridge between 2016-08 and 2016-10.

use std::borrow::Cow;

/// The topic of the opening message of a conversation.
pub const HANDSHAKE: &str = "clown.talk/-/config/set";
/// The topic that answers it.
pub const HANDSHAKE_OK: &str = "clown.talk/-/config/ok";

/// The present-day topic for `topic`, relative to its base; borrowed when nothing changes.
pub fn modern(topic: &str) -> Cow<'_, str> {
    if let Some(rest) = topic.strip_prefix("$config/") {
        return config(rest).map_or(Cow::Borrowed(topic), Cow::Owned);
    }
    if let Some(rest) = topic.strip_prefix("luxmeter/") {
        return Cow::Owned(format!("lux-meter/{rest}"));
    }
    Cow::Borrowed(topic)
}

fn config(rest: &str) -> Option<String> {
    match rest {
        "clown-talk/create" | "clown.talk/-/create" => return Some(HANDSHAKE.to_owned()),
        "clown-talk" | "clown.talk/-" => return Some(HANDSHAKE_OK.to_owned()),
        _ => {}
    }
    let levels: Vec<&str> = rest.split('/').collect();
    match levels.as_slice() {
        ["devices" | "sensors", kind, address] => Some(format!("{kind}/{address}/config/ok")),
        ["devices" | "sensors", kind, address, "read"] => Some(format!("{kind}/{address}/config/get")),
        ["devices" | "sensors", kind, address, verb @ ("update" | "list" | "set" | "get")] => {
            Some(format!("{kind}/{address}/config/{verb}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_topics_become_new_ones() {
        let check = |old: &str, new: &str| assert_eq!(modern(old), new);
        check("$config/clown-talk/create", HANDSHAKE);
        check("$config/clown.talk/-/create", HANDSHAKE);
        check("$config/clown-talk", HANDSHAKE_OK);
        check("$config/devices/-/-/list", "-/-/config/list");
        check("$config/devices/-/-", "-/-/config/ok");
        check("$config/devices/thermometer/i2c0-48/read", "thermometer/i2c0-48/config/get");
        check("$config/sensors/thermometer/i2c0-48/update", "thermometer/i2c0-48/config/update");
        check("luxmeter/i2c0-44", "lux-meter/i2c0-44");
        check("relay/i2c0-3b/set", "relay/i2c0-3b/set");
        check("$eeprom/alias/list", "$eeprom/alias/list");
    }
}
