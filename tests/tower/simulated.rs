//! The link and the simulated dongle of `clown-hub simulate tower`, which was written apart from it.

use std::time::Duration;

use clown_hub::hub::Now;
use clown_hub::link::simulator::port::Port;
use clown_hub::link::simulator::tower::{Dongle, Fault, Faults, Happening, Setup, serve};
use clown_hub::stop::Stop;
use tokio::sync::mpsc;

use crate::common::until;
use crate::rig::{Rig, TIMING, naming};

#[tokio::test]
async fn a_life_with_the_simulated_dongle() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dongle");
    let port = Port::create(&path).expect("a pseudo-terminal");
    let setup =
        Setup { every: Duration::from_secs(1), asks_after: Duration::from_millis(200), ..Setup::default() };
    let (happen, happenings) = mpsc::channel(8);
    let stop = Stop::new();
    let dongle = {
        let stop = stop.clone();
        tokio::spawn(
            async move { serve(port, Dongle::new(setup, Faults::default()), happenings, &stop).await },
        )
    };
    let mut rig = Rig::with(path, naming(true), TIMING);
    rig.up().await;
    // Firmware and mode of its nodes; one of them sleeps, one listens.
    let mode = |mode: &'static str| {
        move |radio: &serde_json::Value| {
            radio["nodes"].as_array().is_some_and(|nodes| nodes.iter().any(|node| node["mode"] == mode))
        }
    };
    rig.radio_says("who listens", mode("listening")).await;
    let radio = rig.radio_says("who sleeps", mode("sleeping")).await;
    let id_of = |mode: &str| {
        let nodes = radio["nodes"].as_array().expect("nodes").iter();
        nodes.clone().find(|node| node["mode"] == mode).expect("it is there")["id"].as_str().expect("an id")
    };
    let (listening, sleeping) = (id_of("listening"), id_of("sleeping"));
    rig.confirmed(&format!("node/{listening}/relay/-/state/set"), "true").await;
    rig.confirmed(&format!("nodes/hardwario/{listening}/relay/-/set"), r#"{"state": false}"#).await;
    let (code, _) = rig.refused(&format!("node/{sleeping}/led/-/state/set"), "true").await;
    assert_eq!(code, "sleeping");
    // Every node without a name has got one.
    rig.radio_says("that all have names", |radio| {
        radio["nodes"].as_array().is_some_and(|nodes| nodes.iter().all(|node| node["alias"].is_string()))
    })
    .await;
    // A new node appears while pairing, and gets a name, too.
    rig.confirmed("gateway/usb-dongle/pairing-mode/start", "null").await;
    rig.radio_says("that one is new", |radio| {
        radio["last"]["event"] == "attached" || radio["nodes"].as_array().is_some_and(|nodes| nodes.len() > 3)
    })
    .await;
    rig.confirmed("gateway/usb-dongle/pairing-mode/stop", "null").await;
    // Garbage is counted and harms nobody.
    happen.send(Happening::Fault(Fault::Garbage(0.5))).await.expect("it lives");
    until("garbage to be counted", || async { (rig.view("radio").counts.malformed > 0).then_some(()) }).await;
    happen.send(Happening::Fault(Fault::Garbage(0.0))).await.expect("it lives");
    happen.send(Happening::Unplug(Duration::from_millis(200))).await.expect("it lives");
    rig.says("gateway/usb-dongle/info").await;
    rig.up().await;
    let devices = rig.hub.snapshot(Now::now()).devices;
    assert!(devices.len() >= 4, "{} devices", devices.len());
    stop.request();
    dongle.await.expect("no panic").expect("it ends well");
}
