//! One connection to a broker, in MQTT 3.1.1 or 5: what goes out is handed to a [`Client`], what comes in and the end
//! of it all come from its [`Poll`].
//!
//! [`open`] makes both; the first [`Poll::next`] connects. A connection that ended stays so: a new session opens a new
//! one and subscribes anew, as no broker is trusted to remember. Handing over never waits: what does not fit into the
//! bounded queue is given back at once, so whoever polls can also publish and nothing can lock up. A broker that stops
//! reading or answering is noticed within two keep-alives, also in the middle of a packet.

mod handed;
mod message;
mod v4;
mod v5;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::Outgoing;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use super::failure::{Lost, Told};
use super::{Config, Version, login, tls};
use crate::hub::LinkState;
use handed::Handed;
pub use message::{Event, Full, Publish, Response};

/// The largest packet in either direction, its header included.
pub const MAX_PACKET: usize = 1 << 20;
/// The largest packet that is heard: a bridge lists hundreds of devices in one. Nothing else is so large.
pub const MAX_HEARD: usize = 4 << 20;
/// The largest packet that a broker of version 3.1.1, which cannot be told [`MAX_HEARD`], may send without being left.
/// What is larger than [`MAX_HEARD`] is counted and thrown away.
pub const MAX_FOREIGN: usize = 16 << 20;
/// Messages of QoS 1 and 2 that may be unacknowledged.
const IN_FLIGHT: u16 = 100;
/// Requests that may wait for the connection: more than [`handed::MESSAGES`], so that subscriptions and the good-bye
/// always find room.
const REQUESTS: usize = 1024;
/// The time for name, TCP, TLS and the broker's first word.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Events that may wait for their reader.
const EVENTS: usize = 32;
/// The user property that names the hubs a message has passed through (MQTT 5).
pub const VIA: &str = "clown-hub-via";

/// The end that publishes; cheap to clone, never blocks.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

/// What [`Client`] and [`Poll`] both know.
struct Shared {
    library: Library,
    known: Mutex<Known>,
    /// Something left the queue.
    room: Notify,
}

struct Known {
    handed: Handed,
    offer: Offer,
    heard: Option<Instant>,
}

/// What the broker allows, from its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Offer {
    packet: usize,
    qos: u8,
    retain: bool,
}

impl Default for Offer {
    fn default() -> Self {
        Self { packet: MAX_PACKET, qos: 2, retain: true }
    }
}

/// The library's client for each version.
enum Library {
    V4(rumqttc::AsyncClient),
    V5(rumqttc::v5::AsyncClient),
    /// There is no connection yet.
    Absent,
    /// Keeps what is handed over, for tests without a broker.
    #[cfg(test)]
    Kept(Version, Mutex<Vec<Publish>>),
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is whole before anything can panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The library wrote something.
    fn wrote(&self, outgoing: &Outgoing) {
        self.known().handed.wrote(outgoing);
        self.room.notify_one();
    }

    /// The broker has answered for the message with this number; its ticket.
    fn answered(&self, number: u16) -> Option<u64> {
        let ticket = self.known().handed.answered(number);
        self.room.notify_one();
        ticket
    }
}

impl Client {
    fn new(library: Library) -> Self {
        Self::offered(library, Offer::default())
    }

    fn offered(library: Library, offer: Offer) -> Self {
        let known = Known { handed: Handed::default(), offer, heard: None };
        Self { shared: Arc::new(Shared { library, known: Mutex::new(known), room: Notify::new() }) }
    }

    /// A client before the first connection: there is no room for anything.
    pub fn absent() -> Self {
        Self::new(Library::Absent)
    }

    /// A client without a broker, whose messages [`Client::kept`] gives back.
    #[cfg(test)]
    pub fn keeping(version: Version) -> Self {
        Self::new(Library::Kept(version, Mutex::default()))
    }

    /// The language that is spoken.
    pub fn version(&self) -> Version {
        match &self.shared.library {
            Library::V5(_) => Version::V5,
            Library::V4(_) | Library::Absent => Version::V4,
            #[cfg(test)]
            Library::Kept(version, _) => *version,
        }
    }

    /// What was handed to a client without a broker since the last call.
    #[cfg(test)]
    pub fn kept(&self) -> Vec<Publish> {
        match &self.shared.library {
            Library::Kept(_, kept) => {
                std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner))
            }
            Library::V4(_) | Library::V5(_) | Library::Absent => Vec::new(),
        }
    }

    /// Hands a message over; its ticket comes back in [`Event::Acknowledged`] or [`Event::Refused`], for QoS 0 never.
    /// QoS and retain are lowered to what the broker offers.
    pub fn publish(&self, mut publish: Publish) -> Result<u64, Full> {
        if publish.topic.is_empty()
            || publish.topic.len() > usize::from(u16::MAX)
            || publish.topic.contains(['+', '#'])
        {
            return Err(Full::Topic);
        }
        let mut known = self.shared.known();
        publish.qos = publish.qos.min(known.offer.qos);
        publish.retain &= known.offer.retain;
        let size = match &self.shared.library {
            Library::V5(_) => v5::size(&publish),
            _ => v4::size(&publish),
        };
        if size > known.offer.packet {
            return Err(Full::Packet { size, limit: known.offer.packet });
        }
        if !known.handed.has_room(size) {
            return Err(Full::Queue);
        }
        // Under the lock, so that our order is the library's order.
        match &self.shared.library {
            Library::V4(client) => v4::publish(client, publish)?,
            Library::V5(client) => v5::publish(client, publish)?,
            Library::Absent => return Err(Full::Queue),
            #[cfg(test)]
            Library::Kept(_, kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).push(publish),
        }
        let ticket = known.handed.message(size);
        #[cfg(test)]
        if matches!(self.shared.library, Library::Kept(..)) {
            known.handed.written(0);
        }
        Ok(ticket)
    }

    /// Whether the broker keeps retained messages, as far as is known.
    pub fn retains(&self) -> bool {
        self.shared.known().offer.retain
    }

    /// How long the connection has been taking for the oldest message that is not written yet.
    pub fn delay(&self) -> Duration {
        self.shared.known().handed.delay()
    }

    /// Waits until something that was handed over is gone, so that there may be room again.
    pub async fn room(&self) {
        self.shared.room.notified().await;
    }

    /// Asks for everything that matches `filter`; the answer comes as [`Event::Subscribed`]. In version 5 our own
    /// messages do not come back.
    pub fn subscribe(&self, filter: &str, qos: u8) -> Result<(), Full> {
        if !is_filter(filter) {
            return Err(Full::Topic);
        }
        let mut known = self.shared.known();
        match &self.shared.library {
            Library::V4(client) => v4::subscribe(client, filter, qos)?,
            Library::V5(client) => v5::subscribe(client, filter, qos)?,
            Library::Absent => return Err(Full::Queue),
            #[cfg(test)]
            Library::Kept(..) => {}
        }
        known.handed.subscription(filter);
        Ok(())
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, filter: &str) -> Result<(), Full> {
        if !is_filter(filter) {
            return Err(Full::Topic);
        }
        match &self.shared.library {
            Library::V4(client) => client.try_unsubscribe(filter).map_err(|_| Full::Queue),
            Library::V5(client) => client.try_unsubscribe(filter).map_err(|_| Full::Queue),
            Library::Absent => Err(Full::Queue),
            #[cfg(test)]
            Library::Kept(..) => Ok(()),
        }
    }

    /// Says good-bye after everything that was handed over; [`Poll::next`] ends with code `stopped` when the broker has
    /// closed the connection.
    pub fn disconnect(&self) {
        // A queue that is full for so long belongs to a broker that hears no good-bye either.
        let _ = match &self.shared.library {
            Library::V4(client) => client.try_disconnect().is_ok(),
            Library::V5(client) => client.try_disconnect().is_ok(),
            Library::Absent => true,
            #[cfg(test)]
            Library::Kept(..) => true,
        };
    }
}

/// A message that came in a packet of `size` bytes. A broker of version 3.1.1 cannot be told how much we take, and
/// Mosquitto 2.0 allows a byte more than it was told.
fn heard(size: usize, publish: Publish) -> Event {
    if size > MAX_HEARD {
        let why = Full::Packet { size, limit: MAX_HEARD }.to_string();
        return Event::Unheard { topic: publish.topic, why };
    }
    Event::Heard(publish)
}

/// Passes an event on. A message larger than [`MAX_PACKET`] waits until all before it are taken, so that never more than
/// one of them is kept.
async fn pass(events: &mpsc::Sender<Event>, event: Event) -> Result<(), Lost> {
    let is_large = matches!(&event, Event::Heard(publish) if publish.payload.len() > MAX_PACKET);
    let rooms = if is_large { EVENTS } else { 1 };
    let mut room = events.reserve_many(rooms).await.map_err(|_| Lost::Left)?;
    if let Some(room) = room.next() {
        room.send(event);
    }
    Ok(())
}

/// Whether the library takes it; it panics on none of these.
fn is_filter(filter: &str) -> bool {
    filter.len() <= usize::from(u16::MAX) && rumqttc::valid_filter(filter)
}

/// The end that listens. Dropping it drops the connection; the broker then publishes the will.
pub struct Poll {
    events: mpsc::Receiver<Event>,
    running: Running,
    shared: Arc<Shared>,
    patience: Duration,
    told: Told,
}

/// How far a connection is. Each stage goes on where it was when [`Poll::next`] is cancelled and called again.
enum Running {
    /// The library runs, for as long as [`Poll::next`] is awaited.
    Drive(BoxFuture<Lost>),
    /// It has ended, and it is being found out why.
    Ask(BoxFuture<LinkState>),
    /// It has ended.
    Over(LinkState),
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Poll {
    /// The next event; an error is the end, and how it is to be told. May be cancelled without losing anything.
    pub async fn next(&mut self) -> Result<Event, LinkState> {
        loop {
            match &mut self.running {
                Running::Drive(drive) => {
                    let heard = self.shared.known().heard;
                    let alarm = heard.unwrap_or_else(Instant::now) + self.patience;
                    let lost = tokio::select! {
                        // What has come is looked at before the clock: after a sleep of this machine both are due.
                        biased;
                        Some(event) = self.events.recv() => return Ok(event),
                        lost = drive => lost,
                        () = sleep_until(alarm), if heard.is_some() => {
                            if self.shared.known().heard != heard {
                                continue;
                            }
                            Lost::Silent
                        }
                    };
                    let told = self.told.clone();
                    let was_up = self.shared.known().heard.is_some();
                    self.running = Running::Ask(Box::pin(async move { told.state(lost, was_up).await }));
                }
                // What was heard before the end is heard.
                Running::Ask(ask) => match self.events.try_recv() {
                    Ok(event) => return Ok(event),
                    Err(_) => self.running = Running::Over(ask.await),
                },
                Running::Over(state) => return Err(state.clone()),
            }
        }
    }
}

/// Prepares a connection; nothing is sent before [`Poll::next`]. Reads the password and the certificates from their
/// files, so call it where that may take a moment. Where not even the will may be retained, nothing is.
pub fn open(config: &Config, will: Publish) -> Result<(Client, Poll), LinkState> {
    let login = login::read(&config.login)?;
    let tls = if config.address.is_tls() { Some(tls::config(&config.tls)?) } else { None };
    let (sender, events) = mpsc::channel(EVENTS);
    let offer = Offer { retain: will.retain, ..Offer::default() };
    let (library, run): (Library, Run) = match config.version.unwrap_or(Version::V5) {
        Version::V4 => v4::open(config, login, tls, will),
        Version::V5 => v5::open(config, login, tls, will),
    };
    let client = Client::offered(library, offer);
    let shared = client.shared.clone();
    let drive = run(shared.clone(), sender);
    // Pings go out once per keep-alive; the second one without an answer is the end.
    let patience = config.keep_alive * 2 + Duration::from_secs(1);
    let told = Told::new(config);
    Ok((client, Poll { events, running: Running::Drive(drive), shared, patience, told }))
}

/// Starts the library's loop on what both ends share.
type Run = Box<dyn FnOnce(Arc<Shared>, mpsc::Sender<Event>) -> BoxFuture<Lost> + Send>;
