//! The hub's devices at real brokers as Home Assistant takes them: their announcements, whether they are there, their
//! switches, and what is left when they go.

mod common;

#[path = "offer/seen.rs"]
mod seen;
#[path = "mqtt_link/stage.rs"]
#[expect(dead_code, reason = "the stage has more than is played here")]
mod stage;

use rustix::process::Signal;

use common::{FakeBridge, Hub, Manners, Mosquitto, MqttDoor, Setup, free_port};
use seen::Seen;
use stage::{RELAY, SET, VERSIONS, launch, mqtt, script, up, usb, version};

const OFFER: &str = "offer = [\"homeassistant\"]\n";
const BRIDGE: &str = "nodes_bridge_0";
const TOPICS: [&str; 2] = ["# in", "nodes/# out"];

/// A bridge on a line, a hub that offers it, and Home Assistant's ear at the broker.
async fn house(broker: &Mosquitto, bridge: &FakeBridge, more: &str) -> (Hub, Seen) {
    let hub = launch(&(usb(bridge) + &mqtt("home", broker, &TOPICS, more))).start();
    up(&mut script(&hub).await, "usb").await;
    let seen = Seen::at(&broker.door()).await;
    (hub, seen)
}

#[tokio::test]
async fn a_relay_on_a_serial_line_is_a_switch_that_confirms() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let bridge = FakeBridge::plugged(Manners::default());
        let more = OFFER.to_owned() + &version(spoken);
        let (_hub, mut seen) = house(&broker, &bridge, &more).await;
        bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
        let relay = seen.component(BRIDGE, "switch-relay_i2c0-3b-state").await;
        assert_eq!(relay["command_topic"], SET, "{spoken}");
        assert_eq!(relay["state_topic"], RELAY, "{spoken}");
        seen.until_state(&relay, "False").await;
        seen.until_available(BRIDGE, true).await;
        let on = relay["payload_on"].as_str().expect("a payload").to_owned();
        broker.publish(&["-t", SET, "-m", &on]).await;
        bridge.hears("relay/i2c0-3b/set").await;
        seen.until_state(&relay, "True").await;
    }
}

#[tokio::test]
async fn a_device_is_not_there_when_its_cable_is_pulled_and_when_the_hub_is_killed() {
    let broker = Mosquitto::start(Setup::default()).await;
    let bridge = FakeBridge::plugged(Manners::default());
    let (mut hub, mut seen) = house(&broker, &bridge, OFFER).await;
    bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
    seen.until_available(BRIDGE, true).await;
    bridge.unplug().await;
    seen.until_available(BRIDGE, false).await;
    bridge.plug().await;
    seen.until_available(BRIDGE, true).await;
    hub.signal(Signal::KILL);
    hub.wait();
    seen.until_available(BRIDGE, false).await;
    // It comes back without its bridge: what was left at the broker is not believed for a moment.
    bridge.unplug().await;
    let _hub = hub.launch().start();
    seen.until_birth("online").await;
    assert!(!seen.is_available(BRIDGE), "{:?}", seen.availability(BRIDGE));
    bridge.plug().await;
    seen.until_available(BRIDGE, true).await;
}

#[tokio::test]
async fn home_assistant_that_comes_is_told_everything_once_more() {
    let broker = Mosquitto::start(Setup::default()).await;
    let bridge = FakeBridge::plugged(Manners::default());
    let (_hub, mut seen) = house(&broker, &bridge, OFFER).await;
    bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
    let relay = seen.component(BRIDGE, "switch-relay_i2c0-3b-state").await;
    seen.until_state(&relay, "False").await;
    let (before, values) = (seen.count(BRIDGE), seen.values(RELAY));
    broker.publish(&["-t", "homeassistant/status", "-m", "online"]).await;
    seen.until("the device to be announced again", |seen| seen.count(BRIDGE) > before).await;
    seen.until("its value behind it", |seen| seen.values(RELAY) > values).await;
}

#[tokio::test]
async fn a_link_that_is_removed_takes_its_devices_along_and_so_does_the_word_offer_after_a_restart() {
    let broker = Mosquitto::start(Setup::default()).await;
    let bridge = FakeBridge::plugged(Manners::default());
    let simulator = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\nbase = \"nodes/bridge/simulator\"\n";
    let config = simulator.to_owned() + &usb(&bridge) + &mqtt("home", &broker, &TOPICS, OFFER);
    let mut hub = launch(&config).start();
    let mut seen = Seen::at(&broker.door()).await;
    bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
    seen.until_offered(BRIDGE, true).await;
    seen.until_offered("nodes_bridge_simulator", true).await;
    hub.launch().write_config(&(usb(&bridge) + &mqtt("home", &broker, &TOPICS, OFFER)));
    hub.signal(Signal::HUP);
    seen.until_offered("nodes_bridge_simulator", false).await;
    assert!(seen.is_offered(BRIDGE));
    hub.stop();
    hub.launch().write_config(&(usb(&bridge) + &mqtt("home", &broker, &TOPICS, "")));
    let _hub = hub.launch().start();
    seen.until_offered(BRIDGE, false).await;
    seen.until("nothing to be left", |seen| seen.left().is_empty()).await;
}

#[tokio::test]
async fn everything_that_the_simulator_says_stands_where_its_offer_points() {
    let broker = Mosquitto::start(Setup::default()).await;
    let simulator = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\ninterval = \"100 ms\"\n";
    let _hub = launch(&(simulator.to_owned() + &mqtt("home", &broker, &TOPICS, OFFER))).start();
    let mut seen = Seen::at(&broker.door()).await;
    let device = "nodes_bridge_simulator";
    seen.until("all of its modules", |seen| seen.components(device).len() >= 10).await;
    for (id, component) in seen.components(device) {
        seen.until_value(&id, &component).await;
    }
    seen.until_available(device, true).await;
}

#[tokio::test]
async fn a_second_hub_at_the_broker_does_not_take_offers_for_devices() {
    let broker = Mosquitto::start(Setup::default()).await;
    let bridge = FakeBridge::plugged(Manners::default());
    let (_near, mut seen) = house(&broker, &bridge, OFFER).await;
    bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
    seen.until_offered(BRIDGE, true).await;
    let far = launch(&mqtt("home", &broker, &TOPICS, OFFER)).start();
    let mut there = script(&far).await;
    up(&mut there, "home").await;
    bridge.say(r#"["relay/i2c0-3b", {"state": true}]"#).await;
    there.wait_topic(RELAY).await;
    // Both hubs offer themselves, and one of them the bridge.
    seen.until("the second hub", |seen| seen.offered().len() == 3).await;
    there.send(r#"["clown.talk/-/standing/get", {}]"#).await;
    let standing = there.wait_topic("clown.talk/-/standing").await;
    assert_eq!(standing.payload["devices"].as_array().map(Vec::len), Some(0), "{}", standing.text);
}

#[tokio::test]
async fn the_hubs_own_broker_offers_devices_too() {
    let bridge = FakeBridge::plugged(Manners::default());
    let port = free_port();
    let own = format!("[broker]\nlisten = \"127.0.0.1:{port}\"\nanonymous = \"loopback\"\n{OFFER}");
    let hub = launch(&(own + &usb(&bridge))).start();
    up(&mut script(&hub).await, "own-broker").await;
    let door = MqttDoor::tcp(port);
    let mut seen = Seen::at(&door).await;
    bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
    let relay = seen.component(BRIDGE, "switch-relay_i2c0-3b-state").await;
    seen.until_available(BRIDGE, true).await;
    let on = relay["payload_on"].as_str().expect("a payload").to_owned();
    door.publish(&["-t", SET, "-m", &on]).await;
    seen.until_state(&relay, "True").await;
}
