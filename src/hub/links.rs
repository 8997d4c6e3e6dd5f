//! The links as the hub keeps them: how each is, what came and went, how much of it lately, and what ailed it last.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{Notify, mpsc};

use super::console::Console;
use super::counts::{Counts, Fault};
use super::falls::Falls;
use super::link::{LinkInfo, LinkState, Outgoing, Phase};
use super::pace::Pace;
use super::recall::Recall;
use super::state::{Device, State};
use super::{Now, Update};
use crate::device::roster::Aside;
use crate::talk::{Message, Topic};

/// A link that was not up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How it was.
    pub state: LinkState,
    /// Until when.
    pub until: SystemTime,
}

pub(super) struct Link {
    pub(super) info: LinkInfo,
    pub(super) state: LinkState,
    pub(super) since: SystemTime,
    pub(super) counts: Counts,
    pub(super) told: Counts,
    /// How much of it lately.
    pub(super) pace: Pace,
    /// How it was when it was last not up, and until when.
    pub(super) trouble: Option<Trouble>,
    /// When it fell last.
    pub(super) falls: Falls,
    /// What is behind that, if it is known.
    pub(super) blamed: Option<Arc<str>>,
    pub(super) outbox: mpsc::Sender<Outgoing>,
    /// Ends its wait for the next try.
    pub(super) again: Arc<Notify>,
    /// Where it is asked what its broker remembers, if it has one.
    pub(super) recalls: Option<mpsc::Sender<Recall>>,
    /// What goes over its line, if it is a serial one.
    pub(super) console: Option<Console>,
    /// What it keeps telling about itself.
    pub(super) facts: Vec<Topic>,
    /// Announcements that it heard and that do not count.
    pub(super) aside: Vec<Aside>,
}

impl State {
    pub(super) fn attach(
        &mut self,
        now: Now,
        info: LinkInfo,
        outbox: mpsc::Sender<Outgoing>,
        again: Arc<Notify>,
    ) {
        // A link that was cut off while it was up said no good-bye.
        if let Some(before) = self.links.get(&info.name)
            && before.state.phase == Phase::Up
        {
            self.link_lost(now, &info.name, "the link was started again");
        }
        self.forsake(now, &info.name);
        if let Some(base) = &info.base {
            let device = self.devices.entry(base.clone()).or_insert_with(|| Device::new(info.name.clone()));
            (device.link, device.away) = (info.name.clone(), None);
            self.adopt(base);
            self.introduce(now, base, None);
        }
        let state = LinkState::not_up(Phase::Connecting, "connecting", "being opened", "");
        let name = info.name.clone();
        let (counts, told) = (Counts::default(), Counts::default());
        let (since, facts, aside) = (now.wall, Vec::new(), Vec::new());
        // What was on the line before is still worth reading.
        let (console, trouble, falls) = self
            .links
            .remove(&name)
            .map_or_else(Default::default, |before| (before.console, before.trouble, before.falls));
        let (recalls, pace, blamed) = (None, Pace::default(), None);
        let link = Link {
            info,
            state,
            since,
            counts,
            told,
            pace,
            trouble,
            falls,
            blamed,
            outbox,
            again,
            recalls,
            console,
            facts,
            aside,
        };
        self.links.insert(name.clone(), link);
        self.tell_link(now, &name);
    }

    pub(super) fn detach(&mut self, now: Now, name: &str) {
        let state = LinkState::not_up(Phase::Down, "removed", "removed from the configuration", "");
        self.link_state(now, name, state);
        self.forsake(now, name);
        self.links.remove(name);
    }

    /// What a link claimed and said of itself does not hold any more.
    fn forsake(&mut self, now: Now, name: &str) {
        self.unclaim(name);
        self.withdraw_facts(now, name);
    }

    pub(super) fn link_state(&mut self, now: Now, name: &str, state: LinkState) {
        let Some(link) = self.links.get_mut(name) else { return };
        if link.state == state {
            return;
        }
        let was_up = link.state.phase == Phase::Up;
        link.note_fall(now.mono, &state);
        let (is_up, reason) = (state.phase == Phase::Up, state.reason.clone());
        // Whether `unplugged` or by now `missing`: it is gone since the moment it went.
        if was_up != is_up {
            link.since = now.wall;
        }
        let before = std::mem::replace(&mut link.state, state);
        // Being opened is no trouble.
        if matches!(before.phase, Phase::Waiting | Phase::Down) {
            link.trouble = Some(Trouble { state: before, until: now.wall });
        }
        self.tell_link(now, name);
        self.explain(now);
        if was_up && !is_up {
            self.link_lost(now, name, &reason);
        }
    }

    pub(super) fn count(&mut self, name: &str, fault: Fault, n: u64) {
        if let Some(link) = self.links.get_mut(name) {
            link.counts.add(fault, n);
        }
    }

    pub(super) fn gave(&mut self, name: &str, n: u64) {
        if let Some(link) = self.links.get_mut(name) {
            link.counts.sent += n;
        }
    }

    /// Tells the state and the counts of a link.
    pub(super) fn tell_link(&mut self, now: Now, name: &str) {
        let Some(link) = self.links.get_mut(name) else { return };
        link.told = link.counts;
        let (payload, base) = (link.view(now).to_payload(), link.info.base.clone());
        let Ok(topic) = Topic::new(&format!("$hub/link/{name}")) else { return };
        self.say(Update::new(now, self.hub.clone(), base, Message::new(topic, payload)));
    }
}
