//! Definitions at a real broker: a device played from its definition, seen by Mosquitto's own clients.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use common::{Mosquitto, PATIENCE, Setup};
use rustix::process::{Pid, Signal, kill_process};

const LAMP: &str = r#"name = "Lamp"
vendor = "Acme"

[[property]]
id = "light/-"
read = { topic = "home/{id}/state", value = "/on" }
write = { topic = "home/{id}/set", payload = '{"on": {{ value }}}' }

[[property]]
id = "light/-"
quantity = "brightness"
read = { topic = "home/{id}/state", value = "/level", scale = "100/255", decimals = 0 }

[[availability]]
topic = "home/{id}/online"
online = true
offline = false

[[example]]
source = "made for this test"
topic = "home/lamp-1/state"
payload = '{"on": true, "level": 255}'
gives = { "light/-" = { state = true, brightness = [100, "%"] } }

[[example]]
source = "made for this test"
topic = "home/lamp-1/online"
payload = "true"
online = true

[[example]]
source = "made for this test"
topic = "home/lamp-1/online"
payload = "false"
online = false
"#;

/// The program itself; dropping it kills it.
struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .args(arguments)
            .current_dir(folder)
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line with `part`.
    fn says(&self, part: &str) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(part) => return,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("waited in vain for {part:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended without saying {part:?}"),
            }
        }
    }

    /// Asks it to end, and gives its exit code.
    fn end(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        self.child.wait().expect("it is our own child").code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program to its end.
fn run(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("lamp.toml"), LAMP).expect("writable");
    folder
}

fn url(mosquitto: &Mosquitto) -> String {
    format!("mqtt://127.0.0.1:{}", mosquitto.port())
}

#[tokio::test]
async fn a_definition_is_played_at_a_broker_and_obeys_its_commands() {
    let (mosquitto, folder) = (Mosquitto::start(Setup::default()).await, folder());
    let mut heard = mosquitto.subscribe(&["-v", "-t", "home/kitchen/#"]).await;
    let broker = url(&mosquitto);
    let lamp = Program::start(
        folder.path(),
        &["simulate", "lamp.toml", "--broker", &broker, "--id", "kitchen", "--every", "3600"],
    );
    lamp.says("nodes/acme/kitchen");
    lamp.says("connected");
    assert_eq!(heard.line().await, "home/kitchen/online true");
    assert_eq!(heard.line().await, r#"home/kitchen/state {"on": true, "level": 255}"#);
    mosquitto.publish(&["-t", "home/kitchen/set", "-m", r#"{"on": false}"#]).await;
    lamp.says("obeyed: light/- state = false");
    assert_eq!(heard.line().await, r#"home/kitchen/set {"on": false}"#);
    assert_eq!(heard.line().await, r#"home/kitchen/state {"on": false, "level": 255}"#);
    mosquitto.publish(&["-t", "home/kitchen/set", "-m", "nonsense"]).await;
    lamp.says("ignored: home/kitchen/set nonsense");
    assert_eq!(heard.line().await, "home/kitchen/set nonsense");
    assert_eq!(lamp.end(), Some(0));
    assert_eq!(heard.line().await, "home/kitchen/online false");
}

#[tokio::test]
async fn a_played_device_misbehaves_as_it_is_told() {
    let (mosquitto, folder) = (Mosquitto::start(Setup::default()).await, folder());
    let broker = url(&mosquitto);
    let play = |id: &str, more: &[&str]| {
        let all = ["simulate", "lamp.toml", "--broker", &broker, "--every", "3600", "--id", id];
        let lamp = Program::start(folder.path(), &[&all[..], more].concat());
        lamp.says("connected");
        lamp
    };
    let mut heard = mosquitto.subscribe(&["-v", "-t", "home/+/state"]).await;
    let deaf = play("deaf", &["--refuse"]);
    heard.line().await;
    mosquitto.publish(&["-t", "home/deaf/set", "-m", r#"{"on": false}"#]).await;
    deaf.says("ignored: home/deaf/set");
    let mute = play("mute", &["--silence"]);
    mosquitto.publish(&["-t", "home/mute/set", "-m", r#"{"on": false}"#]).await;
    mute.says("obeyed: light/- state = false");
    let _damaged = play("damaged", &["--garbage", "1"]);
    let said = heard.line().await;
    assert!(said.starts_with("home/damaged/state ") && !said.contains("255}"), "{said}");
    let _slow = play("slow", &["--delay-ms", "300"]);
    assert!(
        heard.line().await.starts_with("home/slow/state {"),
        "the deaf and the mute one have said nothing"
    );
}

#[tokio::test]
async fn a_stranger_is_learned_checked_tried_and_played() {
    let (mosquitto, folder) = (Mosquitto::start(Setup::default()).await, folder());
    let broker = url(&mosquitto);
    let lamp = Program::start(
        folder.path(),
        &["simulate", "lamp.toml", "--broker", &broker, "--id", "kitchen", "--every", "1"],
    );
    lamp.says("connected");
    mosquitto.publish(&["-r", "-t", "home/kitchen/air", "-m", r#"{"temp": 21.50, "zork": 3}"#]).await;
    let file = "devices/acme/found.toml";
    let learn = ["learn", "mqtt", "home/+/#", "--name", "Found lamp", "--vendor", "Acme", "--for", "5s"];
    let output = run(folder.path(), &[&learn[..], &["--out", file, "--json", "--broker", &broker]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = std::fs::read_to_string(folder.path().join(file)).expect("it was written");
    assert_eq!(answer["definition"], text);
    assert_eq!(answer["devices"], serde_json::json!(["kitchen"]));
    for part in [
        "interval = \"1 s\"\nread = { topic = \"home/{id}/state\", value = \"/level\" }",
        "read = { topic = \"home/{id}/air\", value = \"/temp\" }",
        "payload = '{\"temp\": 21.50, \"zork\": 3}'\ngives = { \"thermometer/-\" = { temperature = [21.50, \"℃\"] }",
        "# DECIDE: what is \"Zork\"?",
    ] {
        assert!(text.contains(part), "wanted {part}\ngot\n{text}");
    }

    let told = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
        told
    };
    assert!(told(&["check", file]).contains("good"));
    let payload = r#"{"temp": -3.2, "zork": 1}"#;
    let shown = told(&["try", file, "--topic", "home/bath/air", "--payload", payload]);
    assert!(shown.contains("thermometer/- temperature = -3.2 ℃"), "{shown}");
    let played = Program::start(
        folder.path(),
        &["simulate", file, "--broker", &broker, "--id", "bath", "--every", "1"],
    );
    played.says("nodes/acme/bath");
    let mut heard = mosquitto.subscribe(&["-v", "-t", "home/bath/air"]).await;
    assert_eq!(heard.line().await, r#"home/bath/air {"temp": 21.50, "zork": 3}"#);

    let again = run(folder.path(), &["learn", "mqtt", "#", "--out", file, "--broker", &broker]);
    assert_eq!(again.status.code(), Some(2), "a file that is there stays");
    let silent = run(folder.path(), &["learn", "mqtt", "nobody/#", "--for", "300ms", "--broker", &broker]);
    assert_eq!(silent.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&silent.stderr).contains("nothing was heard; watch longer"));
}

#[tokio::test]
async fn who_has_heard_enough_ends_the_watching() {
    let (mosquitto, folder) = (Mosquitto::start(Setup::default()).await, folder());
    mosquitto.publish(&["-r", "-t", "shellies/plug/relay/0", "-m", "on"]).await;
    mosquitto.publish(&["-r", "-t", "shellies/plug/relay/0/power", "-m", "12.4"]).await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["learn", "mqtt", "shellies/#", "--for", "1h", "--broker", &url(&mosquitto)])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains("watching shellies/# for 1 h") {
        assert!(told.read_line(&mut line).expect("text") > 0, "{line}");
    }
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    told.read_to_string(&mut line).expect("text");
    assert_eq!(output.status.code(), Some(0), "{line}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("id = \"relay/-\"") && text.contains("power = [12.4, \"W\"]"), "{text}");
    assert!(line.contains("shelly/gen1 understands 2 of these topics already"), "{line}");
}

#[tokio::test]
async fn without_a_broker_it_says_so_and_a_lost_one_is_looked_for_again() {
    let (mut mosquitto, folder) = (Mosquitto::absent(Setup::default()), folder());
    let broker = url(&mosquitto);
    let arguments = ["simulate", "lamp.toml", "--broker", &broker];
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    mosquitto.restart().await;
    let lamp = Program::start(folder.path(), &arguments);
    lamp.says("connected");
    mosquitto.stop();
    lamp.says("lost:");
    mosquitto.restart().await;
    lamp.says("connected");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_once_which_option_to_mend() {
    let broker = Mosquitto::start(Setup { password: Some(("anna", "right")), ..Setup::default() }).await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("lamp.toml"), LAMP).expect("writable");
    std::fs::write(folder.path().join("secret"), "wrong").expect("writable");
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    let simulate = |more: &[&str]| {
        let output = run(folder.path(), &[&["simulate", "lamp.toml", "--broker", &url], more].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, told) = simulate(&[]);
    assert_eq!(code, Some(3), "{told}");
    let wanted = format!(
        "error: {url} lets nobody in without a login; give --user, and --password-file or --password-env\n"
    );
    assert_eq!(told, wanted);
    let (code, told) = simulate(&["--user", "anna", "--password-file", "secret"]);
    assert_eq!(code, Some(3), "{told}");
    let wanted =
        format!("error: {url} does not accept user anna with this password; check --user and the password\n");
    assert_eq!(told, wanted);
    let (code, told) = simulate(&["--user", "anna", "--password-file", "nowhere"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("nowhere"), "{told}");
}
