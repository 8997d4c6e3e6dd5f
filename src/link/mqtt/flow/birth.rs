//! `clown-hub/<hub id>/<link>`: a hub says that it is there, which devices it speaks for, and leaves word for its death.
//!
//! The message is retained: `{"state": "online", "name": "workshop", "bases": ["nodes/bridge/0"]}` as long as the hub is
//! connected, `{"state": "offline"}` as its will and its good-bye. Other hubs listen, so that devices behind a hub that
//! is gone are not shown as if they were there. A device that is offline at its own hub is left out of the list.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

use super::super::client::Publish;
use super::routes::Routes;
use crate::hub::iso;
use crate::talk::{Payload, Topic, printable};

/// What hubs that listen subscribe to.
pub const EVERYBODY: &str = "clown-hub/+/+";
/// The most other hubs that are remembered, and the most devices of each.
const MOST: usize = 1_000;
/// The most bytes of names and bases of all of them together.
const BYTES: usize = 4 << 20;

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
    read(payload).is_some_and(|said| said.state == "online")
}

#[derive(serde::Deserialize)]
struct Said {
    state: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    bases: Vec<String>,
}

fn read(payload: &[u8]) -> Option<Said> {
    serde_json::from_slice(payload).ok()
}

/// What this hub says on one link.
#[derive(Debug)]
pub struct Birth {
    topic: String,
    name: String,
    /// By the hub's name of each base: whether the device is there.
    bases: BTreeMap<Topic, bool>,
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
}

impl Birth {
    /// Of the hub with this id, on this link; `name` is the machine's, for people.
    pub fn new(hub: &str, link: &str, name: &str) -> Self {
        let topic = format!("clown-hub/{hub}/{link}");
        Self { topic, name: name.to_owned(), bases: BTreeMap::new(), said: None, changed: true }
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

    /// What is to be said now; nothing if it was said already.
    pub fn online(&mut self, routes: &Routes) -> Option<Publish> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let there = self.bases.iter().filter(|(_, is_there)| **is_there);
        let bases: BTreeSet<String> =
            there.filter_map(|(base, _)| routes.base_out(base)).map(|base| base.to_string()).collect();
        let bases = bases.into_iter().take(MOST).collect();
        let text = Payload::of(&BirthText { state: "online", name: Some(&self.name), bases: Some(bases) });
        if self.said.as_ref() == Some(&text) {
            return None;
        }
        self.said = Some(text.clone());
        Some(self.publish(&text))
    }

    /// The will, and the good-bye.
    pub fn offline(&self) -> Publish {
        self.publish(&Payload::of(&BirthText { state: "offline", name: None, bases: None }))
    }

    /// Nobody has heard what was said: it is to be said again.
    pub fn begin(&mut self) {
        (self.said, self.changed) = (None, true);
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

/// What other hubs said on one link.
#[derive(Debug, Default)]
pub struct Peers {
    known: HashMap<String, Peer>,
    /// What they weigh together.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Peer {
    name: String,
    bases: BTreeSet<String>,
}

/// What the word of another hub changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// It was not there before.
    pub came: bool,
    /// The devices that nobody speaks for now.
    pub left: Vec<Left>,
}

/// A device that another hub does not speak for any more.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// The broker's name of its base.
    pub base: String,
    /// Why, for people.
    pub reason: String,
}

impl Peers {
    /// Another hub said something. `memory`: the broker remembered it.
    pub fn hear(&mut self, now: SystemTime, topic: &str, payload: &[u8], memory: bool) -> Change {
        let Some(said) = read(payload).filter(|said| said.state == "online") else {
            let Some(gone) = self.known.remove(topic) else { return Change::default() };
            self.bytes -= gone.weight();
            let name = gone.name_or(topic);
            let reason = match memory {
                true => format!("hub {name} is offline"),
                false => format!("hub {name} is offline since {}", iso(now)),
            };
            return Change { came: false, left: self.unspoken(gone.bases, &reason) };
        };
        if self.known.len() >= MOST && !self.known.contains_key(topic) {
            return Change::default();
        }
        let name: String = printable(&said.name).chars().take(64).collect();
        let peer = Peer { name, bases: said.bases.into_iter().take(MOST).collect() };
        let reason = format!("hub {} says that it is offline", peer.name_or(topic));
        let before = self.known.get(topic);
        let bytes = self.bytes - before.map_or(0, Peer::weight) + peer.weight();
        if bytes > BYTES {
            return Change::default();
        }
        self.bytes = bytes;
        let came = before.is_none();
        let left =
            before.map_or(BTreeSet::new(), |before| before.bases.difference(&peer.bases).cloned().collect());
        self.known.insert(topic.to_owned(), peer);
        Change { came, left: self.unspoken(left, &reason) }
    }

    /// The connection is gone: who was there before is new on the next one.
    pub fn begin(&mut self) {
        (self.known, self.bytes) = (HashMap::new(), 0);
    }

    fn unspoken(&self, bases: BTreeSet<String>, reason: &str) -> Vec<Left> {
        let spoken = |base: &String| self.known.values().any(|peer| peer.bases.contains(base));
        let left = bases.into_iter().filter(|base| !spoken(base));
        left.map(|base| Left { base, reason: reason.to_owned() }).collect()
    }
}

impl Peer {
    fn weight(&self) -> usize {
        self.name.len() + self.bases.iter().map(String::len).sum::<usize>()
    }

    fn name_or<'a>(&'a self, topic: &'a str) -> &'a str {
        match self.name.is_empty() {
            true => topic.split('/').nth(1).unwrap_or(topic),
            false => &self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    const A: &str = "clown-hub/aaaaaaaa/home";
    const B: &str = "clown-hub/bbbbbbbb/home";

    fn said(peers: &mut Peers, topic: &str, payload: &str) -> Vec<(String, String)> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let change = peers.hear(now, topic, payload.as_bytes(), false);
        change.left.into_iter().map(|left| (left.base, left.reason)).collect()
    }

    #[test]
    fn devices_of_a_hub_that_left_are_named_with_the_reason() {
        let mut peers = Peers::default();
        let online = r#"{"state":"online","name":"attic","bases":["nodes/1","nodes/2"]}"#;
        assert!(said(&mut peers, A, online).is_empty());
        let reason = "hub attic is offline since 1970-01-01T00:00:01.000Z".to_owned();
        let expect = [("nodes/1".to_owned(), reason.clone()), ("nodes/2".to_owned(), reason)];
        assert_eq!(said(&mut peers, A, r#"{"state":"offline"}"#), expect);
        assert!(said(&mut peers, A, r#"{"state":"offline"}"#).is_empty(), "known already");
    }

    #[test]
    fn a_device_that_its_hub_leaves_out_has_left() {
        let mut peers = Peers::default();
        said(&mut peers, A, r#"{"state":"online","name":"attic","bases":["nodes/1","nodes/2"]}"#);
        let left = said(&mut peers, A, r#"{"state":"online","name":"attic","bases":["nodes/1"]}"#);
        assert_eq!(left, [("nodes/2".to_owned(), "hub attic says that it is offline".to_owned())]);
        assert_eq!(said(&mut peers, A, "").len(), 1, "an empty message is no birth");
    }

    #[test]
    fn a_device_that_another_hub_speaks_for_is_still_there() {
        let mut peers = Peers::default();
        said(&mut peers, A, r#"{"state":"online","name":"a","bases":["nodes/1"]}"#);
        said(&mut peers, B, r#"{"state":"online","name":"b","bases":["nodes/1"]}"#);
        assert!(said(&mut peers, A, r#"{"state":"offline"}"#).is_empty());
        assert_eq!(said(&mut peers, B, "\u{0}nonsense").len(), 1);
    }

    #[test]
    fn hubs_that_name_too_much_are_not_watched_and_make_room_when_they_leave() {
        let mut peers = Peers::default();
        let long = "x".repeat(1 << 20);
        let online = format!(r#"{{"state":"online","name":"a","bases":["{long}"]}}"#);
        for number in 0..10 {
            said(&mut peers, &format!("clown-hub/{number}/home"), &online);
        }
        assert_eq!((peers.known.len(), peers.bytes), (3, 3 * (1 + long.len())));
        said(&mut peers, "clown-hub/0/home", &online);
        said(&mut peers, "clown-hub/0/home", "");
        said(&mut peers, A, &online);
        assert_eq!(peers.bytes, 3 * (1 + long.len()));
        assert!(peers.known.contains_key(A));
        peers.begin();
        assert_eq!(peers.bytes, 0);
    }

    #[test]
    fn a_hub_comes_once() {
        let mut peers = Peers::default();
        let mut came = |payload: &str| peers.hear(SystemTime::UNIX_EPOCH, A, payload.as_bytes(), true).came;
        let online = r#"{"state":"online","name":"attic","bases":[]}"#;
        assert!(came(online) && !came(online));
        assert!(!came(r#"{"state":"offline"}"#) && came(online));
    }

    #[test]
    fn nonsense_is_nobody() {
        let mut peers = Peers::default();
        for payload in ["", "{", "[]", r#"{"state":1}"#, r#"{"state":"online","bases":{}}"#] {
            assert!(said(&mut peers, A, payload).is_empty(), "{payload}");
        }
        assert!(peers.known.is_empty());
    }
}
