//! P-1 … P-5, P-7, P-9: ports that are missing, taken, pulled out and put back.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clown_hub::hub::{Phase, Step};
use clown_hub::link::line::{Port, PortName, Speed};
use clown_hub::link::serial::Config;

use crate::common::{FakeBridge, Manners, PtyDevice, until};
use crate::machine::Machine;
use crate::rig::{BASE, Rig, TIMING, refusal};

#[tokio::test]
async fn a_bridge_is_greeted_and_asked_for_its_devices() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    let up = rig.comes_to("up").await;
    assert!(up.state.reason.starts_with("bridge, firmware 1.1.1 of 2016-12-26"), "{}", up.state.reason);
    rig.says("-/-/config/list/ok").await;
    let heard = bridge.heard().await;
    assert_eq!(heard[..2], [r#"["clown.talk/-/config/set", {}]"#, r#"["-/-/config/list", {}]"#]);
    rig.end().await;
}

#[tokio::test]
async fn half_a_line_before_an_unplug_is_never_joined_and_the_bridge_is_back_in_time() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    rig.comes_to("up").await;
    // One write, so that the half line was read when the boot message is told.
    bridge.write(b"[\"boot\", {}]\n[\"relay/i2c0-3b\", {\"sta").await;
    rig.says("boot").await;
    bridge.unplug().await;
    let lost = rig.comes_to("unplugged").await;
    assert_eq!(lost.state.phase, Phase::Waiting);
    assert!(lost.state.hint.contains("plug it in again"), "{}", lost.state.hint);
    bridge.forget().await;
    let plugged = Instant::now();
    bridge.plug().await;
    bridge.write(b"te\": true}]\n").await;
    bridge.hears("clown.talk/-/config/set").await;
    rig.comes_to("up").await;
    assert!(plugged.elapsed() < Duration::from_secs(3), "{:?}", plugged.elapsed());
    bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
    let relay = rig.hears(|update| update.message.payload.as_str() == r#"{"state": false}"#).await;
    assert!(relay.message.topic.as_str().ends_with("/relay/i2c0-3b"));
    let counts = until("the halves to be counted", || async {
        Some(rig.view("bridge").counts).filter(|counts| counts.cut == 2)
    })
    .await;
    assert_eq!(counts.malformed, 0);
}

#[tokio::test]
async fn a_bridge_that_comes_back_is_asked_how_its_relay_is_now() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    let state = async |rig: &mut Rig| rig.says("relay/i2c0-3b").await.message.payload.to_string();
    assert_eq!(state(&mut rig).await, r#"{"state": null}"#, "nobody has set it yet");
    let on = rig.command(&format!("{BASE}/relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(on.step, Step::Confirmed);
    assert_eq!(state(&mut rig).await, r#"{"state": true}"#);
    bridge.unplug().await;
    rig.comes_to("unplugged").await;
    bridge.plug().await;
    assert_eq!(state(&mut rig).await, r#"{"state": null}"#, "it lost its state with its power");
}

#[tokio::test]
async fn a_bridge_may_come_back_under_another_number() {
    let mut device = PtyDevice::plugged();
    let mut rig = Rig::new(device.path());
    device.say(r#"["boot", {"reason-for-reset": "power-on"}]"#).await;
    rig.says("boot").await;
    let first = device.terminal();
    device.renumber();
    assert_ne!(device.terminal(), first);
    device.hear_about("clown.talk/-/config/set").await;
    device.say(r#"["boot", {"reason-for-reset": "replug"}]"#).await;
    let boot = rig.says("boot").await;
    assert!(boot.message.payload.as_str().contains("replug"));
}

#[tokio::test]
async fn a_missing_bridge_is_named_and_may_come_later() {
    let bridge = FakeBridge::unplugged(Manners::default());
    let rig = Rig::new(bridge.path());
    let missing = rig.comes_to("missing").await;
    let path = bridge.path().display().to_string();
    assert_eq!(missing.state.reason, format!("{path} is not there"));
    assert!(missing.state.hint.contains("plug the device in"), "{}", missing.state.hint);
    let command = rig.command(&format!("{BASE}/relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(refusal(&command), "offline");
    bridge.plug().await;
    rig.comes_to("up").await;
}

#[tokio::test]
async fn a_usb_device_that_is_not_there_is_named_by_its_numbers() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    let port = PortName::Usb { vendor: 0x0403, product: 0x6015, serial: Some("nobody".to_owned()) };
    rig.link("dongle", port, "nodes/bridge/1");
    let state = until("the link to be missing", || async {
        Some(rig.view("dongle").state).filter(|state| state.code == "missing")
    })
    .await;
    assert_eq!(state.reason, "USB device 0403:6015:nobody is not there");
}

#[tokio::test]
async fn a_usb_device_is_found_again_under_another_number() {
    let machine = Machine::new();
    let (first, second) = (FakeBridge::plugged(Manners::default()), FakeBridge::plugged(Manners::default()));
    machine.plug_sys("ttyUSB0", 1, "bc-usb-dongle-1");
    machine.link("dev/ttyUSB0", &first.path());
    let mut rig = Rig::new("/dev/nowhere".into());
    let port = PortName::Usb { vendor: 0x0403, product: 0x6015, serial: Some("bc-usb-dongle-1".to_owned()) };
    let config = Config { roots: machine.roots(), timing: TIMING, ..Config::new(port) };
    rig.start("dongle", config, "nodes/bridge/1");
    first.hears("clown.talk/-/config/set").await;
    first.unplug().await;
    fs::remove_dir_all(machine.path("sys/class/tty/ttyUSB0")).expect("the first number");
    // A device of the same kind takes the old number; the one we mean has the next.
    machine.plug_sys("ttyUSB0", 2, "bc-usb-dongle-2");
    machine.plug_sys("ttyUSB1", 3, "bc-usb-dongle-1");
    machine.link("dev/ttyUSB1", &second.path());
    second.hears("clown.talk/-/config/set").await;
}

#[tokio::test]
async fn two_devices_that_fit_one_name_are_not_guessed_between() {
    let machine = Machine::new();
    machine.plug("ttyUSB0", 1, "one");
    machine.plug("ttyUSB1", 2, "two");
    let port = PortName::Usb { vendor: 0x0403, product: 0x6015, serial: None };
    let trouble = port.resolve(&machine.roots()).expect_err("ambiguous");
    assert_eq!(trouble.code(), "refused");
    assert!(trouble.hint().contains("serial number"), "{}", trouble.hint());
}

#[tokio::test]
async fn a_program_that_took_no_lock_is_noticed_before_the_port_is_touched() {
    let machine = Machine::new();
    let mut device = PtyDevice::plugged();
    machine.plug_sys("ttyUSB0", 1, "one");
    machine.link("dev/ttyUSB0", &device.path());
    machine.link("proc/4711/fd/3", &device.terminal());
    machine.write("proc/4711/comm", "minicom\n");
    let port = PortName::Usb { vendor: 0x0403, product: 0x6015, serial: None };
    let trouble = Port::open(&port, Speed::of(115_200), &machine.roots()).await.expect_err("busy");
    assert!(trouble.to_string().ends_with("ttyUSB0 is in use by minicom (pid 4711)"), "{trouble}");
    assert_eq!(device.take_line(), None);
}

#[tokio::test]
async fn a_port_that_another_program_locked_is_busy_until_it_ends() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut holder = Command::new("flock")
        .arg(bridge.path())
        .args(["-c", "echo locked; read line"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("flock of util-linux");
    let mut said = String::new();
    let mut out = std::io::BufReader::new(holder.stdout.take().expect("piped"));
    std::io::BufRead::read_line(&mut out, &mut said).expect("flock speaks");
    assert_eq!(said, "locked\n");
    let rig = Rig::new(bridge.path());
    let busy = rig.comes_to("busy").await;
    let path = bridge.path().display().to_string();
    assert!(
        busy.state.reason.starts_with(&format!("{path} is in use by flock (pid")),
        "{}",
        busy.state.reason
    );
    assert_eq!(busy.state.hint, "end that program, or give the hub another port");
    writeln!(holder.stdin.take().expect("piped"), "end").expect("flock listens");
    holder.wait().expect("flock ends");
    rig.comes_to("up").await;
}

#[tokio::test]
async fn two_links_cannot_have_one_port() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    rig.comes_to("up").await;
    rig.link("second", PortName::Path(bridge.path()), "nodes/bridge/1");
    until("the second link to be busy", || async {
        Some(()).filter(|()| rig.view("second").state.code == "busy")
    })
    .await;
    assert_eq!(rig.view("bridge").state.code, "up");
}

#[tokio::test]
async fn a_file_is_no_serial_port() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let rig = Rig::new(file.path().to_owned());
    let refused = rig.comes_to("refused").await;
    assert!(
        refused.state.reason.ends_with("cannot be used: it is not a serial port"),
        "{}",
        refused.state.reason
    );
}

#[tokio::test]
async fn a_device_that_says_nothing_is_silent_until_it_speaks() {
    let device = PtyDevice::plugged();
    let mut rig = Rig::new(device.path());
    let silent = rig.comes_to("silent").await;
    assert!(silent.state.reason.contains("has not answered for 500ms"), "{}", silent.state.reason);
    assert!(silent.state.hint.contains("baud rate"), "{}", silent.state.hint);
    let command = rig.command(&format!("{BASE}/relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(refusal(&command), "offline");
    device.say(r#"["relay/i2c0-3b", {"state": null}]"#).await;
    rig.says("relay/i2c0-3b").await;
    rig.comes_to("up").await;
}

#[tokio::test]
async fn a_bridge_that_falls_quiet_is_asked_and_only_silence_is_silence() {
    let bridge = FakeBridge::plugged(Manners::default());
    let rig = Rig::new(bridge.path());
    rig.comes_to("up").await;
    bridge.forget().await;
    bridge.hears("-/-/config/list").await;
    assert_eq!(rig.view("bridge").state.code, "up");
    bridge.behave(Manners { deaf: true, ..Manners::default() }).await;
    rig.comes_to("silent").await;
    bridge.behave(Manners::default()).await;
    rig.comes_to("up").await;
}

#[tokio::test]
async fn a_bridge_that_was_greeted_by_an_earlier_run_comes_up_by_its_list() {
    let bridge = FakeBridge::plugged(Manners::default());
    let first = Rig::new(bridge.path());
    first.comes_to("up").await;
    first.end().await;
    let second = Rig::new(bridge.path());
    let up = second.comes_to("up").await;
    assert!(up.state.reason.starts_with("a device speaks on"), "{}", up.state.reason);
}

#[tokio::test]
async fn a_bridge_that_starts_again_is_greeted_again_and_told_nothing_else() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    rig.says("-/-/config/list/ok").await;
    let done = rig.command(&format!("{BASE}/relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(done.step, Step::Confirmed);
    bridge.forget().await;
    bridge.reboot().await;
    rig.says("clown.talk/-/config/ok").await;
    rig.says("-/-/config/list/ok").await;
    // What the relay was is for a person or a rule to decide.
    assert!(!bridge.heard().await.iter().any(|line| line.contains("relay")));
}

#[tokio::test]
async fn a_stopped_link_is_down_and_gives_the_port_back() {
    let bridge = FakeBridge::plugged(Manners::default());
    let rig = Rig::new(bridge.path());
    rig.comes_to("up").await;
    let hub = rig.hub.clone();
    rig.end().await;
    let link = hub.snapshot(clown_hub::hub::Now::now()).links.remove(0);
    assert_eq!((link.state.phase, link.state.code), (Phase::Down, "stopped"));
    Rig::new(bridge.path()).comes_to("up").await;
}
