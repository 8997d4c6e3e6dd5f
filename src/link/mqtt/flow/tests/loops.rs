//! Hubs and brokers in circles: whatever is wired to whatever, one message makes a few and not thousands.

use std::collections::VecDeque;

use super::*;

/// Deliveries after which a circle is called endless.
const ENDLESS: usize = 5_000;

struct Link {
    flow: Flow,
    client: Client,
    stream: broadcast::Receiver<Arc<Update>>,
    outbox: mpsc::Receiver<Outgoing>,
    broker: usize,
    version: Version,
    hub: usize,
}

/// Hubs and their links to brokers, bridges between brokers.
struct World {
    hubs: Vec<Hub>,
    links: Vec<Link>,
    bridges: Vec<(usize, usize)>,
    now: Now,
    /// Published by anybody, by broker.
    published: Vec<usize>,
    queue: VecDeque<(usize, From, Publish)>,
}

#[derive(Clone, Copy, PartialEq)]
enum From {
    Client,
    Link(usize),
    Bridge(usize),
}

impl World {
    fn new(hubs: usize, brokers: usize) -> Self {
        let now = start();
        let hubs = (0..hubs).map(|_| Hub::new(HubConfig::default(), now)).collect();
        let (links, bridges) = (Vec::new(), Vec::new());
        Self { hubs, links, bridges, now, published: vec![0; brokers], queue: VecDeque::new() }
    }

    fn link(mut self, hub: usize, broker: usize, version: Version, topics: &[&str]) -> Self {
        let name = format!("link{}", self.links.len());
        let info = LinkInfo { name: name.as_str().into(), kind: "mqtt", base: None };
        let (handle, outbox) = self.hubs[hub].attach(self.now, info);
        handle.state(self.now, LinkState::up("connected"));
        let (_, stream) = handle.listen(self.now);
        let mut flow = Flow::new(&config(&format!("0000000{hub}"), topics), handle);
        let client = Client::keeping(version);
        flow.up(self.now, &client);
        for birth in client.kept() {
            self.queue.push_back((broker, From::Link(self.links.len()), birth));
        }
        self.links.push(Link { flow, client, stream, outbox, broker, version, hub });
        self
    }

    fn bridge(mut self, one: usize, other: usize) -> Self {
        self.bridges.push((one, other));
        self
    }

    fn publish(&mut self, broker: usize, topic: &str, payload: &str) {
        self.queue.push_back((broker, From::Client, publish(topic, payload)));
    }

    /// Lets everything that was said run its way; panics if it never ends.
    fn runs(&mut self) -> usize {
        let mut deliveries = 0;
        while let Some((broker, from, publish)) = self.queue.pop_front() {
            let is_birth = birth::read_topic(&publish.topic).is_some();
            self.published[broker] += usize::from(!is_birth);
            deliveries += usize::from(!is_birth);
            assert!(deliveries < ENDLESS, "an endless loop of {} {:?}", publish.topic, publish.payload);
            for number in 0..self.links.len() {
                if self.links[number].broker == broker {
                    self.deliver(number, from, &publish);
                }
            }
            for (number, bridge) in self.bridges.iter().enumerate() {
                let other = match *bridge {
                    (one, other) if one == broker => other,
                    (one, other) if other == broker => one,
                    _ => continue,
                };
                if from != From::Bridge(number) && !is_birth {
                    // As Mosquitto's do by default: in version 3.1.1, which has no properties.
                    let plain = Publish { via: None, ..publish.clone() };
                    self.queue.push_back((other, From::Bridge(number), plain));
                }
            }
        }
        deliveries
    }

    fn deliver(&mut self, number: usize, from: From, publish: &Publish) {
        let link = &mut self.links[number];
        let is_own = from == From::Link(number);
        let is_asked_for =
            link.flow.routes.copies(&publish.topic) > 0 || birth::read_topic(&publish.topic).is_some();
        if !is_asked_for || (is_own && link.version == Version::V5) {
            return;
        }
        let via = publish.via.clone().filter(|_| link.version == Version::V5);
        link.flow.heard(self.now, &link.client, Publish { via, ..publish.clone() });
        let hub = link.hub;
        for (number, link) in self.links.iter_mut().enumerate().filter(|(_, link)| link.hub == hub) {
            while let Ok(command) = link.outbox.try_recv() {
                link.flow.command(self.now, &link.client, command);
            }
            while let Ok(update) = link.stream.try_recv() {
                link.flow.update(self.now, &link.client, &update);
            }
            for publish in link.client.kept() {
                self.queue.push_back((link.broker, From::Link(number), publish));
            }
        }
    }

    /// The last thing said on each link's state.
    fn is_named(&mut self) -> bool {
        self.links.iter_mut().any(|link| link.flow.state(self.now, LinkState::up("connected")).code == "loop")
    }
}

/// Runs values, raw messages and commands through a world; returns the most that one of them made.
fn check(what: &str, mut world: World, brokers: usize, most: usize) {
    for broker in 0..brokers {
        for (topic, payload) in [
            ("nodes/bridge/9/relay/i2c0-3b", r#"{"state": false}"#),
            ("nodes/bridge/9/relay/i2c0-3b/set", ON),
            ("nodes/raw/thing", "on"),
            ("nodes/unknown/x/set", "toggle"),
            ("nodes/raw/thing", ""),
        ] {
            world.publish(broker, topic, payload);
            let made = world.runs();
            assert!(made <= most, "{what}: {topic} {payload} at broker {broker} made {made} messages");
        }
        // Two values in turn, before either has run its way.
        for turn in 0..4 {
            world.publish(broker, "nodes/raw/turn", if turn % 2 == 0 { "a" } else { "b" });
        }
        world.runs();
    }
}

const BOTH: &[&str] = &["nodes/# both"];

#[test]
fn a_hub_alone_at_its_broker_makes_nothing_of_a_message() {
    for version in [Version::V4, Version::V5] {
        check("alone", World::new(1, 1).link(0, 0, version, BOTH), 1, 1);
        let two = World::new(2, 1).link(0, 0, version, BOTH).link(1, 0, version, BOTH);
        check("two hubs on one broker", two, 1, 1);
    }
}

#[test]
fn two_links_of_one_hub_to_one_broker_do_not_feed_each_other() {
    let both = |version| World::new(1, 1).link(0, 0, version, BOTH).link(0, 0, version, BOTH);
    check("v5", both(Version::V5), 1, 3);
    check("v3", both(Version::V4), 1, 4);
    let split =
        |version| World::new(1, 1).link(0, 0, version, &["nodes/# in"]).link(0, 0, version, &["nodes/# out"]);
    check("in and out, v5", split(Version::V5), 1, 2);
    check("in and out, v3", split(Version::V4), 1, 2 + echo::REPEATS as usize);
}

#[test]
fn hubs_in_a_ring_of_brokers_do_not_send_a_message_round() {
    for (version, most) in [(Version::V5, 6), (Version::V4, 8)] {
        let ring = World::new(2, 2)
            .link(0, 0, version, BOTH)
            .link(0, 1, version, BOTH)
            .link(1, 0, version, BOTH)
            .link(1, 1, version, BOTH);
        check("two hubs, two brokers", ring, 2, most);
        let ring = World::new(3, 3)
            .link(0, 0, version, BOTH)
            .link(0, 1, version, BOTH)
            .link(1, 1, version, BOTH)
            .link(1, 2, version, BOTH)
            .link(2, 2, version, BOTH)
            .link(2, 0, version, BOTH);
        check("three hubs, three brokers", ring, 3, 2 * most);
    }
}

#[test]
fn a_bridge_between_the_brokers_of_a_hub_does_not_send_a_message_round() {
    for version in [Version::V5, Version::V4] {
        let ring = World::new(1, 2).link(0, 0, version, BOTH).link(0, 1, version, BOTH).bridge(0, 1);
        check("hub and bridge", ring, 2, 8);
    }
}

#[test]
fn a_loop_that_is_broken_is_named_in_the_links_state() {
    let mut world =
        World::new(1, 1).link(0, 0, Version::V4, &["nodes/# in"]).link(0, 0, Version::V4, &["nodes/# out"]);
    world.publish(0, "nodes/raw/thing", "on");
    world.runs();
    assert!(world.is_named());
    world.now.mono += Duration::from_secs(60);
    assert!(!world.is_named(), "it is over");
}

#[test]
fn a_value_that_two_brokers_share_ends_the_same_on_both() {
    for version in [Version::V5, Version::V4] {
        let mut world = World::new(1, 2).link(0, 0, version, BOTH).link(0, 1, version, BOTH);
        let mut last = ["", ""];
        for (broker, payload) in
            [(0, "1"), (1, "2"), (1, "1"), (0, "2"), (0, "1"), (1, "1"), (1, "2"), (0, "1")]
        {
            let before = world.published[1 - broker];
            world.publish(broker, "nodes/shared", payload);
            world.runs();
            last[broker] = payload;
            if last[0] != last[1] {
                assert_eq!(world.published[1 - broker], before + 1, "{payload} did not cross");
                last[1 - broker] = payload;
            }
        }
    }
}
