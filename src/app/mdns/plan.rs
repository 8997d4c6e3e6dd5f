//! What is announced, whether anybody could come at all, and waiting for it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::label::Kept;
use super::{Announcer, is_on_a_network};
use crate::config::MdnsConfig;
use crate::stop::Stop;
use crate::web::names::Names;
use crate::web::tls::Tls;

/// The announcement while it goes on.
pub struct Mdns {
    is_announced: watch::Receiver<bool>,
    is_known: bool,
    task: JoinHandle<()>,
}

/// What is announced, and who has to know.
pub struct Plan<'a> {
    /// What is wished.
    pub config: &'a MdnsConfig,
    /// Where the pages are.
    pub listening: SocketAddr,
    /// Where the name is kept.
    pub data: &'a Path,
    /// What the hub answers to.
    pub names: &'a Names,
}

impl Plan<'_> {
    /// Whether anybody else could come.
    fn is_wanted(&self) -> bool {
        self.config.enabled && !self.listening.ip().is_loopback()
    }

    /// The name that was kept, or the one that is wished: known to the certificate and the pages before it is announced.
    pub fn prepare(&self) {
        if self.is_wanted() {
            let kept = Kept::in_folder(self.data, &self.config.name);
            self.names.announce(&format!("{}.local", kept.label()));
        }
    }

    /// Announces the hub until `stop`; nothing where nobody else could come.
    pub fn start(&self, tls: &Tls, stop: &Stop) -> Option<Mdns> {
        if !self.is_wanted() {
            return None;
        }
        let kept = Kept::in_folder(self.data, &self.config.name);
        let (announced, is_announced) = watch::channel(false);
        let is_known = kept.is_known();
        let announcer = Announcer {
            label: kept.label().to_owned(),
            kept,
            listening: self.listening,
            names: self.names.clone(),
            tls: tls.clone(),
            announced,
            silent_looks: 0,
            lost: 0,
            has_rested: false,
            file: self.data.to_owned(),
        };
        let task = tokio::spawn(announcer.run(stop.clone()));
        Some(Mdns { is_announced, is_known, task })
    }
}

impl Mdns {
    /// Waits a moment until the name is sure, if it was never announced before and there is a network.
    pub async fn settled(&self, within: Duration) {
        if !self.is_known && is_on_a_network() {
            let mut announced = self.is_announced.clone();
            // Who waits in vain goes on with the name that is tried.
            let _ = timeout(within, announced.wait_for(|announced| *announced)).await;
        }
    }

    /// Waits until good-bye is said.
    pub async fn closed(self) {
        // A panic is told by the runtime.
        let _ = self.task.await;
    }
}
