//! Which device a topic belongs to, learned from what devices say.
//!
//! `nodes/bridge/1/thermometer/i2c0-48` with `{"temperature": [24.50, "℃"]}` is the word of a known type about a known
//! quantity: everything before the last two levels is the base of its device. What else is said below a base belongs to
//! that device. Bases that are named in the configuration count first. What belongs nowhere is a message all the same.

use std::collections::HashSet;

use crate::device::{Kind, kind_of, listed_keys, property};
use crate::talk::dialect::HANDSHAKE_OK;
use crate::talk::model::{Reading, Value};
use crate::talk::{Payload, Topic};

/// The most devices learned on one link; what comes beyond belongs to no device.
const MOST: usize = 1_000;

/// The bases of one link.
#[derive(Debug, Default)]
pub struct Bases {
    named: Vec<Topic>,
    learned: HashSet<Topic>,
}

impl Bases {
    /// With those that the configuration names.
    pub fn new(named: Vec<Topic>) -> Self {
        Self { named, learned: HashSet::new() }
    }

    /// The base of the device that said this, if a device did.
    pub fn of(&mut self, topic: &Topic, payload: &Payload) -> Option<Topic> {
        let named = self.named.iter().filter(|base| topic.below(base).is_some());
        if let Some(base) = named.max_by_key(|base| base.as_str().len()) {
            return Some(base.clone());
        }
        if let Some(base) = told(topic, payload) {
            if !self.learned.contains(&base) {
                if self.learned.len() >= MOST {
                    return None;
                }
                self.learned.insert(base.clone());
            }
            return Some(base);
        }
        self.above(topic)
    }

    /// The longest known base above a topic.
    pub fn above(&self, topic: &Topic) -> Option<Topic> {
        let mut above = topic.as_str();
        while let Some((shorter, _)) = above.rsplit_once('/') {
            if let Some(base) = self.learned.get(shorter) {
                return Some(base.clone());
            }
            above = shorter;
        }
        None
    }
}

/// The base that topic and payload tell by their shape alone.
fn told(topic: &Topic, payload: &Payload) -> Option<Topic> {
    if !payload.is_object() || topic.has_empty_level() {
        return None;
    }
    if let Some(base) = topic.as_str().strip_suffix(HANDSHAKE_OK).and_then(|base| base.strip_suffix('/')) {
        let is_device = payload.readings().iter().any(|reading| &*reading.key == "device");
        return Topic::new(base).ok().filter(|_| is_device);
    }
    let (rest, address) = topic.as_str().rsplit_once('/')?;
    let (base, kind) = rest.rsplit_once('/')?;
    let id = format!("{kind}/{address}");
    let is_known = |reading: &&Reading| listed_keys(&id).any(|key| *key == *reading.key);
    let mut known = payload.readings().iter().filter(is_known).peekable();
    let fits = known.peek().is_some() && known.all(|reading| fits(&id, reading));
    Topic::new(base).ok().filter(|_| fits)
}

/// Whether a reading has the shape that its type and quantity have in Clown.Model.
fn fits(id: &str, reading: &Reading) -> bool {
    let known = property(id, &reading.key, &reading.value, reading.unit.as_deref());
    match (&known.kind, &reading.value) {
        (Kind::Number, Value::Number { .. } | Value::Null) => reading.unit.is_some(),
        (Kind::Switch, Value::Bool(_)) | (Kind::Event, Value::Number { .. }) => true,
        // A relay that was not set since its start does not know.
        (Kind::Switch | Kind::Event | Kind::Choice(_), Value::Null) => kind_of(id) != "light",
        (Kind::Choice(words), Value::Text(word)) => words.iter().any(|known| **known == **word),
        (Kind::Number | Kind::Switch | Kind::Choice(_) | Kind::Text | Kind::Event | Kind::Button, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        Topic::new(text).expect(text)
    }

    fn check(bases: &mut Bases, said: &str, payload: &str, base: Option<&str>) {
        let payload = Payload::parse(payload).expect(payload);
        assert_eq!(bases.of(&topic(said), &payload), base.map(topic), "{said} {payload}");
    }

    #[test]
    fn a_device_is_known_by_what_it_says() {
        let check = |said: &str, payload: &str, base: Option<&str>| {
            check(&mut Bases::default(), said, payload, base);
        };
        let celsius = r#"{"temperature": [24.50, "\u2103"]}"#;
        check("nodes/bridge/1/thermometer/i2c0-48", celsius, Some("nodes/bridge/1"));
        check("nodes/remote/thermometer/i2c0-49", celsius, Some("nodes/remote"));
        check("nodes/push-button/-", r#"{"event-count": 5}"#, Some("nodes"));
        check("nodes/bridge/1/relay/i2c0-3b", r#"{"state": null}"#, Some("nodes/bridge/1"));
        check("nodes/bridge/1/led/-", r#"{"state": "3-dot"}"#, Some("nodes/bridge/1"));
        check(
            "nodes/bridge/1/barometer/i2c0-60",
            r#"{"altitude": [583.0, "m"], "pressure": [94.6, "kPa"]}"#,
            Some("nodes/bridge/1"),
        );
        check(
            "nodes/bridge/1/clown.talk/-/config/ok",
            r#"{"ack": false, "device": "bridge"}"#,
            Some("nodes/bridge/1"),
        );
    }

    #[test]
    fn what_only_looks_alike_is_no_device() {
        let check = |said: &str, payload: &str| check(&mut Bases::default(), said, payload, None);
        check("thermometer/i2c0-48", r#"{"temperature": [24.50, "℃"]}"#);
        check("zigbee2mqtt/light/kitchen", r#"{"state": "ON"}"#);
        check("shellies/plug/relay/0", r#""on""#);
        check("nodes/bridge/1/thermometer/i2c0-48", r#"{"temperature": 24.50}"#);
        check("nodes/bridge/1/thermometer/i2c0-48", r#"{"temperature": ["warm", "℃"]}"#);
        check("nodes/bridge/1/thermometer/i2c0-48", r#"{"pressure": [94.6, "kPa"]}"#);
        check("nodes/bridge/1/relay/i2c0-3b/set", r#"{"state": true}"#);
        check("nodes/bridge/1/thermometer/i2c0-48/get", "{}");
        check("nodes//thermometer/i2c0-48", r#"{"temperature": [24.50, "℃"]}"#);
        check("other/clown.talk/-/config/ok", r#"{"ok": true}"#);
        check("a/well/0", r#"{"depth": [3, "m"]}"#);
    }

    #[test]
    fn what_is_said_below_a_base_belongs_to_its_device() {
        let mut bases = Bases::default();
        check(&mut bases, "nodes/bridge/1/boot", "{}", None);
        check(&mut bases, "nodes/bridge/1/led/-", r#"{"state": "on"}"#, Some("nodes/bridge/1"));
        check(&mut bases, "nodes/bridge/1/boot", "{}", Some("nodes/bridge/1"));
        check(&mut bases, "nodes/bridge/1/thermometer/i2c0-48/config/ok", "{}", Some("nodes/bridge/1"));
        check(&mut bases, "nodes/bridge/1/well/0", r#"{"depth": [3, "m"]}"#, Some("nodes/bridge/1"));
        check(&mut bases, "nodes/bridge/12/well/0", r#"{"depth": [3, "m"]}"#, None);
    }

    #[test]
    fn bases_of_the_configuration_come_first() {
        let mut bases = Bases::new(vec![topic("garden"), topic("garden/well")]);
        let celsius = r#"{"temperature": [24.50, "℃"]}"#;
        check(&mut bases, "garden/north/thermometer/0", celsius, Some("garden"));
        check(&mut bases, "garden/well/depth/0", "3.5", Some("garden/well"));
        check(&mut bases, "gardens/depth/0", "3.5", None);
    }

    #[test]
    fn more_devices_than_anybody_has_are_not_learned() {
        let mut bases = Bases::default();
        for number in 0..MOST {
            bases
                .of(&topic(&format!("n{number}/led/-")), &Payload::parse(r#"{"state":"on"}"#).expect("json"));
        }
        check(&mut bases, "one-more/led/-", r#"{"state":"on"}"#, None);
        check(&mut bases, "n5/led/-", r#"{"state":"on"}"#, Some("n5"));
    }
}
