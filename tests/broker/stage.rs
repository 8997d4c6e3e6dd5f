//! The two brokers under the same tests: the one inside the hub, and Mosquitto.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use rustix::process::Signal;

use super::common::{Hub, Launch, Mosquitto, MqttDoor, Setup, free_port, until};
use super::packet::Version;

/// Which broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one inside the real `clown-hub`.
    Embedded,
    /// Debian's Mosquitto.
    Mosquitto,
}

impl Kind {
    /// Whether this broker is known to do something else than the standard says, which is printed. The hub's broker
    /// never is; Mosquitto is the 2.0.11 of Debian 12, and what stands in `how` was seen on the wire.
    pub fn departs(self, how: &str) -> bool {
        let departs = self == Self::Mosquitto;
        if departs {
            println!("Mosquitto departs from the standard: {how}");
        }
        departs
    }
}

/// After this time the hub's broker has written down what it need not write at once: a second, and a moment to do it.
pub const WRITTEN: Duration = Duration::from_millis(1_200);

/// What a case wants besides an open port of loopback.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// Only this user and password get in.
    pub account: Option<(&'static str, &'static str)>,
    /// A door with TLS, too.
    pub tls: bool,
}

/// A running broker.
pub struct Broker {
    inside: Inside,
}

/// A hub with a broker.
struct Embedded {
    hub: Option<Hub>,
    launch: Launch,
    port: u16,
    tls_port: u16,
}

/// A Mosquitto without TLS, and one with it if that is wished for.
struct Both {
    plain: Mosquitto,
    tls: Option<Mosquitto>,
}

enum Inside {
    Embedded(Box<Embedded>),
    Mosquitto(Box<Both>),
}

impl Broker {
    /// Starts one in a fresh folder. Everybody on loopback gets in.
    pub async fn start(kind: Kind) -> Self {
        Self::with(kind, Wish::default()).await
    }

    /// Starts one in a fresh folder.
    pub async fn with(kind: Kind, wish: Wish) -> Self {
        let inside = match kind {
            Kind::Embedded => embedded(wish),
            Kind::Mosquitto => {
                // Debian's limits of 2.0 let a client lose what comes at once; `Setup` lifts them. It writes its
                // database when told to, see `keep`.
                let setup = Setup {
                    password: wish.account,
                    persistence: true,
                    saves_when_told: true,
                    ..Setup::default()
                };
                let tls = Setup { tls: wish.tls.then(Default::default), ..setup.clone() };
                let tls = if wish.tls { Some(Mosquitto::start(tls).await) } else { None };
                Inside::Mosquitto(Box::new(Both { plain: Mosquitto::start(setup).await, tls }))
            }
        };
        Self { inside }
    }

    /// Its port of `127.0.0.1`, the same over restarts.
    pub fn port(&self) -> u16 {
        match &self.inside {
            Inside::Embedded(embedded) => embedded.port,
            Inside::Mosquitto(both) => both.plain.port(),
        }
    }

    /// The way in without TLS; the account is not said.
    pub fn door(&self) -> MqttDoor {
        MqttDoor::tcp(self.port())
    }

    /// The way in by TLS; the account is not said.
    pub fn tls_door(&self) -> MqttDoor {
        match &self.inside {
            Inside::Embedded(embedded) => MqttDoor::tcp(embedded.tls_port).trusting(&self.hub().ca()),
            Inside::Mosquitto(both) => both.tls.as_ref().expect("it was wished for").door(),
        }
    }

    /// The hub around the broker.
    pub fn hub(&self) -> &Hub {
        match &self.inside {
            Inside::Embedded(embedded) => embedded.hub.as_ref().expect("it runs"),
            Inside::Mosquitto(_) => panic!("there is no hub around Mosquitto"),
        }
    }

    /// Whether it is the hub's.
    pub fn is_embedded(&self) -> bool {
        matches!(self.inside, Inside::Embedded(_))
    }

    /// What was acknowledged to a publisher outlives a kill from here on. The hub's broker has written it down before it
    /// acknowledged; Mosquitto does when it is told to (SIGUSR1).
    pub async fn keeps_what_it_acknowledged(&self) {
        if let Inside::Mosquitto(both) = &self.inside {
            let plain = &both.plain;
            let written = || plain.database().metadata().map(|file| (file.ino(), file.modified().ok())).ok();
            let before = written();
            rustix::process::kill_process(plain.pid(), Signal::USR1).expect("it runs");
            until("Mosquitto to save", || async { (written() != before).then_some(()) }).await;
        }
    }

    /// Everything outlives a kill from here on: what came with QoS 0, wills, and what subscribers have acknowledged. The
    /// hub's broker writes that down within a second.
    pub async fn keeps_everything(&self) {
        match &self.inside {
            Inside::Embedded(_) => tokio::time::sleep(WRITTEN).await,
            Inside::Mosquitto(_) => self.keeps_what_it_acknowledged().await,
        }
    }

    /// Kills it as a power cut does and starts it over the same data.
    pub async fn kill9_and_restart(&mut self) {
        self.kill9();
        self.restart().await;
    }

    /// Kills it as a power cut does.
    pub fn kill9(&mut self) {
        match &mut self.inside {
            Inside::Embedded(embedded) => drop(embedded.hub.take()),
            Inside::Mosquitto(both) => both.plain.kill9(),
        }
    }

    /// Starts it again.
    pub async fn restart(&mut self) {
        match &mut self.inside {
            Inside::Embedded(embedded) => {
                drop(embedded.hub.take());
                embedded.hub = Some(embedded.launch.clone().start());
            }
            Inside::Mosquitto(both) => both.plain.restart().await,
        }
    }
}

fn embedded(wish: Wish) -> Inside {
    let (port, tls_port) = (free_port(), free_port());
    let mut config = format!("[broker]\nlisten = \"127.0.0.1:{port}\"\n");
    if wish.account.is_none() {
        config += "anonymous = \"loopback\"\n";
    }
    if wish.tls {
        config += &format!("tls_listen = \"127.0.0.1:{tls_port}\"\n");
    }
    let mut launch = Launch::run(&config);
    if let Some((user, password)) = wish.account {
        launch = launch.account(user, password);
    }
    Inside::Embedded(Box::new(Embedded { hub: Some(launch.clone().start()), launch, port, tls_port }))
}

/// Says with which version a case failed.
pub struct With(pub Version);

impl Drop for With {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- this was with {:?} ---", self.0);
        }
    }
}
