//! The MQTT part of the harness tested by itself: a real Mosquitto in all its shapes, and the clients around it.

mod common;

use std::time::Duration;

use common::{Flaw, Mosquitto, MqttDoor, Setup, Tls, until};
use tokio::net::TcpStream;

#[tokio::test]
async fn subscriber_hears_exact_bytes_as_they_come() {
    let broker = Mosquitto::start(Setup::default()).await;
    let mut lines = broker.subscribe(&["-t", "a/#", "-v"]).await;
    let mut bytes = broker.subscribe(&["-t", "a/#", "-q", "1", "-F", "%t %q %r %x"]).await;
    broker.publish(&["-t", "a/b", "-q", "1", "-m", "20.50\n\n"]).await;
    broker.publish(&["-t", "a/c", "-n"]).await;
    assert_eq!(bytes.bytes().await, b"a/b 1 0 32302e35300a0a");
    assert_eq!(bytes.bytes().await, b"a/c 0 0 ");
    assert_eq!(lines.line().await, "a/b 20.50");
    lines.hears("a/c").await;
    assert_eq!(bytes.bytes_within(Duration::from_millis(10)).await, None);
}

#[tokio::test]
async fn password_is_asked_for() {
    let setup = Setup { password: Some(("hub", "seven words")), ..Setup::default() };
    let broker = Mosquitto::start(setup).await;
    broker.publish(&["-t", "a", "-m", "x"]).await;
    let nobody = MqttDoor::tcp(broker.port());
    let told = nobody.try_publish(&["-t", "a", "-m", "x"]).await.expect_err("a stranger got in");
    assert!(told.contains("not authorised"), "{told}");
    let wrong = nobody.account("hub", "eight words").try_subscribe(&["-t", "a"]).await;
    let told = wrong.err().expect("a wrong password got in");
    assert!(told.contains("not authorised"), "{told}");
}

#[tokio::test]
async fn tls_names_its_certificate_and_may_want_one() {
    let tls = Tls { client_certificates: true, flaw: Flaw::None };
    let broker = Mosquitto::start(Setup { tls: Some(tls), ..Setup::default() }).await;
    broker.publish(&["-t", "a", "-m", "x"]).await;
    let files = broker.certificates();
    let door = MqttDoor::tcp(broker.port()).trusting(&files.ca());
    assert!(
        door.try_publish(&["-t", "a", "-m", "x"]).await.is_err(),
        "a client without a certificate got in"
    );
    let stranger = door.client_certificate(&files.file("stranger.pem"), &files.file("stranger.key"));
    assert!(stranger.try_publish(&["-t", "a", "-m", "x"]).await.is_err(), "a stranger got in");

    for flaw in [Flaw::Name, Flaw::Expired] {
        let tls = Tls { client_certificates: false, flaw };
        let broker = Mosquitto::start(Setup { tls: Some(tls), ..Setup::default() }).await;
        let refused = broker.door().try_publish(&["-t", "a", "-m", "x"]).await;
        assert!(refused.is_err(), "a certificate with the flaw {flaw:?} is trusted");
    }
}

#[tokio::test]
async fn retained_messages_outlive_a_kill_and_the_port_stays() {
    let mut broker = Mosquitto::start(Setup { persistence: true, unix: true, ..Setup::default() }).await;
    broker.publish(&["-t", "a", "-m", "x", "-r", "-q", "1"]).await;
    until("Mosquitto to write it down", || async { broker.database().exists().then_some(()) }).await;
    broker.kill9();
    assert!(TcpStream::connect(("127.0.0.1", broker.port())).await.is_err(), "it is still there");
    broker.restart().await;
    let mut other = MqttDoor::unix(&broker.unix()).subscribe(&["-t", "#", "-F", "%t %r %p"]).await;
    assert_eq!(other.line().await, "a 1 x");
}

#[tokio::test]
async fn frozen_broker_holds_its_connections() {
    let broker = Mosquitto::start(Setup::default()).await;
    let mut subscriber = broker.subscribe(&["-t", "a"]).await;
    broker.freeze();
    let late = tokio::spawn({
        let door = broker.door();
        async move { door.publish(&["-t", "a", "-m", "late"]).await }
    });
    assert_eq!(subscriber.bytes_within(Duration::from_millis(100)).await, None);
    broker.thaw();
    late.await.expect("it was published");
    assert_eq!(subscriber.line().await, "late");
}

#[tokio::test]
async fn absent_broker_refuses_and_a_bridge_finds_it_later() {
    let mut far = Mosquitto::absent(Setup::default());
    let more = format!(
        "connection far\naddress 127.0.0.1:{}\ntopic nodes/# out 1 \"\" house/\nrestart_timeout 1\n",
        far.port()
    );
    let near = Mosquitto::start(Setup { more, ..Setup::default() }).await;
    assert!(far.door().try_publish(&["-t", "a", "-m", "x"]).await.is_err());
    far.restart().await;
    let mut subscriber = far.subscribe(&["-t", "house/#", "-v"]).await;
    near.says("Connecting bridge").await;
    near.publish(&["-t", "nodes/a", "-q", "1", "-m", "1"]).await;
    assert_eq!(subscriber.line().await, "house/nodes/a 1");
}

#[tokio::test]
async fn paho_speaks_all_three_versions() {
    let tls = Some(Tls::default());
    let broker = Mosquitto::start(Setup { tls, unix: true, ..Setup::default() }).await;
    for version in ["3.1", "3.1.1", "5"] {
        for door in [broker.door(), MqttDoor::unix(&broker.unix())] {
            let heard = door.paho("roundtrip.py", &[version]).await;
            assert_eq!(heard.as_deref().map(str::trim), Ok("{\"heard\": 15}"), "{door:?}");
        }
    }
}

#[tokio::test]
async fn request_is_answered() {
    let broker = Mosquitto::start(Setup::default()).await;
    let mut asked = broker.subscribe(&["-t", "ask", "-V", "5", "-F", "%R"]).await;
    let answer = tokio::spawn({
        let door = broker.door();
        async move { door.request(&["-t", "ask", "-e", "reply/1", "-m", "?", "-V", "5", "-W", "10"]).await }
    });
    assert_eq!(asked.line().await, "reply/1");
    broker.publish(&["-t", "reply/1", "-m", "!"]).await;
    assert_eq!(answer.await.expect("it ends").as_deref(), Ok("!\n"));
}
