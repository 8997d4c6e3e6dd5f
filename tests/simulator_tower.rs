//! The simulated radio dongle behind a pseudo terminal, seen from the hub's end of the line, and as the program plays it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

/// `clown-hub simulate tower`; it ends with the test.
struct Program {
    child: Child,
    input: ChildStdin,
    link: PathBuf,
    _folder: tempfile::TempDir,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("dongle");
        let mut command = Command::new(env!("CARGO_BIN_EXE_clown-hub"));
        command.args(["simulate", "tower", "--pty"]).arg(&link).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut printed = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut text = String::new();
        while !text.contains("device = ") {
            assert_ne!(printed.read_line(&mut text).expect("UTF-8"), 0, "it ended: {text}");
        }
        // What it prints belongs into the configuration.
        let loaded = clown_hub::config::read(Path::new("x.toml"), text).expect("a configuration");
        assert_eq!(loaded.config.links.len(), 1);
        let input = child.stdin.take().expect("a pipe");
        Self { child, input, link, _folder: folder }
    }

    fn happen(&mut self, what: &str) {
        writeln!(self.input, "{what}").expect("it listens");
    }

    fn open(&self) -> Line {
        let file = OpenOptions::new().read(true).write(true).open(&self.link).expect("the port opens");
        Line { writer: file.try_clone().expect("a second handle"), reader: BufReader::new(file) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
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

    fn next(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
        }
    }

    /// The next line with this topic.
    fn hear(&mut self, topic: &str) -> String {
        let start = format!("[\"{topic}\", ");
        for _ in 0..1_000 {
            let line = self.next().unwrap_or_else(|| panic!("the line ended before {topic}"));
            if line.trim_start_matches('\0').starts_with(&start) {
                return line;
            }
        }
        panic!("nothing on {topic} in 1,000 lines");
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn is_there(link: &Path) -> bool {
    link.metadata().is_ok_and(|found| found.file_type().is_char_device())
}

#[test]
fn a_hub_finds_the_dongle_and_its_nodes() {
    let dongle = Program::start(&[]);
    let mut line = dongle.open();
    let first = line.next().expect("it says who it is");
    assert!(first.starts_with("\0\0\0[\"/info\", {\"id\": \"836d19839c3b\""), "{first:?}");
    line.say("");
    line.say(r#"["/nodes/get", null]"#);
    assert_eq!(line.hear("/nodes").matches("836d19").count(), 3);
    line.hear("836d1983718a/info");
    line.hear("836d1983718a/barometer/0:0/pressure");
    line.say(r#"["836d19821664/relay/-/state/set", true]"#);
    assert_eq!(line.hear("836d19821664/relay/-/state"), r#"["836d19821664/relay/-/state", true]"#);
}

#[test]
fn pairing_goes_on_while_the_port_is_closed() {
    let dongle = Program::start(&["--asks-after", "0.2", "--waiting", "1"]);
    let mut line = dongle.open();
    line.say(r#"["/pairing-mode/start", null]"#);
    line.hear("/pairing-mode");
    drop(line);
    // Somebody else opens it, and the node is there.
    let mut line = dongle.open();
    until("the node attached", || {
        line.say(r#"["/nodes/get", null]"#);
        line.hear("/nodes").contains("836d1983689b")
    });
}

#[test]
fn what_happens_is_told_on_standard_input() {
    let mut dongle = Program::start(&["--waiting", "1", "--asks-after", "1000"]);
    let mut line = dongle.open();
    line.hear("/info");
    dongle.happen("press 836d1981f9d6");
    assert_eq!(line.hear("836d1981f9d6/push-button/-/event-count").chars().rev().nth(1), Some('0'));
    line.say(r#"["/pairing-mode/start", null]"#);
    line.hear("/pairing-mode");
    dongle.happen("dance");
    dongle.happen("pair");
    line.hear("/attach");
    line.hear("836d1983689b/info");
    dongle.happen(r#"say ["836d1983718a/thermometer/a/temperature", null]"#);
    line.hear("836d1983718a/thermometer/a/temperature");
}

#[test]
fn an_unplugged_dongle_comes_back_and_pairs_no_more() {
    let mut dongle = Program::start(&["--asks-after", "1000"]);
    let mut line = dongle.open();
    line.say(r#"["/pairing-mode/start", null]"#);
    line.hear("/pairing-mode");
    dongle.happen("unplug 0.3");
    while line.next().is_some() {}
    until("the port is gone", || !is_there(&dongle.link));
    until("the port is back", || is_there(&dongle.link));
    let mut line = dongle.open();
    let first = line.next().expect("it says who it is");
    assert!(first.starts_with("\0\0\0[\"/info\""), "{first:?}");
    dongle.happen("pair");
    dongle.happen("boot 836d19821664");
    while let Some(said) = line.next() {
        assert!(!said.contains("attach"), "{said}");
        if said.contains("836d19821664/info") {
            break;
        }
    }
}
