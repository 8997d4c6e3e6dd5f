//! The clients people have: Mosquitto's, paho's and rumqttc, in every version they speak.

use std::time::Duration;

use rumqttc::{Event, Incoming, MqttOptions, QoS, v5};
use tokio::time::timeout;

use super::stage::{Broker, Kind, Wish};
use crate::common::{MqttDoor, PATIENCE};

const ACCOUNT: (&str, &str) = ("gardener", "Sunflower seeds, 2 kg");

pub async fn mosquitto_pub_and_sub_speak_every_version(kind: Kind) {
    let broker = Broker::start(kind).await;
    let door = broker.door();
    for version in ["31", "311", "5"] {
        for qos in ["0", "1", "2"] {
            let options = ["-V", version, "-q", qos, "-t", "nodes/x"];
            let format = ["-F", "%t %q %r %x"];
            let mut here = door.subscribe(&[&options[..], &format].concat()).await;
            door.publish(&[&options[..], &["-m", "20.50", "-r"]].concat()).await;
            assert_eq!(here.line().await, format!("nodes/x {qos} 0 32302e3530"));
            let mut late = door.subscribe(&[&options[..], &format].concat()).await;
            assert_eq!(late.line().await, format!("nodes/x {qos} 1 32302e3530"));
            door.publish(&[&options[..], &["-n", "-r"]].concat()).await;
        }
    }
}

pub async fn mosquitto_rr_gets_its_answer(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut asked = broker.door().subscribe(&["-t", "ask", "-V", "5", "-F", "%R %D %p"]).await;
    let answer = tokio::spawn({
        let door = broker.door();
        let question = ["-t", "ask", "-e", "reply/1", "-m", "?", "-V", "5", "-W", "15"];
        async move { door.request(&question).await }
    });
    assert!(asked.line().await.starts_with("reply/1"));
    broker.door().publish(&["-t", "reply/1", "-m", "!", "-V", "5"]).await;
    assert_eq!(answer.await.expect("it ends").as_deref(), Ok("!\n"));
}

pub async fn account_is_asked_for_on_every_door(kind: Kind) {
    let broker = Broker::with(kind, Wish { account: Some(ACCOUNT), tls: true }).await;
    let (user, password) = ACCOUNT;
    for door in [broker.door(), MqttDoor { account: None, ..broker.tls_door() }] {
        for version in ["311", "5"] {
            let say = ["-V", version, "-t", "a", "-m", "x"];
            let told = door.try_publish(&say).await.expect_err("a stranger got in");
            assert!(says_no(&told), "{told}");
            let told =
                door.clone().account(user, "wrong").try_publish(&say).await.expect_err("a guess got in");
            assert!(says_no(&told), "{told}");
            door.clone().account(user, password).publish(&say).await;
        }
    }
}

/// What `mosquitto_pub` says to the reason codes that fit.
fn says_no(told: &str) -> bool {
    ["not authorised", "Not authorized", "bad user name or password", "Bad User Name"]
        .iter()
        .any(|no| told.contains(no))
}

pub async fn paho_speaks_every_version_by_tcp_and_tls(kind: Kind) {
    let broker = Broker::with(kind, Wish { account: Some(ACCOUNT), tls: true }).await;
    for door in [broker.door(), broker.tls_door()] {
        speak_paho(&door.account(ACCOUNT.0, ACCOUNT.1)).await;
    }
}

/// Debian's Mosquitto is built without WebSocket, so this is asked of the hub alone: `/mqtt` on the port of its pages.
pub async fn paho_speaks_every_version_by_websocket() {
    let broker = Broker::with(Kind::Embedded, Wish { account: Some(ACCOUNT), tls: false }).await;
    let hub = broker.hub();
    let (_, port) = hub.authority().rsplit_once(':').expect("host:port");
    let door = MqttDoor::tcp(port.parse().expect("a port")).trusting(&hub.ca()).websocket("/mqtt");
    speak_paho(&door.account(ACCOUNT.0, ACCOUNT.1)).await;
}

async fn speak_paho(door: &MqttDoor) {
    let runs = ["3.1", "3.1.1", "5"].map(async |version| {
        for script in ["roundtrip.py", "session.py"] {
            let told = door.paho(script, &[version]).await;
            if let Err(told) = told {
                panic!("{script} with MQTT {version} at {door:?}: {told}");
            }
        }
    });
    let [one, two, three] = runs;
    tokio::join!(one, two, three);
}

pub async fn rumqttc_speaks_both_versions(kind: Kind) {
    let broker = Broker::start(kind).await;
    let rounds = async {
        old_rumqttc(broker.port()).await;
        new_rumqttc(broker.port()).await;
    };
    timeout(PATIENCE, rounds).await.expect("both versions are done in time");
}

async fn old_rumqttc(port: u16) {
    let mut options = MqttOptions::new("rumqttc-3", "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(5));
    let (client, mut events) = rumqttc::AsyncClient::new(options, 100);
    client.subscribe("rumqttc/3/#", QoS::ExactlyOnce).await.expect("there is room");
    let (mut said, mut heard) = (0, Vec::new());
    while heard.len() < 30 {
        match events.poll().await.expect("the connection stays") {
            Event::Incoming(Incoming::SubAck(_)) => {
                for n in 0..30 {
                    let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][n % 3];
                    let topic = format!("rumqttc/3/{}", n % 3);
                    client.try_publish(topic, qos, false, n.to_string()).expect("there is room");
                    said += 1;
                }
            }
            Event::Incoming(Incoming::Publish(message)) => heard.push(message.payload),
            _ => {}
        }
    }
    heard.sort();
    heard.dedup();
    assert_eq!((said, heard.len()), (30, 30));
    client.disconnect().await.expect("there is room");
    while events.poll().await.is_ok() {}
}

async fn new_rumqttc(port: u16) {
    use v5::mqttbytes::QoS;
    use v5::mqttbytes::v5::Packet;
    let mut options = v5::MqttOptions::new("rumqttc-5", "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(5));
    let (client, mut events) = v5::AsyncClient::new(options, 100);
    client.subscribe("rumqttc/5/#", QoS::ExactlyOnce).await.expect("there is room");
    let mut heard = Vec::new();
    while heard.len() < 30 {
        match events.poll().await.expect("the connection stays") {
            v5::Event::Incoming(Packet::SubAck(_)) => {
                for n in 0..30 {
                    let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][n % 3];
                    let topic = format!("rumqttc/5/{}", n % 3);
                    client.try_publish(topic, qos, false, n.to_string()).expect("there is room");
                }
            }
            v5::Event::Incoming(Packet::Publish(message)) => heard.push(message.payload),
            _ => {}
        }
    }
    heard.sort();
    heard.dedup();
    assert_eq!(heard.len(), 30);
    client.disconnect().await.expect("there is room");
    while events.poll().await.is_ok() {}
}
