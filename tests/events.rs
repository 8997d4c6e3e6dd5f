//! Who switched what: a hub that is commanded from everywhere, let in and kept out, killed, and out of disk.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Https, Hub, Launch, MqttDoor, PtyDevice, TalkClient, need, until};
use rustix::process::Signal;
use serde_json::{Value, json};

const CONFIG: &str = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\n\
                      base = \"nodes/bridge/0\"\ninterval = \"200 ms\"\n";
const RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";
const PASSWORD: &str = "correct horse battery";

fn files(data: &Path) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(data.join("events")) else { return Vec::new() };
    let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn text(data: &Path) -> String {
    files(data).iter().map(|file| fs::read_to_string(file).expect("text")).collect()
}

fn events(data: &Path) -> Vec<Value> {
    text(data).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Whether `event` says all of `part`.
fn says(event: &Value, part: &Value) -> bool {
    part.as_object().expect("an object").iter().all(|(key, value)| event[key] == *value)
}

async fn wait_for(data: &Path, part: Value) -> Value {
    let what = format!("the event {part}");
    until(&what, async || events(data).into_iter().rev().find(|event| says(event, &part))).await
}

fn start() -> Hub {
    Launch::run(CONFIG).argument("--broker").argument("127.0.0.1:0").account("ada", PASSWORD).start()
}

async fn client(hub: &Hub) -> TalkClient {
    let mut client = TalkClient::of(hub).basic("ada", PASSWORD).connect().await.expect("let in");
    client.handshake(json!({ "events": true })).await;
    until("the relay", async || hub_has_relay(hub).await.then_some(())).await;
    client
}

async fn hub_has_relay(hub: &Hub) -> bool {
    Https::new(hub).basic("ada", PASSWORD).get("/").await.body.contains("relay/i2c0-3b")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_there_with_who_from_where_and_how_it_ended() {
    let hub = start();
    let data = hub.data();
    let mut ada = client(&hub).await;
    let set = format!("{RELAY}/set");

    ada.command(&set, json!({ "state": true }), "1").await;
    let done =
        json!({ "kind": "command", "what": "confirmed", "by": "script", "payload": "{\"state\":true}" });
    let event = wait_for(&data, done).await;
    let expect = json!({ "who": "ada", "from": "127.0.0.1", "about": set, "device": "nodes/bridge/0" });
    assert!(says(&event, &expect), "{event}");
    assert!(event["after_ms"].as_u64().is_some_and(|ms| ms < 3_000), "{event}");

    let form = Https::new(&hub).header("Origin", hub.address());
    let answer = form.post_form("/login", &[("name", "ada"), ("password", "wrong password")]).await;
    assert_eq!(answer.status, 401);
    let wrong = wait_for(&data, json!({ "kind": "login", "what": "wrong" })).await;
    assert!(says(&wrong, &json!({ "who": "ada", "from": "127.0.0.1", "by": "password" })), "{wrong}");
    form.post_form("/login", &[("name", "ada"), ("password", PASSWORD)]).await;
    wait_for(&data, json!({ "kind": "login", "what": "in", "who": "ada", "by": "session" })).await;
    let session = Https::new(&hub).header("Origin", hub.address()).header("Cookie", &form.cookies());
    let press = [("topic", RELAY), ("key", "state"), ("value", "false")];
    assert_eq!(session.post_form("/set", &press).await.status, 303);
    let done = json!({ "what": "confirmed", "by": "form", "who": "ada", "from": "127.0.0.1" });
    wait_for(&data, done).await;
    session.post_form("/logout", &[]).await;
    wait_for(&data, json!({ "kind": "login", "what": "out", "who": "ada" })).await;

    let port = hub.said("mqtt").rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let door = MqttDoor::tcp(port).account("ada", PASSWORD);
    door.publish(&["-t", &set, "-m", "{\"state\": true}", "-q", "1"]).await;
    let done = json!({ "kind": "command", "what": "confirmed", "by": "broker", "about": set });
    let event = wait_for(&data, done).await;
    assert_eq!(event["payload"], "{\"state\": true}", "as it was said");
    let used = wait_for(&data, json!({ "kind": "login", "what": "used", "about": "mqtt" })).await;
    assert!(says(&used, &json!({ "who": "ada", "by": "password" })), "{used}");

    ada.command("nodes/elsewhere/relay/0/set", json!({}), "2").await;
    let event = wait_for(&data, json!({ "kind": "command", "what": "refused" })).await;
    assert_eq!(event["code"], "no-such-device");
    ada.command("nodes/bridge/0/simulator/-/config/set", json!({ "silence": true }), "3").await;
    ada.outcome("3").await;
    ada.command(&set, json!({ "state": false }), "4").await;
    let event = wait_for(&data, json!({ "kind": "command", "what": "unanswered" })).await;
    assert!(event["after_ms"].as_u64().is_some_and(|ms| ms >= 3_000), "{event}");

    wait_for(&data, json!({ "kind": "link", "what": "up", "about": "sim" })).await;
    assert!(!events(&data).iter().any(|event| event["kind"] == "change"), "all was asked for");
    for secret in ["wrong password", PASSWORD] {
        assert!(!text(&data).contains(secret), "secrets are not written down");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_stays_as_it_is_over_a_kill_and_numbers_go_on() {
    let mut hub = start();
    let data = hub.data();
    let mut ada = client(&hub).await;
    assert!(says(&events(&data)[0], &json!({ "seq": 1, "what": "started", "code": "first" })));
    ada.command(&format!("{RELAY}/set"), json!({ "state": true }), "1").await;
    wait_for(&data, json!({ "kind": "command", "what": "confirmed" })).await;
    hub.signal(Signal::KILL);
    hub.wait();
    let killed = text(&data);
    // As a power cut may leave it.
    let file = files(&data).pop().expect("a file");
    fs::write(&file, format!("{killed}{{\"seq\":99")).expect("writable");

    let mut hub = hub.launch().start();
    let crash = wait_for(&data, json!({ "what": "started", "code": "crash" })).await;
    assert!(
        crash["reason"].as_str().is_some_and(|reason| reason.contains("ended without a stop")),
        "{crash}"
    );
    hub.stop();
    let stopped = text(&data);
    assert!(stopped.starts_with(&format!("{killed}{{\"seq\":99\n")), "earlier bytes never change");
    assert!(says(events(&data).last().expect("some"), &json!({ "kind": "hub", "what": "stopped" })));

    let hub = hub.launch().start();
    wait_for(&data, json!({ "what": "started", "code": "clean" })).await;
    assert!(text(&data).starts_with(&stopped));
    let numbers: Vec<_> =
        events(&data).iter().map(|event| event["seq"].as_u64().expect("a number")).collect();
    assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "{numbers:?}");
    drop(hub);
}

/// Set for the process that sees the small disk.
const SMALL: &str = "CLOWN_HUB_TEST_SMALL_DISK";

#[test]
fn a_full_disk_is_told_on_the_page_and_nothing_else_stops() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mount = "mount -t tmpfs -o size=12m tmpfs \"$1\" && shift && exec \"$@\"";
    let out = need("unshare", "util-linux")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().expect("this test"))
        .args(["on_a_small_disk", "--exact", "--ignored", "--nocapture"])
        .env(SMALL, folder.path())
        .env("TMPDIR", folder.path())
        .output()
        .expect("it runs");
    let said = [out.stdout, out.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(out.status.success(), "name spaces of users must be allowed for this test\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs in a name space of its own, started by the test above"]
async fn on_a_small_disk() {
    let folder = PathBuf::from(std::env::var(SMALL).expect("started by the other test"));
    let hub = start();
    let data = hub.data();
    let mut ada = client(&hub).await;
    let ballast = folder.join("ballast");
    fill(&ballast);
    let set = format!("{RELAY}/set");
    let line = r#"data-about="events" role="alert">"#;
    let visitor = Https::new(&hub).basic("ada", PASSWORD);
    for n in 0..200 {
        ada.command(&set, json!({ "state": n % 2 == 0 }), &format!("full-{n}")).await;
        assert_eq!(ada.outcome(&format!("full-{n}")).await["step"], "confirmed", "the hub goes on");
    }
    until("the page to say so", async || visitor.get("/").await.body.contains(line).then_some(())).await;
    fs::remove_file(&ballast).expect("it is there");
    until("the page to be silent", async || (!visitor.get("/").await.body.contains(line)).then_some(()))
        .await;
    ada.command(&set, json!({ "state": true, "last": 1 }), "last").await;
    wait_for(&data, json!({ "kind": "command", "payload": "{\"last\":1,\"state\":true}" })).await;
    let commands = events(&data).into_iter().filter(|event| event["by"] == "script").count();
    assert_eq!(commands, 201, "none was lost");
}

/// Takes all the space there is.
fn fill(ballast: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(ballast).expect("writable");
    for size in [65_536, 4_096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

/// The bridge answers the hub's greeting.
async fn greet(device: &mut PtyDevice) {
    device.hear_about("clown.talk/-/config/set").await;
    device.say("[\"clown.talk/-/config/ok\", {\"ack\": false, \"device\": \"bridge\", \"capabilities\": 1, \"firmware-datetime\": \"2016-12-26T17:58:02Z\", \"firmware-release\": \"1.1.1\"}]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_changed_by_hand_and_a_link_that_was_lost_are_there() {
    let mut device = PtyDevice::plugged();
    let port = device.path().display().to_string();
    let config = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {port:?}\n"
    );
    let hub = Launch::run(&config).account("ada", PASSWORD).start();
    let data = hub.data();
    greet(&mut device).await;
    wait_for(&data, json!({ "kind": "link", "what": "up", "about": "usb" })).await;
    for state in [false, false, true] {
        device.say(&format!("[\"relay/i2c0-3b\", {{\"state\": {state}}}]")).await;
    }
    let change = wait_for(&data, json!({ "kind": "change" })).await;
    let expect =
        json!({ "about": RELAY, "device": "nodes/bridge/0", "before": "false", "payload": "state: true" });
    assert!(says(&change, &expect) && change["who"].is_null(), "{change}");
    device.unplug();
    let lost = wait_for(&data, json!({ "kind": "link", "what": "waiting", "about": "usb" })).await;
    assert!(lost["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{lost}");
    device.plug();
    greet(&mut device).await;
    until("the link to come back", async || {
        let ups =
            events(&data).into_iter().filter(|event| says(event, &json!({ "kind": "link", "what": "up" })));
        (ups.count() == 2).then_some(())
    })
    .await;
    assert_eq!(events(&data).iter().filter(|event| event["kind"] == "change").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_out_as_files_that_no_spreadsheet_takes_for_formulas() {
    let hub = start();
    let data = hub.data();
    let mut ada = client(&hub).await;
    ada.command("=SUM(A1)/relay/0/set", json!({ "state": true }), "1").await;
    wait_for(&data, json!({ "kind": "command", "what": "refused" })).await;
    let visitor = Https::new(&hub).basic("ada", PASSWORD);
    let csv = visitor.get("/api/events?format=csv&kind=command").await;
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!(
        lines[0],
        "seq,at,kind,what,who,from,by,about,device,payload,before,after_ms,code,reason,more"
    );
    assert!(lines.len() == 2 && lines[1].contains(",\"'=SUM(A1)/relay/0/set\","), "{}", csv.body);
    let all = visitor.get("/api/events?format=jsonl").await;
    assert!(text(&data).starts_with(&all.body) && all.body.contains("\"seq\":1,"), "the lines as they are");
    assert_eq!(visitor.get("/api/events?format=xml").await.status, 422);
    assert_eq!(visitor.get("/api/events?from=tomorrow").await.status, 422);

    let run = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_clown-hub"));
        let out = program.arg("events").args(arguments).arg("--data").arg(&data).output().expect("it runs");
        (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let (done, said) = run(&["verify"]);
    assert!(done && said.contains("none is missing, none was changed"), "{said}");
    let (done, said) = run(&["--kind", "command", "--json"]);
    assert!(done && said.lines().count() == 1 && said.contains("no-such-device"), "{said}");
    // Somebody changes what was.
    let file = files(&data).pop().expect("a file");
    let lie = text(&data).replacen("\"what\":\"started\"", "\"what\":\"stopped\"", 1);
    fs::write(file, lie).expect("writable");
    assert!(!run(&["verify"]).0);
}
