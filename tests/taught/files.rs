//! Files that are added, changed, broken, mended and taken away while the hub runs.

use serde_json::json;

use crate::shelf::{At, Shelf, is_present};

const PUMP: &str = r#"name = "Pump"
vendor = "Kvart"

[[property]]
id = "relay/0"
read = { topic = "kvart/{id}/state", value = "/run" }
write = { topic = "kvart/{id}/cmd", payload = '{"run": {{ value }}}' }

[[property]]
id = "barometer/0"
quantity = "pressure"
unit = "kPa"
read = { topic = "kvart/{id}/state", value = "/bar", scale = 100 }
"#;
const STATE: &str = r#"{"run": true, "bar": 1.25}"#;
const RELAY: &str = "nodes/kvart/well/relay/0";

#[tokio::test]
async fn a_file_that_is_saved_teaches_at_once_what_is_remembered_and_what_is_said() {
    for at in At::ALL {
        let mut shelf = Shelf::new(at, &[]).await;
        shelf.device_says("kvart/well/state", STATE, true).await;
        shelf.script.wait_topic("kvart/well/state").await;
        shelf.save("kvart/pump.toml", PUMP);
        let told = shelf.definitions("the pump's definition", |told| told["own"] == 1).await;
        assert_eq!((&told["state"], &told["changed"]), (&json!("good"), &json!(["kvart/pump"])));
        // Nobody says it again: the broker is asked what it remembers.
        let remembered = shelf.script.wait_topic(RELAY).await;
        assert_eq!(remembered.payload, json!({ "state": true }));
        shelf.script.wait_for("a remembered relay", |heard| is_present(heard, RELAY, "remembered")).await;
        shelf.device_says("kvart/well/state", r#"{"run": false, "bar": 1.30}"#, true).await;
        shelf
            .script
            .wait_for("its word", |heard| heard.topic == RELAY && heard.payload["state"] == false)
            .await;
        shelf.script.wait_for("a live relay", |heard| is_present(heard, RELAY, "online")).await;
    }
}

#[tokio::test]
async fn a_bad_edit_leaves_the_old_version_in_force_and_is_told_with_its_place() {
    let mut shelf = Shelf::new(
        At::Mosquitto,
        &[("kvart/pump.toml", PUMP), ("bad.toml", "name = \"Bad\"\nvendr = \"X\"\n")],
    )
    .await;
    let told = shelf.definitions("the state of the start", |_| true).await;
    assert_eq!(
        (&told["state"], &told["own"], &told["refused"][0]["id"]),
        (&json!("faulty"), &json!(1), &json!("bad"))
    );
    assert_eq!(told["refused"][0]["instead"], "nothing");
    shelf.device_says("kvart/well/state", STATE, false).await;
    shelf.script.wait_topic(RELAY).await;

    shelf.save("kvart/pump.toml", &PUMP.replace("quantity = \"pressure\"", "quantity = \"presure\""));
    let told = shelf.definitions("the mistake", |told| told["refused"][1]["id"] == "kvart/pump").await;
    let refused = &told["refused"][1];
    assert_eq!(refused["instead"], "earlier");
    let problem = &refused["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&json!(11), &json!(12)), "{problem}");
    assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("pressure")), "{problem}");
    let log = shelf.hub.log();
    assert!(log.contains("its earlier version stays in force") && log.contains("pump.toml:11:12"), "{log}");
    shelf.device_says("kvart/well/state", r#"{"run": false, "bar": 1.25}"#, false).await;
    shelf.script.wait_for("its word", |heard| heard.topic == RELAY && heard.payload["state"] == false).await;

    shelf.save("kvart/pump.toml", &PUMP.replace("scale = 100", "scale = 10"));
    shelf.save("bad.toml", &PUMP.replace("kvart/", "other/").replace("Kvart", "Other"));
    let told = shelf.definitions("everything mended", |told| told["state"] == "good").await;
    assert_eq!((&told["own"], &told["refused"]), (&json!(2), &json!([])));
    shelf.device_says("kvart/well/state", STATE, false).await;
    let pressure = "nodes/kvart/well/barometer/0";
    let value = json!({ "pressure": [12.5, "kPa"] });
    shelf.script.wait_for("the new scale", |heard| heard.topic == pressure && heard.payload == value).await;
}

#[tokio::test]
async fn a_file_that_is_taken_away_takes_its_devices_offline() {
    let mut shelf = Shelf::new(At::Own, &[("pump.toml", PUMP)]).await;
    shelf.device_says("kvart/well/state", STATE, false).await;
    shelf.script.wait_topic(RELAY).await;
    std::fs::remove_file(shelf.folder().join("pump.toml")).expect("it is there");
    let gone = |heard: &crate::common::Heard| is_present(heard, "nodes/kvart/well", "offline");
    let told = shelf.script.wait_for("the pump to be gone", gone).await;
    assert_eq!(told.payload["reason"], "its definition is gone");
    shelf.script.command(&format!("{RELAY}/set"), json!({ "state": false }), "c1").await;
    assert_eq!(shelf.script.outcome("c1").await["step"], "refused");
}

#[tokio::test]
async fn a_users_file_takes_the_place_of_the_binarys() {
    let own = PUMP
        .replace("kvart/{id}/state", "stat/{id}/POWER")
        .replace("value = \"/run\"", "map = { ON = true, OFF = false }");
    let own = own.replace(r#", value = "/bar", scale = 100"#, ", map = { 1 = 1 }").replace("Kvart", "Mine");
    let mut shelf = Shelf::new(At::Mosquitto, &[("tasmota/generic.toml", &own)]).await;
    shelf.device_says("stat/kitchen/POWER", "ON", false).await;
    let said = shelf.script.wait_topic("nodes/mine/kitchen/relay/0").await;
    assert_eq!(said.payload, json!({ "state": true }));
    let mut script = crate::shelf::script(&shelf.hub).await;
    script.wait_topic("nodes/mine/kitchen/relay/0").await;
    let told = shelf.hub.log();
    assert!(!told.contains("tasmota/kitchen"), "{told}");
}
