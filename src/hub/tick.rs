//! What time does to the state: properties and devices are not heard, commands end without an answer.

use std::sync::Arc;
use std::time::Duration;

use super::Now;
use super::command::{Pending, Step};
use super::state::State;
use crate::device::Refusal;

/// A pause between two ticks that means the whole process slept (a suspended laptop, `SIGSTOP`).
const SLEPT: Duration = Duration::from_secs(5);
/// How long after such a pause nobody is called late.
const GRACE: Duration = Duration::from_secs(5);

impl State {
    pub(super) fn tick(&mut self, now: Now) {
        let since = now.mono.saturating_duration_since(self.ticked.mono);
        if since > SLEPT {
            self.grace = now.mono + GRACE;
            self.entries.values_mut().for_each(|entry| entry.rhythm.pause(now.mono));
        }
        self.tell_judged(now);
        if now.mono >= self.grace {
            self.end_late_commands(now);
        }
        // Presence and counts are told once a second however often time passes.
        if since < Duration::from_secs(1) {
            return;
        }
        self.ticked = now;
        self.find_late(now);
        self.explain(now);
        for link in self.links.values_mut() {
            link.pace.look(now.mono, link.counts);
        }
        let changed = |link: &&super::links::Link| link.told != link.counts;
        let names: Vec<Arc<str>> =
            self.links.values().filter(changed).map(|link| link.info.name.clone()).collect();
        for name in names {
            self.tell_link(now, &name);
        }
    }

    /// What was asked of those who went away is refused.
    pub(super) fn refuse_lost(&mut self, now: Now, reason: &str, lost: impl FnMut(&Pending) -> bool) {
        for pending in self.take_pending(lost) {
            let known = if pending.event.step == Step::Accepted {
                "it was not sent"
            } else {
                "nobody knows whether it was done"
            };
            let who = if pending.event.delivery.is_some() { "link" } else { "device" };
            let refusal = Refusal::new("vanished", format!("the {who} went away ({reason}); {known}"));
            self.finish(now, pending, Step::Refused, Some(refusal));
        }
    }
}
