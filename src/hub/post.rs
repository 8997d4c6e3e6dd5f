//! Publishing by hand, with the same steps as a command.
//!
//! What is a command for a known device becomes one. Everything else is handed to the named link as it is; nobody
//! answers for it but the broker, whose acknowledgement is its confirmation.

use std::time::Duration;

use super::command::{Command, CommandEvent, CommandId, Post, Step, Ticket};
use super::link::Phase;
use super::orders::Route;
use super::state::State;
use super::{Now, iso};
use crate::device::{Expect, Refusal};
use crate::talk::model::Scenario;
use crate::talk::printable;

/// Bytes of topic and payload together; everybody hears of it with each step.
pub(super) const MAX_POST: usize = 64 * 1024;

impl State {
    pub(super) fn post(&mut self, now: Now, post: Post) -> Ticket {
        let Post { link, topic, payload, delivery, by, id } = post;
        let below = self.base_of(&topic).and_then(|base| topic.below(&base).map(Scenario::of));
        let is_claimed = self.claimed(&topic).is_some_and(|claimed| claimed.is_command);
        if is_claimed || below.is_some_and(Scenario::is_command) {
            return self.command(now, Command { topic, payload, by, id }, None);
        }
        let event = CommandEvent {
            id: self.next_command(),
            client_id: id,
            by,
            base: None,
            topic,
            payload,
            delivery: Some(delivery),
            via: None,
            step: Step::Accepted,
            refusal: None,
            after: Duration::ZERO,
        };
        self.begin(now, event, MAX_POST, |state, event| state.post_route(&link, event))
    }

    fn post_route(&self, link: &str, event: &CommandEvent) -> Result<Route, Refusal> {
        let topic = &event.topic;
        if topic.as_str().starts_with('$') {
            return Err(Refusal::new(
                "reserved",
                "topics that begin with `$` are the broker's and the hub's own",
            ));
        }
        if topic.as_str().contains(['+', '#']) {
            return Err(Refusal::new("bad-topic", "a message goes to one topic; leave out `+` and `#`"));
        }
        let qos = event.delivery.map_or(0, |delivery| delivery.qos);
        if qos > 2 {
            return Err(Refusal::new("bad-qos", format!("QoS is 0, 1 or 2, not {qos}")));
        }
        let Some(known) = self.links.get(link) else {
            let reason = format!("there is no link `{}`", printable(link));
            return Err(Refusal::new("no-such-link", reason));
        };
        if known.info.base.is_some() {
            let reason =
                format!("the link `{link}` carries one device, not topics; send its device a command");
            return Err(Refusal::new("no-broker", reason));
        }
        if known.state.phase != Phase::Up {
            let (since, why) = (iso(known.since), &known.state.reason);
            let reason = format!("the link `{link}` is down since {since} ({why}); it was NOT delivered");
            return Err(Refusal::new("offline", reason));
        }
        self.has_place(topic)?;
        let expect = if qos == 0 { Expect::Nothing } else { Expect::Receipt };
        let (topic, property) = (topic.clone(), topic.clone());
        Ok(Route { base: None, topic, property, link: known.info.name.clone(), expect })
    }

    pub(super) fn confirm(&mut self, now: Now, link: &str, id: CommandId) {
        let acknowledged = self.take_pending(|pending| {
            pending.event.id == id
                && *pending.link == *link
                && matches!(pending.expect, Expect::Receipt | Expect::Link)
        });
        for pending in acknowledged {
            self.finish(now, pending, Step::Confirmed, None);
        }
    }
}
