//! What an MQTT link has to say about odd things: in the log once and not a thousand times, and in its own state while
//! a loop is being broken.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::hub::{Conflict, LinkState};
use crate::talk::{Topic, printable};

/// How long after its last message a loop is said to be over.
const OVER_AFTER: Duration = Duration::from_secs(30);
/// How long nothing like it is told again.
const SELDOM: Duration = Duration::from_secs(60);
/// Topics that are named once each; more of them are counted only.
const NAMED: usize = 100;

/// What was told already.
#[derive(Debug)]
pub struct Notes {
    link: String,
    broken: Option<Broken>,
    retained: HashSet<String>,
    conflicts: HashSet<Topic>,
    malformed: Seldom,
    odd: Seldom,
    lost: Seldom,
}

/// A loop that is being broken.
#[derive(Debug)]
struct Broken {
    topic: String,
    last: Instant,
}

/// When something was told last, and how much was not told since.
#[derive(Debug, Default)]
struct Seldom {
    told: Option<Instant>,
    since: u64,
}

impl Seldom {
    /// How many it are by now, if it is time to tell.
    fn tell(&mut self, now: Instant, n: u64) -> Option<u64> {
        self.since += n;
        if self.told.is_some_and(|told| now.saturating_duration_since(told) < SELDOM) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.since))
    }
}

impl Notes {
    /// Of the link with this name.
    pub fn new(link: &str) -> Self {
        Self {
            link: link.to_owned(),
            broken: None,
            retained: HashSet::new(),
            conflicts: HashSet::new(),
            malformed: Seldom::default(),
            odd: Seldom::default(),
            lost: Seldom::default(),
        }
    }

    /// A message of a loop was stopped.
    pub fn looped(&mut self, now: Instant, topic: &str) {
        match &mut self.broken {
            Some(broken) => broken.last = now,
            None => {
                let topic = short(topic);
                tracing::warn!(
                    "link {}: a loop was broken: `{topic}` came back; let fewer links or bridges pass it on",
                    self.link
                );
                self.broken = Some(Broken { topic, last: now });
            }
        }
    }

    /// The link's state, with the loop while there is one.
    pub fn state(&mut self, now: Instant, state: LinkState) -> LinkState {
        if self.broken.as_ref().is_some_and(|broken| now.saturating_duration_since(broken.last) >= OVER_AFTER)
        {
            self.broken = None;
        }
        let Some(broken) = &self.broken else { return state };
        LinkState {
            code: "loop",
            reason: format!("{}; a loop was broken: `{}` came back", state.reason, broken.topic),
            hint: "two hubs, links or bridges pass the same topics to each other: let one of them only take them \
                   (`in`) or only give them (`out`), or give them a prefix"
                .into(),
            ..state
        }
    }

    /// A command lies in the broker's memory.
    pub fn retained_command(&mut self, topic: &str) {
        if self.retained.len() < NAMED && self.retained.insert(topic.to_owned()) {
            tracing::warn!(
                "link {}: a retained command on `{}` is never carried out; take it out with \
                 `mosquitto_pub -r -n -t TOPIC` and publish commands without -r",
                self.link,
                short(topic)
            );
        }
    }

    /// Somebody speaks for a device of another link.
    pub fn conflict(&mut self, conflict: &Conflict) {
        if self.conflicts.len() < NAMED && self.conflicts.insert(conflict.base.clone()) {
            tracing::warn!("link {}: {conflict}; give one of the two another name or prefix", self.link);
        }
    }

    /// A topic that cannot be taken.
    pub fn malformed(&mut self, now: Instant, topic: &str, why: &str) {
        if let Some(n) = self.malformed.tell(now, 1) {
            let topic = short(topic);
            tracing::warn!("link {}: {n} messages were left out, the last on `{topic}`: {why}", self.link);
        }
    }

    /// Something that a definition does not understand.
    pub fn odd(&mut self, now: Instant, base: &Topic, what: &str) {
        if let Some(n) = self.odd.tell(now, 1) {
            let (what, base) = (short(what), short(base.as_str()));
            tracing::warn!(
                "link {}: {n} values were not understood, the last of `{base}`: {what}",
                self.link
            );
        }
    }

    /// Messages that could not be given to the broker.
    pub fn lost(&mut self, now: Instant, n: u64, why: &str) {
        if n > 0
            && let Some(n) = self.lost.tell(now, n)
        {
            tracing::error!("link {}: {n} messages were dropped: {why}", self.link);
        }
    }
}

/// A topic, or what a stranger says, as it may stand in a line of text.
pub fn short(topic: &str) -> String {
    let shown = printable(topic);
    match shown.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_loop_is_part_of_the_state_for_as_long_as_it_lasts() {
        let start = Instant::now();
        let mut notes = Notes::new("home");
        let up = || LinkState::up("connected");
        assert_eq!(notes.state(start, up()), up());
        notes.looped(start, "nodes/a");
        notes.looped(start + SECOND * 20, "nodes/b");
        let state = notes.state(start + SECOND * 40, up());
        assert_eq!((state.phase, state.code), (up().phase, "loop"));
        assert_eq!(state.reason, "connected; a loop was broken: `nodes/a` came back");
        assert_eq!(notes.state(start + SECOND * 60, up()), up());
    }

    #[test]
    fn what_happens_often_is_told_seldom_and_in_number() {
        let start = Instant::now();
        let mut seldom = Seldom::default();
        assert_eq!(seldom.tell(start, 1), Some(1));
        assert_eq!(seldom.tell(start + SECOND, 5), None);
        assert_eq!(seldom.tell(start + SELDOM, 1), Some(6));
    }

    #[test]
    fn long_and_deceptive_topics_are_shown_short_and_escaped() {
        assert_eq!(short("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(short(&"x".repeat(200)).chars().count(), 121);
    }
}
