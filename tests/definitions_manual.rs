//! The walk-through of docs/devices.md, its commands run as they stand there.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{Launch, Mosquitto, Setup, need, until};

const MANUAL: &str = include_str!("../docs/devices.md");

/// The blocks of a language in a section.
fn blocks(heading: &str, language: &str) -> Vec<&'static str> {
    let start = MANUAL.find(&format!("\n## {heading}")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = &MANUAL[start + 4..];
    let section = section.find("\n## ").map_or(section, |end| &section[..end]);
    let begin = format!("```{language}\n");
    section.split(&begin).skip(1).map(|rest| rest.split("```").next().expect("the front")).collect()
}

/// A folder with our program in its path and a broker at its own port.
struct Desk {
    folder: tempfile::TempDir,
    broker: Mosquitto,
}

impl Desk {
    fn command(&self, line: &str) -> Command {
        let port = self.broker.port();
        let line = line.replace("127.0.0.1:1883", &format!("127.0.0.1:{port}"));
        let line = line.replace("-p 1883", &format!("-p {port}"));
        let program = Path::new(env!("CARGO_BIN_EXE_clown-hub")).parent().expect("a folder").display();
        let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
        let mut command = need("sh", "the Debian package dash");
        command.args(["-c", &line]).current_dir(self.folder.path()).env("PATH", path);
        command.env("HOME", self.folder.path()).env_remove("CLOWN_HUB_URL").stdin(Stdio::null());
        command
    }

    /// Runs lines of shell, one after the other, to their end.
    fn run(&self, lines: &str) -> String {
        let mut said = String::new();
        for line in lines.lines() {
            let output = self.command(line).output().expect("sh is there");
            let told = String::from_utf8_lossy(&output.stderr);
            said += &String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{line}\n{said}{told}");
        }
        said
    }
}

/// Waits for a line of a program that goes on.
fn says(from: impl std::io::Read + Send + 'static, part: &str) {
    let mut lines = BufReader::new(from).lines();
    let found = lines.any(|line| line.is_ok_and(|line| line.contains(part)));
    assert!(found, "it ended without saying {part:?}");
    // What it says later is read by somebody, too.
    std::thread::spawn(move || lines.for_each(drop));
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn an_owner_gets_from_a_stranger_to_a_device_on_the_page() {
    let desk = Desk {
        folder: tempfile::tempdir().expect("a temporary folder"),
        broker: Mosquitto::start(Setup::default()).await,
    };
    let file = desk.folder.path().join("devices/acme/pond-pump.toml");

    // 1. Watch it.
    let watch = blocks("1. Watch it", "sh");
    let learn = watch[0].trim().replace("--for 60s", "--for 3s");
    let mut learning =
        desk.command(&format!("exec {learn}")).stderr(Stdio::piped()).spawn().expect("it starts");
    says(learning.stderr.take().expect("it is piped"), "watching pond/#");
    desk.run(watch[1]);
    assert!(learning.wait().expect("it ends").success());
    let proposed = std::fs::read_to_string(&file).expect("a definition");
    for decide in blocks("1. Watch it", "toml")[0].lines() {
        assert!(proposed.contains(decide), "the manual shows\n{decide}\nbut there is\n{proposed}");
    }

    // 2. Decide, 3. check, 4. try.
    let check = blocks("3. Check it", "sh")[0];
    assert!(desk.run(check).contains("good"), "as it was proposed");
    std::fs::write(&file, blocks("2. Decide", "toml")[0]).expect("writable");
    assert!(desk.run(check).contains("good, 2 examples"));
    let attempts = blocks("4. Try", "sh");
    let shown = desk.run(attempts[0]);
    for part in ["thermometer/- temperature = -0.5 ℃", "pond/pump-1/pump/set on", "relay/- state is true"] {
        assert!(shown.contains(part), "wanted {part}\n{shown}");
    }
    let play = attempts[1].trim().replace("pump-7", "pump-1");
    let mut playing =
        Running(desk.command(&format!("exec {play}")).stdout(Stdio::piped()).spawn().expect("it starts"));
    says(playing.0.stdout.take().expect("it is piped"), "connected");

    // 5. See it.
    let link = blocks("5. See it", "toml")[0];
    let link = link.replace("127.0.0.1:1883", &format!("127.0.0.1:{}", desk.broker.port()));
    let devices = desk.folder.path().join("devices").display().to_string();
    let hub = Launch::run(&format!("[hub]\ndevices = {devices:?}\n{link}")).start();
    let data = format!(" --data {}", hub.data().display());
    let (watch, set) = blocks("5. See it", "sh")[0].trim().split_once('\n').expect("two commands");
    let seen = desk.run(&format!("{watch}{data} --count 6"));
    assert!(seen.contains("nodes/acme/pump-1"), "{seen}");
    let switched = until("the pump is switched", || async {
        let output = desk.command(&format!("{set}{data}")).output().expect("sh is there");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    })
    .await;
    assert!(switched.contains("confirmed"), "{switched}");
}
