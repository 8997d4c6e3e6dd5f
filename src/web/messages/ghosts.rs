//! Topics that lie in a broker's memory though nobody refreshes them any more.
//!
//! Some are known from that memory only. Others were heard live and are silent now; that they lie there is known from an
//! earlier connection, or from asking ([`Hub::recall`](crate::hub::Hub::recall)).

use super::history::{Kept, Memory};
use super::look::beginning;
use super::recorder::State;
use super::search::Search;
use super::tree::{Leaf, ROOT};

/// How long a topic that was heard has to be silent, in milliseconds: less is a pause.
const PAUSE: u64 = 3_600_000;

/// Such a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ghost {
    /// The topic.
    pub topic: String,
    /// Its mark, which fits into a form however long the topic is.
    pub mark: String,
    /// The link whose broker remembers it.
    pub link: String,
    /// Since when nobody has refreshed it, in milliseconds since 1970.
    pub since: u64,
    /// Whether it was said then; otherwise it was said at an unknown time before.
    pub heard: bool,
    /// The beginning of what is remembered, and whether there is more.
    pub value: (String, bool),
    /// Whether that is what lies there, and not only what was heard last.
    pub sure: bool,
}

/// All that `search` finds and that nobody has refreshed since `until` or longer, as seen at `now`; the oldest first.
pub fn ghosts(state: &State, search: &Search, until: u64, now: u64) -> Vec<Ghost> {
    let mut found = Vec::new();
    search.each(&state.tree, ROOT, |id| {
        let Some((since, shown, heard)) = state.tree.leaf(id).and_then(|leaf| silent(leaf, now)) else {
            return;
        };
        let held = state.tree.leaf(id).and_then(|leaf| leaf.held);
        if since > until || shown.bytes.is_empty() {
            return;
        }
        let link = state.source(held.map_or(shown.from, |held| held.from)).to_owned();
        let (topic, mark) = (state.tree.path(id), state.tree.mark(id));
        let sure = !heard || held.is_some_and(|held| held.is_last);
        found.push(Ghost { topic, mark, link, since, heard, value: beginning(shown), sure });
    });
    found.sort_by_key(|ghost| ghost.since);
    found
}

/// Since when a topic that lies in a broker's memory is silent, what is shown of it, and whether it was heard.
fn silent(leaf: &Leaf, now: u64) -> Option<(u64, &Kept, bool)> {
    if let Some((since, Memory::Broker)) = leaf.remembered {
        let is_memory = |kept: &&Kept| kept.memory == Memory::Broker;
        let shown = leaf.history.iter().rev().map(|(_, kept)| kept).find(is_memory)?;
        return Some((since, shown, false));
    }
    let last = leaf.history.last();
    (leaf.held.is_some() && last.at.saturating_add(PAUSE) <= now).then_some((last.at, last, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Now, Recalled};
    use crate::talk::{Payload, Topic};
    use crate::web::messages::recorder::Record;
    use crate::web::messages::tree::Bounds;
    use std::time::{Duration, SystemTime};

    const HOUR: u64 = PAUSE;

    fn at(ms: u64) -> Now {
        Now { wall: SystemTime::UNIX_EPOCH + Duration::from_millis(ms), ..Now::now() }
    }

    /// A record that has heard these payloads of `plug/0` an hour apart; an empty name of a memory is live.
    fn record(said: &[(&str, Memory)]) -> Record {
        let record = Record::new(Bounds::default(), at(0));
        for (hour, (text, memory)) in said.iter().enumerate() {
            record.say("plug/0", text, hour as u64 * HOUR, *memory);
        }
        record
    }

    fn hold(record: &Record, hour: u64, text: &str) {
        let topic = Topic::new("plug/0").unwrap();
        let payload = Payload::from_wire(text.as_bytes());
        record.hold(at(hour * HOUR), &Recalled { link: "home".into(), topic, payload });
    }

    /// Hours since when, whether heard and whether sure, and the value.
    fn found(record: &Record, hour: u64) -> Option<(u64, bool, bool, String)> {
        let all = record.with(|state| ghosts(state, &Search::default(), u64::MAX, hour * HOUR));
        all.into_iter().next().map(|ghost| (ghost.since / HOUR, ghost.heard, ghost.sure, ghost.value.0))
    }

    #[test]
    fn what_a_broker_alone_remembers_is_silent_since_it_was_told_or_heard() {
        use Memory::{Broker, Live};
        let check = |said: &[(&str, Memory)], expect: Option<(u64, bool, bool, &str)>| {
            let expect = expect.map(|(since, heard, sure, value)| (since, heard, sure, value.to_owned()));
            assert_eq!(found(&record(said), 9), expect, "{said:?}");
        };
        check(&[("on", Broker)], Some((0, false, true, "on")));
        check(&[("on", Broker), ("on", Broker)], Some((0, false, true, "on")));
        check(&[("on", Live), ("on", Broker)], Some((0, false, true, "on")));
        check(&[("on", Live), ("off", Broker)], Some((1, false, true, "off")));
        check(&[("on", Live)], None);
        check(&[("on", Broker), ("", Live)], None);
        // Heard live since: it lies there still, though perhaps another word of it.
        check(&[("on", Broker), ("on", Live)], Some((1, true, true, "on")));
        check(&[("on", Broker), ("off", Live)], Some((1, true, false, "off")));
    }

    #[test]
    fn what_was_retained_later_is_known_by_asking() {
        let record = record(&[("on", Memory::Live)]);
        assert_eq!(found(&record, 9), None);
        hold(&record, 2, "on");
        assert_eq!(found(&record, 9), Some((0, true, true, "on".into())));
        hold(&record, 3, "off");
        assert_eq!(found(&record, 9), Some((0, true, false, "on".into())));
        record.say("plug/0", "on", 9 * HOUR, Memory::Live);
        assert_eq!(found(&record, 9), None, "it speaks");
        record.with_mut(|state| state.tree.forget_memory("plug/0"));
        assert_eq!(found(&record, 99), None, "it was cleared");
    }
}
