//! Two hubs with one client id: named after three rounds, and then one of them lives.

use std::time::Duration;

use clown_hub::link::mqtt::{Config, HubName, Timing};

use crate::common::{Mosquitto, Setup, until};
use crate::rig::{Rig, TIMING, VERSIONS, plain, welcomes};

#[tokio::test]
async fn a_take_over_war_is_named_and_ends() {
    for version in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let timing = Timing { patience: Duration::from_secs(80), ..TIMING };
        let id = "clown-hub-0badcafe-beef";
        let one = Config { client_id: id.into(), version: Some(version), timing, ..plain(&broker) };
        let hub = HubName { id: "0badf00d".into(), host: "copy".into() };
        let rig = Rig::new(one.clone());
        rig.comes_to("up").await;
        rig.link("copy", Config { hub, ..one });
        let loser = until("one of the two to give in", || async {
            ["broker", "copy"].into_iter().find(|name| rig.view(name).state.code == "taken-over")
        })
        .await;
        let state = rig.view(loser).state;
        assert!(state.reason.contains(id), "{state:?}");
        assert!(state.hint.contains("client_id"), "{state:?}");
        let winner = if loser == "copy" { "broker" } else { "copy" };
        rig.becomes(winner, "up").await;
        let rounds = welcomes(&broker);
        assert!((4..=8).contains(&rounds), "{rounds} rounds");
        // Peace: longer than any usual pause nobody comes.
        tokio::time::sleep(TIMING.pause * 4).await;
        assert_eq!((welcomes(&broker), rig.view(winner).state.code), (rounds, "up"));
        rig.end().await;
    }
}
