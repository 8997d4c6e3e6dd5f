//! What was asked of devices lately and what became of it, for the pages that show one device.
//!
//! The tree knows a command as it was given; how it ended stands here. A few hundred of all devices together are kept,
//! in short, so that nobody can fill the memory with wishes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::look::shorten;
use crate::hub::{CommandEvent, CommandId, Step};

/// Commands that are kept.
const MOST: usize = 256;
/// The most bytes of a payload, a topic and a reason that are kept.
const EXCERPT: usize = 300;

/// One command and how far it has come.
#[derive(Clone, Debug)]
pub struct Deed {
    id: CommandId,
    /// The base of the device; none for what nobody serves.
    pub base: Option<Box<str>>,
    /// When it was asked for, in milliseconds since 1970.
    pub at: u64,
    /// The complete topic.
    pub topic: Box<str>,
    /// What was wished.
    pub payload: Box<str>,
    /// Who asked.
    pub by: Arc<str>,
    /// How far it has come.
    pub step: Step,
    /// Why it went no further, for programs and for people; empty if it did.
    pub refusal: (&'static str, Box<str>),
    /// How long that took, in milliseconds.
    pub after: u64,
}

impl Deed {
    /// Whether it needs a person.
    pub fn is_failure(&self) -> bool {
        matches!(self.step, Step::Refused | Step::Unanswered)
    }
}

/// The commands of late, oldest first.
#[derive(Debug, Default)]
pub struct Deeds {
    all: VecDeque<Deed>,
}

impl Deeds {
    /// A step of a command was told at `at`.
    pub fn hear(&mut self, at: u64, event: &CommandEvent) {
        let after = u64::try_from(event.after.as_millis()).unwrap_or(u64::MAX);
        let refusal = event.refusal.as_ref();
        let refusal = refusal.map_or(("", ""), |refusal| (refusal.code, &*refusal.reason));
        let refusal = (refusal.0, shorten(refusal.1, EXCERPT).into());
        if let Some(known) = self.all.iter_mut().rev().find(|deed| deed.id == event.id) {
            (known.step, known.refusal, known.after) = (event.step, refusal, after);
            return;
        }
        if self.all.len() == MOST {
            self.all.pop_front();
        }
        self.all.push_back(Deed {
            id: event.id,
            base: event.base.as_ref().map(|base| base.as_str().into()),
            at: at.saturating_sub(after),
            topic: shorten(event.topic.as_str(), EXCERPT).into(),
            payload: shorten(event.payload.as_str(), EXCERPT).into(),
            by: event.by.account.clone(),
            step: event.step,
            refusal,
            after,
        });
    }

    /// Those of one device, newest first.
    pub fn of<'a>(&'a self, base: &'a str) -> impl Iterator<Item = &'a Deed> {
        self.all.iter().rev().filter(move |deed| deed.base.as_deref() == Some(base))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::device::Refusal;
    use crate::hub::{By, Command, Hub, HubConfig, LinkInfo, LinkState, Now};
    use crate::talk::{Payload, Topic};

    /// Steps as the hub tells them.
    fn steps(hub: &Hub, act: impl FnOnce()) -> Vec<CommandEvent> {
        let (_, mut stream) = hub.subscribe(Now::now());
        act();
        let updates = std::iter::from_fn(|| stream.try_recv().ok());
        updates.filter_map(|update| update.event.as_deref().cloned()).collect()
    }

    #[test]
    fn a_command_is_known_by_its_last_step() {
        let (now, mut deeds) = (Now::now(), Deeds::default());
        let hub = Hub::new(HubConfig::default(), now);
        let base = Topic::new("nodes/bridge/0").unwrap();
        let info = LinkInfo { name: "usb".into(), kind: "serial", base: Some(base) };
        let (link, mut commands) = hub.attach(now, info);
        link.state(now, LinkState::up(""));
        let ask = |id: &str| Command {
            topic: Topic::new(&format!("nodes/bridge/0/{id}/set")).unwrap(),
            payload: Payload::parse(r#"{"state": true}"#).unwrap(),
            by: By { account: "ada".into(), client: 0, from: None },
            id: None,
        };
        let told = steps(&hub, || {
            hub.command(now, ask("relay/0"));
            let outgoing = commands.try_recv().expect("it is handed over");
            link.refuse(now, outgoing.id, Refusal::new("busy", "x".repeat(1_000)));
        });
        for (at, event) in told.iter().enumerate() {
            deeds.hear(1_000 + at as u64, event);
        }
        let of: Vec<_> = deeds.of("nodes/bridge/0").collect();
        assert_eq!(of.len(), 1);
        assert!(of[0].is_failure());
        assert_eq!((of[0].at, of[0].refusal.0, of[0].refusal.1.len()), (1_000, "busy", EXCERPT));
        assert_eq!(deeds.of("nodes/bridge/1").count(), 0);
    }

    #[test]
    fn the_oldest_go() {
        let (now, mut deeds) = (Now::now(), Deeds::default());
        let hub = Hub::new(HubConfig::default(), now);
        for number in 0..MOST + 5 {
            let told = steps(&hub, || {
                hub.command(
                    now,
                    Command {
                        topic: Topic::new(&format!("a/{number}/set")).unwrap(),
                        payload: Payload::empty(),
                        by: By { account: "ada".into(), client: 0, from: None },
                        id: None,
                    },
                );
            });
            deeds.hear(0, &CommandEvent { after: Duration::ZERO, ..told[0].clone() });
        }
        assert_eq!((deeds.all.len(), &*deeds.all[0].topic), (MOST, "a/5/set"));
    }
}
