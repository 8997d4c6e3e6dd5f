//! Topics outside every base that a link answers for, such as the old names under which a gateway's nodes are commanded.
//!
//! What is said there belongs to no device and is told as it is. A command there goes to the link that claims it, and
//! ends by that link's word, because only it knows what the answer is. A claim belongs to one link at a time, unless all
//! of them share it (`gateway/all`): then each is given the command.

use std::sync::Arc;

use super::command::{CommandEvent, Step};
use super::link::Phase;
use super::orders::Route;
use super::state::State;
use super::{CommandId, LinkHandle, Now, iso};
use crate::device::{Expect, Refusal};
use crate::talk::Topic;

/// The most claims of one link.
const MOST: usize = 1_024;

/// Commands that a link takes although they lie below no base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The topic they lie below.
    pub above: Topic,
    /// By how many levels; 0 is the topic itself.
    pub depth: usize,
    /// Whether other links may claim the same.
    pub is_shared: bool,
    /// Whether what is said there are values, which a broker may keep.
    pub is_lasting: bool,
}

/// Who claims a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The claimed topic it lies below, or is.
    pub above: Topic,
    /// The link.
    pub link: Arc<str>,
    /// Whether it is a command, by its depth.
    pub is_command: bool,
    /// Whether what is said there are values.
    pub is_lasting: bool,
}

/// A claim in force.
#[derive(Clone, Debug)]
pub(super) struct Held {
    link: Arc<str>,
    claim: Claim,
}

impl LinkHandle {
    /// Claims these topics and no others. Returns those that another link holds; they stay its own.
    pub fn claim(&self, claims: Vec<Claim>) -> Vec<Topic> {
        self.hub.lock().claim(self.name().into(), claims)
    }

    /// Who claims `topic`, if somebody does.
    pub fn claimed(&self, topic: &Topic) -> Option<Claimed> {
        self.hub.lock().claimed(topic)
    }

    /// A command was given to a device that never answers such commands.
    pub fn unconfirmable(&self, now: Now, id: CommandId) {
        let mut state = self.hub.lock();
        for pending in state.take_pending(|pending| pending.event.id == id) {
            state.finish(now, pending, Step::Unconfirmable, None);
        }
    }
}

impl super::Hub {
    /// Whether a link takes `topic` as a command though it lies below no base.
    pub fn obeys(&self, topic: &Topic) -> bool {
        self.lock().claimed(topic).is_some_and(|claimed| claimed.is_command)
    }
}

impl State {
    fn claim(&mut self, link: Arc<str>, claims: Vec<Claim>) -> Vec<Topic> {
        self.unclaim(&link);
        let mut taken = Vec::new();
        for claim in claims.into_iter().take(MOST) {
            let held = self.claims.entry(claim.above.clone()).or_default();
            let is_free =
                held.iter().all(|other| *other.link == *link || (other.claim.is_shared && claim.is_shared));
            if is_free {
                held.push(Held { link: link.clone(), claim });
            } else {
                taken.push(claim.above);
            }
        }
        taken
    }

    /// A link claims nothing any more.
    pub(super) fn unclaim(&mut self, link: &str) {
        self.claims.retain(|_, held| {
            held.retain(|held| *held.link != *link);
            !held.is_empty()
        });
    }

    /// Who claims `topic`: as a command rather than not, the longest claim first.
    pub(super) fn claimed(&self, topic: &Topic) -> Option<Claimed> {
        let said = |held: &Held, depth: usize| Claimed {
            above: held.claim.above.clone(),
            link: held.link.clone(),
            is_command: held.claim.depth == depth,
            is_lasting: held.claim.is_lasting,
        };
        let mut nearest = None;
        for (held, depth) in self.held(topic) {
            let claimed = said(held, depth);
            if claimed.is_command {
                return Some(claimed);
            }
            nearest = nearest.or(Some(claimed));
        }
        nearest
    }

    /// The links besides the first one that take `topic` as a command.
    pub(super) fn further_claimants(&self, topic: &Topic) -> Vec<Arc<str>> {
        let takers = self.held(topic).filter(|(held, depth)| held.claim.depth == *depth);
        takers.map(|(held, _)| held.link.clone()).skip(1).collect()
    }

    /// Claims on `topic` and on what is above it, with its depth below each.
    fn held<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = (&'a Held, usize)> {
        let text = topic.as_str();
        let above = text.rmatch_indices('/').map(move |(at, _)| &text[..at]);
        let all = std::iter::once(text).chain(above).enumerate();
        let known = all.filter(|_| !self.claims.is_empty());
        known.flat_map(|(depth, above)| {
            self.claims.get(above).into_iter().flatten().map(move |held| (held, depth))
        })
    }

    /// Another link that claims `topic` and is up: what anybody else says there is not its word.
    pub(super) fn claimed_by_other(&self, link: &str, topic: &Topic) -> Option<(Topic, Arc<str>)> {
        let claimed = self.claimed(topic).filter(|claimed| *claimed.link != *link)?;
        self.is_up(&claimed.link).then_some((claimed.above, claimed.link))
    }

    /// The way of a command to the link that claims it.
    pub(super) fn claimed_route(&self, event: &CommandEvent, link: &str) -> Result<Route, Refusal> {
        let gone = || Refusal::new("offline", "the link has ended; the command was NOT delivered");
        let known = self.links.get(link).ok_or_else(gone)?;
        if known.state.phase != Phase::Up {
            let (since, why) = (iso(known.since), &known.state.reason);
            let reason =
                format!("the link `{link}` is down since {since} ({why}); the command was NOT delivered");
            return Err(Refusal::new("offline", reason));
        }
        self.has_place(&event.topic)?;
        let (topic, property) = (event.topic.clone(), event.topic.clone());
        Ok(Route { base: None, topic, property, link: known.info.name.clone(), expect: Expect::Link })
    }
}
