//! What ails the machine is told on every page, on the endpoint, in the log and among the events, and gone when it is over.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "machine/pi.rs"]
mod pi;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use common::{FakeBridge, Https, Hub, Launch, Manners, TalkClient, apart, need, until};
use pi::Pi;
use serde_json::{Value, json};

const RELAY: &str = "nodes/bridge/simulator/relay/i2c0-3b";

/// Somebody who is let into the demo.
fn visitor(hub: &Hub) -> Https {
    Https::new(hub).basic(hub.said("account"), hub.said("password"))
}

/// What the strip about this says; nothing if it is not shown.
async fn strip(visitor: &Https, about: &str) -> Option<String> {
    let page = visitor.get("/").await;
    assert_eq!(page.status, 200);
    let begin = format!("data-about=\"{about}\" role=\"alert\"");
    let rest = page.body.split_once(&begin).unwrap_or_else(|| panic!("no place for {about}")).1;
    let (attributes, rest) = rest.split_once('>').unwrap();
    let text = rest.split_once("</p>").unwrap().0;
    (!attributes.contains("hidden")).then(|| text.to_owned())
}

async fn strip_when(visitor: &Https, about: &str, wish: impl Fn(&str) -> bool) -> String {
    until(about, async || strip(visitor, about).await.filter(|text| wish(text))).await
}

async fn listener(hub: &Hub, account: (&str, &str)) -> TalkClient {
    let mut client = TalkClient::of(hub).basic(account.0, account.1).connect().await.expect("let in");
    client.handshake(json!({ "events": true, "filters": ["$hub/machine", "$hub/link/#"] })).await;
    client
}

async fn machine(client: &mut TalkClient, wish: impl Fn(&Value) -> bool) -> Value {
    let is_wished = |heard: &common::Heard| heard.topic == "$hub/machine" && wish(&heard.payload);
    client.wait_for("the machine", is_wished).await.payload
}

/// The events of this machine: what, about, why.
fn events(data: &Path) -> Vec<String> {
    let files = fs::read_dir(data.join("events")).unwrap();
    let text: String = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = lines.filter(|line| line["what"] == "ailing" || line["what"] == "well");
    own.map(|line| format!("{} {} {}", line["what"], line["about"], line["reason"])).collect()
}

#[tokio::test]
async fn under_voltage_is_told_everywhere_and_for_an_hour_after_it_was_seen() {
    let pi = Pi::new();
    let clock = tempfile::tempdir().unwrap();
    let set_clock = |text: &str| {
        fs::write(clock.path().join("next"), text).unwrap();
        fs::rename(clock.path().join("next"), clock.path().join("clock")).unwrap();
    };
    set_clock("+0s");
    let output = need("faketime", "faketime").args(["now", "env"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let library = text.lines().find_map(|line| line.strip_prefix("LD_PRELOAD=")).expect("a library");
    let launch = Launch::demo()
        .environment("LD_PRELOAD", library)
        .environment("FAKETIME_TIMESTAMP_FILE", &clock.path().join("clock").display().to_string())
        .environment("FAKETIME_NO_CACHE", "1");
    let hub = pi.runs(launch).start();
    let english = visitor(&hub);
    let czech = visitor(&hub).header("Accept-Language", "cs");
    let mut client = listener(&hub, (hub.said("account"), hub.said("password"))).await;
    let well = machine(&mut client, |_| true).await;
    assert_eq!(well["power"], json!({ "low": false, "times": 0 }), "{well}");
    assert_eq!(well["heat"], json!({ "celsius": 48.0 }), "{well}");
    for about in ["machine/power", "machine/heat"] {
        assert_eq!(strip(&english, about).await, None);
    }

    pi.low(true);
    let low = machine(&mut client, |told| told["power"]["low"] == true).await;
    let trouble = &low["power"]["trouble"];
    assert_eq!((&trouble["code"], &low["power"]["times"]), (&json!("under_voltage"), &json!(1)), "{low}");
    let said = strip(&english, "machine/power").await.expect("a strip");
    assert!(said.contains("This Raspberry Pi gets too little power:"), "{said}");
    assert!(said.contains("the voltage is too low now; use the official"), "{said}");
    let said = strip(&czech, "machine/power").await.expect("a strip");
    assert!(said.contains("nestačí napájení") && said.contains("Použijte originální zdroj"), "{said}");
    pi.low(false);
    machine(&mut client, |told| told["power"]["low"] == false).await;
    pi.low(true);
    machine(&mut client, |told| told["power"]["times"] == 2).await;
    pi.low(false);
    let last = machine(&mut client, |told| told["power"]["low"] == false).await;
    assert!(last["power"]["last"].as_str() > last["power"]["trouble"]["since"].as_str(), "{last}");
    strip_when(&english, "machine/power", |said| said.contains("under-voltage was seen 2 times")).await;
    pi.hot(84_300);
    let said = strip_when(&english, "machine/heat", |_| true).await;
    assert!(said.contains("the processor has 84 °C and is slowed down; give it air"), "{said}");
    assert!(strip(&czech, "machine/heat").await.unwrap().contains("Procesor se přehřívá"));

    // An hour passes on both clocks.
    pi.hot(60_000);
    set_clock("+3700s");
    until("the strip to go", async || {
        let strips = (strip(&english, "machine/power").await, strip(&english, "machine/heat").await);
        (strips == (None, None)).then_some(())
    })
    .await;
    let mut client = listener(&hub, (hub.said("account"), hub.said("password"))).await;
    let told = machine(&mut client, |_| true).await;
    assert_eq!((&told["power"]["times"], &told["power"]["trouble"]), (&json!(2), &Value::Null), "{told}");
    let log = hub.log();
    assert_eq!(log.matches("this machine: the voltage is too low now;").count(), 1, "{log}");
    let events = until("the last event", async || Some(events(&hub.data())).filter(|it| it.len() == 4)).await;
    assert!(events[0].starts_with("\"ailing\" \"power\" \"the voltage is too low now"), "{events:?}");
    for words in ["\"ailing\" \"heat\"", "\"well\" \"heat\"", "\"well\" \"power\" \"no under-voltage"] {
        assert!(events.iter().any(|event| event.starts_with(words)), "{words}: {events:?}");
    }
    let page = visitor(&hub).get("/events").await.body;
    assert!(page.contains("This machine is in trouble: the voltage is too low now"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dongle_that_drops_while_the_voltage_is_low_tells_where_that_comes_from() {
    let (pi, bridge) = (Pi::new(), FakeBridge::plugged(Manners::default()));
    let password = "correct horse battery";
    let config = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {:?}\n",
        bridge.path().display().to_string()
    );
    let hub = pi.runs(Launch::run(&config).account("ada", password)).start();
    let mut client = listener(&hub, ("ada", password)).await;
    let link = |phase: &'static str| {
        move |heard: &common::Heard| heard.topic == "$hub/link/usb" && heard.payload["state"] == phase
    };
    for drop in 1..=3 {
        client.wait_for("the link to be up", link("up")).await;
        bridge.unplug().await;
        let down = client.wait_for("the link to drop", link("waiting")).await.payload;
        assert_ne!(down["code"], "power", "nothing is known of power at drop {drop}");
        bridge.plug().await;
    }
    client.wait_for("the link to be up", link("up")).await;
    pi.low(true);
    let blamed = |heard: &common::Heard| heard.topic == "$hub/link/usb" && heard.payload["code"] == "power";
    let told = client.wait_for("what is behind it", blamed).await.payload;
    assert_eq!(
        (&told["state"], &told["reason"]),
        (&json!("up"), &json!("up again, after 3 drops within an hour"))
    );
    assert!(
        told["hint"].as_str().unwrap().starts_with("under-voltage was seen once in the last hour: the drops")
    );
    let ada = |language: &str| Https::new(&hub).basic("ada", password).header("Accept-Language", language);
    let page = ada("en").get("/").await.body;
    assert!(page.contains("the drops most likely come from the power supply"), "{page}");
    let page = ada("cs").get("/links").await.body;
    assert!(page.contains("nejspíš za to může napájení"), "{page}");
}

#[tokio::test]
async fn a_machine_without_sensors_is_silent_about_them() {
    let hub = Pi::bare().runs(Launch::demo()).start();
    let mut client = listener(&hub, (hub.said("account"), hub.said("password"))).await;
    let told = machine(&mut client, |_| true).await;
    let keys: Vec<_> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["disk"], "{told}");
    let visitor = visitor(&hub);
    for about in ["machine/power", "machine/heat"] {
        assert_eq!(strip(&visitor, about).await, None);
    }
    assert!(!hub.log().contains("under-voltage") && !hub.log().contains("voltage is"), "{}", hub.log());
}

#[test]
fn a_disk_that_fills_is_told_before_it_is_full_and_then_once() {
    let folder = tempfile::tempdir().unwrap();
    apart("on_a_small_disk", &[], folder.path(), "mount -t tmpfs -o size=64m tmpfs \"$1\"");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs on a disk of its own, started by the test above"]
async fn on_a_small_disk() {
    let hub = Launch::demo().start();
    let (english, czech) = (visitor(&hub), visitor(&hub).header("Accept-Language", "cs"));
    let mut client = listener(&hub, (hub.said("account"), hub.said("password"))).await;
    let told = machine(&mut client, |_| true).await;
    assert_eq!((&told["disk"]["size"], &told["disk"]["trouble"]), (&json!(64 << 20), &Value::Null), "{told}");
    assert_eq!(strip(&english, "machine/disk").await, None);

    let place = std::env::temp_dir().join("ballast");
    let mut ballast = File::create(&place).unwrap();
    let free = || {
        let disk = rustix::fs::statvfs(&place).unwrap();
        disk.f_bavail * disk.f_frsize
    };
    while free() > 9 << 20 {
        ballast.write_all(&[0; 1 << 16]).unwrap();
    }
    let said = strip_when(&english, "machine/disk", |_| true).await;
    assert!(said.contains("The disk is nearly full:"), "{said}");
    assert!(said.contains(" MiB of 64 MiB are free for the hub&#39;s data; free some space"), "{said}");
    assert!(strip(&czech, "machine/disk").await.unwrap().contains("Místo na disku brzy dojde"));
    let told = machine(&mut client, |told| !told["disk"]["trouble"].is_null()).await;
    assert_eq!(told["disk"]["trouble"]["code"], "disk_low", "{told}");

    // What cannot write says so itself, and then it is not said a second time.
    while ballast.write_all(&[0; 1 << 12]).is_ok() {}
    let is_told = async || {
        let mut others = Vec::new();
        for about in ["events", "history"] {
            others.extend(strip(&english, about).await.filter(|said| said.contains("free some space")));
        }
        (!others.is_empty()).then_some(())
    };
    let form = visitor(&hub).header("Origin", hub.address());
    let press = [("topic", RELAY), ("key", "state"), ("value", "toggle")];
    until("events or history to have no space", async || {
        // Something to write.
        assert_ne!(form.post_form("/set", &press).await.status, 500);
        is_told().await
    })
    .await;
    assert_eq!(strip(&english, "machine/disk").await, None, "it is said once");
    drop(ballast);
    fs::remove_file(&place).unwrap();
    let told = machine(&mut client, |told| told["disk"]["trouble"].is_null()).await;
    assert!(told["disk"]["free"].as_u64() > Some(20 << 20), "{told}");
    until("all strips to go", async || {
        let mut shown = Vec::new();
        for about in ["events", "history", "machine/disk"] {
            shown.extend(strip(&english, about).await);
        }
        shown.is_empty().then_some(())
    })
    .await;
}
