//! The simulated bridge as a link of the hub: what it says appears under its base, and commands have an outcome.

use std::time::Duration;

use clown_hub::hub::{By, Command, Hub, HubConfig, LinkInfo, Now, Outcome, Snapshot, Step};
use clown_hub::link::simulator::{self, Config, Faults};
use clown_hub::stop::Stop;
use clown_hub::talk::{Payload, Topic};

const PATIENCE: Duration = Duration::from_secs(10);

/// A hub with one simulated bridge.
struct House {
    hub: Hub,
    stop: Stop,
    link: tokio::task::JoinHandle<()>,
}

impl House {
    fn with(faults: Faults) -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let stop = Stop::new();
        let base = Some(Topic::new("nodes/bridge/simulator").expect("a base"));
        let info = LinkInfo { name: "simulator".into(), kind: "simulator", base };
        let (handle, outbox) = hub.attach(Now::now(), info);
        let config = Config { interval: Duration::from_millis(20), faults, ..Config::default() };
        let link = tokio::spawn(simulator::run(config, handle, outbox, stop.clone()));
        Self { hub, stop, link }
    }

    /// Waits until the snapshot shows what is wanted.
    async fn until(&self, what: &str, seen: impl Fn(&Snapshot) -> bool) {
        let found = async {
            while !seen(&self.hub.snapshot(Now::now())) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect(what);
    }

    async fn command(&self, topic: &str, payload: &str) -> std::sync::Arc<Outcome> {
        let command = Command {
            topic: Topic::new(&format!("nodes/bridge/simulator/{topic}")).expect(topic),
            payload: Payload::parse(payload).expect(payload),
            by: By { account: "clown".into(), client: 1, from: None },
            id: None,
        };
        let ticket = self.hub.command(Now::now(), command);
        tokio::time::timeout(PATIENCE, ticket.outcome()).await.expect("in time").expect("the hub goes on")
    }

    async fn end(self) {
        self.stop.request();
        tokio::time::timeout(PATIENCE, self.link).await.expect("in time").expect("the link ends well");
    }
}

fn has(snapshot: &Snapshot, topic: &str) -> bool {
    snapshot.entries.iter().any(|entry| entry.topic.as_str() == topic)
}

#[tokio::test]
async fn everything_measured_appears_under_the_base() {
    let house = House::with(Faults::default());
    for path in ["thermometer/i2c0-48", "thermometer/i2c1-48", "lux-meter/i2c0-44", "barometer/i2c0-60"] {
        let topic = format!("nodes/bridge/simulator/{path}");
        house.until(&topic, |snapshot| has(snapshot, &topic)).await;
    }
    house.end().await;
}

#[tokio::test]
async fn a_relay_confirms_and_so_does_every_change_after_it() {
    let house = House::with(Faults::default());
    house.until("a first value", |snapshot| !snapshot.entries.is_empty()).await;
    for state in ["true", "false", "false", "true"] {
        let outcome = house.command("relay/i2c0-3b/set", &format!(r#"{{"state": {state}}}"#)).await;
        assert_eq!(outcome.step, Step::Confirmed, "{outcome:?}");
    }
    let outcome = house.command("led/-/set", r#"{"state": "2-dot"}"#).await;
    assert_eq!(outcome.step, Step::Confirmed, "{outcome:?}");
    let outcome = house.command("thermometer/i2c0-48/config/set", r#"{"publish-interval": 5}"#).await;
    assert_eq!(outcome.step, Step::Confirmed, "{outcome:?}");
    house.end().await;
}

#[tokio::test]
async fn a_refusal_carries_the_reason_and_can_be_switched_off_again() {
    let house = House::with(Faults { refuse: Some("overheated".to_owned()), ..Faults::default() });
    house.until("a first value", |snapshot| !snapshot.entries.is_empty()).await;
    let outcome = house.command("relay/i2c0-3b/set", r#"{"state": true}"#).await;
    let reason = outcome.refusal.as_ref().map(|refusal| refusal.reason.to_string());
    assert_eq!((outcome.step, reason.as_deref()), (Step::Refused, Some("overheated")));
    let outcome = house.command("simulator/-/config/set", r#"{"refuse": null}"#).await;
    assert_eq!(outcome.step, Step::Confirmed, "{outcome:?}");
    let outcome = house.command("relay/i2c0-3b/set", r#"{"state": true}"#).await;
    assert_eq!(outcome.step, Step::Confirmed, "{outcome:?}");
    house.end().await;
}

#[tokio::test]
async fn a_bad_interval_is_refused_by_the_device_itself() {
    let house = House::with(Faults::default());
    house.until("a first value", |snapshot| !snapshot.entries.is_empty()).await;
    let outcome = house.command("co2-sensor/i2c0-38/config/set", r#"{"publish-interval": 3}"#).await;
    assert_eq!(outcome.step, Step::Refused, "{outcome:?}");
    assert!(outcome.refusal.as_ref().is_some_and(|refusal| refusal.reason.contains("16")), "{outcome:?}");
    house.end().await;
}

#[tokio::test]
async fn damaged_messages_are_counted_and_not_shown() {
    let house = House::with(Faults { garbage: 1.0, ..Faults::default() });
    house
        .until("malformed lines are counted", |snapshot| {
            snapshot.links.iter().any(|link| link.counts.malformed > 5)
        })
        .await;
    assert!(!has(&house.hub.snapshot(Now::now()), "nodes/bridge/simulator/thermometer/i2c0-48"));
    house.end().await;
}
