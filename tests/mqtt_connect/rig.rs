//! A hub with MQTT links, and eyes on how they are.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use clown_hub::device::dialect::Settings;
use clown_hub::hub::{Hub, HubConfig, LinkHandle, LinkInfo, LinkState, LinkView, Now};
use clown_hub::link::Kind;
use clown_hub::link::mqtt::{Address, Config, HubName, KEEP_ALIVE, Timing, Version, login, tls};
use clown_hub::stop::Stop;
use clown_hub::talk::Topic;
use tokio::task::JoinHandle;

use crate::common::{Mosquitto, until};

/// Short enough for a test; what is retried patiently waits this long.
pub const TIMING: Timing = Timing {
    pause: Duration::from_millis(500),
    patience: Duration::from_secs(3),
    good: Duration::from_secs(1),
};

/// A link to `url` that passes everything below `nodes/` both ways.
pub fn config(url: &str) -> Config {
    Config {
        address: Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error:?}")),
        version: None,
        login: login::Source::default(),
        tls: tls::Files::default(),
        client_id: format!("clown-hub-test-{}", fastrand::u32(..)),
        keep_alive: KEEP_ALIVE,
        topics: vec!["nodes/# both".parse().expect("a route")],
        bases: Vec::new(),
        retain: false,
        discovery: Settings::default(),
        hub: HubName { id: "0badcafe".into(), host: "workshop".into() },
        folder: None,
        timing: TIMING,
    }
}

/// A link to the plain port of a Mosquitto.
pub fn plain(broker: &Mosquitto) -> Config {
    config(&format!("mqtt://127.0.0.1:{}", broker.port()))
}

/// A link to the TLS port of a Mosquitto, by the name `host`.
pub fn encrypted(broker: &Mosquitto, host: &str) -> Config {
    let ca = Some(broker.certificates().ca());
    let tls = tls::Files { ca, identity: None };
    Config { tls, ..config(&format!("mqtts://{host}:{}", broker.port())) }
}

/// With a user whose password is in `file`.
pub fn with_login(config: Config, user: &str, file: &Path) -> Config {
    let password = Some(login::Secret::File(file.to_owned()));
    Config { login: login::Source { user: Some(user.into()), password }, ..config }
}

/// Both versions, for tests of what is the same in both.
pub const VERSIONS: [Version; 2] = [Version::V4, Version::V5];

/// A hub and its links.
pub struct Rig {
    pub hub: Hub,
    pub stop: Stop,
    links: Mutex<Vec<JoinHandle<()>>>,
    ticks: JoinHandle<()>,
}

impl Rig {
    /// A hub with one link, `broker`.
    pub fn new(config: Config) -> Self {
        let rig = Self::empty();
        rig.link("broker", config);
        rig
    }

    /// A hub without links.
    pub fn empty() -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let clock = hub.clone();
        let ticks = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                clock.tick(Now::now());
            }
        });
        Self { hub, stop: Stop::new(), links: Mutex::default(), ticks }
    }

    /// Adds a link.
    pub fn link(&self, name: &str, config: Config) {
        let info = LinkInfo { name: name.into(), kind: "mqtt", base: None };
        let (handle, commands) = self.hub.attach(Now::now(), info);
        let link = Kind::Mqtt(Box::new(config)).run(handle, commands, self.stop.clone());
        self.links.lock().expect("never poisoned").push(tokio::spawn(link));
    }

    /// A device of another link that the test speaks for.
    pub fn device(&self, base: &str) -> LinkHandle {
        let base = Some(Topic::new(base).expect(base));
        let info = LinkInfo { name: "bridge".into(), kind: "serial", base };
        let (handle, _) = self.hub.attach(Now::now(), info);
        handle.state(Now::now(), LinkState::up("a device"));
        handle
    }

    /// A link as the hub sees it.
    pub fn view(&self, name: &str) -> LinkView {
        let snapshot = self.hub.snapshot(Now::now());
        snapshot.links.into_iter().find(|link| &*link.name == name).expect("the link is attached")
    }

    /// Waits until a link is in the state with this code.
    pub async fn becomes(&self, name: &str, code: &str) -> LinkState {
        let mut last = None;
        until(&format!("the link {name} to be {code}"), || {
            let state = self.view(name).state;
            if last.as_ref() != Some(&state) {
                eprintln!("{name}: {state:?}");
                last = Some(state.clone());
            }
            async { Some(state).filter(|state| state.code == code) }
        })
        .await
    }

    /// Waits until the link `broker` is in the state with this code.
    pub async fn comes_to(&self, code: &str) -> LinkState {
        self.becomes("broker", code).await
    }

    /// Stops all links.
    pub async fn end(self) {
        self.stop.request();
        let links = std::mem::take(&mut *self.links.lock().expect("never poisoned"));
        for link in links {
            tokio::time::timeout(Duration::from_secs(3), link).await.expect("in time").expect("no panic");
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.ticks.abort();
        self.links.lock().expect("never poisoned").iter().for_each(JoinHandle::abort);
    }
}

/// How often a Mosquitto has let somebody in.
pub fn welcomes(broker: &Mosquitto) -> usize {
    broker.log().matches("New client connected").count()
}
