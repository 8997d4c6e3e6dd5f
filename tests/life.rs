//! A hub's life: start, reload, signs of life, stop and the next start – and the commands that speak with it.

mod common;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{Hub, Launch, PATIENCE};
use rustix::process::Signal;
use serde_json::Value;

const SIMULATOR: &str = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\ninterval = \"50 ms\"\n";

/// Runs a client beside the hub, which finds it by its data folder.
fn client(hub: &Hub, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .arg("--data")
        .arg(hub.data())
        .stdin(Stdio::null())
        .env_remove("CLOWN_HUB_URL")
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until the hub has logged `words`.
fn logged(hub: &Hub, words: &str) {
    let start = Instant::now();
    while !hub.log().contains(words) {
        assert!(start.elapsed() < PATIENCE, "the hub never logged {words:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn set_waits_for_the_device_and_says_the_truth() {
    let hub = Hub::demo();
    let output = client(&hub, &["set", "relay/i2c0-3b", "state=true", "--wait"]);
    let steps = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{steps}{}", text(&output.stderr));
    assert!(steps.starts_with("accepted\nsent\nconfirmed after "), "{steps}");

    let output = client(&hub, &["set", "relay/i2c0-3b", "state=true", "--wait", "--json"]);
    let last = text(&output.stdout);
    let last: Value = serde_json::from_str(last.lines().last().expect("steps")).expect("JSON");
    assert_eq!(last["step"], "confirmed");
    assert_eq!(last["topic"], "nodes/bridge/simulator/relay/i2c0-3b/set");

    let output = client(&hub, &["set", "relay/i2c0-3b", "state=5"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("refused: "), "{}", text(&output.stdout));
    let output = client(&hub, &["set", "relay/i2c9-99", "state=true", "--wait"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("no such device"), "{}", text(&output.stdout));
    let output = client(&hub, &["set", "0-48", "state=true"]);
    assert_eq!(output.status.code(), Some(1), "half a level is no short topic: {}", text(&output.stdout));
}

#[test]
fn watch_prints_json_lines_into_a_pipe() {
    let hub = Hub::demo();
    let output = client(&hub, &["watch", "thermometer/#", "--count", "3"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for line in text(&output.stdout).lines() {
        let message: Value = serde_json::from_str(line).expect(line);
        let topic = message[0].as_str().expect("a topic");
        assert!(topic.starts_with("nodes/bridge/simulator/thermometer/"), "{line}");
    }
    assert_eq!(text(&output.stdout).lines().count(), 3);
}

#[test]
fn talk_sends_what_it_is_told_and_trusts_only_what_it_is_told() {
    let hub = Hub::demo();
    let url = hub.said("endpoint").replacen("wss://", "wss://clown:bigclown@", 1);
    let talk = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .args(["talk", &url])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let get = r#"["relay/i2c0-3b/get", {}]"#;
    let ca = hub.ca().display().to_string();
    for trust in [&["--ca", &ca][..], &["--fingerprint", hub.said("fingerprint")], &["--insecure"]] {
        let (code, said, error) = talk(&[&[get, "--linger", "0.3"], trust].concat());
        assert_eq!(code, Some(0), "{error}");
        assert!(said.starts_with("[\"clown.talk/-/config/ok\", "), "{said}");
        assert!(said.contains("[\"relay/i2c0-3b\", {\"state\": "), "{said}");
    }
    let (code, said, error) = talk(&[]);
    assert_eq!((code, said.as_str()), (Some(3), ""));
    assert!(error.contains(hub.said("fingerprint")) && !error.contains("bigclown@"), "{error}");
    let (code, _, error) = talk(&["--fingerprint", &"0".repeat(64)]);
    assert_eq!(code, Some(3), "{error}");

    let wrong = url.replace("bigclown@", "bigclow@");
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["talk", &wrong, "--ca", &ca])
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("wrong account or password"), "{}", text(&output.stderr));
    let nowhere = url.replace("_simulator", "_nowhere");
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["talk", &nowhere, "--ca", &ca])
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("no such endpoint"), "{}", text(&output.stderr));
}

#[test]
fn the_data_folder_is_for_one_hub_and_its_owner() {
    let hub = Hub::demo();
    let mode = std::fs::metadata(hub.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let mode = std::fs::metadata(hub.data().join("local.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let Err(error) = hub.launch().try_start() else { panic!("two hubs hold one folder") };
    assert!(error.contains(&format!("(process {})", hub.pid().as_raw_nonzero())), "{error}");
}

#[test]
fn the_demo_refuses_to_listen_for_strangers() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8443"] {
        let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .args(["demo", "--listen", listen])
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("loopback only"), "{}", text(&output.stderr));
    }
}

#[test]
fn a_port_in_use_names_its_holder() {
    let hub = Hub::demo();
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["demo", "--listen", hub.authority(), "--data"])
        .arg(hub.data().join("other"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.contains(&format!("clown-hub (process {})", hub.pid().as_raw_nonzero())), "{error}");
    assert!(error.contains("--listen 127.0.0.1:PORT"), "{error}");
}

#[test]
fn a_stop_says_good_bye_and_values_survive_as_remembered() {
    let mut hub = Hub::run(&format!("{SIMULATOR}seed = 7\n"));
    let before = client(&hub, &["watch", "barometer/#", "--count", "1"]);
    assert!(text(&before.stdout).contains("barometer"), "{}", text(&before.stderr));
    let (status, took) = hub.stop();
    assert!(status.success() && took < Duration::from_secs(5), "{status} {took:?}");
    assert!(!hub.data().join("local.json").exists());
    assert!(hub.log().contains("the hub has stopped"), "{}", hub.log());

    // The next start has no link: what it knows is what was kept.
    let launch = hub.launch();
    launch.write_config("");
    let file = hub.data().join("remembered.jsonl");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{kept}damaged\n")).unwrap();
    let hub = launch.start();
    let after = client(&hub, &["watch", "barometer/#", "--count", "1"]);
    assert!(text(&after.stdout).contains("\"presence\":\"remembered\""), "{}", text(&after.stdout));
    assert!(hub.log().contains("1 damaged line"), "{}", hub.log());
}

#[test]
fn a_second_signal_leaves_at_once() {
    let mut hub = Hub::demo();
    // A client that never reads its good-bye holds up the first stop.
    let mut stuck = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["watch", "#", "--data"])
        .arg(hub.data())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let pid = rustix::process::Pid::from_child(&stuck);
    let mut heard = String::new();
    BufReader::new(stuck.stdout.take().expect("it is piped")).read_line(&mut heard).unwrap();
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    hub.signal(Signal::TERM);
    logged(&hub, "SIGTERM: the hub stops");
    let start = Instant::now();
    hub.signal(Signal::INT);
    hub.wait();
    assert!(start.elapsed() < Duration::from_secs(1), "{}", hub.log());
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    stuck.wait().unwrap();
}

/// Whether a process holds a connection to the network.
fn has_called(process: u32) -> bool {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let sockets = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let sockets: Vec<String> = sockets.map(|link| link.display().to_string()).collect();
    let connections = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap_or_default();
    let is_connected = |socket: &String| {
        let inode = socket.trim_start_matches("socket:[").trim_end_matches(']');
        connections.lines().any(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            // The state 01 is an established connection; proc(5).
            fields.get(3) == Some(&"01") && fields.get(9) == Some(&inode)
        })
    };
    sockets.iter().filter(|socket| socket.starts_with("socket:[")).any(is_connected)
}

#[test]
fn a_reload_restarts_what_changed_and_a_mistake_changes_nothing() {
    let other = "[[link]]\nname = \"other\"\nkind = \"simulator\"\nbase = \"a/b\"\n";
    let mut hub = Hub::run(&format!("{SIMULATOR}{other}"));
    let launch = hub.launch();
    let facts = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["watch", "$hub/config", "--live", "--count", "2", "--data"])
        .arg(hub.data())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The watcher has to be there before the first fact: it is, once it has called and another client has come and gone.
    let start = Instant::now();
    while !has_called(facts.id()) {
        assert!(start.elapsed() < PATIENCE, "the watcher never called");
        std::thread::sleep(Duration::from_millis(5));
    }
    client(&hub, &["watch", "#", "--count", "5"]);

    launch.write_config("[web]\nlisten = 5\n[[lnk]]\n");
    hub.signal(Signal::HUP);
    logged(&hub, "the old one stays in force");
    assert!(hub.log().contains("clown-hub.toml:2:10: web.listen: found 5"), "{}", hub.log());
    assert_eq!(client(&hub, &["watch", "a/b/#", "--count", "3"]).status.code(), Some(0));

    launch.write_config(&format!("[web]\npush_commands = true\n{SIMULATOR}{other}interval = \"20 ms\"\n"));
    hub.signal(Signal::HUP);
    logged(&hub, "the configuration was read again changes=\"link other restarted\"");
    assert!(hub.log().contains("changes of [web] take effect at the next start"), "{}", hub.log());
    launch.write_config(SIMULATOR);
    hub.signal(Signal::HUP);
    logged(&hub, "changes=\"link other removed\"");
    assert_eq!(client(&hub, &["watch", "thermometer/#", "--live", "--count", "2"]).status.code(), Some(0));

    let facts = text(&facts.wait_with_output().unwrap().stdout);
    let facts: Vec<Value> = facts.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(facts[0][1]["state"], "refused");
    assert_eq!(facts[0][1]["problems"][0]["line"], 2);
    assert_eq!(facts[1][1]["changes"][0], "link other restarted");
    assert_eq!(facts[1][1]["waiting"][0], "[web]");
    assert!(hub.stop().0.success());
}

#[test]
fn systemd_hears_of_every_turn_and_of_life() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let hear = || {
        let mut buffer = [0; 1024];
        let length = socket.recv(&mut buffer).expect("systemd is told");
        text(&buffer[..length])
    };
    let mut hub = Launch::run(SIMULATOR)
        .environment("WATCHDOG_USEC", "200000")
        .environment("NOTIFY_SOCKET", &path.display().to_string())
        .start();
    let ready = hear();
    assert!(ready.contains("READY=1") && ready.contains("STATUS=serving https://127.0.0.1:"), "{ready}");
    assert_eq!(hear(), "WATCHDOG=1\n");
    hub.signal(Signal::HUP);
    let turn = || std::iter::repeat_with(hear).find(|said| !said.starts_with("WATCHDOG")).expect("endless");
    let reloading = turn();
    assert!(reloading.contains("RELOADING=1") && reloading.contains("MONOTONIC_USEC="), "{reloading}");
    assert!(turn().contains("READY=1"));
    hub.signal(Signal::TERM);
    assert!(turn().contains("STOPPING=1"));
    assert!(hub.wait().success());
}

#[test]
fn under_systemd_the_log_has_priorities_and_no_time() {
    let mut hub = Launch::demo().environment("JOURNAL_STREAM", "8:1").start();
    hub.stop();
    assert!(hub.log().lines().any(|line| line.starts_with("<6>app: the hub serves ")), "{}", hub.log());
    let mut hub = Launch::demo().argument("--log").argument("json").start();
    hub.stop();
    let log = hub.log();
    let mut lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let serves = lines.find(|line| line["room"] == "app" && line["address"].is_string());
    let serves = serves.expect("the hub says that it serves");
    assert_eq!((&serves["level"], &serves["address"]), (&"info".into(), &hub.address().into()));
}

#[test]
fn a_real_start_prints_a_setup_code_until_there_is_an_account() {
    let hub = Hub::run(SIMULATOR);
    let code = hub.said("setup_code").to_owned();
    assert_eq!(code.len(), 19, "{code}");
    assert_eq!(hub.greeting()["password"], Value::Null);
    let secret = hub.data().join("password");
    std::fs::write(&secret, "correct horse battery").unwrap();
    let secret = secret.display().to_string();
    let output = client(&hub, &["user", "add", "ada", "--password-file", &secret]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let hub = hub.restart();
    assert_eq!(hub.greeting()["setup_code"], Value::Null);
}

#[test]
fn a_configuration_with_mistakes_does_not_start() {
    let Err(error) = Launch::run("[web]\nauth = false\n").try_start() else { panic!("it started") };
    assert!(error.contains("clown-hub.toml:2:1: web.auth: unknown key"), "{error}");
    let Err(error) = Launch::run("[web]\ncert = \"clown-hub.toml\"\nkey = \"clown-hub.toml\"\n").try_start()
    else {
        panic!("it started")
    };
    assert!(error.contains("clown-hub.toml:2:8: web.cert: "), "{error}");
}

#[test]
fn a_demo_ends_with_its_terminal() {
    let mut hub = Hub::demo();
    hub.signal(Signal::HUP);
    assert!(hub.wait().success());
}
