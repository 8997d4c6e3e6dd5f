//! Killed again and again (kill -9): what was acknowledged is there, in order, and sessions know what they knew.
//!
//! The hub's broker is killed while messages are on their way. What it has acknowledged is written down; who took what is
//! within a second, so what was taken just before a kill may come again (and nothing older). Mosquitto writes down what it knows when told to, so it is
//! killed right after that: it shows that the test itself holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::client::Client;
use super::packet::{self, Ack, Packet, Publish, V3, V5, Version, message};
use super::retained::kept;
use super::stage::{Broker, Kind, WRITTEN};

/// How often the hub is killed.
const KILLS: usize = 200;
/// How often Mosquitto is.
const KILLS_OF_MOSQUITTO: usize = 20;

/// What one session must agree to over all kills.
struct Story {
    version: Version,
    /// The numbers that the broker has acknowledged.
    promised: BTreeSet<u32>,
    /// The next number to be said.
    next: u32,
    /// What the sleeper took, and when it did that last.
    taken: BTreeMap<u32, Instant>,
    /// When the broker was killed last.
    killed: Instant,
}

pub async fn sessions_agree_over_many_kills(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    let mut stories = [V3, V5].map(Story::of);
    for story in &stories {
        let mut sleeper = Client::connect(&broker, story.sleeper()).await;
        assert_eq!(sleeper.subscribe(&story.topic(), 1).await, 1);
        sleeper.leave().await;
    }
    let start = Instant::now();
    let kills = if kind == Kind::Embedded { KILLS } else { KILLS_OF_MOSQUITTO };
    for round in 0..kills {
        let story = &mut stories[round % 2];
        story.speak_into_a_kill(&mut broker, round).await;
        broker.restart().await;
        story.wake(&broker, round).await;
    }
    // With time to write down who took what, nothing comes twice.
    broker.keeps_everything().await;
    broker.kill9_and_restart().await;
    for story in &mut stories {
        let before = story.taken.clone();
        story.wake(&broker, kills).await;
        assert_eq!(story.taken, before, "what was taken long ago came again");
    }
    let each = start.elapsed() / u32::try_from(kills).expect("a small number");
    let promised: usize = stories.iter().map(|story| story.promised.len()).sum();
    println!("{kind:?}: {kills} kills, {promised} messages promised and kept, {each:?} a round");
}

impl Story {
    fn of(version: Version) -> Self {
        let (promised, next, taken) = Default::default();
        Self { version, promised, next, taken, killed: Instant::now() }
    }

    fn topic(&self) -> String {
        format!("story/{:?}", self.version)
    }

    fn sleeper(&self) -> packet::Hello {
        self.version.hello(&format!("sleeper {:?}", self.version)).staying()
    }

    /// Says messages, the last of them retained, and kills the broker before all of them are acknowledged.
    async fn speak_into_a_kill(&mut self, broker: &mut Broker, round: usize) {
        let mut publisher = Client::connect(broker, self.version.hello("publisher")).await;
        // Between none and eleven acknowledgements, other than in the round before.
        let wait_for = if broker.is_embedded() { round * 7 % 12 } else { 12 };
        let first = self.next;
        let mut batch = Vec::new();
        for id in 1..=12_u16 {
            let said = message(&self.topic(), self.next.to_string(), 1).retained();
            batch.extend(Publish { id, ..said }.bytes(self.version));
            self.next += 1;
        }
        publisher.send(&batch).await;
        let mut count = 0;
        while count < wait_for {
            match publisher.next().await {
                Ok(Packet::Ack { kind: Ack::Puback, id, .. }) => {
                    self.promised.insert(first + u32::from(id) - 1);
                    count += 1;
                }
                other => panic!("round {round}: instead of PUBACK came {other:?}"),
            }
        }
        broker.keeps_what_it_acknowledged().await;
        self.killed = Instant::now();
        broker.kill9();
        // What was acknowledged in the last moment counts, too.
        while let Ok(packet) = publisher.next().await {
            if let Packet::Ack { kind: Ack::Puback, id, .. } = packet {
                self.promised.insert(first + u32::from(id) - 1);
            }
        }
    }

    /// Wakes up and compares what is there with what was promised.
    async fn wake(&mut self, broker: &Broker, round: usize) {
        let (mut sleeper, welcome) = Client::welcomed(broker, self.sleeper()).await;
        assert!(welcome.present, "round {round}: the session is gone");
        let mut publisher = Client::connect(broker, V3.hello("end mark")).await;
        // Each round has its own: the last one might come again, as any message that was taken a moment before a kill.
        let end = format!("end/{:?}/{round}", self.version);
        sleeper.subscribe(&end, 1).await;
        publisher.publish(&message(&end, "", 1)).await;
        let mut last = None;
        for message in sleeper.heard_until(&end).await {
            if message.topic != self.topic() {
                continue;
            }
            let number: u32 = message.text().parse().expect("a number");
            assert!(last < Some(number), "round {round}: {number} after {last:?}");
            last = Some(number);
            if let Some(before) = self.taken.insert(number, Instant::now()) {
                let age = self.killed.saturating_duration_since(before);
                assert!(
                    age < WRITTEN,
                    "round {round}: {number} was taken {age:?} before the kill and comes again"
                );
            }
        }
        sleeper.unsubscribe(&end).await;
        let lost: Vec<&u32> =
            self.promised.iter().filter(|number| !self.taken.contains_key(number)).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
        let kept = kept(broker, &self.topic()).await;
        let kept: Vec<u32> = kept.iter().map(|(_, text, _)| text.parse().expect("a number")).collect();
        let newest = self.promised.last().copied();
        assert!(
            kept.len() <= 1 && kept.first().copied() >= newest,
            "round {round}: {kept:?}, promised {newest:?}"
        );
        // The answer to the ping comes when the acknowledgements have been read.
        sleeper.ping().await;
        sleeper.leave().await;
        publisher.leave().await;
    }
}

/// QoS 2 over kills at every step, each a second after the last word: exactly once all the same.
pub async fn qos_2_comes_exactly_once_over_kills(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    for version in [V3, V5] {
        let hello = |name: &str| version.hello(name).staying();
        let mut receiver = Client::connect(&broker, hello("receiver")).await;
        assert_eq!(receiver.subscribe("once", 2).await, 2);
        let mut sender = Client::connect(&broker, hello("sender")).await;
        for step in 0..5_u16 {
            let publish = Publish { id: step + 1, ..message("once", step.to_string(), 2) };
            let mut kill = async |now: u16, sender: &mut Client, receiver: &mut Client| {
                if now != step {
                    return;
                }
                broker.keeps_everything().await;
                broker.kill9_and_restart().await;
                for (client, name) in [(sender, "sender"), (receiver, "receiver")] {
                    let (again, welcome) = Client::welcomed(&broker, hello(name)).await;
                    assert!(welcome.present, "step {step}: the session of the {name} is gone");
                    *client = again;
                }
            };
            sender.send(&publish.bytes(version)).await;
            assert!(sender.acknowledged(Ack::Pubrec, publish.id).await < 0x80);
            kill(0, &mut sender, &mut receiver).await;
            if step == 0 {
                // It is not known whether PUBREC was seen; the packet may be said once more.
                sender.send(&Publish { dup: true, ..publish.clone() }.bytes(version)).await;
                assert!(sender.acknowledged(Ack::Pubrec, publish.id).await < 0x80);
            }
            sender.send(&packet::ack(Ack::Pubrel, publish.id)).await;
            sender.acknowledged(Ack::Pubcomp, publish.id).await;
            kill(1, &mut sender, &mut receiver).await;
            let mut came = receiver.came().await;
            assert_eq!(came.text(), step.to_string());
            kill(2, &mut sender, &mut receiver).await;
            if step == 2 {
                came = receiver.came().await;
                assert_eq!((came.text(), came.dup), (step.to_string(), true));
            }
            receiver.send(&packet::ack(Ack::Pubrec, came.id)).await;
            let pubrel = Packet::Ack { kind: Ack::Pubrel, id: came.id, reason: 0 };
            assert_eq!(receiver.next().await, Ok(pubrel.clone()), "step {step}");
            kill(3, &mut sender, &mut receiver).await;
            if step == 3 {
                let mut again = receiver.next().await;
                if let Ok(Packet::Publish(message)) = &again {
                    // Who goes by the packet identifier is not deceived.
                    let told = message.dup && message.id == came.id;
                    assert!(
                        told && kind.departs("after a start it says the message again instead of PUBREL")
                    );
                    receiver.send(&packet::ack(Ack::Pubrec, came.id)).await;
                    again = receiver.next().await;
                }
                assert_eq!(again, Ok(pubrel), "PUBREL is said again");
            }
            receiver.send(&packet::ack(Ack::Pubcomp, came.id)).await;
            receiver.ping().await;
            kill(4, &mut sender, &mut receiver).await;
            receiver.subscribe("end", 0).await;
            sender.publish(&message("end", "", 0)).await;
            assert_eq!(receiver.heard_until("end").await, [], "step {step}: once more");
        }
        receiver.leave().await;
        sender.leave().await;
        for name in ["receiver", "sender"] {
            Client::connect(&broker, version.hello(name)).await.leave().await;
        }
    }
}
