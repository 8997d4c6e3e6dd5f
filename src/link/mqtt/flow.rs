//! What goes where on an MQTT link: everything a message means, and nothing of how it travels.
//!
//! A [`Flow`] outlives connections. Whoever runs one tells it what is said; it answers by what it hands to the [`Client`].
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`routes`], [`filters`] | topics: taken from the broker, given to it, under which names |
//! | `incoming`, [`bases`] | what the broker says, and which device it belongs to |
//! | `recall` | what lies in the broker's memory, for whoever asks |
//! | `outgoing`, [`waiting`] | what the hub says, and what has not gone yet |
//! | [`foreign`], `rollcall` | devices that speak their own language; announcements asked for again |
//! | `offer` | the hub's devices as Home Assistant takes them |
//! | `orders` | commands both ways, and what is published by hand |
//! | [`echo`], [`recent`], `notes` | own words that come back, loops, and what is told about them |
//! | [`birth`], `peers`, `share`, [`ledger`] | which hubs are there; whose a command is; what was left in the broker's memory |

pub mod bases;
pub mod birth;
pub mod echo;
pub mod filters;
pub mod foreign;
mod incoming;
pub mod ledger;
pub(super) mod notes;
mod offer;
mod orders;
mod outgoing;
mod peers;
mod recall;
pub mod recent;
mod refused;
mod rollcall;
pub mod routes;
mod share;
#[cfg(test)]
mod tests;
pub mod waiting;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::{Client, Full, Publish};
use super::{Config, Version};
use crate::hub::{Fault, LinkHandle, LinkState, Now, Phase, Snapshot, Update};
use crate::talk::Topic;
use bases::Bases;
use birth::Birth;
use echo::{Echoes, Words};
use foreign::Foreign;
use ledger::{Ledger, Origin};
use notes::Notes;
use offer::Offers;
use orders::Orders;
use peers::Peers;
use recall::Recalling;
use recent::Marker;
use rollcall::Rollcall;
use routes::Routes;
use waiting::Waiting;

/// How long after a start every device that is still there has a link again.
const SETTLED: Duration = Duration::from_secs(60);
/// How often it is looked whether something is left in the broker's memory that nobody says any more.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Why a message is not said at all.
const TOO_LARGE: &str = "the broker takes no packet so large";

/// What a message means, over all connections of a link.
pub struct Flow {
    handle: LinkHandle,
    hub: String,
    routes: Routes,
    retain: bool,
    bases: Bases,
    marker: Marker,
    echoes: Echoes,
    foreign: Foreign,
    waiting: Waiting,
    /// What is true and is to be left in the broker's memory, by the hub's name.
    refresh: BTreeMap<Topic, Arc<Update>>,
    orders: Orders,
    birth: Birth,
    peers: Peers,
    /// Whether a hub has come that has not heard what is true, and when one was told last.
    newcomer: bool,
    greeted: Option<Instant>,
    /// Other links of this hub that are at the same broker.
    neighbours: HashSet<String>,
    ledger: Ledger,
    notes: Notes,
    recalling: Recalling,
    rollcall: Rollcall,
    offers: Offers,
    session: Option<Session>,
}

/// One connection, from the broker's welcome on.
struct Session {
    version: Version,
    /// When it is to be looked for leftovers of devices and links that are gone.
    look: Instant,
}

impl Flow {
    /// Of a link that was never connected.
    pub fn new(config: &Config, handle: LinkHandle) -> Self {
        let link = handle.name().to_owned();
        let broker = config.address.to_string();
        let routes = Routes::new(config.topics.clone());
        let birth = Birth::new(&config.hub.id, &link, &config.hub.host);
        let hub = (&*config.hub.id, &*config.hub.host);
        Self {
            hub: config.hub.id.clone(),
            rollcall: Rollcall::new(&config.discovery, &routes),
            offers: Offers::new(hub, birth.topic(), &config.discovery, &routes),
            routes,
            retain: config.retain,
            bases: Bases::new(config.bases.clone()),
            marker: Marker::default(),
            echoes: Echoes::default(),
            foreign: Foreign::new(&handle, &config.discovery),
            waiting: Waiting::default(),
            refresh: BTreeMap::new(),
            orders: Orders::default(),
            birth,
            peers: Peers::default(),
            newcomer: false,
            greeted: None,
            neighbours: HashSet::new(),
            ledger: Ledger::open(config.folder.as_deref(), &link, &broker),
            notes: Notes::new(&link),
            recalling: Recalling::default(),
            session: None,
            handle,
        }
    }

    /// What the broker says for us when we vanish.
    pub fn will(&self) -> Publish {
        self.birth.offline()
    }

    /// The broker has let us in: subscribes, says that we are there, tidies up and says what is true.
    pub fn up(&mut self, now: Now, client: &Client) {
        self.session = Some(Session { version: client.version(), look: now.mono + SETTLED });
        self.recalling.begin(now);
        self.rollcall.begin(now);
        let own = birth::of_this_hub(&self.hub);
        let births = if self.routes.takes() { birth::EVERYBODY } else { &own };
        let is_covered = self.routes.subscriptions().any(|(wide, _)| filters::covers(wide, births));
        let births = (!is_covered).then_some((births, 0));
        let status = self.offers.status().filter(|status| self.routes.into_hub(status).is_none());
        let status = status.as_deref().map(|status| (status, 0));
        for (filter, qos) in self.routes.subscriptions().chain(births).chain(status) {
            if let Err(full) = client.subscribe(filter, qos) {
                tracing::error!("link {}: cannot subscribe to `{filter}`: {full}", self.handle.name());
            }
        }
        let (snapshot, _) = self.handle.listen(now);
        self.know_devices(&snapshot);
        self.clean(now, client, None);
        self.begin_offers(now, client, &snapshot);
        self.refresh = if self.retain { self.true_now(snapshot) } else { BTreeMap::new() };
        self.pump(now, client);
    }

    /// The connection is gone, or was never made.
    pub fn lost(&mut self) {
        self.session = None;
        self.recalling = Recalling::default();
        self.rollcall.lost();
        self.offers.lost();
        self.foreign.lost();
        self.refresh.clear();
        self.orders.lost();
        self.echoes.begin();
        self.birth.begin();
        self.neighbours.clear();
        self.peers.begin();
        self.newcomer = false;
    }

    /// Time passes.
    pub fn tick(&mut self, now: Now, client: &Client) {
        let late = self.waiting.expire(now.mono);
        self.dropped(now, late, "the broker was away or slow for more than 10 s");
        self.answer_late(now, client);
        self.renew(now);
        self.look_at_announced(now);
        self.end_due(now);
        if self.session.is_some() {
            self.look(now, client);
            self.go_on_recalling(now, client);
            self.call_roll(now, client);
            self.greet(now);
            self.go_on_offering(now);
            self.pump(now, client);
        }
        if let Some(page) = self.ledger.due(now.mono) {
            tokio::task::spawn_blocking(move || page.write());
        }
    }

    /// We leave; `for_good` if the link was taken out of the configuration, so that nothing of it stays at the broker.
    /// False until everything is handed over: then it is to be called again as soon as there is room.
    pub fn goodbye(&mut self, now: Now, client: &Client, for_good: bool) -> bool {
        self.pump(now, client);
        if !self.waiting.is_empty() {
            return false;
        }
        if for_good {
            let left: Vec<String> = self.ledger.topics().map(|(remote, _)| remote.to_owned()).collect();
            self.take_out(now, client, left);
            return self.ledger.topics().next().is_none();
        }
        client.publish(self.birth.offline()).is_ok()
    }

    /// The link ends: what is to be known at the next start is written down.
    pub fn close(&mut self, now: Now) {
        if let Some(page) = self.ledger.page(now.mono) {
            page.write();
        }
    }

    /// Whether a subscription may be refused without harm.
    pub fn is_optional(&self, filter: &str) -> bool {
        let is_birth = filter == birth::EVERYBODY || filter == birth::of_this_hub(&self.hub);
        is_birth || self.offers.status().as_deref() == Some(filter)
    }

    /// How the link is, with what is worth knowing while it is up.
    pub fn state(&mut self, now: Now, state: LinkState) -> LinkState {
        if state.phase != Phase::Up {
            return state;
        }
        let state = self.notes.state(now.mono, state);
        self.with_shared(state)
    }

    /// Whether something waits for room at the client.
    pub fn waits(&self) -> bool {
        let waits = !self.waiting.is_empty() || !self.refresh.is_empty() || self.offers.waits();
        self.session.is_some() && waits
    }

    /// Hands over what waits, as far as there is room.
    pub fn pump(&mut self, now: Now, client: &Client) {
        if !self.say_presence_of_offered(now, client) {
            return;
        }
        if let Some(publish) = self.birth.online(&self.routes) {
            self.ledger.put(&publish.topic, None, None);
            match self.send(now, client, publish) {
                Ok(_) => {}
                Err(Full::Queue) => self.birth.begin(),
                // Not again before it has changed.
                Err(Full::Packet { .. } | Full::Topic) => self.dropped(now, 1, TOO_LARGE),
            }
        }
        let gone = self.waiting.hand_over(client);
        for publish in &gone.sent {
            let words = Words::of(&self.marker, &publish.topic, &publish.payload);
            self.echoes.say(now.mono, words, self.back(&publish.topic));
            if publish.retain && publish.payload.is_empty() {
                self.ledger.release(&publish.topic);
            }
        }
        self.handle.gave(gone.sent.len() as u64);
        self.dropped(now, gone.unfit, TOO_LARGE);
        if self.waiting.is_empty() {
            self.say_true(now, client);
        }
        if self.waiting.is_empty() && self.refresh.is_empty() {
            self.say_offers(now, client);
        }
    }

    /// Hands one message over now or never.
    fn send(&mut self, now: Now, client: &Client, publish: Publish) -> Result<u64, Full> {
        let words = Words::of(&self.marker, &publish.topic, &publish.payload);
        let back = self.back(&publish.topic);
        let ticket = client.publish(publish)?;
        self.echoes.say(now.mono, words, back);
        Ok(ticket)
    }

    /// How often the broker sends back what we publish: MQTT 5 does not.
    fn back(&self, remote: &str) -> usize {
        match self.session.as_ref().map(|session| session.version) {
            Some(Version::V4) => self.routes.copies(remote),
            Some(Version::V5) | None => 0,
        }
    }

    fn dropped(&mut self, now: Now, n: u64, why: &str) {
        if n > 0 {
            self.handle.count(Fault::Dropped, n);
            self.notes.lost(now.mono, n, why);
        }
    }

    fn looped(&mut self, now: Now, topic: &str) {
        self.handle.count(Fault::Loop, 1);
        self.notes.looped(now.mono, topic);
    }

    /// The devices of other links, for our birth.
    fn know_devices(&mut self, snapshot: &Snapshot) {
        for device in snapshot.devices.iter().filter(|device| *device.link != *self.handle.name()) {
            self.birth.know(&device.base, device.presence.is_there());
        }
    }

    fn look(&mut self, now: Now, client: &Client) {
        let Some(session) = self.session.as_mut().filter(|session| now.mono >= session.look) else { return };
        session.look = now.mono + LOOK_EVERY;
        // Our birth alone is no leftover.
        if self.ledger.topics().nth(1).is_some() {
            let (snapshot, _) = self.handle.listen(now);
            self.clean(now, client, Some(&snapshot));
        }
    }

    /// Takes out of the broker's memory what nobody says any more: its route is gone, or, as soon as all devices had the
    /// time to come, its link or device.
    fn clean(&mut self, now: Now, client: &Client, settled: Option<&Snapshot>) {
        let is_said = |remote: &str, origin: &Origin| {
            if let Some(stays) = self.offers.stays(remote, origin, settled) {
                return stays;
            }
            let Some(link) = &origin.link else { return remote == self.birth.topic() };
            let is_routed = self.retain && self.routes.given_as(remote).is_some();
            let is_there = settled.is_none_or(|snapshot| {
                snapshot.links.iter().any(|known| {
                    *known.name == **link && (origin.base.is_none() || known.base == origin.base)
                })
            });
            is_routed && is_there
        };
        let left = self.ledger.topics().filter(|(remote, origin)| !is_said(remote, origin));
        let left: Vec<String> = left.map(|(remote, _)| remote.to_owned()).collect();
        self.take_out(now, client, left);
    }

    fn take_out(&mut self, now: Now, client: &Client, left: Vec<String>) {
        if !left.is_empty() {
            tracing::info!("link {}: takes {} retained messages out", self.handle.name(), left.len());
        }
        for remote in left {
            let empty = Publish { topic: remote.clone(), retain: true, ..Publish::default() };
            match self.send(now, client, empty) {
                Ok(_) | Err(Full::Topic | Full::Packet { .. }) => self.ledger.remove(&remote),
                // The rest is found the next time.
                Err(Full::Queue) => break,
            };
        }
    }
}
