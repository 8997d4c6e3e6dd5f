//! A hub that a person started on a terminal ends with its terminal; `tests/life.rs` has the one without.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::{PtyDevice, until};
use rustix::process::{Pid, Signal, kill_process};

#[tokio::test]
async fn a_hub_ends_when_the_terminal_it_was_started_on_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("clown-hub.toml");
    std::fs::write(&config, "[web]\nlisten = \"127.0.0.1:8443\"\n").expect("a configuration");
    let mut terminal = PtyDevice::plugged();
    let stdin = std::fs::File::open(terminal.terminal()).expect("the terminal opens");
    let mut hub = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["run", "--listen", "127.0.0.1:0", "--json", "--config"])
        .arg(&config)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the hub starts");
    let mut greeting = String::new();
    BufReader::new(hub.stdout.take().expect("it is piped")).read_line(&mut greeting).expect("a line");
    assert!(greeting.contains("setup_code"), "{greeting}");

    terminal.unplug();
    kill_process(Pid::from_child(&hub), Signal::HUP).expect("the signal is sent");
    let status =
        until("the hub to end", || std::future::ready(hub.try_wait().expect("it is our child"))).await;
    assert!(status.success(), "{status}");
}
