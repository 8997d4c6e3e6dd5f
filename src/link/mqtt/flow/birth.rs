//! `clown-hub/<hub id>/<link>`: a hub says that it is there, which devices it speaks for, and leaves word for its death.
//!
//! The message is retained: `{"state": "online", "name": "workshop", "bases": ["nodes/bridge/0"]}` as long as the hub is
//! connected, `{"state": "offline"}` as its will and its good-bye. Other hubs listen, so that devices behind a hub that
//! is gone are not shown as if they were there. A device that is offline at its own hub is left out of the list.
//! `"commands"` are the bases of devices at the broker itself whose commands the hub carries out (see `share`).

use std::collections::{BTreeMap, BTreeSet};

use super::super::client::Publish;
use super::routes::Routes;
use crate::talk::{Payload, Topic};

/// What hubs that listen subscribe to.
pub const EVERYBODY: &str = "clown-hub/+/+";
/// The most devices that a hub names.
pub(super) const MOST: usize = 1_000;

/// The hub and the link whose birth a topic is, if it is one.
pub fn read_topic(topic: &str) -> Option<(&str, &str)> {
    let (hub, link) = topic.strip_prefix("clown-hub/")?.split_once('/')?;
    (!link.contains('/')).then_some((hub, link))
}

/// What the other links of this hub are known by: two of them at one broker see each other there.
pub fn of_this_hub(hub: &str) -> String {
    format!("clown-hub/{hub}/+")
}

/// Whether a birth says that its hub is there.
pub fn is_online(payload: &[u8]) -> bool {
    online(payload).is_some()
}

/// What a hub says.
#[derive(serde::Deserialize)]
pub(super) struct Said {
    state: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) bases: Vec<String>,
    #[serde(default)]
    pub(super) commands: Vec<String>,
}

/// The birth of a hub that says that it is there.
pub(super) fn online(payload: &[u8]) -> Option<Said> {
    serde_json::from_slice(payload).ok().filter(|said: &Said| said.state == "online")
}

/// What this hub says on one link.
#[derive(Debug)]
pub struct Birth {
    topic: String,
    name: String,
    /// By the hub's name of each base: whether the device is there.
    bases: BTreeMap<Topic, bool>,
    /// By the broker's names: devices at the broker whose commands are carried out.
    commands: BTreeSet<String>,
    /// Those that were said on this connection.
    said_commands: BTreeSet<String>,
    /// What was said last on this connection.
    said: Option<Payload>,
    /// Whether something else may be to be said now.
    changed: bool,
}

#[derive(serde::Serialize)]
struct BirthText<'a> {
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bases: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<&'a str>,
}

impl Birth {
    /// Of the hub with this id, on this link; `name` is the machine's, for people.
    pub fn new(hub: &str, link: &str, name: &str) -> Self {
        let topic = format!("clown-hub/{hub}/{link}");
        Self {
            topic,
            name: name.to_owned(),
            bases: BTreeMap::new(),
            commands: BTreeSet::new(),
            said_commands: BTreeSet::new(),
            said: None,
            changed: true,
        }
    }

    /// Where it is said.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// A device of another link is there, or is not.
    pub fn know(&mut self, base: &Topic, is_there: bool) {
        match self.bases.get_mut(base) {
            Some(known) if *known == is_there => return,
            Some(known) => *known = is_there,
            None => {
                self.bases.insert(base.clone(), is_there);
            }
        }
        self.changed = true;
    }

    /// Whether the base is one that it has to do with.
    pub fn knows(&self, base: &Topic) -> bool {
        self.bases.contains_key(base)
    }

    /// The device is not this hub's to speak for any more.
    pub fn forget(&mut self, base: &Topic) {
        self.bases.remove(base);
        self.changed = true;
    }

    /// The devices at the broker whose commands are carried out, by the broker's names.
    pub fn carry_out(&mut self, commands: BTreeSet<String>) {
        self.changed |= self.commands != commands;
        self.commands = commands;
    }

    /// Whether others could hear that commands are carried out for the device with this name.
    pub fn has_said(&self, base: &str) -> bool {
        self.said_commands.contains(base)
    }

    /// What is to be said now; nothing if it was said already.
    pub fn online(&mut self, routes: &Routes) -> Option<Publish> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let there = self.bases.iter().filter(|(_, is_there)| **is_there);
        let bases: BTreeSet<String> =
            there.filter_map(|(base, _)| routes.base_out(base)).map(|base| base.to_string()).collect();
        let bases = bases.into_iter().take(MOST).collect();
        self.said_commands = self.commands.iter().take(MOST).cloned().collect();
        let commands = self.said_commands.iter().map(String::as_str).collect();
        let name = Some(&*self.name);
        let text = Payload::of(&BirthText { state: "online", name, bases: Some(bases), commands });
        if self.said.as_ref() == Some(&text) {
            return None;
        }
        self.said = Some(text.clone());
        Some(self.publish(&text))
    }

    /// The will, and the good-bye.
    pub fn offline(&self) -> Publish {
        let text = BirthText { state: "offline", name: None, bases: None, commands: Vec::new() };
        self.publish(&Payload::of(&text))
    }

    /// Nobody has heard what was said: it is to be said again.
    pub fn begin(&mut self) {
        (self.said, self.changed) = (None, true);
        self.said_commands.clear();
    }

    fn publish(&self, text: &Payload) -> Publish {
        Publish {
            topic: self.topic.clone(),
            payload: text.as_str().to_owned().into(),
            retain: true,
            ..Publish::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        Topic::new(text).expect(text)
    }

    fn text(publish: Option<Publish>) -> String {
        let publish = publish.expect("something to say");
        assert!(publish.retain);
        String::from_utf8(publish.payload.to_vec()).expect("text")
    }

    #[test]
    fn a_birth_names_the_devices_that_go_out_and_are_there() {
        let routes = Routes::new(vec![r#"nodes/# out 0 "" house/"#.parse().expect("a route")]);
        let mut birth = Birth::new("0f3a9c1e", "home", "workshop");
        assert_eq!(text(birth.online(&routes)), r#"{"state":"online","name":"workshop","bases":[]}"#);
        assert_eq!(birth.online(&routes), None, "said already");
        birth.know(&topic("nodes/bridge/0"), true);
        birth.know(&topic("garden/well"), true);
        assert!(text(birth.online(&routes)).ends_with(r#""bases":["house/nodes/bridge/0"]}"#));
        birth.know(&topic("nodes/bridge/0"), false);
        assert!(text(birth.online(&routes)).ends_with(r#""bases":[]}"#));
        birth.begin();
        assert!(birth.online(&routes).is_some(), "a new connection hears it again");
        assert_eq!(birth.offline().topic, "clown-hub/0f3a9c1e/home");
        assert_eq!(text(Some(birth.offline())), r#"{"state":"offline"}"#);
    }

    #[test]
    fn births_are_told_from_other_topics() {
        assert_eq!(read_topic("clown-hub/0f3a9c1e/home"), Some(("0f3a9c1e", "home")));
        for topic in ["clown-hub/0f3a9c1e", "clown-hub/a/b/c", "x/clown-hub/a", "clown-hub"] {
            assert_eq!(read_topic(topic), None, "{topic}");
        }
    }
}
