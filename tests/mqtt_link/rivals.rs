//! Two hubs that get in each other's way: one copied from the other, and two that call their bridges the same.

use serde_json::json;

use crate::common::{FakeBridge, Heard, Manners, Mosquitto, Setup, until};
use crate::stage::{ON, RELAY, SET, VERSIONS, counted, launch, mqtt, script, state, up, usb, version};

#[tokio::test]
async fn a_copied_data_folder_is_named_after_three_rounds_and_one_of_the_two_works() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let config = mqtt("home", &broker, &["nodes/# both"], &version(spoken));
        let first = launch(&config).start();
        up(&mut script(&first).await, "home").await;
        let copy = launch(&config);
        std::fs::copy(first.data().join("id"), copy.data().join("id")).expect("the hub has an id");
        let hubs = [first, copy.start()];
        let loser = until("one of the two to give in", || async {
            let states = [state(&hubs[0], "home").await, state(&hubs[1], "home").await];
            states.iter().position(|state| state["code"] == "taken-over")
        })
        .await;
        let told = state(&hubs[loser], "home").await;
        assert!(told["reason"].as_str().is_some_and(|reason| reason.contains("clown-hub-")), "{told}");
        assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("file id")), "{told}");
        let mut winner = script(&hubs[1 - loser]).await;
        up(&mut winner, "home").await;
        broker.publish(&["-t", "nodes/raw/after", "-m", "1"]).await;
        winner.wait_topic("nodes/raw/after").await;
    }
}

#[tokio::test]
async fn two_bridges_of_one_name_are_counted_as_a_conflict_and_keep_their_own_values() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let bridges = [FakeBridge::plugged(Manners::default()), FakeBridge::plugged(Manners::default())];
        let link = mqtt("home", &broker, &["nodes/# both"], &version(spoken));
        let hubs = [&bridges[0], &bridges[1]].map(|bridge| launch(&(usb(bridge) + &link)).start());
        for hub in &hubs {
            let mut client = script(hub).await;
            up(&mut client, "usb").await;
            up(&mut script(hub).await, "home").await;
        }
        // Both relays have said that they are off, or will; one of them goes on.
        let mut here = script(&hubs[0]).await;
        let mut there = script(&hubs[1]).await;
        bridges[1].hears("relay/i2c0-3b/get").await;
        bridges[1].say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
        there.wait_for("its own", |heard| heard.topic == RELAY && heard.payload["state"] == false).await;
        here.command(SET, json!({ "state": true }), "c1").await;
        assert_eq!(here.outcome("c1").await["step"], "confirmed", "{spoken}");
        counted(&hubs[1], "home", "conflict", 1).await;
        let now = script(&hubs[1]).await.wait_topic(RELAY).await;
        assert_eq!(
            now.payload["state"], false,
            "{spoken}: what the other hub's bridge says is not this one's"
        );
        assert!(hubs[1].log().contains("is served by the link `usb`"), "it is named");

        // Whoever says it at the broker means both.
        broker.publish(&["-t", SET, "-m", ON]).await;
        there
            .wait_for("the second relay", |heard: &Heard| {
                heard.topic == RELAY && heard.payload["state"] == true
            })
            .await;
        for hub in &hubs {
            assert_eq!(state(hub, "home").await["state"], "up", "{spoken}");
        }
    }
}
