//! Somebody who uses the broker properly all the while, and what must be so at the end.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::common::{PATIENCE, until};
use crate::packet::{BOTH, message};
use crate::stage::Broker;

const MIB: usize = 1024 * 1024;

/// Two clients that go on talking to each other, one of each version.
pub struct Witness {
    clients: Vec<Client>,
    sockets: usize,
    resident: usize,
}

impl Witness {
    /// Comes before the trouble begins.
    pub async fn of(broker: &Broker) -> Self {
        let mut clients = Vec::new();
        for version in BOTH {
            let mut client = Client::connect(broker, version.hello(&format!("witness-{version:?}"))).await;
            client.subscribe("witness/#", 1).await;
            clients.push(client);
        }
        let mut witness = Self { clients, sockets: 0, resident: 0 };
        witness.is_undisturbed().await;
        // The hub's own way in is a socket, too.
        let is_up = || async { broker.hub().log().contains("link own-broker: up").then_some(()) };
        until("the hub's own link", is_up).await;
        (witness.sockets, witness.resident) = (broker.sockets().len(), broker.resident());
        witness
    }

    /// What each of them says both hear, soon.
    pub async fn is_undisturbed(&mut self) {
        for n in 0..self.clients.len() {
            let start = Instant::now();
            let text = format!("{n} at {start:?}");
            assert_eq!(self.clients[n].publish(&message("witness/a", &text, 1)).await, 0);
            for client in &mut self.clients {
                assert_eq!(client.heard().await.text(), text);
            }
            assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        }
    }

    /// The trouble is over: the hub has not panicked, nothing is left of it but `spare` mebibytes, and it can still stop.
    pub async fn ends_well(mut self, mut broker: Broker, spare: usize) {
        self.is_undisturbed().await;
        let sockets = self.sockets;
        let start = Instant::now();
        while broker.sockets().len() > sockets {
            let open = broker.sockets();
            assert!(start.elapsed() < PATIENCE, "more than {sockets} sockets stay open: {open:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let grown = broker.resident().saturating_sub(self.resident);
        println!("{} KiB more, {sockets} sockets", grown / 1024);
        assert!(grown < spare * MIB, "{} KiB more", grown / 1024);
        let (status, _) = broker.hub_mut().stop();
        assert!(status.success(), "{status}");
        let log = broker.hub().log();
        assert!(!log.contains("panicked") && !log.contains("a writer broke"), "{log}");
        assert!(log.lines().count() < 200, "{} lines in the log", log.lines().count());
    }
}
