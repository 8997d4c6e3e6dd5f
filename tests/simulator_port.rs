//! The simulated bridge behind a pseudo terminal, seen from the hub's end of the line.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clown_hub::hub::{By, Command, EntryView, Hub, HubConfig, LinkInfo, Now, Phase, Presence, Step};
use clown_hub::link::Kind;
use clown_hub::link::line::PortName;
use clown_hub::link::serial;
use clown_hub::link::simulator::port::{Port, PortError};
use clown_hub::link::simulator::{Faults, Manner, Setup, Simulator, serve};
use clown_hub::stop::Stop;
use clown_hub::talk::{Payload, Topic};

const PATIENCE: Duration = Duration::from_secs(10);
const HANDSHAKE: &str = r#"["clown.talk/-/config/set", {}]"#;

/// A bridge on a thread of its own; dropping it ends it.
struct Bridge {
    link: PathBuf,
    stop: Stop,
    thread: Option<std::thread::JoinHandle<()>>,
    folder: Option<tempfile::TempDir>,
}

impl Bridge {
    fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"))
    }

    fn start_in(folder: tempfile::TempDir) -> Self {
        let link = folder.path().join("bridge");
        let (stop, path) = (Stop::new(), link.clone());
        let (ready, started) = std::sync::mpsc::channel();
        let thread = std::thread::spawn({
            let stop = stop.clone();
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let mut port = Port::create(&path).expect("a port");
                    ready.send(()).expect("the test waits");
                    let second = Duration::from_millis(100);
                    let setup = Setup { manner: Manner::BcBridge, second, ..Setup::default() };
                    serve(&mut port, Simulator::new(&setup, Faults::default()), &stop).await.expect("a line");
                });
            }
        });
        started.recv_timeout(Duration::from_secs(10)).expect("the port is made");
        Self { link, stop, thread: Some(thread), folder: Some(folder) }
    }

    /// Ends it and gives back the folder of its symlink.
    fn end(mut self) -> tempfile::TempDir {
        self.folder.take().expect("it is taken once")
    }

    fn open(&self) -> Line {
        let file = OpenOptions::new().read(true).write(true).open(&self.link).expect("the port opens");
        Line { writer: file.try_clone().expect("a second handle"), reader: BufReader::new(file) }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.stop.request();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the bridge ends well");
        }
    }
}

/// The hub's end.
struct Line {
    writer: File,
    reader: BufReader<File>,
}

impl Line {
    fn say(&mut self, text: &str) {
        self.writer.write_all(format!("{text}\n").as_bytes()).expect("the line takes it");
    }

    /// The next line that begins with `[` and this topic.
    fn hear(&mut self, topic: &str) -> String {
        let start = format!("[\"{topic}\", ");
        for _ in 0..1_000 {
            let mut line = String::new();
            self.reader.read_line(&mut line).expect("the line speaks");
            if line.starts_with(&start) {
                return line.trim_end().to_owned();
            }
        }
        panic!("nothing on {topic} in 1,000 lines");
    }
}

#[test]
fn the_line_waits_for_the_handshake_and_starts_again_when_it_was_closed() {
    let bridge = Bridge::start();
    let mut line = bridge.open();
    line.say("garbage");
    line.say(r#"["relay/i2c0-3b/set", {"state": true}]"#);
    line.say(HANDSHAKE);
    let mut first = String::new();
    line.reader.read_line(&mut first).expect("an answer");
    assert!(first.starts_with(r#"["clown.talk/-/config/ok", {"ack": false, "#), "{first}");
    line.say(r#"["relay/i2c0-3b/get", {}]"#);
    assert_eq!(line.hear("relay/i2c0-3b"), r#"["relay/i2c0-3b", {"state": null}]"#);
    line.say(r#"["relay/i2c0-3b/set", {"state": true}]"#);
    assert_eq!(line.hear("relay/i2c0-3b"), r#"["relay/i2c0-3b", {"state": true}]"#);
    line.hear("thermometer/i2c0-48");
    for _ in 0..20 {
        drop(line);
        line = bridge.open();
        line.say(HANDSHAKE);
        line.hear("clown.talk/-/config/ok");
        line.say(r#"["relay/i2c0-3b/get", {}]"#);
        assert_eq!(line.hear("relay/i2c0-3b"), r#"["relay/i2c0-3b", {"state": null}]"#);
    }
}

#[test]
fn the_bridge_speaks_again_after_the_line_was_closed_for_a_while() {
    let bridge = Bridge::start();
    for _ in 0..3 {
        let mut line = bridge.open();
        line.say(HANDSHAKE);
        line.hear("clown.talk/-/config/ok");
        line.hear("thermometer/i2c0-48");
        drop(line);
        // Long enough for the bridge to see that nobody is there: a quick change of hands is another test.
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_symlink_goes_with_the_bridge() {
    let bridge = Bridge::start();
    let link = bridge.link.clone();
    assert!(link.is_symlink());
    drop(bridge);
    assert!(!link.is_symlink());
}

#[tokio::test]
async fn a_dangling_symlink_is_replaced_and_a_file_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("bridge");
    std::os::unix::fs::symlink("/nowhere", &link).expect("a symlink");
    let port = Port::create(&link).expect("the old symlink is replaced");
    assert_eq!(std::fs::read_link(&link).expect("a symlink"), port.slave());
    drop(port);
    std::fs::write(&link, "precious").expect("a file");
    assert!(matches!(Port::create(&link), Err(PortError::InTheWay(path)) if path == link));
    assert!(matches!(Port::create(Path::new("/nowhere/x")), Err(PortError::Symlink(..))));
}

/// `clown-hub simulate` itself: what it prints is a configuration, and SIGTERM takes the symlink away.
#[test]
fn the_command_prints_a_configuration_and_cleans_up() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        prints_and_cleans_up(signal);
    }
}

fn prints_and_cleans_up(signal: rustix::process::Signal) {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("bridge");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_clown-hub"));
    command.args(["simulate", "bridge", "--rate", "50", "--pty"]).arg(&link);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    let mut printed = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut text = String::new();
    while !text.contains("device = ") {
        text += &printed.next().expect("it goes on").expect("UTF-8");
        text += "\n";
    }
    let loaded = clown_hub::config::read(Path::new("x.toml"), text).expect("a configuration");
    assert_eq!(loaded.config.links.len(), 1);
    let file = OpenOptions::new().read(true).write(true).open(&link).expect("the port opens");
    let mut line = Line { writer: file.try_clone().expect("a second handle"), reader: BufReader::new(file) };
    line.say(HANDSHAKE);
    line.hear("thermometer/i2c0-48");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, signal).expect("a signal");
    assert!(child.wait().expect("it ends").success());
    assert!(!link.is_symlink());
}

/// The hub's real serial link on the simulated line: readings appear, a command is confirmed by the bridge itself, and
/// after the line was lost everything comes back.
#[tokio::test]
async fn the_serial_link_speaks_with_the_simulated_bridge() {
    let hub = Hub::new(HubConfig::default(), Now::now());
    let base = Some(Topic::new("nodes/bridge/0").expect("a base"));
    let info = LinkInfo { name: "bridge".into(), kind: "serial", base };
    let (handle, commands) = hub.attach(Now::now(), info);
    let mut bridge = Bridge::start();
    let port = PortName::Path(bridge.link.clone());
    let stop = Stop::new();
    let link = tokio::spawn(Kind::Serial(serial::Config::new(port)).run(handle, commands, stop.clone()));
    for round in 0..2 {
        until("readings", || {
            let snapshot = hub.snapshot(Now::now());
            let live = |entry: &EntryView| {
                entry.presence == Presence::Online
                    && entry.topic.as_str() == "nodes/bridge/0/lux-meter/i2c0-44"
            };
            snapshot.entries.iter().any(live)
        })
        .await;
        let command = Command {
            topic: Topic::new("nodes/bridge/0/relay/i2c0-3b/set").expect("a topic"),
            payload: Payload::parse(r#"{"state": true}"#).expect("JSON"),
            by: By { account: "clown".into(), client: 1, from: None },
            id: None,
        };
        let ticket = hub.command(Now::now(), command);
        let outcome =
            tokio::time::timeout(PATIENCE, ticket.outcome()).await.expect("in time").expect("an outcome");
        assert_eq!(outcome.step, Step::Confirmed, "{outcome:?}");
        if round == 0 {
            // Unplugged: the line ends, and another one appears under the same name.
            let folder = bridge.end();
            until("offline", || {
                hub.snapshot(Now::now()).links.iter().all(|link| link.state.phase != Phase::Up)
            })
            .await;
            bridge = Bridge::start_in(folder);
        }
    }
    stop.request();
    tokio::time::timeout(PATIENCE, link).await.expect("in time").expect("the link ends well");
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let found = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect(what);
}
