//! Devices that announce themselves, and who lets them be commanded: a real hub, a real broker, the program itself.

mod common;

#[path = "newcomers/rig.rs"]
mod rig;

use common::{TalkClient, until};
use rig::{House, base};
use serde_json::json;

/// Commands the relay and gives the end of that.
async fn switch(script: &mut TalkClient, device: &str, id: &str) -> (String, String) {
    script.command(&format!("{}/relay/1/set", base(device)), json!({ "state": true }), id).await;
    let end = script.outcome(id).await;
    let word = |key: &str| end[key].as_str().unwrap_or_default().to_owned();
    (word("step"), word("code"))
}

async fn is_new(script: &mut TalkClient, device: &str, standing: &str) {
    let is_so = |heard: &common::Heard| {
        heard.topic == "$hub/standing"
            && heard.payload["base"] == base(device)
            && heard.payload["standing"] == standing
    };
    script.wait_for(standing, is_so).await;
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn new_device_is_read_at_once_and_obeys_when_it_was_accepted() {
    let house = House::new("").await;
    let mut script = house.script().await;
    house.announces("plug", "Desk lamp").await;
    is_new(&mut script, "plug", "new").await;
    house.is_there("plug").await;
    house.measures("plug", "21.50").await;
    let heard = script.wait_topic(&format!("{}/thermometer/ds18b20", base("plug"))).await;
    assert!(heard.text.contains("[21.50, \"°C\"]"), "{}", heard.text);
    let mut ears = house.ears("plug").await;
    assert_eq!(switch(&mut script, "plug", "1").await, ("refused".into(), "not-accepted".into()));

    let list = house.program(&["accept"]);
    let told = text(&list.stdout);
    assert!(told.starts_with("new       nodes/tasmota/plug  Desk lamp"), "{told}");
    assert!(told.contains("tasmota on home") && told.contains("1 not understood"), "{told}");
    let wrong = house.program(&["accept", "nodes/tasmota/plog"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("did you mean nodes/tasmota/plug?"), "{}", text(&wrong.stderr));
    let accepted = house.program(&["accept", "plug"]);
    assert_eq!(
        (accepted.status.code(), text(&accepted.stdout)),
        (Some(0), "accepted  nodes/tasmota/plug\n".into())
    );
    is_new(&mut script, "plug", "accepted").await;

    // What was acknowledged is kept, whatever comes next.
    let house = house.after_a_power_cut().await;
    let mut script = house.script().await;
    until("the device is announced again", async || {
        (house.listed() == [(base("plug"), "accepted".into())]).then_some(())
    })
    .await;
    house.is_there("plug").await;
    let topic = format!("{}/relay/1/set", base("plug"));
    script.command(&topic, json!({ "state": true }), "2").await;
    assert_eq!(text(&ears.bytes().await).trim_end(), "cmnd/plug/POWER1 ON", "and nothing before");
    house.switched("plug", "ON").await;
    assert_eq!(script.outcome("2").await["step"], "confirmed");
    let log = house.hub.launch().data().join("devices.jsonl");
    let kept = std::fs::read_to_string(log).expect("it is there");
    assert!(kept.contains(r#""standing":"accepted","by":""#), "{kept}");
}

#[tokio::test]
async fn ignored_device_obeys_nobody_until_that_is_taken_back() {
    let house = House::new("").await;
    let mut script = house.script().await;
    for device in ["one", "two", "three"] {
        house.announces(device, device).await;
        is_new(&mut script, device, "new").await;
    }
    assert_eq!(house.program(&["ignore", "two"]).status.code(), Some(0));
    is_new(&mut script, "two", "ignored").await;
    assert_eq!(switch(&mut script, "two", "1").await, ("refused".into(), "not-accepted".into()));
    let all = house.program(&["accept", "--all", "--dialect", "tasmota"]);
    assert_eq!(text(&all.stdout), "accepted  nodes/tasmota/one\naccepted  nodes/tasmota/three\n");
    let standing = |two: &str| {
        [("one", "accepted"), ("three", "accepted"), ("two", two)]
            .map(|(device, word)| (base(device), word.into()))
    };
    assert_eq!(house.listed(), standing("ignored"));
    assert_eq!(house.program(&["ignore", "two", "--undo"]).status.code(), Some(0));
    assert_eq!(house.listed(), standing("new"));
    let none = house.program(&["ignore"]);
    assert_eq!(none.status.code(), Some(2));
}

#[tokio::test]
async fn dialect_of_the_configuration_needs_no_acceptance_while_it_stands_there() {
    let house = House::new("[discovery]\naccept = [\"tasmota\"]\n").await;
    let mut script = house.script().await;
    house.announces("plug", "Desk lamp").await;
    is_new(&mut script, "plug", "accepted").await;
    house.reload("");
    is_new(&mut script, "plug", "new").await;
    house.reload("[discovery]\naccept = [\"all\"]\n");
    is_new(&mut script, "plug", "accepted").await;
    // A person's word counts more than the configuration's.
    script.say("clown.talk/-/standing/set", json!({ "base": base("plug"), "standing": "ignored" })).await;
    let done = script.wait_topic("clown.talk/-/standing/ok").await;
    assert_eq!(done.payload, json!({ "bases": [base("plug")], "standing": "ignored" }));
    assert_eq!(house.listed(), [(base("plug"), "ignored".into())]);
}

/// A definition of one's own, of the device that announced itself as `plug`.
const OWN: &str = r#"name = "Plug"
vendor = "Tasmota"
called = "My lamp"
match = { id_else = "plug" }

[[property]]
id = "relay/1"
read = { topic = "tele/plug/STATE", value = "/POWER1", map = { ON = true, OFF = false } }
"#;

#[tokio::test]
async fn announcements_that_do_not_count_are_listed_with_what_counts_instead() {
    let house = House::new("").await;
    let mut script = house.script().await;
    house.announces("plug", "Desk lamp").await;
    is_new(&mut script, "plug", "new").await;
    let twin = json!({
        "name": "Relay", "unique_id": "x1", "state_topic": "twin/state", "command_topic": "twin/set",
        "device": { "connections": [["mac", rig::mac("plug")]], "name": "Twin", "manufacturer": "Acme" },
    });
    let topic = "homeassistant/switch/twin/config";
    house.door.publish(&["-t", topic, "-m", &twin.to_string(), "-r", "-q", "1"]).await;
    let set_aside = async |script: &mut TalkClient, number: u64| {
        let is_so = |heard: &common::Heard| {
            heard.topic == "$hub/set-aside/home" && heard.payload["announcements"] == number
        };
        script.wait_for("the number of announcements that do not count", is_so).await;
    };
    set_aside(&mut script, 1).await;
    let told = text(&house.program(&["accept"]).stdout);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].starts_with("new       nodes/tasmota/plug  Desk lamp"), "{told}");
    assert!(lines[1].starts_with("aside     Twin  "), "{told}");
    assert!(lines[1].ends_with("homeassistant on home: known as nodes/tasmota/plug from tasmota"), "{told}");

    // A file of one's own counts more than both.
    let folder = house.hub.launch().config_file().with_file_name("devices");
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    std::fs::write(folder.join("plug.toml"), OWN).expect("the temporary folder is writable");
    set_aside(&mut script, 2).await;
    let told = text(&house.program(&["accept"]).stdout);
    assert_eq!(told.matches("known by the definition plug").count(), 2, "{told}");
    script.say("clown.talk/-/standing/get", json!({})).await;
    let listed = script.wait_topic("clown.talk/-/standing").await.payload;
    assert_eq!(listed["devices"], json!([]));
    let tasmota = json!({
        "name": "Desk lamp", "dialect": "tasmota", "key": rig::mac("plug"), "link": "home", "definition": "plug",
    });
    assert_eq!(listed["set_aside"].as_array().and_then(|all| all.last()), Some(&tasmota), "{listed}");
    std::fs::remove_file(folder.join("plug.toml")).expect("it is there");
    set_aside(&mut script, 1).await;
}
