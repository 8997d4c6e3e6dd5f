//! `clown-hub demo`, seen by a script: no device, no broker and no configuration, yet everything moves and obeys.

mod common;

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Hub, Launch, TalkClient, command_path, need};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::json;

const RELAY: &str = "relay/i2c0-3b";

#[tokio::test]
async fn demo_speaks_at_once_and_its_temperature_moves() {
    let hub = Hub::demo();
    let mut client = TalkClient::demo(&hub).await;
    client.handshake(json!({})).await;
    let first = client.wait_topic("thermometer/i2c0-48").await;
    let [first_value, unit] = [&first.payload["temperature"][0], &first.payload["temperature"][1]];
    assert_eq!(unit, "℃");
    let moved = |heard: &common::Heard| {
        heard.topic == "thermometer/i2c0-48" && &heard.payload["temperature"][0] != first_value
    };
    client.wait_for("another temperature", moved).await;
}

#[tokio::test]
async fn relay_is_confirmed_because_the_device_said_so() {
    let hub = Hub::demo();
    let mut client = TalkClient::demo(&hub).await;
    client.handshake(json!({ "events": true })).await;
    client.command("relay/i2c0-3b/set", json!({ "state": true }), "on").await;
    client
        .wait_for("the device to say so", |heard| {
            heard.text.starts_with(r#"["relay/i2c0-3b", {"state": true}]"#)
        })
        .await;
    assert_eq!(client.outcome("on").await["step"], "confirmed");
}

#[tokio::test]
async fn all_clients_hear_what_one_of_them_switched() {
    let hub = Hub::demo();
    let mut one = TalkClient::demo(&hub).await;
    let mut other = TalkClient::demo(&hub).await;
    one.handshake(json!({})).await;
    other.handshake(json!({})).await;
    one.say("relay/i2c0-3b/set", json!({ "state": true })).await;
    let is_on = |heard: &common::Heard| heard.topic == RELAY && heard.payload["state"] == true;
    one.wait_for("the relay to be on", is_on).await;
    other.wait_for("the relay to be on", is_on).await;
}

#[tokio::test]
async fn demo_refuses_to_serve_beyond_this_machine() {
    // Everybody knows the demo's password.
    let refused = Launch::demo().listening("0.0.0.0:0").try_start();
    let Err(log) = refused else { panic!("a known password is served to the network") };
    assert!(log.contains("loopback"), "the refusal does not say why: {log}");
}

#[tokio::test]
async fn stopping_says_goodbye_and_is_over_in_five_seconds() {
    let mut hub = Hub::demo();
    let mut client = TalkClient::demo(&hub).await;
    client.handshake(json!({})).await;
    let (status, took) = hub.stop();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    assert_eq!(client.closed().await.code, 1001);
}

/// What the demo prints for this program, between two empty lines.
fn printed_line(printed: &[String], program: &str) -> String {
    let all = printed.join("\n");
    let uses = |part: &&str| part.split_whitespace().any(|word| word == program);
    all.split("\n\n").find(uses).unwrap_or_else(|| panic!("nothing with {program} in:\n{all}")).to_owned()
}

/// Runs a line as a terminal would, with the keyboard still there, until it wrote something with `wish`.
fn run_until_it_says(line: &str, wish: &str) {
    let mut child = Command::new("timeout")
        .args(["30", "sh", "-c", line])
        .env("PATH", command_path())
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("there is a shell");
    let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let heard: Vec<_> = stdout
        .lines()
        .map_while(Result::ok)
        .take(200)
        .scan(false, |done, line| {
            let go_on = !*done;
            *done = line.contains(wish);
            go_on.then_some(line)
        })
        .collect();
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    let _ = child.wait();
    assert!(heard.last().is_some_and(|line| line.contains(wish)), "{line}\nsaid only {heard:#?}");
}

#[test]
fn printed_lines_work_as_they_are() {
    need("websocat", "websocat by cargo install websocat");
    need("curl", "the Debian package curl");
    need("python3", "the Debian package python3, and websockets by pip");
    let websockets = Command::new("python3").args(["-c", "import websockets"]).stderr(Stdio::null()).status();
    assert!(
        websockets.is_ok_and(|status| status.success()),
        "python3 has no module websockets: `make test` brings it, or pip install websockets"
    );
    let (_hub, printed) = Launch::demo().start_for_people("Ctrl-C");
    run_until_it_says(&printed_line(&printed, "websocat"), "thermometer/i2c0-48");
    run_until_it_says(&printed_line(&printed, "python3"), "thermometer/i2c0-48");
    run_until_it_says(&printed_line(&printed, "curl"), "confirmed");
    need("mosquitto_pub", "the Debian package mosquitto-clients");
    let hears = printed_line(&printed, "mosquitto_sub");
    run_until_it_says(&hears, "nodes/bridge/simulator/thermometer/i2c0-48");
    let switches = printed_line(&printed, "mosquitto_pub");
    let relay = "nodes/bridge/simulator/relay/i2c0-3b {\"state\": true}";
    run_until_it_says(&format!("(sleep 1; {switches}) & {hears}"), relay);
    let refused = switches.replace("true", "7");
    run_until_it_says(&format!("(sleep 1; {refused}) & {hears}"), "clown.talk/-/error");
}
