//! Other hubs at the broker: which are there, which devices they speak for, and for which they carry out commands.
//!
//! Learned from their births and wills (see [`birth`](super::birth)), one link each. What a hub speaks for that is gone
//! is offline, unless another one speaks for it, too.

use std::collections::{BTreeSet, HashMap};
use std::time::SystemTime;

use super::birth::{MOST, online, read_topic};
use crate::hub::iso;
use crate::talk::printable;

/// The most bytes of names and bases of all of them together.
const BYTES: usize = 4 << 20;

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
    commands: BTreeSet<String>,
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
        let Some(said) = online(payload) else {
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
        let some = |bases: Vec<String>| bases.into_iter().take(MOST).collect();
        let peer = Peer { name, bases: some(said.bases), commands: some(said.commands) };
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

    /// Whether any of them carries out commands for devices at the broker.
    pub fn carry_out_any(&self) -> bool {
        self.known.values().any(|peer| !peer.commands.is_empty())
    }

    /// Of the hubs that come before `own` by their ids, the first one that carries out commands for the device with this
    /// name: its id, and the name of its machine.
    pub fn first_before(&self, own: &str, base: &str) -> Option<(&str, &str)> {
        let carries = self.known.iter().filter(|(_, peer)| peer.commands.contains(base));
        let hubs = carries.filter_map(|(topic, peer)| Some((read_topic(topic)?.0, peer.name_or(topic))));
        hubs.filter(|(id, _)| *id < own).min()
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
        let bases = self.bases.iter().chain(&self.commands);
        self.name.len() + bases.map(String::len).sum::<usize>()
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
    fn the_first_hub_by_id_carries_out_the_commands_of_a_device_until_it_is_gone() {
        let mut peers = Peers::default();
        let online = r#"{"state":"online","name":"attic","bases":[],"commands":["nodes/plug"]}"#;
        said(&mut peers, B, online);
        assert_eq!(peers.first_before("0f3a9c1e", "nodes/plug"), None, "it comes first itself");
        assert_eq!(peers.first_before("cccccccc", "nodes/other"), None);
        assert_eq!(peers.first_before("cccccccc", "nodes/plug"), Some(("bbbbbbbb", "attic")));
        said(&mut peers, A, online);
        assert_eq!(peers.first_before("cccccccc", "nodes/plug"), Some(("aaaaaaaa", "attic")));
        said(&mut peers, A, r#"{"state":"offline"}"#);
        said(&mut peers, B, r#"{"state":"online","name":"attic"}"#);
        assert_eq!(peers.first_before("cccccccc", "nodes/plug"), None);
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
