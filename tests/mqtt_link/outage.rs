//! A broker that is not there: everything else runs, what is lost is a number.

use serde_json::json;

use crate::common::{FakeBridge, Manners, Mosquitto, Setup};
use crate::stage::{ON, RELAY, SET, Stage, counted, launch, mqtt, script, state, up, usb};

#[tokio::test]
async fn a_lost_broker_costs_only_what_goes_there_and_is_found_again() {
    let mut stage = Stage::new(&["nodes/# both"]).await;
    stage.broker.kill9();
    let down =
        |heard: &crate::common::Heard| heard.topic == "$hub/link/home" && heard.payload["state"] != "up";
    stage.script.wait_for("the loss", down).await;
    stage.script.command(SET, json!({ "state": true }), "c1").await;
    assert_eq!(stage.script.outcome("c1").await["step"], "confirmed", "the serial line does not care");
    for n in 0..1_200 {
        stage.bridge.say(&format!("[\"well/0\", {{\"depth\": {n}}}]")).await;
    }
    let dropped = counted(&stage.hub, "home", "dropped", 200).await;
    assert!(dropped < 1_300, "{dropped}");

    stage.broker.restart().await;
    let mut subscriber = stage.broker.subscribe(&["-t", "nodes/#", "-v"]).await;
    let mut script = script(&stage.hub).await;
    up(&mut script, "home").await;
    // Whatever is older than ten seconds is not said any more; this is new.
    stage.bridge.say(r#"["well/0", {"depth": -1}]"#).await;
    subscriber.hears(r#"well/0 {"depth": -1}"#).await;
}

#[tokio::test]
async fn a_broker_that_is_absent_at_the_start_is_waited_for() {
    let mut broker = Mosquitto::absent(Setup::default());
    let bridge = FakeBridge::plugged(Manners::default());
    let hub = launch(&(usb(&bridge) + &mqtt("home", &broker, &["nodes/# both"], ""))).start();
    let mut client = script(&hub).await;
    up(&mut client, "usb").await;
    let waiting = state(&hub, "home").await;
    assert_ne!(waiting["state"], "up", "{waiting}");
    client.command(SET, json!({ "state": true }), "c1").await;
    assert_eq!(client.outcome("c1").await["step"], "confirmed");
    broker.restart().await;
    up(&mut client, "home").await;
    let mut subscriber = broker.subscribe(&["-t", "nodes/#", "-v"]).await;
    bridge.say(&format!("[\"relay/i2c0-3b\", {ON}]")).await;
    assert_eq!(subscriber.hears("relay").await, format!("{RELAY} {ON}"));
}

#[tokio::test]
async fn a_broker_that_stands_still_holds_up_nothing_and_no_command_goes_out_late() {
    let mut stage = Stage::with(&["nodes/# both"], "keep_alive = \"10 s\"\n").await;
    let far = "nodes/bridge/7/relay/i2c0-3b";
    stage.broker.publish(&["-t", far, "-m", r#"{"state": false}"#]).await;
    stage.script.wait_topic(far).await;
    stage.broker.freeze();
    // More than the sockets between here and there can hold.
    let long = "x".repeat(3_900);
    for n in 0..3_000 {
        stage.bridge.say(&format!("[\"well/0\", {{\"depth\": {n}, \"note\": \"{long}\"}}]")).await;
    }
    counted(&stage.hub, "home", "dropped", 1_000).await;
    let mut client = script(&stage.hub).await;
    client.command(SET, json!({ "state": true }), "c1").await;
    assert_eq!(client.outcome("c1").await["step"], "confirmed", "the line does not care");
    client.command(&format!("{far}/set"), json!({ "state": true }), "c2").await;
    let refused = client.outcome("c2").await;
    assert_eq!(refused["step"], "refused", "{refused}");
    stage.broker.thaw();
}
