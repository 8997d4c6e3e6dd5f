//! Builds every part of the hub, wires them, waits for a signal and drains them in order.
//!
//! The only room that knows all others. Listening comes before everything that may be slow; what was remembered is
//! there before the first visitor is answered, links come last. The end is the same way backwards: links stop, the
//! hub's stream closes, clients hear good-bye, values are written – within [`DRAIN_WITHIN`], or it is said who was late.

mod folder;
mod links;
mod listen;
pub mod local;
mod reload;
mod remembered;
mod serve;
mod signals;
mod systemd;

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

use crate::config::Config;
use crate::hub::{Hub, HubConfig, Now};
use crate::stop::Stop;
use crate::web::WebError;
use crate::web::account::{DEMO_NAME, DEMO_PASSWORD};
use crate::web::doors::Doors;
use folder::Folder;
pub use folder::FolderError;
use links::Links;
pub use listen::ListenError;
use remembered::{Remembered, SAVE_EVERY};
use serve::Web;
use signals::{Signal, Signals};

/// How long the hub may take to stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// How often time passes for the hub: commands without an answer end, devices without a word become silent.
const TICK: Duration = Duration::from_millis(250);

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
    /// Where Clown.Talk is spoken.
    pub endpoint: String,
    /// SHA-256 of the certificate.
    pub fingerprint: String,
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
    let system = |what| move |error| AppError::System { what, error };
    let mut signals = Signals::new().map_err(system("listen to signals"))?;
    let folder = Folder::take(&plan.config.hub.data)?;
    let data = folder.path();
    let stop = Stop::new();
    let hub = Hub::new(HubConfig::default(), Now::now());
    let mut remembered = Remembered::of(data);
    remembered.restore(&hub, Now::now());
    let doors = match plan.door {
        Door::Accounts => Doors::open(&serve::doors(&plan.config.web), data, Now::now())?,
        Door::Demo => Doors::demo(plan.config.web.listen)?,
    };
    let web = Web::open(&plan.config.web, data, doors, &hub, &stop).await?;
    let mut links = Links::new(hub.clone());
    links.apply(&plan.config.links).await;
    let greeting = greeting(&plan, &web, data.to_owned());
    let posted =
        web.local(&plan.config.links).post(data).map_err(system("write local.json into the data folder"))?;
    tracing::info!(address = %greeting.address, data = %data.display(), "the hub serves");
    greet(&greeting);
    let status = format!("serving {}", greeting.address);
    systemd::ready(&status);
    live(&plan, &hub, &mut links, &mut remembered, &mut signals, &status).await;

    systemd::stopping();
    drop(posted);
    signals.leave_at_the_next();
    let late = drain(&hub, &mut links, web, &stop).await;
    if let Err(error) = remembered.save(&hub) {
        tracing::error!("the last values were not kept for the next start: {error}");
    }
    match late[..] {
        [] => tracing::info!("the hub has stopped"),
        _ => tracing::warn!("the hub has stopped without waiting any longer for: {}", late.join(", ")),
    }
    Ok(())
}

/// Lets time pass until a signal asks for the end.
async fn live(
    plan: &Plan,
    hub: &Hub,
    links: &mut Links,
    remembered: &mut Remembered,
    signals: &mut Signals,
    status: &str,
) {
    let every = |period| {
        let mut interval = interval_at(Instant::now() + period, period);
        // After a pause (a laptop that slept) time passes once, not as often as it was missed.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        interval
    };
    let mut tick = every(TICK);
    let mut save = every(SAVE_EVERY);
    let watchdog = systemd::watchdog();
    let mut alive = every(watchdog.unwrap_or(SAVE_EVERY));
    let mut running = plan.config.clone();
    loop {
        tokio::select! {
            _ = tick.tick() => hub.tick(Now::now()),
            _ = alive.tick(), if watchdog.is_some() => systemd::alive(),
            _ = save.tick() => if let Err(error) = remembered.save(hub) {
                tracing::error!("the last values are not kept: {error}");
            },
            signal = signals.next() => match signal {
                Signal::Reload => {
                    systemd::reloading();
                    reload::reload(plan, &mut running, hub, links).await;
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

/// Ends everything in order; returns who was late.
async fn drain(hub: &Hub, links: &mut Links, web: Web, stop: &Stop) -> Vec<String> {
    let end = Instant::now() + DRAIN_WITHIN;
    let mut late = links.end(DRAIN_WITHIN / 2).await;
    hub.close();
    stop.request();
    let left = web.endpoint.clients().say_goodbye(end.saturating_duration_since(Instant::now()) / 2).await;
    if left > 0 {
        late.push(format!("{left} clients"));
    }
    if timeout_at(end, web.closed()).await.is_err() {
        late.push("answers under way".to_owned());
    }
    late
}

fn greeting(plan: &Plan, web: &Web, data: PathBuf) -> Greeting {
    let authority = web.authority();
    let base = plan.config.links.first().map(|link| &link.base);
    let segment = base.map_or_else(|| crate::web::talk::ENDPOINT.to_owned(), crate::web::talk::segment_of);
    let is_demo = plan.door == Door::Demo;
    Greeting {
        address: format!("https://{authority}"),
        endpoint: format!("wss://{authority}/auth/{segment}"),
        fingerprint: web.fingerprint.clone(),
        account: is_demo.then_some(DEMO_NAME),
        password: is_demo.then_some(DEMO_PASSWORD),
        setup_code: web.setup_code.clone(),
        data,
    }
}
