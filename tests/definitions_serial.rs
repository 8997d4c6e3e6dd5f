//! Definitions on a serial line: what a stranger on a real pseudo-terminal says is learned, checked and tried.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use common::PtyDevice;

#[tokio::test]
async fn a_stranger_on_a_serial_line_is_learned_and_only_listened_to() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut device = PtyDevice::plugged();
    let port = device.path().display().to_string();
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clown-hub"));
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
        command
    };
    let mut learning = program(&[
        "learn",
        "serial",
        &port,
        "--baud",
        "9600",
        "--for",
        "2s",
        "--out",
        "devices/acme/meter.toml",
    ])
    .stderr(Stdio::piped())
    .spawn()
    .expect("the program starts");
    let mut told = BufReader::new(learning.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains("watching") {
        assert!(told.read_line(&mut line).expect("text") > 0, "{line}");
    }
    device.say("45,light:1003").await;
    for said in ["T:21.50,H:45,light:1003", "T:21.60,H:44,light:1001", "boot", "T:21.55,H:45,light:999"] {
        device.say(said).await;
    }
    told.read_to_string(&mut line).expect("text");
    assert!(learning.wait().expect("it ends").success(), "{line}");
    assert!(device.take_line().is_none(), "nothing was written to it");
    assert!(line.contains("4 messages of 1 device: 3 properties"), "{line}");

    let run = |arguments: &[&str]| {
        let output = program(arguments).output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    };
    let file = "devices/acme/meter.toml";
    assert!(run(&["check", file]).contains("good"));
    let shown = run(&["try", file, "--line", "T:-3.0,H:99,light:5"]);
    assert!(shown.contains("thermometer/- temperature = -3.0 ℃"), "{shown}");
    let text = std::fs::read_to_string(folder.path().join(file)).expect("it was written");
    assert!(!text.contains("line = \"45,light:1003\""), "half a line is no example:\n{text}");

    let missing =
        program(&["learn", "serial", "/dev/nothing-there", "--for", "1s"]).output().expect("it starts");
    assert_eq!(missing.status.code(), Some(1));
}
