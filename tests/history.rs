//! The hub records what its devices say: over a kill, over a file that cannot be used, over a clock that is set.

mod common;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use clown_hub::history::series::{Kind, Sample};
use clown_hub::history::store::Store;
use common::{Https, Hub, Launch, PATIENCE, need, until};
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
    let line = r#"data-about="history" role="alert">"#;
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

/// A hub that is told the time by a file, so that it can be set while the hub runs.
struct Clock {
    file: tempfile::NamedTempFile,
}

impl Clock {
    /// So many seconds beside the true time.
    fn new(by: i64) -> Self {
        let clock = Self { file: tempfile::NamedTempFile::new().expect("a temporary file") };
        clock.set(by);
        clock
    }

    fn set(&self, by: i64) {
        // A reader sees the old text or the new one.
        let next = self.file.path().with_extension("next");
        fs::write(&next, format!("{by:+}s")).expect("a text");
        fs::rename(next, self.file.path()).expect("the same folder");
    }

    fn start(&self, config: &str) -> Hub {
        // `faketime` knows where its library is.
        let output = need("faketime", "faketime").args(["now", "env"]).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let library = text.lines().find_map(|line| line.strip_prefix("LD_PRELOAD=")).expect("a library");
        Launch::run(config)
            .environment("LD_PRELOAD", library)
            .environment("FAKETIME_TIMESTAMP_FILE", &self.file.path().display().to_string())
            .environment("FAKETIME_NO_CACHE", "1")
            .environment("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .start()
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_was_recorded_before_the_clock_was_set_is_dated_anew() {
    // A Raspberry Pi without a battery that starts in 1970; then it is 2120 for a while, then today, then an hour ago.
    let (start, clock) = (now(), Clock::new(-now() / 1_000 + 600));
    let mut hub = clock.start(SIMULATOR);
    std::thread::sleep(2 * SECOND);
    for by in [94 * 365 * 86_400, 0, -3_600] {
        clock.set(by);
        std::thread::sleep(2 * SECOND);
    }
    let log = hub.log();
    assert_eq!(log.matches("the clock was set").count(), 3, "{log}");
    hub.stop();
    let all = samples(&file(&hub), TEMPERATURE);
    // What counts is the last that was known, and within the run the other clock.
    let (first, last) = (all.first().expect("some").at, all.last().expect("some").at);
    let true_start = start - 3_600_000;
    assert!(first >= true_start && first < true_start + 5_000, "{} ms after the start", first - true_start);
    assert!(last - first > 7_000 && last - first < 30_000, "{} ms between first and last", last - first);
    assert!(all.is_sorted_by_key(|sample| sample.at));
    let steps = all.windows(2).map(|two| two[1].at - two[0].at);
    assert!(steps.clone().max() < Some(1_500), "{:?}", steps.max());
}

#[test]
fn what_nobody_can_date_is_left_out() {
    let clock = Clock::new(-now() / 1_000 + 600);
    let mut hub = clock.start(SIMULATOR);
    std::thread::sleep(2 * SECOND);
    hub.stop();
    clock.set(0);
    let mut hub = hub.launch().start();
    wait("words about it", || {
        hub.log().contains("samples were left out: they are from before the clock was set")
    });
    hub.stop();
    let all = samples(&file(&hub), TEMPERATURE);
    assert!(all.iter().all(|sample| sample.at > now() - 60_000), "{:?}", all.first());
}
