//! Builds every part of the hub, wires them, waits for a signal and drains them in order.
//!
//! The only room that knows all others. Listening comes before everything that may be slow; what was remembered is
//! there before the first visitor is answered, links come last. The end is the same way backwards: links stop, the
//! hub's stream closes, clients hear good-bye, values are written – within [`DRAIN_WITHIN`], or it is said who was late.

mod broker;
pub mod definitions;
mod events;
pub mod folder;
mod history;
mod identity;
mod issue;
mod links;
mod listen;
pub mod local;
mod machine;
mod mdns;
mod reload;
mod remembered;
mod serve;
mod signals;
mod systemd;
mod teaching;
mod tell;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout_at};

use crate::broker::BrokerError;
use crate::config::{Config, DiscoveryConfig, LinkConfig};
use crate::events::Events;
use crate::events::keeper::Keeping as Noting;
use crate::history::keeper::Keeping;
use crate::hub::{Hub, HubConfig, Now};
use crate::link::mqtt::HubName;
use crate::stop::Stop;
use crate::web::account::{DEMO_NAME, DEMO_PASSWORD};
use crate::web::decisions::Decisions;
use crate::web::doors::Doors;
use crate::web::{WebError, talk};
use broker::OwnBroker;
use folder::Folder;
pub use folder::FolderError;
use issue::Issue;
use links::Links;
pub use listen::ListenError;
use local::Posted;
use remembered::{Remembered, SAVE_EVERY};
use serve::Web;
use signals::{Signal, Signals};

/// How long the hub may take to stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// How often time passes for the hub: commands without an answer end, devices without a word become silent.
const TICK: Duration = Duration::from_millis(250);
/// How often it is looked whether what is posted for this machine is still so.
const POST_EVERY: Duration = Duration::from_secs(2);
/// How long a first start waits to be sure of its name.
const NAME_WITHIN: Duration = Duration::from_secs(4);

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Everything that is configured.
    pub config: Config,
    /// The file the configuration came from, read again when asked.
    pub file: Option<PathBuf>,
    /// Whether the command line has chosen the data folder.
    pub fixed_data: bool,
    /// Whether the command line has chosen where to listen.
    pub fixed_listen: bool,
    /// Whether the command line has chosen where the broker listens.
    pub fixed_broker: bool,
    /// Whose accounts let people in.
    pub door: Door,
}

/// Whose accounts let people in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Those of the data folder; a setup code as long as there are none.
    Accounts,
    /// The demo's, which everybody knows; on loopback only.
    Demo,
}

/// What people need to know to come in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Greeting {
    /// Where the pages are.
    pub address: String,
    /// The same by the name that the local network knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    /// Where Clown.Talk is spoken.
    pub endpoint: String,
    /// SHA-256 of the certificate.
    pub fingerprint: String,
    /// Where the broker is, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt: Option<String>,
    /// Where the broker speaks TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtts: Option<String>,
    /// The demo's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'static str>,
    /// The demo's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'static str>,
    /// What the first account is made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_code: Option<String>,
    /// The data folder; it holds the certificate authority, `ca.pem`.
    #[serde(skip)]
    pub data: PathBuf,
}

/// Why the hub cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Accounts, certificate, listener.
    #[error(transparent)]
    Web(#[from] WebError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The system refuses something a program normally has.
    #[error("cannot {what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: std::io::Error,
    },
}

/// Runs a hub until it is asked to stop; `greet` is called once it serves.
pub async fn run(plan: Plan, greet: impl FnOnce(&Greeting)) -> Result<(), AppError> {
    let mut signals =
        Signals::new().map_err(|error| AppError::System { what: "listen to signals", error })?;
    let mut app = App::open(plan).await?;
    machine::watch(app.folder.path(), &app.hub, &app.events, &app.stop);
    if let Some(mdns) = &app.web.mdns {
        mdns.settled(NAME_WITHIN).await;
    }
    let greeting = app.greeting();
    tracing::info!(address = %greeting.address, data = %greeting.data.display(), "the hub serves");
    greet(&greeting);
    let status = format!("serving {}", greeting.address);
    systemd::ready(&status);
    app.live(&mut signals, &status).await;
    systemd::stopping();
    signals.leave_at_the_next();
    app.drain().await;
    Ok(())
}

/// Every part of a running hub.
struct App {
    plan: Plan,
    /// The links that are in force; a reload may have changed them since the plan.
    running: Config,
    hub: Hub,
    links: Links,
    /// The link to the broker of the hub's own, which is not in the configuration.
    own: Option<LinkConfig>,
    web: Web,
    broker: Option<OwnBroker>,
    remembered: Remembered,
    /// What writes history, until it has written all.
    keeping: Option<Keeping>,
    events: Events,
    /// What writes events, until it has written all.
    noting: Noting,
    posted: Posted,
    /// What the screen of this machine shows over its login.
    issue: Option<Issue>,
    stop: Stop,
    /// The last to go: until then no other hub may have the folder.
    folder: Folder,
}

impl App {
    async fn open(plan: Plan) -> Result<Self, AppError> {
        let folder = Folder::take(&plan.config.hub.data)?;
        let data = folder.path();
        let hub_id = identity::hub_id(data)
            .map_err(|error| AppError::System { what: "keep the hub's id in the data folder", error })?;
        let stop = Stop::new();
        let hub = Hub::new(HubConfig::default(), Now::now());
        teaching::teach(&hub, &plan.config.hub.devices, &stop);
        let mut remembered = Remembered::of(data);
        remembered.restore(&hub, Now::now());
        let (events, noting) = events::record(plan.config.events, data, &hub, &stop)?;
        let decisions = Decisions::open(&hub, data, Now::now());
        decisions.tell(&events);
        let (history, keeping) = history::record(&plan.config.history, data, &hub, &stop)?;
        trust(&hub, &plan.config.discovery);
        let doors = doors(&plan, data)?;
        doors.tell(&events);
        let mut broker = match &plan.config.broker {
            Some(config) => Some(OwnBroker::open(config, &doors, &hub_id, data).await?),
            None => None,
        };
        let mqtt = plan.config.broker.as_ref().zip(broker.as_ref());
        let mqtt = mqtt.filter(|(config, _)| config.websocket).map(|(config, broker)| broker.for_web(config));
        let folders = (data, &*plan.config.hub.devices);
        let config = (&plan.config.web, &plan.config.mdns);
        let web =
            Web::open(config, folders, doors, &decisions, (mqtt, history, events.clone()), &stop).await?;
        if let (Some(broker), Some(config)) = (&mut broker, &plan.config.broker) {
            broker.open_socket(data, &stop)?;
            broker.listen(config, plan.door == Door::Demo, &web.tls, &stop).await?;
            broker.tell(&hub, config.websocket.then_some(web.listening), &stop);
        }
        let name = HubName { id: hub_id, host: identity::host() };
        let mut links = Links::new(hub.clone(), name, data);
        let own = broker.as_ref().zip(plan.config.broker.as_ref());
        let own = own.and_then(|(broker, config)| broker.link(config));
        links.apply(&[&plan.config.links[..], own.as_slice()].concat()).await;
        let local = web.local(&plan.config.links);
        let issue = Issue::of_the_service(&local);
        let posted = Posted::at(data, &local)
            .map_err(|error| AppError::System { what: "write local.json into the data folder", error })?;
        let running = plan.config.clone();
        Ok(Self {
            plan,
            running,
            hub,
            links,
            own,
            web,
            broker,
            remembered,
            keeping,
            events,
            noting,
            posted,
            issue,
            stop,
            folder,
        })
    }

    /// Lets time pass until a signal asks for the end.
    async fn live(&mut self, signals: &mut Signals, status: &str) {
        let (mut tick, mut save, mut post) = (every(TICK), every(SAVE_EVERY), every(POST_EVERY));
        let watchdog = systemd::watchdog();
        let mut alive = every(watchdog.unwrap_or(SAVE_EVERY));
        loop {
            tokio::select! {
                _ = tick.tick() => self.hub.tick(Now::now()),
                _ = alive.tick(), if watchdog.is_some() => systemd::alive(),
                _ = save.tick() => self.save(),
                _ = post.tick() => self.post(),
                signal = signals.next() => match signal {
                    // Nothing to read again: the terminal of the demo was closed.
                    Signal::Reload if self.plan.file.is_none() => return,
                    Signal::Reload => {
                        systemd::reloading();
                        self.reload().await;
                        systemd::ready(status);
                    }
                    Signal::Stop(name) => {
                        tracing::info!("{name}: the hub stops");
                        return;
                    }
                },
            }
        }
    }

    fn save(&mut self) {
        if let Err(error) = self.remembered.save(&self.hub) {
            tracing::error!(
                "the last values are not kept for the next start: {error}; see that the disk has space and the data \
                 folder is the hub's"
            );
        }
    }

    /// Tells programs and people on this machine how the hub is reached now.
    fn post(&mut self) {
        let local = self.web.local(&self.running.links);
        if let Err(error) = self.posted.renew(&local) {
            tracing::warn!("programs on this machine are not told of the change: {error}");
        }
        if let Some(issue) = &mut self.issue {
            issue.renew(&local);
        }
    }

    /// Ends everything in order, and says who was late.
    async fn drain(mut self) {
        let end = Instant::now() + DRAIN_WITHIN;
        self.posted.take_down();
        self.issue = None;
        let mut late = self.links.end(DRAIN_WITHIN / 2).await;
        self.hub.close();
        self.stop.request();
        let left = end.saturating_duration_since(Instant::now()) / 2;
        let clients = self.web.endpoint.clients().say_goodbye(left).await;
        if clients > 0 {
            late.push(format!("{clients} clients"));
        }
        self.save();
        if let Some(keeping) = self.keeping.take()
            && timeout_at(end, keeping.closed()).await.is_err()
        {
            late.push("history".to_owned());
        }
        if let Some(broker) = self.broker.take()
            && timeout_at(end, broker.close()).await.is_err()
        {
            late.push("MQTT clients".to_owned());
        }
        if timeout_at(end, self.web.closed()).await.is_err() {
            late.push("answers under way".to_owned());
        }
        events::stopped(&self.events);
        if timeout_at(end, self.noting.closed()).await.is_err() {
            late.push("events".to_owned());
        }
        match late[..] {
            [] => tracing::info!("the hub has stopped"),
            _ => tracing::warn!("the hub has stopped without waiting any longer for: {}", late.join(", ")),
        }
    }

    fn greeting(&self) -> Greeting {
        let authority = self.web.authority();
        let base = self.plan.config.links.iter().find_map(|link| link.base.as_ref());
        let segment = base.map_or_else(|| talk::ENDPOINT.to_owned(), talk::segment_of);
        let is_demo = self.plan.door == Door::Demo;
        let address = |scheme: &str, at| format!("{scheme}://{}", self.web.reachable(at));
        Greeting {
            address: self.web.address(),
            endpoint: format!("wss://{authority}/auth/{segment}"),
            by_name: self.web.by_name(),
            fingerprint: self.web.tls.fingerprint(),
            mqtt: self.broker.as_ref().and_then(|broker| broker.plain).map(|at| address("mqtt", at)),
            mqtts: self.broker.as_ref().and_then(|broker| broker.tls).map(|at| address("mqtts", at)),
            account: is_demo.then_some(DEMO_NAME),
            password: is_demo.then_some(DEMO_PASSWORD),
            setup_code: self.web.doors.setup_code(),
            data: self.folder.path().to_owned(),
        }
    }
}

fn doors(plan: &Plan, data: &Path) -> Result<Doors, WebError> {
    match plan.door {
        Door::Accounts => Doors::open(&plan.config.web.doors, data, Now::now()),
        Door::Demo => Doors::demo(plan.config.web.listen),
    }
}

/// Devices of these dialects need nobody to accept them.
fn trust(hub: &Hub, discovery: &DiscoveryConfig) {
    let words = discovery.accept.iter().map(|dialect| dialect.word().into());
    hub.trust(Now::now(), words.collect());
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    // After a pause (a laptop that slept) time passes once, not as often as it was missed.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
