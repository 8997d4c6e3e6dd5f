//! Devices that speak on their line: meters, sensors that are asked, boards that echo or never answer.

use std::time::Duration;

use serde_json::json;

use crate::common::{Heard, PtyDevice, until};
use crate::rig::Rig;

/// A capture without its remarks, with the ends of lines that a meter sends.
fn telegram(name: &str) -> String {
    let path = format!("{}/tests/data/dialects/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    text.lines().filter(|line| !line.starts_with("# ")).map(|line| format!("{line}\r\n")).collect()
}

/// Waits until the hub has written these bytes.
async fn writes(device: &mut PtyDevice, wanted: &[u8]) {
    let mut heard = Vec::new();
    until(&format!("the hub to write {wanted:02X?}"), || {
        heard.extend(device.take_bytes());
        let found = heard.windows(wanted.len()).any(|bytes| bytes == wanted).then_some(());
        async move { found }
    })
    .await;
}

#[tokio::test]
async fn a_meter_is_read_and_a_damaged_telegram_never_is() {
    let mut meter = PtyDevice::plugged();
    let mut rig = Rig::new(&meter, "speaks = [\"dsmr/p1\"]").await;
    rig.link("connecting").await;
    let whole = telegram("24-dsmr42-p1.telegram");
    let (front, back) = whole.split_at(whole.len() / 2);
    // The hub began to listen in the middle of one; then one comes in two pieces.
    meter.write(back.as_bytes()).await;
    meter.write(front.as_bytes()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    meter.write(back.as_bytes()).await;
    let up = rig.link("up").await;
    assert!(up["reason"].as_str().is_some_and(|why| why.contains("P1")), "{up}");
    let base = "nodes/dsmr/line";
    rig.says(&format!("{base}/power-meter/-"), json!({ "power": [2027.000, "W"], "tariff": 2 })).await;

    let damaged = whole.replace("02.027*kW", "92.027*kW");
    meter.write(damaged.as_bytes()).await;
    rig.counts("checksum", 1).await;
    assert_eq!(rig.now(&format!("{base}/power-meter/-")).await["power"], json!([2027.000, "W"]));

    meter.unplug();
    rig.link("unplugged").await;
    let gone = rig.now(&format!("$hub/presence/{base}")).await;
    assert_eq!(gone["presence"], "offline", "{gone}");
    meter.plug();
    rig.link("connecting").await;
    meter.write(whole.as_bytes()).await;
    rig.link("up").await;
}

#[tokio::test]
async fn a_sensor_that_is_asked_is_asked_again_and_its_silence_is_told() {
    let mut sensor = PtyDevice::plugged();
    let keys = "speaks = [\"winsen/mh-z19\"]";
    let mut rig = Rig::new(&sensor, keys).await;
    writes(&mut sensor, &[0xff, 0x01, 0x86, 0, 0, 0, 0, 0, 0x79]).await;
    sensor.write(&[0xff, 0x86, 0x03, 0x37, 0, 0, 0, 0, 0x40]).await;
    rig.says("nodes/winsen/line/co2-sensor/-", json!({ "concentration": [823, "ppm"] })).await;
    rig.link("up").await;
    writes(&mut sensor, &[0xff, 0x01, 0x86, 0, 0, 0, 0, 0, 0x79]).await;
    // A byte of the answer is another one: it is no reading.
    sensor.write(&[0xff, 0x86, 0x07, 0x37, 0, 0, 0, 0, 0x40]).await;
    rig.counts("checksum", 1).await;
    assert_eq!(rig.now("nodes/winsen/line/co2-sensor/-").await["concentration"], json!([823, "ppm"]));
    // A command waits for an answer that is due, and no longer.
    writes(&mut sensor, &[0xff, 0x01, 0x86, 0, 0, 0, 0, 0, 0x79]).await;
    let done = rig.command("nodes/winsen/line/button/zero/set", json!({ "press": true }), "zero").await;
    assert_eq!(done["step"], "unconfirmable", "{done}");
    writes(&mut sensor, &[0xff, 0x01, 0x87, 0, 0, 0, 0, 0, 0x78]).await;
}

#[tokio::test]
async fn a_board_that_never_answers_obeys_and_is_honest_about_it() {
    let mut board = PtyDevice::plugged();
    let mut rig = Rig::new(&board, "speaks = [\"lcus/lcus-1\"]").await;
    let up = rig.link("up").await;
    assert!(up["reason"].as_str().is_some_and(|why| why.contains("never answers")), "{up}");
    let done = rig.command("nodes/lcus/line/relay/1/set", json!({ "state": true }), "on").await;
    assert_eq!(done["step"], "unconfirmable", "{done}");
    writes(&mut board, &[0xa0, 0x01, 0x01, 0xa2]).await;
    board.unplug();
    rig.link("unplugged").await;
    let done = rig.command("nodes/lcus/line/relay/1/set", json!({ "state": false }), "off").await;
    assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("offline")), "{done}");
}

#[tokio::test]
async fn an_echo_confirms_and_nothing_else_does() {
    let mut gateway = PtyDevice::plugged();
    let mut rig = Rig::new(&gateway, "speaks = [\"mysensors/node\"]").await;
    rig.link("connecting").await;
    gateway.say("0;255;3;0;14;Gateway startup complete.").await;
    gateway.say("12;6;1;0;0;36.5").await;
    rig.says("nodes/mysensors/12/thermometer/6", json!({ "temperature": [36.5, "℃"] })).await;
    gateway.say("13;7;1;0;2;0").await;
    rig.says("nodes/mysensors/13/relay/7", json!({ "state": false })).await;

    rig.script.command("nodes/mysensors/13/relay/7/set", json!({ "state": true }), "on").await;
    assert_eq!(gateway.hear().await, "13;7;1;1;2;1");
    gateway.say("12;6;1;0;0;36.6").await;
    gateway.say("13;7;1;1;2;1").await;
    assert_eq!(rig.script.outcome("on").await["step"], "confirmed");

    let done = rig.command("nodes/mysensors/13/relay/7/set", json!({ "state": false }), "lost").await;
    assert_eq!(done["step"], "unanswered", "{done}");
}

#[tokio::test]
async fn two_kinds_share_a_line_and_a_definition_may_come_later() {
    let device = PtyDevice::plugged();
    let mut rig = Rig::new(&device, "speaks = [\"acme/weather\", \"acme/door\"]").await;
    let told = rig.link("definition").await;
    assert!(told["reason"].as_str().is_some_and(|why| why.contains("acme/weather")), "{told}");
    let folder = rig.folder().join("acme");
    std::fs::create_dir_all(&folder).expect("the folder of definitions");
    let weather = "name = \"Weather\"\nvendor = \"Acme\"\nserial = { baud = 9600 }\n[frame]\nkind = \"lines\"\npattern = '^T:'\n\
        [match]\nid_else = \"-\"\n[[property]]\nid = \"thermometer/-\"\nread = { regex = '^T:(?<value>[-0-9.]+)$' }\n\
        [[example]]\nsource = \"made for this test\"\nline = \"T:21.5\"\ngives = { \"thermometer/-\" = [21.5, \"℃\"] }\n";
    let door = "name = \"Door\"\nvendor = \"Acme\"\nserial = { baud = 9600 }\n[frame]\nkind = \"lines\"\npattern = '^D:'\n\
        [match]\nid_else = \"front\"\n[[property]]\nid = \"door-sensor/-\"\nread = { map = { \"D:open\" = true, \"D:shut\" = false } }\n\
        [[example]]\nsource = \"made for this test\"\nline = \"D:open\"\ngives = { \"door-sensor/-\" = true }\n";
    std::fs::write(folder.join("weather.toml"), weather).expect("it can be written");
    std::fs::write(folder.join("door.toml"), door).expect("it can be written");
    rig.link("connecting").await;
    device.say("").await;
    device.say("T:21.5").await;
    rig.says("nodes/acme/line/thermometer/-", json!({ "temperature": [21.5, "℃"] })).await;
    device.say("D:open").await;
    rig.says("nodes/acme/front/door-sensor/-", json!({ "state": true })).await;
    device.say("X:1").await;
    rig.counts("malformed", 1).await;

    // A definition that is changed while it is in force is taken over.
    let weather = weather
        .replace("thermometer/-\"\nread", "thermometer/outside\"\nread")
        .replace("thermometer/-", "thermometer/outside");
    std::fs::write(folder.join("weather.toml"), weather).expect("it can be written");
    let renewed = |heard: &Heard| heard.topic == "$hub/definitions" && heard.text.contains("acme/weather");
    rig.script.wait_for("the definition to be taken", renewed).await;
    let topic = "nodes/acme/line/thermometer/outside";
    loop {
        device.say("").await;
        device.say("T:20.0").await;
        match rig.script.next_within(Duration::from_millis(100)).await {
            Some(Ok(heard)) if heard.topic == topic => break,
            Some(Ok(_)) | None => {}
            Some(Err(closed)) => panic!("closed with {closed:?} before a reading by the new definition"),
        }
    }
}

#[tokio::test]
async fn a_state_that_ends_by_itself_does_not_look_on_for_ever() {
    let device = PtyDevice::plugged();
    let mut rig = Rig::new(&device, "speaks = [\"acme/motion\"]").await;
    let folder = rig.folder().join("acme");
    std::fs::create_dir_all(&folder).expect("the folder of definitions");
    let motion = "name = \"Motion\"\nvendor = \"Acme\"\nserial = { baud = 9600 }\n[match]\nid_else = \"hall\"\n\
        [[property]]\nid = \"motion-sensor/-\"\nends = \"1 s\"\nread = { map = { \"moves\" = true } }\n\
        [[example]]\nsource = \"made for this test\"\nline = \"moves\"\ngives = { \"motion-sensor/-\" = true }\n";
    std::fs::write(folder.join("motion.toml"), motion).expect("it can be written");
    rig.link("connecting").await;
    device.say("").await;
    device.say("moves").await;
    let topic = "nodes/acme/hall/motion-sensor/-";
    assert_eq!(rig.script.wait_topic(topic).await.payload, json!({ "state": true }));
    assert_eq!(rig.script.wait_topic(topic).await.payload, json!({ "state": false }));
}
