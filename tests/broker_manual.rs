//! The manual's section about the hub's own broker: its limits are the code's, its examples do what it says.

mod common;

#[path = "broker_border/stage.rs"]
#[allow(dead_code)]
mod stage;

use std::path::Path;
use std::process::Stdio;

use clown_hub::broker::limits;
use clown_hub::config;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use common::{FakeBridge, Manners, PATIENCE, need};
use stage::{Broker, PASSWORD, USER};

const MANUAL: &str = include_str!("../docs/mqtt.md");
const CLIENTS: &str = "the Debian package mosquitto-clients";

fn section() -> &'static str {
    let start = MANUAL.find("## The hub's own broker").expect("the section");
    let section = &MANUAL[start..];
    section[2..].find("\n## ").map_or(section, |end| &section[..end + 2])
}

/// The rows of the table of limits: what, setting, limit.
fn rows() -> Vec<[&'static str; 3]> {
    let table = section().split("| what | setting | limit |").nth(1).expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let mut cells = row.split('|').skip(1).map(str::trim);
        std::array::from_fn(|_| cells.next().unwrap_or_default())
    })
    .collect()
}

/// `1,000` for 1000.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}

#[test]
fn limits_in_the_manual_are_those_of_the_code() {
    let loaded = config::read(Path::new("hub.toml"), "[broker]\n".into()).expect("a good configuration");
    let settings: Vec<_> = loaded
        .settings
        .iter()
        .filter_map(|setting| Some((setting.key.strip_prefix("broker.")?, setting.value.trim_matches('"'))))
        .collect();
    let mut named = Vec::new();
    for [what, setting, limit] in rows() {
        let Some(key) = setting.strip_prefix('`').and_then(|key| key.strip_suffix('`')) else { continue };
        let (_, value) = settings.iter().find(|(name, _)| *name == key).unwrap_or_else(|| panic!("no {key}"));
        let value = value.parse().map(grouped).unwrap_or_else(|_| value.replace(" d", " days"));
        assert_eq!(value, limit, "{what}");
        named.push(key);
    }
    let others = ["listen", "tls_listen", "anonymous", "websocket", "topics", "offer"];
    for (key, _) in settings {
        assert!(named.contains(&key) || others.contains(&key), "the table does not name {key}");
    }
    let fixed = [
        ("time to log in, after TLS", format!("{} s", limits::LOGIN_WITHIN.as_secs())),
        ("bytes of a client id", grouped(limits::CLIENT_ID)),
        ("messages that wait in a session", grouped(limits::QUEUED)),
        ("unconfirmed messages to a client", grouped(limits::IN_FLIGHT.into())),
        (
            "unreleased messages of QoS 2 from a client",
            format!(
                "{}, and as many bytes as {} packets",
                grouped(limits::FROM_CLIENT.into()),
                limits::UNRELEASED
            ),
        ),
        ("topic aliases of a client", grouped(limits::ALIASES.into())),
    ];
    for (what, limit) in fixed {
        assert!(rows().iter().any(|row| row[0] == what && row[2] == limit), "{what}: {limit}");
    }
    assert!(section().contains(&format!("takes nothing at all for {} s", limits::STALLED.as_secs())));
    assert!(section().contains(&format!("less than {} MiB", limits::ALL_TOGETHER / 1024 / 1024)));
    assert_eq!(limits::CATCH_UP, 8, "the manual says eight times");
}

/// A hub with a bridge on a serial line, and everything that the manual's examples want.
fn house() -> (Broker, FakeBridge) {
    let bridge = FakeBridge::plugged(Manners::default());
    let device = bridge.path().display().to_string();
    let link = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\ndevice = {device:?}\nbase = \"nodes/bridge/0\"\n"
    );
    (Broker::configured("anonymous = \"loopback\"", &link), bridge)
}

/// An example with this hub's address instead of the manual's.
fn here(broker: &Broker, text: &str) -> String {
    let ca = broker.hub().ca().display().to_string();
    let (_, web) = broker.hub().authority().rsplit_once(':').expect("host:port");
    text.replace("hub.local", "127.0.0.1")
        .replace("8883", &broker.tls_port().to_string())
        .replace("8443", web)
        .replace("ca.pem", &ca)
}

/// The words of a line of shell, single quotes taken off.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn examples(program: &str) -> Vec<&'static str> {
    let lines = section().lines().filter_map(|line| line.strip_prefix("    "));
    lines.filter(|line| line.starts_with(program)).collect()
}

/// A program that runs; its lines are read until one has this text.
struct Running {
    child: tokio::process::Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Running {
    fn start(mut command: std::process::Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child =
            tokio::process::Command::from(command).kill_on_drop(true).spawn().expect("it is there");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        Self { child, lines }
    }

    async fn says(&mut self, text: &str) {
        let said = timeout(PATIENCE, async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                if line.contains(text) {
                    return;
                }
            }
            panic!("it ended and did not say {text:?}: {:?}", self.child.wait().await);
        });
        said.await.unwrap_or_else(|_| panic!("it did not say {text:?} within {PATIENCE:?}"));
    }
}

/// The command of an example.
fn command(broker: &Broker, example: &str) -> std::process::Command {
    let words = words(&here(broker, example));
    let mut command = need("stdbuf", "the Debian package coreutils");
    command.arg("-oL").arg(need(&words[0], CLIENTS).get_program()).args(&words[1..]);
    command
}

#[tokio::test]
async fn the_manuals_commands_switch_the_relay_and_hear_it() {
    let (broker, _bridge) = house();
    let subscribers = examples("mosquitto_sub");
    assert_eq!((subscribers.len(), examples("mosquitto_pub").len()), (2, 1), "the manual has its examples");
    let mut subscriber = Running::start(command(&broker, subscribers[0]));
    subscriber.says("nodes/bridge/0/").await;
    let mut publisher = Running::start(command(&broker, examples("mosquitto_pub")[0]));
    subscriber.says("nodes/bridge/0/relay/i2c0-3b {\"state\": true}").await;
    assert!(publisher.child.wait().await.expect("it ends").success());
    let sys = format!("{} -p {}", subscribers[1], broker.port());
    Running::start(command(&broker, &sys)).says("$SYS/broker/").await;
}

#[tokio::test]
async fn the_manuals_program_hears_through_the_web() {
    let (broker, _bridge) = house();
    let program = section().split("```python\n").nth(1).and_then(|rest| rest.split("```").next());
    let program = here(&broker, program.expect("the program"));
    let mut command = need("python3", "the Debian packages python3 and python3-venv");
    command.arg("-c").arg(program);
    Running::start(command).says("nodes/bridge/0/").await;
}

#[tokio::test]
async fn the_manuals_account_and_token_come_in() {
    let broker = Broker::closed("");
    let commands = examples("clown-hub user");
    assert_eq!(commands.len(), 2);
    assert_eq!(words(commands[0]), ["clown-hub", "user", "add", USER]);
    let arguments = words(commands[1]);
    let arguments: Vec<&str> = arguments[2..].iter().map(String::as_str).collect();
    let token = broker.user(&arguments, "").await;
    for secret in [PASSWORD, token.as_str()] {
        broker.door().account(USER, secret).publish(&["-t", "a", "-m", "b"]).await;
    }
}

#[tokio::test]
async fn what_the_manual_shows_of_the_broker_is_what_is_told() {
    let shown = examples("[\"$hub/broker\"")[0];
    let shown: Value = serde_json::from_str(shown).expect("JSON");
    let broker = Broker::with("");
    let told = broker.facts().await;
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    assert_eq!(keys(&shown[1]), keys(&told));
    assert_eq!(told["listening"].as_array().map(Vec::len), shown[1]["listening"].as_array().map(Vec::len));
}
