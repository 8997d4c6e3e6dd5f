//! Flows that were made for bcg, at a real Mosquitto: topics, quality, what is kept, what is refused and what is not done.

use serde_json::{Value, json};

use crate::common::{Setup, until};
use crate::dongle::{ATTIC, KITCHEN, Traits};
use crate::stage::{Alone, Stage, state};

const SET: &str = "node/kitchen/relay/0:0/state/set";

#[tokio::test]
async fn a_flow_hears_nodes_with_quality_1_and_switches_a_relay() {
    let stage = Stage::with(Traits::default(), "", "").await;
    let mut flow = stage.broker.subscribe(&["-q", "2", "-t", "node/#", "-F", "%q %r %t %p"]).await;
    stage.dongle.node_says(KITCHEN, "thermometer/0:1/temperature", "21.60").await;
    assert_eq!(flow.hears("temperature").await, "1 0 node/kitchen/thermometer/0:1/temperature 21.60");
    stage.broker.publish(&["-t", SET, "-m", "true"]).await;
    stage.dongle.hears(&format!("[\"{KITCHEN}/relay/0:0/state/set\", true]")).await;
    assert_eq!(flow.hears("0:0/state ").await, "1 0 node/kitchen/relay/0:0/state true");
    // What the hub was told is not told back to the dongle, and its own word is no command.
    stage.broker.publish(&["-t", &format!("node/{KITCHEN}/led/-/state/get"), "-n"]).await;
    stage.dongle.hears("led/-/state/get").await;
    let heard = stage.dongle.heard().await;
    assert_eq!(heard.iter().filter(|line| line.contains("0:0")).count(), 1, "{heard:?}");
}

#[tokio::test]
async fn the_view_with_units_lies_beside_it_and_takes_commands_too() {
    let stage = Stage::with(Traits::default(), "", "").await;
    let mut flow = stage.broker.subscribe(&["-t", "nodes/#", "-F", "%t %p"]).await;
    let relay = format!("nodes/hardwario/{KITCHEN}/relay/0:0");
    stage.dongle.node_says(KITCHEN, "relay/0:0/state", "false").await;
    assert_eq!(flow.hears(&relay).await, format!("{relay} {{\"state\": false}}"));
    stage.broker.publish(&["-t", &format!("{relay}/set"), "-m", r#"{"state": true}"#]).await;
    stage.dongle.hears(&format!("[\"{KITCHEN}/relay/0:0/state/set\", true]")).await;
    flow.hears(&format!("{relay} {{\"state\": true}}")).await;
}

/// With `retain_node_messages` bcg leaves words of nodes at the broker, and never takes those of an old name away.
#[tokio::test]
async fn what_is_retained_follows_the_name_and_goes_with_the_node() {
    let stage = Stage::with(Traits::default(), "retain = true\n", "").await;
    let kept = async |topic: &str| {
        let mut late = stage.broker.subscribe(&["-t", topic, "-t", "end", "-F", "%r %t %p"]).await;
        stage.broker.publish(&["-t", "end", "-m", "x"]).await;
        late.line().await
    };
    let mut flow = stage.broker.subscribe(&["-t", "node/#", "-t", "gateway/#", "-F", "%t %p"]).await;
    stage.dongle.node_says(KITCHEN, "battery/-/voltage", "2.98").await;
    flow.hears("node/kitchen/battery").await;
    assert_eq!(kept("node/kitchen/#").await, "1 node/kitchen/battery/-/voltage 2.98");
    assert_eq!(kept("gateway/#").await, "0 end x", "words of the gateway are not kept");
    let wish = format!(r#"{{"id": "{KITCHEN}", "alias": "cellar"}}"#);
    stage.broker.publish(&["-t", "gateway/usb-dongle/alias/set", "-m", &wish]).await;
    flow.hears("gateway/usb-dongle/alias/set/ok").await;
    stage.dongle.node_says(KITCHEN, "battery/-/voltage", "2.97").await;
    flow.hears("node/cellar/battery/-/voltage 2.97").await;
    assert_eq!(kept("node/kitchen/#").await, "0 end x");
    assert_eq!(kept("node/cellar/#").await, "1 node/cellar/battery/-/voltage 2.97");
    stage.broker.publish(&["-t", "gateway/usb-dongle/nodes/remove", "-m", &format!("\"{KITCHEN}\"")]).await;
    flow.hears("gateway/usb-dongle/detach").await;
    flow.hears("node/cellar/battery").await;
    assert_eq!(kept("node/#").await, "0 end x");
}

/// The hub may even be killed before it can tell the broker.
#[tokio::test]
async fn what_was_retained_under_a_name_is_cleared_once_the_broker_is_back() {
    let setup = Setup { persistence: true, ..Setup::default() };
    let mut stage = Stage::at(setup, Traits::default(), "retain = true\n", "").await;
    let mut flow = stage.broker.subscribe(&["-t", "node/#", "-F", "%t %p"]).await;
    stage.dongle.node_says(KITCHEN, "battery/-/voltage", "2.98").await;
    flow.hears("node/kitchen/battery").await;
    drop(flow);
    until("the broker to have it in its memory", || async {
        let mut late = stage.broker.subscribe(&["-t", "node/kitchen/#", "-F", "%r %t"]).await;
        Some(late.line().await).filter(|line| line == "1 node/kitchen/battery/-/voltage")
    })
    .await;
    let book = stage.hub.data().join("mqtt-home.ledger");
    let stands = async |line: &str| {
        until(&format!("{line} to stand in the book"), || async {
            let text = std::fs::read_to_string(&book).unwrap_or_default();
            text.lines().any(|known| known == line).then_some(())
        })
        .await;
    };
    stands(r#"["node/kitchen/battery/-/voltage","radio"]"#).await;
    stage.broker.stop();
    let mut script = stage.script().await;
    let wish = json!({ "id": KITCHEN, "alias": "cellar" });
    script.command("gateway/usb-dongle/alias/set", wish, "c1").await;
    assert_eq!(script.outcome("c1").await["step"], "confirmed");
    stands(r#"["node/kitchen/battery/-/voltage"]"#).await;
    stage.hub.signal(rustix::process::Signal::KILL);
    stage.hub.wait();
    stage.broker.restart().await;
    let mut flow = stage.broker.subscribe(&["-t", "node/#", "-F", "%r %t %p"]).await;
    assert_eq!(flow.line().await, "1 node/kitchen/battery/-/voltage 2.98", "the broker still has it");
    stage.hub = stage.hub.launch().start();
    assert_eq!(flow.hears("node/kitchen").await, "0 node/kitchen/battery/-/voltage ", "taken out");
    stage.up("radio").await;
    stage.dongle.node_says(KITCHEN, "battery/-/voltage", "2.97").await;
    flow.hears("node/cellar/battery/-/voltage 2.97").await;
    let mut late = stage.broker.subscribe(&["-t", "node/#", "-F", "%r %t %p"]).await;
    assert_eq!(late.line().await, "1 node/cellar/battery/-/voltage 2.97");
}

#[tokio::test]
async fn nothing_is_said_about_an_old_name_where_nothing_is_retained() {
    let stage = Stage::with(Traits::default(), "", "").await;
    let mut flow = stage.broker.subscribe(&["-t", "node/#", "-F", "%t %p"]).await;
    stage.dongle.node_says(KITCHEN, "battery/-/voltage", "2.98").await;
    flow.hears("node/kitchen/battery").await;
    let wish = format!(r#"{{"id": "{KITCHEN}", "alias": "cellar"}}"#);
    stage.broker.publish(&["-t", "gateway/usb-dongle/alias/set", "-m", &wish]).await;
    stage.dongle.hears("alias/add").await;
    stage.dongle.node_says(KITCHEN, "battery/-/voltage", "2.97").await;
    assert_eq!(flow.line().await, "node/cellar/battery/-/voltage 2.97");
}

#[tokio::test]
async fn a_refusal_says_why_and_mqtt_5_has_its_answer() {
    let stage = Stage::with(Traits::default(), "", "").await;
    let mut flow = stage.broker.subscribe(&["-t", "+/+/clown.talk/-/error", "-F", "%t %p"]).await;
    stage
        .dongle
        .node_says(ATTIC, "info", r#"{"firmware": "kit-push-button", "version": "v1.2.0", "mode": 3}"#)
        .await;
    stage.broker.publish(&["-t", &format!("node/{ATTIC}/led/-/state/set"), "-m", "true"]).await;
    let refused = flow.hears(ATTIC).await;
    assert!(refused.contains("sleeping") && refused.contains("cannot be commanded"), "{refused}");
    stage.broker.publish(&["-t", SET, "-m", "on"]).await;
    assert!(flow.hears("node/kitchen/").await.contains("not-json"));
    let wish = format!(r#"{{"id": "{ATTIC}", "alias": "kitchen"}}"#);
    stage.broker.publish(&["-t", "gateway/usb-dongle/alias/set", "-m", &wish]).await;
    assert!(flow.hears("gateway/usb-dongle/").await.contains("name-taken"));
    let answer = stage.broker.door().request(&["-V", "5", "-t", SET, "-e", "me/answers", "-m", "true"]).await;
    let answer: Value = serde_json::from_str(&answer.expect("an answer")).expect("JSON");
    assert_eq!((&answer["step"], &answer["topic"]), (&json!("confirmed"), &json!(SET)), "{answer}");
}

#[tokio::test]
async fn a_retained_command_is_never_carried_out() {
    let stage = Stage::with(Traits::default(), "", "").await;
    stage.broker.publish(&["-t", SET, "-m", "true", "-r"]).await;
    stage.dongle.hears("relay/0:0/state/set").await;
    stage.broker.publish(&["-t", "gateway/usb-dongle/nodes/purge", "-m", "null", "-r"]).await;
    stage.dongle.hears("/nodes/purge").await;
    let Stage { broker, dongle, hub } = stage;
    dongle.set(|traits| traits.nodes = vec![KITCHEN.into()]).await;
    dongle.forget().await;
    let stage = Stage { broker, dongle, hub: hub.restart() };
    stage.up("radio").await;
    stage.up("home").await;
    stage.broker.publish(&["-t", "node/kitchen/led/-/state/set", "-m", "true"]).await;
    stage.dongle.hears("led/-/state/set").await;
    let heard = stage.dongle.heard().await;
    assert!(!heard.iter().any(|line| line.contains("relay") || line.contains("purge")), "{heard:?}");
}

#[tokio::test]
async fn a_second_gateway_of_the_same_name_at_the_broker_is_not_believed() {
    let stage = Stage::with(Traits::default(), "", "").await;
    stage.broker.publish(&["-t", "gateway/usb-dongle/attach", "-m", "\"836d19830001\""]).await;
    stage.broker.publish(&["-t", "node/kitchen/battery/-/voltage", "-m", "9.99"]).await;
    stage.counted("home", "conflict", 2).await;
    let base = format!("nodes/hardwario/{KITCHEN}");
    stage.dongle.node_says(KITCHEN, "battery/-/voltage", "2.98").await;
    let mut script = stage.script().await;
    let told = script.wait_topic(&format!("{base}/battery/-")).await;
    assert_eq!(told.payload, json!({ "voltage": [2.98, "V"] }));
}

/// A command and a question of a script, as the RADIO page sends them.
#[tokio::test]
async fn the_endpoint_takes_commands_that_do_not_end_with_set() {
    let stage = Stage::with(Traits::default(), "", "").await;
    let mut script = stage.script().await;
    for (id, topic) in
        [("c1", "gateway/usb-dongle/pairing-mode/start"), ("c2", "gateway/usb-dongle/nodes/purge")]
    {
        script.command(topic, Value::Null, id).await;
        assert_eq!(script.outcome(id).await["step"], "confirmed", "{topic}");
    }
    stage.dongle.hears("/pairing-mode/start").await;
}

/// What nodes are is known after a restart, though they say it only when they start themselves.
#[tokio::test]
async fn a_node_is_known_to_sleep_after_the_hub_was_restarted() {
    let stage = Stage::with(Traits::default(), "", "automatic_rename = false\n").await;
    let mut script = stage.script().await;
    stage
        .dongle
        .node_says(KITCHEN, "info", r#"{"firmware": "kit-push-button", "version": "v1.2.0", "mode": 3}"#)
        .await;
    script.wait_topic(&format!("nodes/hardwario/{KITCHEN}/device/-")).await;
    let Stage { broker, dongle, hub } = stage;
    let stage = Stage { broker, dongle, hub: hub.restart() };
    stage.up("radio").await;
    let mut script = stage.script().await;
    script.command(SET, json!(true), "c1").await;
    let outcome = script.outcome("c1").await;
    assert_eq!(outcome["code"], "sleeping", "{outcome}");
    let mut flow = stage.broker.subscribe(&["-t", "gateway/#", "-F", "%t %p"]).await;
    stage.up("home").await;
    stage.broker.publish(&["-t", "gateway/all/nodes/get", "-n"]).await;
    let nodes = flow.hears("gateway/usb-dongle/nodes ").await;
    assert!(nodes.contains("kit-push-button"), "{nodes}");
}

/// With bcg a dongle that is pulled out is still there for everybody else.
#[tokio::test]
async fn who_listens_is_told_when_the_dongle_has_gone() {
    let stage = Stage::with(Traits::default(), "", "").await;
    let mut flow = stage.broker.subscribe(&["-t", "gateway/#", "-t", "log/#", "-F", "%t %p"]).await;
    stage.dongle.say("# 1.00 <W> low \"power\"").await;
    assert_eq!(flow.hears("log/").await, r#"log/usb-dongle/warning "low \"power\"""#);
    stage.dongle.unplug().await;
    flow.hears("gateway/usb-dongle/info null").await;
    stage.dongle.plug().await;
    flow.hears("gateway/usb-dongle/info {").await;
}

#[tokio::test]
async fn the_hubs_own_broker_takes_the_place_of_bcg_and_mosquitto() {
    let alone = Alone::new(Traits::default()).await;
    let mut flow =
        alone.door.subscribe(&["-q", "1", "-t", "node/#", "-t", "gateway/#", "-F", "%q %t %p"]).await;
    alone.dongle.node_says(KITCHEN, "thermometer/0:1/temperature", "21.60").await;
    assert_eq!(flow.hears("temperature").await, "1 node/kitchen/thermometer/0:1/temperature 21.60");
    alone.door.publish(&["-t", SET, "-m", "true"]).await;
    flow.hears("node/kitchen/relay/0:0/state true").await;
    alone.door.publish(&["-t", "gateway/all/nodes/get", "-n"]).await;
    flow.hears("gateway/usb-dongle/nodes [").await;
    alone.door.publish(&["-t", "gateway/ping", "-n"]).await;
    flow.hears("gateway/pong \"usb-dongle\"").await;
    let now = state(&alone.hub, "own-broker").await;
    for what in ["echo", "loop", "conflict", "dropped", "malformed"] {
        assert_eq!(now["counts"][what], 0, "{what}: {now}");
    }
}
