//! Lets the local network find this hub by name: `hub.local`, and the services that programs look for.
//!
//! The responder is the crate `mdns-sd` on a thread of its own: it asks whether a name is free before it takes it,
//! follows the interfaces and says good-bye. Ours is what it lacks: one name on all interfaces, the same after a
//! restart, in the certificate and the list of names the hub answers to; and a bound on what it keeps of the words
//! of others. Nothing that fails here stops the hub.

mod label;
mod plan;
mod rival;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use mdns_sd::{DaemonEvent, DnsNameChange, IfKind, RRType, Receiver, ServiceDaemon, ServiceInfo};
use tokio::sync::watch;
use tokio::time::{interval, sleep, timeout};

use crate::stop::Stop;
use crate::web::names::{Names, interface_addresses};
use crate::web::talk::ENDPOINT;
use crate::web::tls::Tls;
use label::{Kept, label_of};
pub use plan::{Mdns, Plan};
use rival::Rival;

/// Pages for people, and Clown.Talk for programs.
const SERVICES: [(&str, &str); 2] = [("_https._tcp.local.", "/"), ("_clown-hub._tcp.local.", ENDPOINT)];
/// How often it is looked whether all is well: somebody who shouts fills tens of MiB in a few seconds.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Records of others beyond which the responder rests and is begun anew: it keeps whatever it hears.
const MOST_HEARD: i64 = 5_000;
/// Looks with a network and without a word sent, after which this is told.
const PATIENT_LOOKS: u32 = 30;
/// Names lost in a run, after which somebody seems to take every one.
const MANY_LOST: u32 = 10;
const REST: Duration = Duration::from_secs(60);

/// Keeps one name announced.
struct Announcer {
    label: String,
    kept: Kept,
    listening: SocketAddr,
    names: Names,
    tls: Tls,
    announced: watch::Sender<bool>,
    silent_looks: u32,
    lost: u32,
    has_rested: bool,
    file: PathBuf,
}

/// Why the responder has ended.
enum End {
    Stop,
    /// The name is somebody else's; the next one to try.
    Lost(String),
    /// It has heard too much.
    Full,
    Broken(mdns_sd::Error),
}

impl Announcer {
    async fn run(mut self, stop: Stop) {
        loop {
            let end = match self.respond(&stop).await {
                Ok(end) => end,
                Err(error) => End::Broken(error),
            };
            match end {
                End::Stop => return,
                End::Lost(label) => {
                    tracing::info!(lost = self.host(), next = label, "another machine has this name");
                    self.label = label;
                    self.lost += 1;
                    if self.lost > MANY_LOST {
                        rest(&stop).await;
                    }
                }
                End::Full => {
                    self.say_once_that_it_rests();
                    rest(&stop).await;
                }
                End::Broken(error) => {
                    tracing::warn!("this hub is not found by its name, only by its address: {error}");
                    return;
                }
            }
        }
    }

    /// One life of the responder.
    async fn respond(&mut self, stop: &Stop) -> mdns_sd::Result<End> {
        let daemon = ServiceDaemon::new()?;
        let events = daemon.monitor()?;
        self.register(&daemon)?;
        let mut rival = Rival::new(format!("{}.", self.host()));
        let mut look = interval(LOOK_EVERY);
        let end = loop {
            tokio::select! {
                () = stop.requested() => break End::Stop,
                event = events.recv_async() => match event {
                    Ok(event) => match self.hear(event, &mut rival) {
                        Some(label) => break End::Lost(label),
                        None => continue,
                    },
                    Err(_) => return Err(mdns_sd::Error::DaemonShutdown),
                },
                () = rival.is_stronger(&daemon) => break End::Lost(label::next(&self.label)),
                _ = look.tick() => if self.look(&daemon).await {
                    break End::Full;
                },
            }
        };
        if let Ok(gone) = daemon.shutdown() {
            // The good-bye is on its way or the thread is gone already.
            let _ = timeout(Duration::from_secs(1), gone.recv_async()).await;
        }
        Ok(end)
    }

    fn register(&self, daemon: &ServiceDaemon) -> mdns_sd::Result<()> {
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        let only = Some(self.listening.ip()).filter(|ip| !ip.is_unspecified());
        if self.listening.is_ipv4() {
            daemon.disable_interface(IfKind::IPv6)?;
        }
        for (kind, path) in SERVICES {
            let (host, port) = (format!("{}.", self.host()), self.listening.port());
            let path = format!("/{}", path.trim_start_matches('/'));
            let txt = [("path", path.as_str())];
            let mut service = match only {
                Some(ip) => ServiceInfo::new(kind, &self.label, &host, ip, port, &txt[..])?,
                None => ServiceInfo::new(kind, &self.label, &host, "", port, &txt[..])?.enable_addr_auto(),
            };
            service.set_requires_probe(!label::is_defended_by_the_machine(&self.label));
            daemon.register(service)?;
        }
        Ok(())
    }

    /// What the responder tells; the next name if this one is somebody else's.
    fn hear(&mut self, event: DaemonEvent, rival: &mut Rival) -> Option<String> {
        match event {
            DaemonEvent::Announce(..) => {
                self.take_over();
                rival.ask_soon();
            }
            DaemonEvent::NameChange(DnsNameChange {
                original,
                new_name,
                rr_type: RRType::A | RRType::AAAA,
                ..
            }) if original.trim_end_matches('.').eq_ignore_ascii_case(&self.host()) => {
                return label_of(&new_name);
            }
            DaemonEvent::IpAdd(_) => rival.ask_soon(),
            DaemonEvent::IpDel(address) => rival.was_ours(address),
            DaemonEvent::Error(error) => tracing::debug!("mdns: {error}"),
            // A service was renamed, or something was answered; more kinds may come.
            _ => {}
        }
        None
    }

    /// The name is announced and so the hub's own: for the pages, the certificate and the next start.
    fn take_over(&mut self) {
        let host = self.host();
        let is_new = !*self.announced.borrow() || self.names.announced().as_deref() != Some(&host);
        if !is_new {
            return;
        }
        self.names.announce(&host);
        if let Err(error) = self.tls.refresh(SystemTime::now()) {
            tracing::error!("the certificate does not have the name {host}: {error}");
        }
        if let Err(error) = self.kept.keep(&self.file, &self.label) {
            tracing::warn!("the name {host} is not kept for the next start: {error}");
        }
        let address = https(&host, self.listening.port());
        match self.kept.wished() {
            wished if wished == self.label => tracing::info!(address, "found on the local network by name"),
            wished => tracing::warn!(address, "the name {wished}.local was taken; this hub is {host}"),
        }
        self.announced.send_replace(true);
    }

    /// Looks whether all is well; true if the responder has heard too much.
    async fn look(&mut self, daemon: &ServiceDaemon) -> bool {
        if !*self.announced.borrow() && is_on_a_network() {
            self.silent_looks += 1;
            if self.silent_looks == PATIENT_LOOKS {
                tracing::warn!(
                    "this hub is not found by its name yet, only by its address: the network may not carry mDNS, or another \
                     program keeps UDP port 5353 for itself"
                );
            }
        }
        let Ok(metrics) = daemon.get_metrics() else { return false };
        let Ok(Ok(metrics)) = timeout(LOOK_EVERY, metrics.recv_async()).await else { return false };
        metrics.iter().filter(|(name, _)| name.starts_with("cached-")).map(|(_, count)| count).sum::<i64>()
            > MOST_HEARD
    }

    fn say_once_that_it_rests(&mut self) {
        if !self.has_rested {
            self.has_rested = true;
            tracing::warn!(
                "somebody floods this network with mDNS: now and then this hub is not found by its name for a minute, only by \
                 its address"
            );
        }
    }

    fn host(&self) -> String {
        format!("{}.local", self.label)
    }
}

async fn rest(stop: &Stop) {
    tokio::select! {
        () = stop.requested() => {}
        () = sleep(REST) => {}
    }
}

/// The address of a page, as people write it.
pub fn https(host: &str, port: u16) -> String {
    if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") }
}

fn is_on_a_network() -> bool {
    interface_addresses().any(|address| match address {
        IpAddr::V4(address) => !address.is_loopback(),
        // A link-local one is there without any network.
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    })
}

/// The next word of a channel of the responder; never, if there is none.
async fn next<T>(channel: &mut Option<Receiver<T>>) -> Option<T> {
    match channel {
        Some(receiver) => receiver.recv_async().await.ok(),
        None => std::future::pending().await,
    }
}
