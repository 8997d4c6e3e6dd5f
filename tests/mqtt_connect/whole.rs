//! The whole program while its broker fails in every way: devices and clients do not notice, and its end is a good-bye.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::common::{Flaw, Heard, Hub, Launch, Mosquitto, Setup, TalkClient, Tls};

const READING: &str = "nodes/bridge/simulator/thermometer/i2c0-48";

fn launch(broker: &Mosquitto, more: &str) -> Launch {
    let port = broker.port();
    let config = format!(
        "[[link]]\nname = \"simulator\"\nkind = \"simulator\"\ninterval = \"100 ms\"\n\
         [[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{port}\"\n\
         topics = [\"nodes/# both\"]\nkeep_alive = \"5 s\"\n{more}"
    );
    Launch::run(&config).account("ada", "correct horse battery")
}

async fn client(hub: &Hub) -> TalkClient {
    let mut client =
        TalkClient::of(hub).basic("ada", "correct horse battery").connect().await.expect("let in");
    client.handshake(serde_json::json!({"events": true})).await;
    client
}

/// Waits for a state of the link, and counts the readings that came meanwhile.
async fn comes_to(client: &mut TalkClient, code: &str) -> (Value, usize) {
    let readings = std::cell::Cell::new(0);
    let wish = |heard: &Heard| {
        readings.set(readings.get() + usize::from(heard.topic == READING));
        heard.topic == "$hub/link/home" && heard.payload["code"] == code
    };
    let state = client.wait_for(&format!("the link to be {code}"), wish).await.payload;
    (state, readings.get())
}

/// One reading of the simulator now, and an answer to a command.
async fn everything_else_runs(client: &mut TalkClient, id: &str) {
    client.wait_topic(READING).await;
    client.command("nodes/bridge/simulator/relay/i2c0-3b/set", serde_json::json!({"state": true}), id).await;
    let outcome = client.outcome(id).await;
    assert_eq!(outcome["step"], "confirmed", "{outcome}");
}

#[tokio::test]
async fn devices_and_clients_run_on_whatever_the_broker_does() {
    let mut broker = Mosquitto::absent(Setup::default());
    let hub = launch(&broker, "").start();
    let mut client = client(&hub).await;
    everything_else_runs(&mut client, "absent").await;
    broker.restart().await;
    comes_to(&mut client, "up").await;
    let mut subscriber = broker.subscribe(&["-t", "nodes/#", "-F", "%t %p"]).await;
    subscriber.hears(READING).await;
    broker.kill9();
    comes_to(&mut client, "broker-absent").await;
    everything_else_runs(&mut client, "killed").await;
    broker.restart().await;
    comes_to(&mut client, "up").await;
    broker.freeze();
    let (state, readings) = comes_to(&mut client, "keep-alive").await;
    assert!(readings > 20, "only {readings} readings while the broker stood still");
    assert!(state["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{state}");
    everything_else_runs(&mut client, "frozen").await;
    broker.thaw();
    comes_to(&mut client, "up").await;
}

#[tokio::test]
async fn the_end_of_the_hub_is_a_good_bye_and_no_will() {
    let broker = Mosquitto::start(Setup::default()).await;
    let mut hub = launch(&broker, "").start();
    let mut births = broker.subscribe(&["-t", "clown-hub/#", "-F", "%t %r %p"]).await;
    births.hears("\"online\"").await;
    let id = std::fs::read_to_string(hub.data().join("id")).expect("the hub has an id");
    let (status, took) = hub.stop();
    assert!(status.success() && took < Duration::from_secs(3), "{status} after {took:?}");
    let goodbye = births.hears("\"offline\"").await;
    assert!(goodbye.starts_with(&format!("clown-hub/{}/home 0 ", id.trim())), "{goodbye}");
    broker.says(&format!("Client clown-hub-{}", id.trim())).await;
    let log = broker.log();
    let end = log.lines().rfind(|line| line.contains("Client clown-hub-")).expect("it said so");
    assert!(end.ends_with("disconnected."), "{end}");
}

#[tokio::test]
async fn a_hub_that_slept_comes_back_by_itself() {
    let mut broker = Mosquitto::absent(Setup::default());
    let hub = launch(&broker, "").start();
    let mut client = client(&hub).await;
    broker.restart().await;
    comes_to(&mut client, "up").await;
    hub.signal(Signal::STOP);
    broker.says("exceeded timeout").await;
    hub.signal(Signal::CONT);
    comes_to(&mut client, "up").await;
    let mut subscriber = broker.subscribe(&["-t", "nodes/#", "-F", "%t %p"]).await;
    subscriber.hears(READING).await;
    everything_else_runs(&mut client, "awake").await;
}

#[tokio::test]
async fn a_password_appears_nowhere() {
    let setup = Setup { password: Some(("hub", "pa55-pa55-pa55")), ..Setup::default() };
    let mut broker = Mosquitto::absent(setup);
    let more = "user = \"hub\"\npassword_env = \"BROKER_PASSWORD\"\n";
    let launch = launch(&broker, more).environment("BROKER_PASSWORD", "pa55-pa55-pa55");
    let mut hub = launch.argument("--log-level").argument("trace").start();
    let mut client = client(&hub).await;
    broker.restart().await;
    let (state, _) = comes_to(&mut client, "up").await;
    assert!(!state.to_string().contains("pa55"), "{state}");
    hub.stop();
    assert!(!hub.log().contains("pa55"), "the log holds the password");
    for entry in std::fs::read_dir(hub.data()).expect("the data folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(memchr::memmem::find(&bytes, b"pa55").is_none(), "{} holds the password", path.display());
    }
}

/// A refusal is tried again only every minute; whoever mends the password need not wait for that.
#[tokio::test]
async fn a_mended_password_counts_as_soon_as_the_configuration_is_read_again() {
    let setup = Setup { password: Some(("hub", "pa55-pa55-pa55")), ..Setup::default() };
    let broker = Mosquitto::start(setup).await;
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), "wrong horse").expect("written");
    let more = format!("user = \"hub\"\npassword_file = \"{}\"\n", secret.path().display());
    let mut hub = launch(&broker, &more).start();
    let mut client = client(&hub).await;
    comes_to(&mut client, "not-authorized").await;
    std::fs::write(secret.path(), "pa55-pa55-pa55").expect("written");
    hub.signal(Signal::HUP);
    comes_to(&mut client, "up").await;
    hub.stop();
    let log = hub.log();
    assert!(log.contains("read again changes=\"link home tries again\""), "{log}");
    assert!(log.contains("link home: stopped: the link "), "{log}");
}

/// Wrong password, a name that is not the certificate's, a certificate that is too old: each says what it is.
#[tokio::test]
async fn three_refusals_are_three_messages_and_nothing_else_notices() {
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), "wrong horse").expect("written");
    let secret = secret.path().display();
    let login = Mosquitto::start(Setup { password: Some(("hub", "right horse")), ..Setup::default() }).await;
    let flawed = |flaw| Setup { tls: Some(Tls { flaw, ..Tls::default() }), ..Setup::default() };
    let other = Mosquitto::start(flawed(Flaw::Name)).await;
    let old = Mosquitto::start(flawed(Flaw::Expired)).await;
    let ca = |broker: &Mosquitto| format!("ca = {:?}\n", broker.certificates().ca().display().to_string());
    let cases = [
        (
            "mqtt://127.0.0.1",
            &login,
            format!("user = \"hub\"\npassword_file = \"{secret}\"\n"),
            "not-authorized",
            "hub",
        ),
        ("mqtts://localhost", &other, ca(&other), "tls-name", "elsewhere.example"),
        ("mqtts://localhost", &old, ca(&old), "tls-expired", "until"),
    ];
    for (url, broker, more, code, says) in cases {
        let config = format!(
            "[[link]]\nname = \"simulator\"\nkind = \"simulator\"\ninterval = \"100 ms\"\n\
             [[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"{url}:{}\"\ntopics = [\"nodes/# both\"]\n{more}",
            broker.port()
        );
        let hub = Launch::run(&config).account("ada", "correct horse battery").start();
        let mut client = client(&hub).await;
        let (state, _) = comes_to(&mut client, code).await;
        let text = |key: &str| state[key].as_str().unwrap_or_default().to_owned();
        assert!(text("reason").contains(says) && !text("hint").is_empty(), "{state}");
        everything_else_runs(&mut client, code).await;
        assert!(!hub.log().contains("horse"), "{}", hub.log());
    }
}

#[tokio::test]
async fn a_broker_that_is_frozen_at_the_start_is_told_from_an_absent_one_and_used_when_it_thaws() {
    let broker = Mosquitto::start(Setup::default()).await;
    broker.freeze();
    let hub = launch(&broker, "").start();
    let mut client = client(&hub).await;
    let (state, readings) = comes_to(&mut client, "no-answer").await;
    assert!(readings > 20, "only {readings} readings meanwhile");
    assert!(state["reason"].as_str().is_some_and(|reason| reason.contains("says nothing")), "{state}");
    everything_else_runs(&mut client, "frozen").await;
    broker.thaw();
    comes_to(&mut client, "up").await;
}
