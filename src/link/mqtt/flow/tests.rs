//! A flow as a transcript: what the broker and the hub say, and what is handed to the broker.

use std::time::SystemTime;

use futures_util::FutureExt;

use tokio::sync::{broadcast, mpsc};

use super::super::client::Response;
use super::super::{Address, HubName, Timing, login, tls};
use super::*;
use crate::device::dialect::Settings;
use crate::hub::{
    By, Command, Counts, Delivery, EntryView, Hub, HubConfig, LinkInfo, Outgoing, Post, Presence, Ticket,
};
use crate::talk::{Message, Payload};

mod announced;
mod foreign;
mod inwards;
mod loops;
mod offers;
mod outwards;
mod rollcall;

/// The id of the hub in these transcripts.
const OWN: &str = "0f3a9c1e";

fn topic(text: &str) -> Topic {
    Topic::new(text).expect(text)
}

fn config(id: &str, topics: &[&str]) -> Config {
    Config {
        address: Address::parse("mqtt://broker").unwrap_or_else(|_| panic!("an address")),
        version: None,
        login: login::Source::default(),
        tls: tls::Files::default(),
        client_id: "x".into(),
        keep_alive: Duration::from_secs(20),
        topics: topics.iter().map(|text| text.parse().expect(text)).collect(),
        bases: Vec::new(),
        retain: false,
        discovery: Settings::default(),
        hub: HubName { id: id.into(), host: "workshop".into() },
        folder: None,
        timing: Timing::default(),
    }
}

fn start() -> Now {
    Now { mono: Instant::now(), wall: SystemTime::UNIX_EPOCH }
}

/// A hub with a bridge on a serial line, and a link `home` to a broker that plays its part by hand.
struct Play {
    hub: Hub,
    usb: LinkHandle,
    line: mpsc::Receiver<Outgoing>,
    flow: Flow,
    home: LinkHandle,
    outbox: mpsc::Receiver<Outgoing>,
    client: Client,
    stream: broadcast::Receiver<Arc<Update>>,
    now: Now,
}

impl Play {
    /// Connected in this version, with these topics.
    fn new(version: Version, topics: &[&str]) -> Self {
        Self::with(version, config(OWN, topics))
    }

    fn with(version: Version, config: Config) -> Self {
        let mut play = Self::absent(version, config);
        play.connects();
        play
    }

    /// Before the first connection; the bridge `nodes/bridge/0` has a relay that is off.
    fn absent(version: Version, config: Config) -> Self {
        let now = start();
        let hub = Hub::new(HubConfig::default(), now);
        let base = Some(topic("nodes/bridge/0"));
        let (usb, line) = hub.attach(now, LinkInfo { name: "usb".into(), kind: "serial", base });
        usb.state(now, LinkState::up("bridge"));
        let (home, outbox) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
        home.state(now, LinkState::up("connected"));
        usb.publish(now, Message::parse(RELAY_OFF).expect("a message"));
        let (_, stream) = home.listen(now);
        let flow = Flow::new(&config, home.clone());
        let client = Client::keeping(version);
        Self { hub, usb, line, flow, home, outbox, client, stream, now }
    }

    fn connects(&mut self) {
        self.flow.up(self.now, &self.client);
    }

    /// Passes on what the hub said and asks.
    fn runs(&mut self) {
        while let Ok(command) = self.outbox.try_recv() {
            self.flow.command(self.now, &self.client, command);
        }
        while let Ok(update) = self.stream.try_recv() {
            self.flow.update(self.now, &self.client, &update);
        }
    }

    fn device(&mut self, line: &str) {
        self.usb.publish(self.now, Message::parse(line).expect(line));
        self.runs();
    }

    fn broker(&mut self, topic: &str, payload: &str) {
        self.delivers(publish(topic, payload));
    }

    /// What the broker has kept from before.
    fn memory(&mut self, topic: &str, payload: &str) {
        self.delivers(Publish { retain: true, ..publish(topic, payload) });
    }

    fn delivers(&mut self, publish: Publish) {
        self.flow.heard(self.now, &self.client, publish);
        self.runs();
    }

    fn asks(&mut self, full: &str, payload: &str) -> Ticket {
        let by = By { account: "ada".into(), client: 1, from: None };
        let payload = Payload::parse(payload).expect(payload);
        let ticket = self.hub.command(self.now, Command { topic: topic(full), payload, by, id: None });
        self.runs();
        ticket
    }

    fn passes(&mut self, time: Duration) {
        self.now = Now { mono: self.now.mono + time, wall: self.now.wall + time };
        self.hub.tick(self.now);
        self.runs();
        self.flow.tick(self.now, &self.client);
    }

    fn leaves(&mut self, for_good: bool) {
        assert!(self.flow.goodbye(self.now, &self.client, for_good));
        self.flow.close(self.now);
    }

    /// What was handed to the broker since the last call, without births: `topic payload`, with `(retained)`.
    fn given(&self) -> Vec<String> {
        let given =
            self.client.kept().into_iter().filter(|publish| birth::read_topic(&publish.topic).is_none());
        given.map(|publish| shown(&publish)).collect()
    }

    /// The births that were handed to the broker since the last call.
    fn births(&self) -> Vec<String> {
        let given =
            self.client.kept().into_iter().filter(|publish| birth::read_topic(&publish.topic).is_some());
        given.map(|publish| shown(&publish)).collect()
    }

    /// The commands on the serial line since the last call.
    fn line(&mut self) -> Vec<String> {
        let commands = std::iter::from_fn(|| self.line.try_recv().ok());
        commands.map(|command| format!("{} {}", command.topic, command.payload)).collect()
    }

    fn counts(&self) -> Counts {
        let links = self.hub.snapshot(self.now).links;
        links.into_iter().find(|link| &*link.name == "home").expect("attached").counts
    }

    fn entry(&self, topic: &str) -> Option<EntryView> {
        self.hub.snapshot(self.now).entries.into_iter().find(|entry| entry.topic.as_str() == topic)
    }
}

const RELAY_OFF: &str = r#"["relay/i2c0-3b", {"state": false}]"#;
const RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";
const SET: &str = "nodes/bridge/0/relay/i2c0-3b/set";
const ON: &str = r#"{"state": true}"#;
const CELSIUS: &str = r#"{"temperature": [24.50, "\u2103"]}"#;

fn publish(topic: &str, payload: &str) -> Publish {
    Publish { topic: topic.into(), payload: payload.to_owned().into(), ..Publish::default() }
}

fn shown(publish: &Publish) -> String {
    let text = String::from_utf8_lossy(&publish.payload);
    let retained = if publish.retain { " (retained)" } else { "" };
    format!("{} {text}{retained}", publish.topic)
}
