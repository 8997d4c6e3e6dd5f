//! What lies in the broker's memory, asked for again: subscribing once more makes the broker tell it.
//!
//! What comes is handed to whoever asked and goes no further: it may be older than what is known of a live device. So
//! the question waits until everything that the broker told of its own accord has come. When other definitions are in
//! force the link asks for itself: what was said before may mean something now.

use std::time::{Duration, Instant};

use super::super::client::{Client, Publish};
use super::Flow;
use crate::hub::{Now, Recall, Recalled};
use crate::talk::{Payload, Topic};

/// How long nothing remembered must have come before the broker is asked.
const QUIET: Duration = Duration::from_secs(1);
/// How long the first answer may take, and each one after it.
const FIRST_WITHIN: Duration = Duration::from_secs(2);
const NEXT_WITHIN: Duration = Duration::from_millis(700);
/// How long a question may take altogether.
const WITHIN: Duration = Duration::from_secs(20);

/// The question that is open, if one is.
#[derive(Default)]
pub(super) struct Recalling {
    /// Who asked, not yet or already told.
    askers: Vec<Recall>,
    /// Whether the answers are to be translated, from the next question on.
    relearns: bool,
    asked: Option<Asked>,
    /// When a remembered message came last, or the connection was made.
    remembered: Option<Instant>,
}

struct Asked {
    /// Whether the answers are translated.
    relearns: bool,
    /// The answers are over.
    until: Instant,
    /// … at the latest.
    end: Instant,
}

impl Recalling {
    /// A connection begins: whatever is remembered comes now.
    pub(super) fn begin(&mut self, now: Now) {
        *self = Self { remembered: Some(now.mono), ..Self::default() };
    }

    /// Other definitions are in force.
    pub(super) fn relearn(&mut self) {
        self.relearns = true;
    }
}

impl Flow {
    /// Somebody wants to know what lies in the broker's memory.
    pub fn recall(&mut self, asker: Recall) {
        self.recalling.askers.push(asker);
    }

    /// Asks the broker as soon as it may be asked, and says when it has told all.
    pub(super) fn go_on_recalling(&mut self, now: Now, client: &Client) {
        let recalling = &mut self.recalling;
        match &recalling.asked {
            Some(asked) if now.mono >= asked.until.min(asked.end) => {
                recalling.asked = None;
                recalling.askers.clear();
                recalling.remembered = Some(now.mono);
            }
            Some(_) => {}
            None if recalling.askers.is_empty() && !recalling.relearns => {}
            None if recalling.remembered.is_some_and(|at| now.mono < at + QUIET) => {}
            None => {
                let filters = self.routes.subscriptions();
                let refused = filters.filter(|(filter, qos)| client.subscribe(filter, *qos).is_err()).count();
                if refused > 0 {
                    tracing::warn!(
                        "link {}: is too busy to ask the broker what it remembers",
                        self.handle.name()
                    );
                }
                let relearns = std::mem::take(&mut recalling.relearns);
                let (until, end) = (now.mono + FIRST_WITHIN, now.mono + WITHIN);
                recalling.asked = Some(Asked { relearns, until, end });
            }
        }
    }

    /// Whether a remembered message was an answer; it is told to those who asked, and to nobody else.
    pub(super) fn is_recalled(&mut self, now: Now, publish: &Publish, topic: &Topic) -> bool {
        let recalling = &mut self.recalling;
        let Some(asked) = recalling.asked.as_mut() else {
            recalling.remembered = Some(now.mono);
            return false;
        };
        asked.until = now.mono + NEXT_WITHIN;
        let relearns = asked.relearns;
        // What this hub has left there itself is kept in order by its ledger.
        if !self.ledger.has(&publish.topic) && !publish.payload.is_empty() {
            let link = self.handle.name().into();
            let payload = Payload::from_wire(&publish.payload);
            let told = Recalled { link, topic: topic.clone(), payload };
            // Whoever reads too slowly misses some, and may ask again.
            recalling.askers.retain(|asker| !asker.is_closed());
            for asker in &recalling.askers {
                let _ = asker.try_send(told.clone());
            }
            if relearns {
                self.translate(now, publish, topic, &told.payload);
            }
        }
        true
    }
}
