//! Whether somebody else says our name after we have taken it: two networks became one, or nobody heard the question.
//!
//! The responder asks before it takes a name, and never again. So the name is looked up from time to time; where two
//! hubs have it, the one with the lower address gives it up, which both of them find out alone.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use mdns_sd::{HostnameResolutionEvent, Receiver, ServiceDaemon};
use tokio::time::{Instant, sleep_until};

use super::next;
use crate::web::names::interface_addresses;

/// After a change the others need a moment to be there.
const SOON: Duration = Duration::from_secs(5);
const SELDOM: Duration = Duration::from_secs(600);
/// How long answers are waited for.
const ANSWER_WITHIN_MS: u64 = 3_000;

/// Looks the name up.
pub struct Rival {
    /// The name, with its dot at the end.
    host: String,
    at: Instant,
    answers: Option<Receiver<HostnameResolutionEvent>>,
    /// Addresses this machine had: answers may still have them.
    ours: BTreeSet<IpAddr>,
}

impl Rival {
    /// Nobody is asked yet.
    pub fn new(host: String) -> Self {
        Self { host, at: Instant::now() + SELDOM, answers: None, ours: BTreeSet::new() }
    }

    /// Something has changed.
    pub fn ask_soon(&mut self) {
        self.at = self.at.min(Instant::now() + SOON);
    }

    /// This machine has an address no more.
    pub fn was_ours(&mut self, address: IpAddr) {
        self.ours.insert(address);
        self.ask_soon();
    }

    /// Ends when somebody has the name with more right to it. Dropping it loses nothing.
    pub async fn is_stronger(&mut self, daemon: &ServiceDaemon) {
        loop {
            tokio::select! {
                () = sleep_until(self.at) => {
                    self.at = Instant::now() + SELDOM;
                    // A responder that is gone is told by its events.
                    self.answers = daemon.resolve_hostname(&self.host, Some(ANSWER_WITHIN_MS)).ok();
                }
                answer = next(&mut self.answers) => match answer {
                    Some(HostnameResolutionEvent::AddressesFound(_, found)) => {
                        let found = found.iter().map(|address| address.to_ip_addr()).collect();
                        let own = interface_addresses().chain(self.ours.iter().copied()).collect();
                        if yields(&own, &found) {
                            return;
                        }
                    }
                    Some(_) => {}
                    None => self.answers = None,
                },
            }
        }
    }
}

/// Whether the one with the addresses `own` gives the name up to the others that were `found` with it.
fn yields(own: &BTreeSet<IpAddr>, found: &BTreeSet<IpAddr>) -> bool {
    let strongest = |of: &mut dyn Iterator<Item = &IpAddr>| of.max().copied();
    let foreign = strongest(&mut found.difference(own));
    // What both have seen of us counts; if nothing was, all we have.
    let ours = strongest(&mut found.intersection(own)).or_else(|| strongest(&mut own.iter()));
    foreign.is_some() && foreign > ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_with_one_name_exactly_one_gives_it_up() {
        let set = |addresses: &[&str]| -> BTreeSet<IpAddr> {
            addresses.iter().map(|address| address.parse().unwrap()).collect()
        };
        let check = |one: &[&str], other: &[&str], both: &[&str]| {
            let (one, other, both) = (set(one), set(other), set(both));
            assert_ne!(yields(&one, &both), yields(&other, &both), "{one:?} {other:?}");
        };
        check(&["10.0.0.2"], &["10.0.0.3"], &["10.0.0.2", "10.0.0.3"]);
        check(&["10.0.0.2", "192.168.7.1"], &["10.0.0.3"], &["10.0.0.2", "10.0.0.3"]);
        check(
            &["10.0.0.2", "fd00::1"],
            &["10.0.0.3", "fd00::2"],
            &["10.0.0.2", "fd00::1", "10.0.0.3", "fd00::2"],
        );
        let alone = set(&["10.0.0.2", "10.0.0.9"]);
        assert!(!yields(&alone, &set(&["10.0.0.2", "10.0.0.9"])) && !yields(&alone, &set(&[])));
    }
}
