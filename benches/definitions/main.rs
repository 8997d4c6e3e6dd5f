//! What definitions cost: reading them, finding the one that knows a topic, translating a message, giving a command.
//!
//! `cargo bench --bench definitions` prints the tables of docs/performance.md. Every figure is the best of several
//! rounds on one thread: what the work costs when nothing else is in the way.

mod loading;
mod serial;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clown_hub::device::builtin;
use clown_hub::device::catalog::Catalog;
use clown_hub::device::profile::captures::Captures;
use clown_hub::device::translate::Translator;
use clown_hub::talk::{Payload, Topic};

/// Definitions of a large catalog.
const MANY: usize = 1_000;
/// Rounds of which the best counts.
const ROUNDS: usize = 7;
/// How long a round takes at least.
const ROUND: Duration = Duration::from_millis(60);

/// What real devices said, by dialect.
const MESSAGES: &[(&str, &str, &str)] = &[
    ("TOWER, one value", "node/836d19821664/thermometer/0:1/temperature", "24.69"),
    ("Shelly, first generation: a word", "shellies/shelly1/relay/0", "on"),
    ("Shelly, first generation: watt-minutes", "shellies/plug/relay/0/energy", "94736"),
    (
        "Shelly, second generation: status of a switch, 6 values",
        "shellies/plus1pm/status/switch:0",
        r#"{"id":0, "source":"init", "output":false, "apower":0.0, "voltage":232.7, "current":0.000, "aenergy":{"total":0.000,"by_minute":[0.000,0.000,0.000],"minute_ts":1661517385},"temperature":{"tC":39.2, "tF":102.5}}"#,
    ),
    (
        "Shelly, second generation: NotifyStatus",
        "shellies/plus1pm/events/rpc",
        r#"{"src":"shellyplus1pm-4417939341dc","dst":"shellies/plus1pm/events","method":"NotifyStatus","params":{"ts":1661517432.85,"switch:0":{"id":0,"output":true,"source":"WS_in"}}}"#,
    ),
    (
        "Tasmota: STATE, 4 values",
        "tele/NSPanel1/STATE",
        r#"{"Time":"2022-12-03T13:16:26","Uptime":"0T00:25:13","UptimeSec":1513,"Heap":127,"SleepMode":"Dynamic","Sleep":0,"LoadAvg":999,"MqttCount":1,"Berry":{"HeapUsed":14,"Objects":218},"POWER1":"ON","POWER2":"OFF","Wifi":{"AP":1,"SSId":"FritzBox","BSSId":"F0:B0:14:4A:08:CD","Channel":1,"Mode":"11n","RSSI":42,"Signal":-79,"LinkCount":1,"Downtime":"0T00:00:07"}}"#,
    ),
    (
        "Tasmota: SENSOR of a meter, 7 values",
        "tele/pow1/SENSOR",
        r#"{"Time":"2018-01-02T17:13:17","ENERGY":{"Total":13.091,"Yesterday":0.060,"Today":0.046,"Period":0.2,"Power":9.8,"Factor":0.49,"Voltage":206.8,"Current":0.096}}"#,
    ),
    ("a topic that nobody knows", "some/thing/else/status", r#"{"state": 1}"#),
];

fn main() {
    let copies = loading::copies();
    loading::measure(&copies);
    let few = builtin::catalog();
    let many =
        Arc::new(Catalog::new(builtin::profiles().iter().cloned().chain(copies.iter().map(loading::read))));
    messages(&few, &many);
    finding(&few, &many);
    serial::measure(&few);
    commands(&few);
}

/// The time of one call, the best of some rounds.
fn best(mut work: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let (started, mut count) = (Instant::now(), 0u32);
        while count == 0 || started.elapsed() < ROUND {
            work();
            count += 1;
        }
        best = best.min(started.elapsed() / count);
    }
    best
}

fn micros(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e6)
}

fn messages(few: &Arc<Catalog>, many: &Arc<Catalog>) {
    println!("### Translating a message\n");
    println!(
        "| message | bytes | µs | messages/s | µs among {} definitions | serde_json into a tree, µs |",
        many.len()
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for (what, topic, payload) in MESSAGES {
        let payload = Payload::from_wire(payload.as_bytes());
        let time = |catalog: &Arc<Catalog>| {
            let mut translator = Translator::new(catalog.clone());
            best(|| drop(black_box(translator.hear(topic, &payload))))
        };
        let (one, among) = (time(few), time(many));
        let rate = 1.0 / one.as_secs_f64();
        let (one, among) = (micros(one), micros(among));
        let text = payload.as_str();
        let tree = micros(best(|| drop(black_box(serde_json::from_str::<serde_json::Value>(text)))));
        println!("| {what} | {} | {one} | {rate:.0} | {among} | {tree} |", payload.wire().len());
    }
    println!();
}

fn finding(few: &Arc<Catalog>, many: &Arc<Catalog>) {
    println!("### Finding who knows a topic that was never heard before\n");
    println!("| topic | µs among {} | µs among {} |\n| --- | --- | --- |", few.len(), many.len());
    for (what, topic, _) in MESSAGES {
        let time = |catalog: &Arc<Catalog>| micros(best(|| drop(black_box(catalog.hits(topic)))));
        println!("| {what} | {} | {} |", time(few), time(many));
    }
    println!();
}

fn commands(few: &Arc<Catalog>) {
    println!("### Giving a command\n\n| command | µs |\n| --- | --- |");
    for (what, profile, id, topic, payload) in [
        ("a word", "shelly/gen1", "plug", "relay/0/set", r#"{"state": true}"#),
        ("a template", "shelly/gen2", "plug", "relay/0/set", r#"{"state": true, "for": 600}"#),
    ] {
        let Some(number) = few.find(profile) else { continue };
        let Ok(base) = Topic::new(&format!("nodes/shelly/{id}")) else { continue };
        let mut device = Captures::default();
        let _ = device.put(&"id".into(), id);
        let mut translator = Translator::new(few.clone());
        translator.introduce(&base, few.profile(number), device);
        let payload = Payload::from_wire(payload.as_bytes());
        let time = best(|| drop(black_box(translator.command(&base, topic, &payload))));
        println!("| {what}: `{topic}` | {} |", micros(time));
    }
}
