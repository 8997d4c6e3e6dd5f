//! Several hubs at one broker that know the same definition: a command that is given there is carried out once.

use rustix::process::Signal;
use serde_json::json;

use crate::common::{Heard, Hub, Launch, Mosquitto, Setup, TalkClient, until};
use crate::shelf::{PASSWORD, script};

const BASE: &str = "nodes/tasmota/kitchen";
const SET: &str = "nodes/tasmota/kitchen/relay/-/set";

/// A hub, its id, and a script that hears everything there.
struct House {
    id: String,
    hub: Hub,
    script: TalkClient,
}

impl House {
    async fn new(hub: Hub) -> Self {
        let id = std::fs::read_to_string(hub.data().join("id")).expect("a hub has an id").trim().to_owned();
        let mut script = script(&hub).await;
        script.wait_for("the link", |heard| is_link(heard) && heard.payload["state"] == "up").await;
        Self { id, hub, script }
    }

    /// Waits until the link says this code; gives its reason.
    async fn comes_to(&mut self, code: &str) -> String {
        let told =
            self.script.wait_for(code, |heard| is_link(heard) && heard.payload["code"] == code).await.payload;
        told["reason"].as_str().expect("a reason").to_owned()
    }
}

fn is_link(heard: &Heard) -> bool {
    heard.topic == "$hub/link/home"
}

fn link(broker: &Mosquitto, name: &str, version: &str) -> String {
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    let topics = "topics = [\"# in\", \"nodes/# out\"]";
    format!(
        "[[link]]\nname = \"{name}\"\nkind = \"mqtt\"\nurl = \"{url}\"\n{topics}\nversion = \"{version}\"\n"
    )
}

fn launch(config: &str) -> Launch {
    Launch::run(config).account("ada", PASSWORD)
}

/// Waits until so many hubs have said that they would carry out commands for the plug.
async fn declared(broker: &Mosquitto, hubs: usize) {
    until(&format!("{hubs} hubs to know the plug"), || async {
        let mut births = broker.subscribe(&["-t", "clown-hub/+/home", "-t", "end", "-F", "%t %p"]).await;
        broker.publish(&["-t", "end", "-n"]).await;
        let mut count = 0;
        loop {
            let birth = births.line().await;
            if birth.starts_with("end") {
                return (count == hubs).then_some(());
            }
            count += usize::from(birth.contains(&format!(r#""commands":["{BASE}"]"#)));
        }
    })
    .await;
}

/// Somebody commands at the broker; `others` leave it. The device hears it exactly once.
async fn one_command(broker: &Mosquitto, others: &mut [&mut House], state: bool) {
    let mut device = broker.subscribe(&["-t", "cmnd/kitchen/#", "-v"]).await;
    let wish = json!({ "state": state });
    broker.publish(&["-t", SET, "-m", &wish.to_string()]).await;
    let word = if state { "ON" } else { "OFF" };
    assert_eq!(device.line().await, format!("cmnd/kitchen/POWER {word}"));
    for other in others {
        // It saw the command, which it only does where it does not carry it out.
        other
            .script
            .wait_for("the command to pass by", |heard| heard.topic == SET && heard.payload == wish)
            .await;
    }
    broker.publish(&["-t", "cmnd/kitchen/end", "-m", "x"]).await;
    assert_eq!(device.line().await, "cmnd/kitchen/end x", "it was commanded twice");
    broker.publish(&["-t", "stat/kitchen/POWER", "-m", word]).await;
}

#[tokio::test]
async fn one_of_two_hubs_carries_out_a_command_and_the_other_takes_over_when_it_is_gone() {
    for version in ["5", "3.1.1"] {
        let broker = Mosquitto::start(Setup::default()).await;
        let config = link(&broker, "home", version);
        let mut houses =
            [House::new(launch(&config).start()).await, House::new(launch(&config).start()).await];
        houses.sort_by(|a, b| a.id.cmp(&b.id));
        let [mut first, mut second] = houses;
        broker.publish(&["-t", "tele/kitchen/LWT", "-m", "Online", "-r"]).await;
        broker.publish(&["-t", "stat/kitchen/POWER", "-m", "OFF"]).await;
        declared(&broker, 2).await;
        let reason = second.comes_to("shared-devices").await;
        assert!(reason.contains(&first.id) && reason.contains(BASE), "{reason}");
        one_command(&broker, &mut [&mut second], true).await;

        // What is asked of a hub itself it carries out itself.
        for house in [&mut first, &mut second] {
            let mut device = broker.subscribe(&["-t", "cmnd/kitchen/#", "-v"]).await;
            house.script.command(SET, json!({ "state": false }), "own").await;
            assert_eq!(device.line().await, "cmnd/kitchen/POWER OFF", "{version}");
            broker.publish(&["-t", "cmnd/kitchen/end", "-m", "x"]).await;
            assert_eq!(device.line().await, "cmnd/kitchen/end x", "{version}");
            broker.publish(&["-t", "stat/kitchen/POWER", "-m", "OFF"]).await;
            assert_eq!(house.script.outcome("own").await["step"], "confirmed", "{version}");
        }

        let again = first.hub.launch();
        first.hub.signal(Signal::KILL);
        first.hub.wait();
        second.comes_to("up").await;
        one_command(&broker, &mut [], true).await;
        let mut first = House::new(again.start()).await;
        broker.publish(&["-t", "stat/kitchen/POWER", "-m", "ON"]).await;
        first.script.wait_topic(&format!("{BASE}/relay/-")).await;
        second.comes_to("shared-devices").await;
        one_command(&broker, &mut [&mut second], false).await;
    }
}

/// Each of the two links understands the plug.
#[tokio::test]
async fn two_links_of_one_hub_to_one_broker_carry_it_out_once() {
    let broker = Mosquitto::start(Setup::default()).await;
    let config = link(&broker, "home", "5") + &link(&broker, "second", "5");
    let mut house = House::new(launch(&config).start()).await;
    broker.publish(&["-t", "tele/kitchen/LWT", "-m", "Online", "-r"]).await;
    broker.publish(&["-t", "stat/kitchen/POWER", "-m", "OFF"]).await;
    house.script.wait_topic(&format!("{BASE}/relay/-")).await;
    declared(&broker, 1).await;
    let mut device = broker.subscribe(&["-t", "cmnd/kitchen/#", "-v"]).await;
    broker.publish(&["-t", SET, "-m", r#"{"state": true}"#]).await;
    assert_eq!(device.line().await, "cmnd/kitchen/POWER ON");
    broker.publish(&["-t", "stat/kitchen/POWER", "-m", "ON"]).await;
    house
        .script
        .wait_for("the relay to be on", |heard| {
            heard.topic == format!("{BASE}/relay/-") && heard.payload["state"] == true
        })
        .await;
    broker.publish(&["-t", "cmnd/kitchen/end", "-m", "x"]).await;
    assert_eq!(device.line().await, "cmnd/kitchen/end x", "it was commanded twice");
}
