//! Commands from MQTT to the serial line and back, and their answers.

use serde_json::{Value, json};

use crate::common::{Heard, Manners};
use crate::stage::{ON, RELAY, SET, Stage, VERSIONS, count, counted, script, up, version};

#[tokio::test]
async fn mosquitto_pub_switches_the_relay_on_the_line_and_everybody_hears_the_device() {
    for spoken in VERSIONS {
        let mut stage = Stage::with(&["nodes/# both"], &version(spoken)).await;
        let mut subscriber = stage.broker.subscribe(&["-t", "nodes/bridge/0/#", "-v"]).await;
        stage.broker.publish(&["-t", SET, "-m", ON]).await;
        let line = stage.bridge.hears("relay/i2c0-3b/set").await;
        assert_eq!(line, r#"["relay/i2c0-3b/set",{"state":true}]"#, "{spoken}");
        assert_eq!(subscriber.line().await, format!("{SET} {ON}"));
        assert_eq!(subscriber.line().await, format!("{RELAY} {ON}"), "the device's own word, once");
        let step = stage
            .script
            .wait_for("the end of it", |heard| {
                heard.topic == "$hub/command" && heard.payload["step"] == "confirmed"
            })
            .await;
        assert_eq!(step.payload["by"], "mqtt:home", "{}", step.text);
    }
}

#[tokio::test]
async fn a_refused_command_is_answered_where_its_sender_can_hear_it() {
    let mut stage = Stage::new(&["nodes/# both"]).await;
    let mut subscriber = stage.broker.subscribe(&["-t", "nodes/bridge/0/clown.talk/-/error"]).await;
    for (payload, code) in [("", "empty-payload"), ("on", "not-json"), (r#"{"state": 1}"#, "bad-payload")] {
        stage.broker.publish(&["-t", SET, "-m", payload]).await;
        let told: Value = serde_json::from_str(&subscriber.line().await).expect("JSON");
        assert_eq!((told["code"].as_str(), told["topic"].as_str()), (Some(code), Some(SET)), "{told}");
    }
    stage.bridge.behave(Manners { deaf: true, ..Manners::default() }).await;
    stage.broker.publish(&["-t", SET, "-m", ON]).await;
    subscriber.hears("unanswered").await;
    stage.bridge.unplug().await;
    let is_gone = |heard: &Heard| heard.topic == "$hub/link/usb" && heard.payload["state"] != "up";
    stage.script.wait_for("the bridge to be missed", is_gone).await;
    stage.broker.publish(&["-t", SET, "-m", ON]).await;
    subscriber.hears("\"offline\"").await;
}

#[tokio::test]
async fn mqtt_5_answers_at_the_response_topic() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let door = stage.broker.door();
    let ask = |payload: &'static str| {
        let door = door.clone();
        async move {
            let answer = door.request(&["-V", "5", "-t", SET, "-e", "me/answers", "-m", payload]).await;
            serde_json::from_str::<Value>(&answer.expect("an answer")).expect("JSON")
        }
    };
    let answer = ask(ON).await;
    assert_eq!((&answer["step"], &answer["topic"]), (&json!("confirmed"), &json!(SET)), "{answer}");
    let answer = ask(r#"{"state": "maybe"}"#).await;
    assert_eq!((&answer["step"], &answer["code"]), (&json!("refused"), &json!("bad-payload")), "{answer}");
    let answer = ask("maybe").await;
    assert_eq!((&answer["step"], &answer["code"]), (&json!("refused"), &json!("not-json")), "{answer}");
}

#[tokio::test]
async fn correlation_data_comes_back_unchanged() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let printed = stage.broker.door().paho("request.py", &[SET, ON]).await.expect("it ends well");
    let answer: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(answer["correlation"], "00ff01", "{answer}");
    assert_eq!(answer["payload"]["step"], "confirmed", "{answer}");
}

/// Whoever may only ask must not have the hub speak where he may not.
#[tokio::test]
async fn an_answer_goes_to_no_device_no_hub_and_not_to_the_broker() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let mut watcher = stage.broker.subscribe(&["-t", "#", "-F", "%t %p"]).await;
    let birth = watcher.hears("\"online\"").await;
    let birth = birth.split(' ').next().expect("a topic");
    let other_hub = birth.replace("/home", "/attic");
    for response in [RELAY, "nodes/bridge/0/led/-/set", birth, &other_hub, "$SYS/broker/uptime"] {
        let ask = ["-V", "5", "-t", SET, "-m", "no JSON", "-D", "publish", "response-topic", response];
        stage.broker.publish(&ask).await;
        // The reason goes where reasons go.
        watcher.hears("nodes/bridge/0/clown.talk/-/error").await;
    }
    stage
        .broker
        .publish(&["-V", "5", "-t", SET, "-m", "no JSON", "-D", "publish", "response-topic", "me"])
        .await;
    loop {
        let line = watcher.line().await;
        if line.starts_with("me ") {
            break;
        }
        assert!(!line.contains("not-json") || line.contains("clown.talk/-/error"), "{line}");
    }
}

#[tokio::test]
async fn a_birth_that_cannot_be_true_takes_no_commands_from_the_line() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let mut watcher = stage.broker.subscribe(&["-t", "clown-hub/#", "-F", "%t"]).await;
    let birth = watcher.line().await;
    let of_the_line = birth.replace("/home", "/usb");
    stage.broker.publish(&["-t", &of_the_line, "-r", "-m", r#"{"state":"online","bases":[]}"#]).await;
    stage.broker.publish(&["-t", SET, "-m", ON]).await;
    stage.bridge.hears("relay/i2c0-3b/set").await;
}

#[tokio::test]
async fn a_retained_command_is_never_carried_out() {
    for spoken in VERSIONS {
        let stage = Stage::with(&["nodes/# both"], &version(spoken)).await;
        stage.broker.publish(&["-t", SET, "-m", ON, "-r"]).await;
        stage.bridge.hears("relay/i2c0-3b/set").await;
        let Stage { broker, bridge, hub, .. } = stage;
        bridge.forget().await;
        let hub = hub.restart();
        counted(&hub, "home", "retained-command", 1).await;
        up(&mut script(&hub).await, "usb").await;
        broker.publish(&["-t", "nodes/bridge/0/led/-/set", "-m", r#"{"state": "on"}"#]).await;
        bridge.hears("led/-/set").await;
        let heard = bridge.heard().await;
        assert!(!heard.iter().any(|line| line.contains("relay/i2c0-3b/set")), "{spoken}: {heard:?}");
        assert!(hub.log().contains("never carried out"), "it is named in the log");
    }
}

#[tokio::test]
async fn a_command_for_a_device_at_the_broker_goes_there_and_is_confirmed_by_its_word() {
    for spoken in VERSIONS {
        let mut stage = Stage::with(&[r#"nodes/# both 0 far/ """#], &version(spoken)).await;
        let relay = "nodes/bridge/7/relay/i2c0-3b";
        stage.broker.publish(&["-t", relay, "-m", r#"{"state": false}"#]).await;
        stage.script.wait_topic(&format!("far/{relay}")).await;
        let mut device = stage.broker.subscribe(&["-t", &format!("{relay}/set"), "-F", "%q %r %p"]).await;
        stage.script.command(&format!("far/{relay}/set"), json!({ "state": true }), "c1").await;
        assert_eq!(device.line().await, r#"0 0 {"state":true}"#);
        stage.broker.publish(&["-t", relay, "-m", ON]).await;
        assert_eq!(stage.script.outcome("c1").await["step"], "confirmed", "{spoken}");
        let echo = if spoken == "5" { 0 } else { 1 };
        assert_eq!(count(&stage.hub, "home", "echo").await, echo, "{spoken}");
    }
}
