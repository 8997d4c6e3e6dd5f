//! The hub records what its devices say: over a kill, over a file that cannot be used, over a clock that is set.

mod common;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use clown_hub::history::series::{Kind, Sample};
use clown_hub::history::store::Store;
use common::{Https, Hub, Launch, PATIENCE, until};
use rustix::process::Signal;

const SIMULATOR: &str = "[history]\nflush = \"1 s\"\nevery = \"0 s\"\n
    [[link]]\nname = \"sim\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\ninterval = \"50 ms\"\n";
const TEMPERATURE: &str = "nodes/bridge/0/thermometer/i2c0-48";

fn file(hub: &Hub) -> std::path::PathBuf {
    hub.data().join("history.sqlite")
}

/// The samples of a topic's first series, without gaps.
fn samples(file: &Path, topic: &str) -> Vec<Sample> {
    let store = Store::open(file).expect("a file of history");
    let found = store.all().find(|(_, key)| *key.topic == *topic).map(|(id, _)| id);
    let all = found.map(|id| store.samples(id, &(i64::MIN..i64::MAX)).expect("it can be read"));
    all.unwrap_or_default().into_iter().filter(|sample| !sample.value.is_nan()).collect()
}

fn now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    i64::try_from(since.as_millis()).expect("before the year 300 million")
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_devices_say_is_there_after_a_kill() {
    let start = now();
    let mut hub = Launch::run(SIMULATOR).start();
    wait("a flush", || {
        fs::metadata(file(&hub).with_extension("sqlite-wal")).is_ok_and(|wal| wal.len() > 50_000)
    });
    hub.signal(Signal::KILL);
    hub.wait();
    let killed = now();
    let temperature = samples(&file(&hub), TEMPERATURE);
    assert!(temperature.is_sorted_by_key(|sample| sample.at));
    assert!(temperature.len() > 10 && temperature[0].at >= start, "{temperature:?}");
    let last = temperature.last().expect("some").at;
    assert!(killed - last < 4_000, "the last flush was {} ms before the kill", killed - last);

    // The next run goes on in the same file, and stops as one should.
    let mut hub = hub.launch().start();
    wait("the next flush", || hub.log().contains("serves"));
    std::thread::sleep(Duration::from_millis(500));
    hub.stop();
    let more = samples(&file(&hub), TEMPERATURE);
    assert_eq!(more[..temperature.len()], temperature);
    assert!(more.len() > temperature.len());
    let store = Store::open(&file(&hub)).expect("a file of history");
    let kinds: Vec<_> = store.all().map(|(_, key)| (&*key.topic, key.kind)).collect();
    assert!(kinds.contains(&("nodes/bridge/0/relay/i2c0-3b", Kind::Truth)), "{kinds:?}");
}

#[test]
fn nothing_is_recorded_where_that_is_not_wanted() {
    let mut hub = Launch::run(&SIMULATOR.replace("[history]", "[history]\nrecord = false")).start();
    std::thread::sleep(Duration::from_millis(1_500));
    hub.stop();
    assert!(!file(&hub).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_is_told_on_the_page_and_used_as_soon_as_it_can() {
    let launch = Launch::demo();
    let path = launch.data().join("history.sqlite");
    fs::create_dir_all(&path).expect("a folder in the way");
    let hub = launch.start();
    let visitor = Https::new(&hub).basic(hub.said("account"), hub.said("password"));
    let line = r#"data-about="history" role="status">"#;
    let text = until("the page to say so", async || {
        let text = visitor.get("/").await.body;
        text.contains(line).then_some(text)
    });
    let text = text.await;
    assert!(text.contains("History is not being recorded:") && text.contains("cannot use "), "{text}");
    // The rest goes on.
    until("a relay", async || visitor.get("/").await.body.contains("relay/i2c0-3b").then_some(())).await;
    fs::remove_dir(&path).expect("it is empty");
    until("the page to be silent", async || (!visitor.get("/").await.body.contains(line)).then_some(()))
        .await;
    assert!(path.is_file());
}
