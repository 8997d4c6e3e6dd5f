//! The broker of the crate `mqtt5`: its router, sessions and handlers, started the way its own server starts them.
//!
//! Its server, listeners, accounts and file storage are not used. Each connection becomes a [`Pipe`] between the wire
//! and a `ClientHandler`. What `mqtt5` keeps in memory is restored before the first client.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use mqtt5::MqttError;
use mqtt5::broker::client_handler::ClientHandler;
use mqtt5::broker::config::BrokerConfig;
use mqtt5::broker::resource_monitor::{ResourceLimits, ResourceMonitor};
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::storage::{DynamicStorage, QueueLimits, StorageBackend};
use mqtt5::broker::sys_topics::{BrokerStats, SysTopicsProvider};
use mqtt5::broker::transport::BrokerTransport;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use super::clients::{Client, Clients};
use super::gate::{Doorkeeper, Gate};
use super::hooks::Hooks;
use super::intake::{Intake, Watch};
use super::lasting::Lasting;
use super::limits::{ALIASES, FROM_CLIENT, IN_FLIGHT, LANE, QUEUED, UNRELEASED};
use super::pipe::Pipe;
use super::store::{Store, StoreLimits, StoreState, Witness};
use super::tally::Tally;
use super::tide::Tides;
use super::{Accounts, Anonymous, Broker, BrokerError, Connection, Counts, Limits, Refusal, Trouble};
use super::{farewell, overheard, packet};
use crate::stop::Stop;

/// How often expired messages and sessions are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How often `$SYS` is told.
const SYS_EVERY: Duration = Duration::from_secs(10);
/// How long clients may take to leave when the broker closes.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// Why a client is ended (MQTT 5.0 §3.14.2.1).
const NOT_AUTHORIZED: u8 = 0x87;
/// Why a client that began too much is ended.
const TOO_MANY: u8 = 0x93;

/// What a broker is made from.
pub struct Plan {
    /// Who may come in.
    pub accounts: Arc<dyn Accounts>,
    /// Who may come in without a password.
    pub anonymous: Anonymous,
    /// What one client may ask.
    pub limits: Limits,
    /// The id of this hub, whose topics `clown-hub/<id>/…` are its own.
    pub hub_id: String,
    /// Where retained messages and sessions are kept.
    pub file: PathBuf,
}

/// The embedded broker; clones share it.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

struct Shared {
    config: Arc<BrokerConfig>,
    router: Arc<MessageRouter>,
    storage: Arc<DynamicStorage>,
    stats: Arc<BrokerStats>,
    monitor: Arc<ResourceMonitor>,
    clients: Arc<Clients>,
    keeper: Arc<Doorkeeper>,
    hooks: Arc<Hooks>,
    tally: Arc<Tally>,
    lasting: Arc<Lasting>,
    /// Where the log of `mqtt5` passes.
    ear: Dispatch,
    closing: broadcast::Sender<()>,
    stop: Stop,
    keeping: watch::Receiver<StoreState>,
    /// Sees what clients are sent.
    witness: Witness,
    /// Taken when it is closed.
    store: Mutex<Option<Store>>,
}

impl Embedded {
    /// Restores what was kept, and is ready for clients.
    pub async fn open(plan: Plan) -> Result<Self, BrokerError> {
        let restore = |error: mqtt5::MqttError| BrokerError::Restore(error.to_string());
        let limits = plan.limits.clone();
        let store = open_store(plan.file, &limits).await?;
        let (storage, keeping) = (store.storage(), store.state());
        let (tally, tides) = (Arc::new(Tally::default()), Arc::new(Tides::default()));
        let lasting = Arc::new(Lasting::default());
        let hooks = Hooks::new(limits.clone(), tides.clone(), lasting.clone(), Some(store.hooks()));
        let hooks = Arc::new(hooks);
        let config = Arc::new(config(&limits, hooks.clone()));
        let router = Arc::new(MessageRouter::with_storage(storage.clone()).with_event_handler(hooks.clone()));
        let longest = u32::try_from(limits.session.as_secs()).unwrap_or(u32::MAX);
        router.recover_sessions(longest).await.map_err(restore)?;
        storage.cleanup_expired().await.map_err(restore)?;
        router.initialize().await.map_err(restore)?;
        for (topic, message) in storage.get_retained_messages("#").await.map_err(restore)? {
            hooks.retain(&topic, message.payload.len());
        }
        hooks.tell(&router);
        lasting.look(&storage).await;
        let clients = Arc::new(Clients::new(limits, tally.clone(), tides));
        let keeper = Doorkeeper {
            accounts: plan.accounts,
            anonymous: plan.anonymous,
            limits: plan.limits,
            hub_id: plan.hub_id,
            clients: clients.clone(),
            lasting: lasting.clone(),
            storage: storage.clone(),
        };
        let shared = Shared {
            config,
            router,
            storage,
            stats: Arc::new(BrokerStats::new()),
            monitor: Arc::new(ResourceMonitor::new(no_limits())),
            clients,
            keeper: Arc::new(keeper),
            hooks,
            ear: overheard::ear(tally.clone()),
            tally,
            lasting,
            closing: broadcast::Sender::new(1),
            stop: Stop::new(),
            keeping,
            witness: store.witness(),
            store: Mutex::new(Some(store)),
        };
        let broker = Self { shared: Arc::new(shared) };
        tokio::spawn(broker.clone().look_after());
        Ok(broker)
    }

    /// Sweeps what has expired and tells `$SYS`, until the broker closes.
    async fn look_after(self) {
        let Shared { router, storage, stats, clients, lasting, tally, stop, .. } = &*self.shared;
        let sys = SysTopicsProvider::new(router.clone(), stats.clone());
        sys.publish_static_topics().await;
        let (mut sweep, mut tell) = (interval(SWEEP_EVERY), interval(SYS_EVERY));
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.requested() => return,
                _ = tell.tick() => {
                    clients.say_who_is_slow();
                    tally.say_lost();
                    sys.publish_dynamic_topics().await;
                }
                _ = sweep.tick() => {
                    if let Err(error) = storage.cleanup_expired().await {
                        tracing::warn!("expired messages cannot be removed: {error}");
                    }
                    router.sweep_sessions().await;
                    lasting.look(storage).await;
                }
            }
        }
    }

    async fn speak(self, connection: Connection) {
        let Shared {
            config, router, storage, stats, monitor, clients, keeper, closing, ear, witness, ..
        } = &*self.shared;
        let (read, write) = tokio::io::split(connection.wire);
        let listed = clients.admit(connection.origin);
        let writer = tokio::spawn(listed.client.outbox.clone().write_to(write));
        let address = connection.origin.address();
        let gate = Gate { keeper: keeper.clone(), client: listed.client.clone() };
        let (client, sessions) = (listed.client.clone(), storage.clone());
        let is_bound =
            move || client.name.get().is_some_and(|name| !sessions.queue_handle(name).awaiting_bind());
        let intake = Intake::new(read, keeper.limits.packet, self.watch(listed.client.clone()));
        let client = listed.client.clone();
        let name = move || client.name.get().map(|name| name.as_str().into());
        let pipe = witness.watch(Pipe::new(intake, listed.client.clone(), is_bound), name);
        let handler = ClientHandler::new(
            BrokerTransport::WebSocket(Box::new(pipe)),
            address,
            config.clone(),
            router.clone(),
            Arc::new(gate),
            Some(storage.clone()),
            stats.clone(),
            monitor.clone(),
            closing.subscribe(),
        );
        let end = handler.run().with_subscriber(ear.clone()).await;
        part(&listed.client, end);
        // The connection counts until its last byte has left.
        if let Err(error) = writer.await {
            tracing::error!(
                %address,
                "a writer broke, its client comes back by itself; please report this line: {error}"
            );
        }
        drop(listed);
    }

    /// Looks at what a client sends.
    fn watch(&self, client: Arc<Client>) -> Watch {
        let (hooks, most) = (self.shared.hooks.clone(), UNRELEASED * self.shared.keeper.limits.packet);
        Box::new(move |head, total| {
            if let Some((topic, bytes)) = packet::retained_live(head, total, client.is_v5())
                && !hooks.has_room(topic, bytes)
            {
                client.refuse(Refusal::Retained, topic);
            }
            if client.flight.heard(head, total, most) { Ok(()) } else { Err(TOO_MANY) }
        })
    }

    async fn leave(self) {
        let Shared { clients, closing, stop, .. } = &*self.shared;
        stop.request();
        // Nobody hears it if there is no client.
        let _ = closing.send(());
        let end = Instant::now() + LEAVE_WITHIN;
        while clients.connections() > 0 && Instant::now() < end {
            sleep(Duration::from_millis(10)).await;
        }
        let store = self.shared.store.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(store) = store {
            store.close().await;
        }
    }
}

/// Ends the conversation with a client, and says why it has ended.
fn part(client: &Client, end: mqtt5::Result<()>) {
    client.has_left.store(true, Ordering::Release);
    let address = client.origin.address();
    match &end {
        Ok(()) => tracing::debug!(client = client.name(), %address, "left"),
        Err(error) => tracing::debug!(client = client.name(), %address, "left: {error}"),
    }
    match end {
        Err(MqttError::Timeout) if client.name.get().is_none() => client.refuse(Refusal::Late, ""),
        Err(error) if client.is_welcome.load(Ordering::Relaxed) => {
            if let Some(reason) = farewell::reason(&error) {
                if !matches!(error, MqttError::KeepAliveTimeout) {
                    client.refuse(Refusal::Malformed, &error.to_string());
                }
                client.outbox.end(reason);
            }
        }
        Ok(()) | Err(_) => {}
    }
    client.outbox.close();
    if client.outbox.is_cut() {
        tracing::warn!(
            client = client.name(),
            %address,
            "an MQTT client took nothing and was cut off (look whether it hangs or its network does)"
        );
    }
}

/// Opens what was kept; off the runtime, because it reads all of it.
async fn open_store(file: PathBuf, limits: &Limits) -> Result<Store, BrokerError> {
    let queue = QueueLimits { max_messages: QUEUED, max_bytes: limits.queue };
    let limits = StoreLimits { queue, in_flight: IN_FLIGHT };
    let opened = tokio::task::spawn_blocking(move || Store::open(&file, limits)).await;
    Ok(opened.map_err(|error| BrokerError::Restore(error.to_string()))??)
}

impl Broker for Embedded {
    fn serve(&self, connection: Connection) -> BoxFuture<'static, ()> {
        Box::pin(self.clone().speak(connection))
    }

    fn counts(&self) -> Counts {
        let Shared { clients, hooks, tally, lasting, .. } = &*self.shared;
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            clients: clients.count(),
            sessions: lasting.count(),
            retained: hooks.retained(),
            dropped: read(&tally.dropped),
            refused: read(&tally.refused),
            cut: read(&tally.cut),
        }
    }

    fn refuse(&self, refusal: Refusal, address: SocketAddr) {
        self.shared.tally.refuse(refusal, "", address, "");
    }

    fn trouble(&self) -> Option<Trouble> {
        match &*self.shared.keeping.borrow() {
            StoreState::Kept => None,
            StoreState::Failing { code, reason, hint, .. } => {
                Some(Trouble { code, reason: reason.clone(), hint })
            }
        }
    }

    fn end_with_rights(&self) {
        let is_over = |client: &Client| client.right.get().is_some_and(|right| right.is_over());
        let ended = self.shared.clients.end(NOT_AUTHORIZED, is_over);
        if ended > 0 {
            tracing::info!("{ended} clients were disconnected, because their account or token is gone");
        }
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        Box::pin(self.clone().leave())
    }
}

/// How `mqtt5` is set; what it is not told here it does not use, because its server does not run.
fn config(limits: &Limits, hooks: Arc<Hooks>) -> BrokerConfig {
    BrokerConfig {
        session_expiry_interval: limits.session,
        max_packet_size: limits.packet,
        topic_alias_maximum: ALIASES,
        max_subscriptions_per_client: limits.subscriptions,
        client_channel_capacity: LANE,
        max_outbound_inflight: IN_FLIGHT,
        server_receive_maximum: Some(FROM_CLIENT),
        event_handler: Some(hooks),
        ..BrokerConfig::default()
    }
}

/// Connections are counted where they are accepted.
fn no_limits() -> ResourceLimits {
    ResourceLimits {
        max_connections: usize::MAX,
        max_connections_per_ip: usize::MAX,
        max_message_rate_per_client: 0,
        max_bandwidth_per_client: 0,
        max_connection_rate: u32::MAX,
        rate_limit_window: Duration::from_secs(1),
    }
}
