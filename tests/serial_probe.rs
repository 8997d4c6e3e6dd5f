//! `clown-hub ports` on pseudo-terminals: what it shows of them, and what a probe writes and finds.

mod common;

use std::process::Output;

use clown_hub::device::frame::hex;
use common::{FakeBridge, Manners, PtyDevice, until};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

async fn ports(args: &[&str], path: &std::path::Path) -> Output {
    tokio::process::Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .arg("ports")
        .args(args)
        .arg(path)
        .output()
        .await
        .expect("the program starts")
}

/// The only port of the JSON list.
async fn port(args: &[&str], path: &std::path::Path) -> Value {
    let output = ports(&[&["--json"], args].concat(), path).await;
    assert!(output.status.success(), "{output:?}");
    let mut list: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    list["ports"][0].take()
}

/// What a probe wrote, in order.
fn wrote(shown: &Value) -> Vec<&str> {
    let steps = shown["probe"]["steps"].as_array().expect("a list");
    steps.iter().filter_map(|step| step["wrote"].as_str()).collect()
}

#[tokio::test]
async fn looking_at_a_port_writes_nothing_to_it() {
    let mut device = PtyDevice::plugged();
    let shown = port(&[], &device.path()).await;
    assert_eq!(shown["path"], device.terminal().to_str().expect("plain"));
    assert_eq!(shown["access"]["write"], true);
    assert_eq!(shown.get("probe"), None);
    assert_eq!(device.take_line(), None);
}

#[tokio::test]
async fn a_bridge_answers_the_second_question_of_a_probe() {
    let bridge = FakeBridge::plugged(Manners::default());
    let shown = port(&["--probe", "--wait", "0.5"], &bridge.path()).await;
    let written = [r#"["/info/get", null]"#, r#"["clown.talk/-/config/set", {}]"#];
    assert_eq!(wrote(&shown), written);
    assert_eq!(shown["probe"]["found"]["kind"], "bridge");
    assert_eq!(shown["probe"]["found"]["says"], "bridge, firmware 1.1.1 of 2016-12-26T17:58:02Z");
    assert_eq!(bridge.heard().await, ["", written[0], "", written[1]]);
}

#[tokio::test]
async fn a_radio_dongle_answers_the_first_and_is_not_asked_the_second() {
    let mut device = PtyDevice::plugged();
    let path = device.path();
    let asked = tokio::spawn(async move { port(&["--probe"], &path).await });
    device.hear_about("/info/get").await;
    device.say(r#"["/info", {"id": "836d1983718a", "firmware": "bcf-gateway-usb-dongle"}]"#).await;
    let shown = asked.await.expect("no panic");
    assert_eq!(shown["probe"]["found"]["kind"], "dongle");
    assert_eq!(wrote(&shown), [r#"["/info/get", null]"#]);
}

/// Asks nobody for long.
const QUICK: [&str; 5] = ["--probe", "--wait", "0.1", "--listen", "0.1"];

#[tokio::test]
async fn silence_and_noise_are_told_apart() {
    let mut device = PtyDevice::plugged();
    assert_eq!(port(&QUICK, &device.path()).await["probe"]["found"]["kind"], "silence");
    let path = device.path();
    let asked = tokio::spawn(async move { port(&QUICK, &path).await });
    device.hear_about("/info/get").await;
    device.write(b"\xff\xf0\x80\n\x1b[2J").await;
    let shown = asked.await.expect("no panic");
    assert_eq!(shown["probe"]["found"]["kind"], "noise");
}

#[tokio::test]
async fn the_order_is_fixed_and_everything_that_was_written_is_told() {
    let mut device = PtyDevice::plugged();
    let shown = port(&QUICK, &device.path()).await;
    let steps = shown["probe"]["steps"].as_array().expect("a list");
    let kinds: Vec<&str> = steps
        .iter()
        .map(|step| match (step["asked"].as_str(), step["wrote"].is_null()) {
            (Some("a radio dongle"), false) => "dongle",
            (Some("a bridge"), false) => "bridge",
            (None, true) => "listened",
            (Some(_), false) => "definition",
            (_, true) | (None, _) => panic!("{step}"),
        })
        .collect();
    let mut in_order = kinds.clone();
    in_order.dedup();
    assert_eq!(in_order, ["dongle", "bridge", "listened", "definition"], "{kinds:?}");
    let told: Vec<u8> = wrote(&shown).into_iter().flat_map(told_bytes).collect();
    let heard: Vec<u8> = device.take_bytes().into_iter().filter(|byte| !b"\r\n".contains(byte)).collect();
    assert_eq!(heard, told);
}

/// The bytes that are shown as text or digits.
fn told_bytes(shown: &str) -> Vec<u8> {
    hex::read(shown).unwrap_or_else(|| shown.as_bytes().to_vec())
}

/// A device of a built-in definition, played on a line until it is dropped.
async fn played(definition: &str) -> (tokio::process::Child, tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("port");
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_clown-hub"));
    program.args(["simulate", definition, "--every", "0.3", "--pty"]).arg(&path);
    let child = program.kill_on_drop(true).stdout(std::process::Stdio::null()).spawn().expect("it starts");
    until("the port is there", async || path.exists().then_some(())).await;
    (child, folder, path)
}

/// What is found on the line of such a device.
async fn found(definition: &str, args: &[&str]) -> Value {
    let (_child, _folder, path) = played(definition).await;
    let listen = if args.contains(&"--listen") { &[][..] } else { &["--listen", "1"] };
    let args = [&["--probe", "--wait", "0.3"], listen, args].concat();
    port(&args, &path).await["probe"]["found"].take()
}

#[tokio::test]
async fn devices_that_speak_by_the_clock_are_known_by_their_checksums() {
    for definition in ["victron/mppt", "sml/meter", "dsmr/p1", "nmea/gps", "plantower/pms5003"] {
        let found = found(definition, &[]).await;
        assert_eq!(found["kind"], "device", "{definition}: {found}");
        assert_eq!(found["says"]["definition"], definition, "{found}");
        assert_eq!(found["says"]["by"], "checksum", "{found}");
        assert!(!found["says"]["says"].as_array().expect("a list").is_empty(), "{found}");
    }
}

#[tokio::test]
async fn devices_without_checksums_are_guessed_by_their_words() {
    let found = found("openenergymonitor/emontx", &[]).await;
    assert_eq!(found["says"]["definition"], "openenergymonitor/emontx", "{found}");
    assert_eq!(found["says"]["by"], "words", "{found}");
}

#[tokio::test]
async fn devices_that_are_silent_are_asked_what_their_definitions_say() {
    for definition in ["winsen/mh-z19", "lcus/lcus-8"] {
        let found = found(definition, &["--listen", "0.1"]).await;
        assert_eq!(found["says"]["definition"], definition, "{found}");
        assert_eq!(
            (&found["says"]["by"], &found["says"]["at"]),
            (&"answer".into(), &"9600 8N1".into()),
            "{found}"
        );
    }
}

#[tokio::test]
async fn units_of_modbus_are_asked_when_they_are_named() {
    let unnamed = found("eastron/sdm230", &["--listen", "0.1"]).await;
    assert_eq!(unnamed["kind"], "silence", "{unnamed}");
    let named = found("eastron/sdm230", &["--speaks", "1 eastron/sdm230"]).await;
    assert_eq!(named["says"]["by"], "answer", "{named}");
    let other = found("eastron/sdm230", &["--speaks", "9 eastron/sdm230"]).await;
    assert_eq!(other["kind"], "silence", "{other}");
}

#[tokio::test]
async fn a_port_of_another_machine_is_listened_to_as_it_is() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("tcp://{}", server.local_addr().expect("bound"));
    let serving = tokio::spawn(async move {
        loop {
            let (mut there, _) = server.accept().await.expect("a connection");
            let line = b"$GPGGA,102929.00,5327.04024,N,00214.41560,W,1,08,1.16,36.3,M,48.5,M,,*7E\r\n";
            while there.write_all(line).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    });
    let shown = port(&["--probe", "--wait", "0.3", "--listen", "2"], std::path::Path::new(&address)).await;
    serving.abort();
    assert_eq!(shown["stable"], address);
    assert_eq!(shown["probe"]["found"]["says"]["definition"], "nmea/gps", "{shown}");
    assert_eq!(shown["probe"]["steps"][0]["at"], Value::Null);
}

#[tokio::test]
async fn a_held_port_is_shown_with_its_holder_and_is_not_probed() {
    let bridge = FakeBridge::plugged(Manners::default());
    let held = std::fs::File::open(bridge.path()).expect("a terminal");
    let output = ports(&["--probe"], &bridge.path()).await;
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains(&format!("(pid {})", std::process::id())), "{text}");
    assert!(text.contains("not asked, because it is held"), "{text}");
    assert_eq!(bridge.heard().await, [] as [&str; 0]);
    drop(held);
}

#[tokio::test]
async fn ports_are_named_as_in_the_configuration() {
    for (named, said) in [
        ("usb:0403:ffff", "plug the device in"),
        ("usb:0403", "write usb:VID:PID"),
        ("tcp://10.0.0.7", "write tcp://HOST:PORT"),
        ("tcp://10.0.0.7:4001", "use --probe"),
    ] {
        let output = ports(&[], std::path::Path::new(named)).await;
        assert!(!output.status.success(), "{named}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{named}: {output:?}");
    }
}

#[tokio::test]
async fn a_port_that_is_not_there_is_an_error() {
    let output = ports(&[], std::path::Path::new("/dev/nowhere")).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/nowhere is not there"), "{output:?}");
}
