//! Ten thousand topics at five hundred messages a second, through a real broker: the page stays smooth and small.

use std::time::{Duration, Instant};

use rumqttc::{AsyncClient, Event, MqttOptions, Outgoing, QoS};
use serde_json::Value;

use crate::common::{Browser, Hub, Mosquitto, Setup, until};
use crate::house::house;

const TOPICS: usize = 10_000;
const PER_SECOND: usize = 500;
/// How long it is looked at.
const LOOKED: Duration = Duration::from_secs(12);

fn topic(n: usize) -> String {
    format!("load/house-{}/room-{:02}/sensor-{:02}", n / 1000, n / 40 % 25, n % 40)
}

/// Says something under every topic in turn, so many a second; the first round at once.
async fn load(port: u16) {
    let mut options = MqttOptions::new("load", "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut events) = AsyncClient::new(options, 1000);
    tokio::spawn(async move {
        while events.poll().await.is_ok_and(|event| event != Event::Outgoing(Outgoing::Disconnect)) {}
    });
    let start = Instant::now();
    for n in 0.. {
        let payload = format!("{{\"temperature\": [{}.{:02}, \"℃\"], \"n\": {n}}}", 20 + n % 9, n % 100);
        if client.publish(topic(n % TOPICS), QoS::AtMostOnce, false, payload).await.is_err() {
            return;
        }
        let due = Duration::from_micros((n.saturating_sub(TOPICS) * 1_000_000 / PER_SECOND) as u64);
        // The first round faster, and still gently.
        let due =
            if n < TOPICS { Duration::from_micros(n as u64 * 400) } else { Duration::from_secs(4) + due };
        tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
    }
}

/// Messages that the page knows of.
async fn messages(browser: &Browser) -> f64 {
    let text = browser.text("[data-part=state]").await;
    text.split(' ').nth(2).and_then(|count| count.parse().ok()).expect("a count of messages")
}

/// What the page costs: long tasks since this was called, rows in the page, elements, bytes of script memory.
const WATCH: &str = "window.long = []; \
    new PerformanceObserver(list => long.push(...list.getEntries().map(e => Math.round(e.duration)))) \
    .observe({ type: 'longtask', buffered: false })";

async fn heap(browser: &Browser) -> f64 {
    browser.devtools("HeapProfiler.collectGarbage", serde_json::json!({})).await;
    let usage = browser.devtools("Runtime.getHeapUsage", serde_json::json!({})).await;
    usage["usedSize"].as_f64().expect("bytes") / 1_048_576.0
}

/// Seconds of a core that the hub has used.
fn cpu(hub: &Hub) -> f64 {
    let stat =
        std::fs::read_to_string(format!("/proc/{}/stat", hub.pid().as_raw_nonzero())).expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().expect("ticks") + fields[12].parse::<f64>().expect("ticks");
    ticks / 100.0
}

/// Resident memory in MiB.
fn memory(hub: &Hub) -> f64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", hub.pid().as_raw_nonzero())).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("a line");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("KiB") / 1024.0
}

#[tokio::test]
async fn ten_thousand_topics_at_five_hundred_messages_a_second_stay_smooth() {
    let broker = Mosquitto::start(Setup::default()).await;
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    let (hub, browser) =
        house(&format!("[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"{url}\"\ntopics = [\"# in\"]\n"))
            .await;
    let before = memory(&hub);
    let load = tokio::spawn(load(broker.port()));
    browser.goto(&hub.url("/messages")).await;
    until("all topics", async || {
        let text = browser.text("[data-part=state]").await;
        let topics: usize = text.split(' ').next()?.parse().ok()?;
        (topics >= TOPICS).then_some(())
    })
    .await;
    browser.click("[data-do=expand]").await;
    browser
        .script_true("a long tree", "return document.querySelector('[role=tree]').offsetHeight > 300000")
        .await;
    browser.script(WATCH).await;
    let heap_before = heap(&browser).await;
    let (cpu_before, start) = (cpu(&hub), Instant::now());
    let messages_before = messages(&browser).await;
    look_around(&browser).await;
    let looked = start.elapsed().as_secs_f64();
    let spent = (cpu(&hub) - cpu_before) / looked;
    let rate = (messages(&browser).await - messages_before) / looked;
    let heap_after = heap(&browser).await;
    let found = browser.script("return { long, rows: document.querySelectorAll('[role=treeitem]').length, all: document.querySelectorAll('*').length }").await;
    browser.screenshot("messages-many").await;
    println!(
        "{rate:.0} messages/s; {found}; page {heap_before:.1} → {heap_after:.1} MiB; hub {before:.1} → {:.1} MiB, {:.1} % of a core",
        memory(&hub),
        spent * 100.0
    );
    let long: Vec<u64> = found["long"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
    assert!(long.iter().all(|ms| *ms <= 100), "long tasks: {long:?} ms");
    assert!(rate > PER_SECOND as f64 * 0.8, "only {rate} messages a second");
    assert!(found["rows"].as_u64().is_some_and(|rows| rows < 80), "{found}");
    assert!(found["all"].as_u64().is_some_and(|all| all < 1500), "{found}");
    assert!(heap_after < heap_before + 8.0 && heap_after < 40.0, "{heap_before} → {heap_after} MiB");
    load.abort();
    browser.assert_quiet().await;
    browser.close().await;
}

/// Scrolls through the whole tree and back while everything moves, a glance at a time.
async fn look_around(browser: &Browser) {
    let start = Instant::now();
    let mut at = 0;
    while start.elapsed() < LOOKED {
        at = (at + 7_919) % 10_000;
        let scroll = format!(
            "const box = document.querySelector('[data-part=branches]'); \
            box.scrollTop = box.scrollHeight * {at} / 10000"
        );
        browser.script(&scroll).await;
        let filled = "const box = document.querySelector('[data-part=branches]').getBoundingClientRect(); \
            return [0.2, 0.5, 0.8].every(part => document.elementFromPoint(box.left + 60, box.top + box.height * part)?.closest('[role=treeitem]'))";
        browser.script_true("rows where one looks", filled).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
