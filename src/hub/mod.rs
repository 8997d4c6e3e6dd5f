//! Where it meets: the [`Hub`] keeps what is true now and tells everyone, once, in order.
//!
//! Links publish [`Update`]s through a [`LinkHandle`]; listeners take a [`Snapshot`] and the stream that continues it
//! without a gap ([`Hub::subscribe`]); pages and scripts ask for a [`Command`], which travels to the link that holds the
//! device. A command sets a target, only the device's own message changes a value.
//!
//! The hub is a handle around one short lock and a ring: publishing never waits for a reader, and a reader that falls
//! behind is told how much it missed. Time is always an argument; nothing here does I/O.

mod acquaint;
mod aside;
mod attendance;
mod claim;
mod command;
mod console;
mod counts;
mod falls;
mod hear;
mod keep;
mod link;
mod links;
mod now;
mod orders;
mod pace;
mod post;
mod presence;
mod recall;
mod remove;
mod ring;
mod snapshot;
mod standing;
mod state;
mod teach;
#[cfg(test)]
mod tests;
mod tick;
mod update;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, mpsc, watch};

pub use aside::SetAside;
pub use claim::{Claim, Claimed};
pub use command::{
    By, Command, CommandEvent, CommandId, Delivery, Means, Outcome, Post, Step, Ticket, Whence,
};
pub use console::{ByHand, Console, MOST_BY_HAND, Place, Row, Seen, Way, Written};
pub use counts::{Counts, Fault};
pub use hear::{Conflict, Said};
pub use keep::Kept;
pub use link::{LinkHandle, LinkInfo, LinkState, Outgoing, Phase};
pub use links::Trouble;
pub use now::Now;
pub use pace::Rates;
pub use presence::Presence;
pub use recall::{Recall, Recalled};
pub use snapshot::{DeviceView, EntryView, LinkView, Snapshot};
pub use standing::{Decision, Standing};
pub use update::{Update, iso};

use crate::device::Refusal;
use crate::device::catalog::Catalog;
use crate::device::profile::Profile;
use crate::talk::{Payload, Topic};
use state::State;

/// What can be chosen about a hub.
#[derive(Clone, Copy, Debug)]
pub struct HubConfig {
    /// How long a device may take to confirm a command that was sent.
    pub confirm_within: Duration,
    /// How long a link may take to send a command before it is refused; never later.
    pub send_within: Duration,
    /// How many updates the ring keeps for slow readers.
    pub ring: usize,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self { confirm_within: Duration::from_secs(3), send_within: Duration::from_secs(2), ring: 4096 }
    }
}

/// The meeting place; cheap to clone.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// The definitions in force.
    catalog: watch::Sender<Arc<Catalog>>,
}

/// Commands that may wait in a link's outbox; a full outbox refuses at once.
const OUTBOX: usize = 64;

impl Hub {
    /// An empty hub.
    pub fn new(config: HubConfig, now: Now) -> Self {
        let state = Mutex::new(State::new(config, now));
        Self { shared: Arc::new(Shared { state, catalog: watch::Sender::default() }) }
    }

    /// Makes a link known. What it publishes appears below `info.base`; commands for that base arrive at the receiver.
    /// A link attached again under the same name takes the place of the earlier one.
    pub fn attach(&self, now: Now, info: LinkInfo) -> (LinkHandle, mpsc::Receiver<Outgoing>) {
        let (outbox, commands) = mpsc::channel(OUTBOX);
        let again = Arc::<Notify>::default();
        let handle = LinkHandle::new(self.clone(), &info, again.clone());
        self.lock().attach(now, info, outbox, again);
        (handle, commands)
    }

    /// Lets a link that waits for its next try begin it at once; whether there is such a link.
    pub fn try_again(&self, name: &str) -> bool {
        let state = self.lock();
        let waiting = state.links.get(name).filter(|link| link.state.phase == Phase::Waiting);
        waiting.inspect(|link| link.again.notify_one()).is_some()
    }

    /// Forgets a link that left the configuration; its devices stay known, offline.
    pub fn detach(&self, now: Now, name: &str) {
        self.lock().detach(now, name);
    }

    /// Whether there is a link of this kind.
    pub fn has_link_of(&self, kind: &str) -> bool {
        self.lock().links.values().any(|link| link.info.kind == kind)
    }

    /// What is true now.
    pub fn snapshot(&self, now: Now) -> Snapshot {
        self.lock().snapshot(now)
    }

    /// What is true now and everything after it: the first update received has the sequence number `seq + 1`.
    pub fn subscribe(&self, now: Now) -> (Snapshot, broadcast::Receiver<Arc<Update>>) {
        let state = self.lock();
        (state.snapshot(now), state.listen())
    }

    /// Asks a device to do something: delivered now or refused now. The ticket carries the outcome; every step is
    /// also told to everyone under `$hub/command`.
    pub fn command(&self, now: Now, command: Command) -> Ticket {
        self.lock().command(now, command, None)
    }

    /// A command that somebody may not give: told to everybody as refused, so that whoever asked sees why.
    pub fn forbid(&self, now: Now, command: Command, refusal: Refusal) -> Ticket {
        self.lock().forbid(now, command, refusal)
    }

    /// Publishes by hand. What is a command below a known base becomes an ordinary one; everything else goes to the
    /// named link: accepted → sent → confirmed (acknowledged, QoS ≥ 1), unconfirmable (QoS 0) or refused.
    pub fn post(&self, now: Now, post: Post) -> Ticket {
        self.lock().post(now, post)
    }

    /// A fact of the hub's own, under a `$hub/…` topic.
    pub fn tell(&self, now: Now, topic: &Topic, payload: &impl serde::Serialize) {
        self.lock().tell(now, topic, payload);
    }

    /// A fact of the hub's own that stays true until the next one of its topic: newcomers are told it, too.
    pub fn establish(&self, now: Now, topic: &Topic, fact: &impl serde::Serialize) {
        self.lock().establish(now, topic, fact);
    }

    /// What stands under one of the hub's own topics, if something was established there.
    pub fn fact(&self, topic: &Topic) -> Option<Payload> {
        self.lock().facts.get(topic).cloned()
    }

    /// Lets time pass: commands without an answer end, devices without a word become silent. Call it a few times a
    /// second.
    pub fn tick(&self, now: Now) {
        self.lock().tick(now);
    }

    /// The bases that are known, with the link that serves each.
    pub fn bases(&self) -> Vec<(Topic, Arc<str>)> {
        self.lock().bases()
    }

    /// What is known about a device, if a definition or an announcement teaches it.
    pub fn profile(&self, base: &Topic) -> Option<Arc<Profile>> {
        self.lock().devices.get(base).and_then(|device| device.profile.clone())
    }

    /// The last value of every property, for keeping over a restart.
    pub fn remembered(&self) -> Vec<Kept> {
        self.lock().remembered()
    }

    /// Puts back a value from before a restart: shown as remembered until the device speaks.
    pub fn restore(&self, now: Now, kept: Kept) {
        self.lock().restore(now, kept);
    }

    /// Ends the stream: every receiver sees its end after what was published.
    pub fn close(&self) {
        self.lock().close();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a bug of ours; the state is still whole, as every change is a few assignments.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
