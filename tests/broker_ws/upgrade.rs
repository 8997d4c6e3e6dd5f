//! Who gets a WebSocket at `/mqtt`, and who comes in through it.

use crate::common::Https;
use crate::packet::{BOTH, Hello, Packet, V5, message};
use crate::stage::{Broker, PASSWORD, USER};
use crate::web::{Ask, End, Web, ask, hello};

#[tokio::test]
async fn subprotocol_mqtt_is_asked_for_and_agreed_on() {
    let broker = Broker::closed("");
    for protocol in ["mqtt", "mqttv3.1, mqtt", "chat,mqtt"] {
        let web = ask(&broker, Ask { protocol: Some(protocol), ..Ask::default() }, V5).await;
        assert_eq!(web.expect("an upgrade").protocol, "mqtt", "{protocol}");
    }
    for protocol in [None, Some("chat"), Some("mqttv3.1")] {
        let refused = ask(&broker, Ask { protocol, ..Ask::default() }, V5).await.err();
        let (status, text) = refused.expect("no upgrade without the subprotocol");
        assert_eq!(status, 400, "{protocol:?}");
        assert!(text.contains("subprotocol mqtt"), "{text}");
    }
    // A browser that opens the page is told what it found, once it is signed in.
    let page = Https::new(broker.hub()).basic(USER, PASSWORD).get("/mqtt").await;
    assert_eq!(page.status, 426);
    assert!(page.body.contains("wss"), "{}", page.body);
    let (status, _) =
        ask(&broker, Ask { path: "/mqtt/x", ..Ask::default() }, V5).await.err().expect("refused");
    assert!([401, 404].contains(&status), "{status}");
}

#[tokio::test]
async fn pages_of_other_sites_are_turned_away_unless_they_are_named() {
    let origins = "[web]\norigins = [\"https://page.example\"]\n";
    let broker = Broker::configured("anonymous = false", origins);
    let own = broker.hub().address().to_owned();
    for (origin, expected) in [
        (None, None),
        (Some(own.as_str()), None),
        (Some("https://page.example"), None),
        (Some("https://evil.example"), Some(403)),
        (Some("https://page.example.evil"), Some(403)),
        (Some("http://page.example"), Some(403)),
        (Some("null"), Some(403)),
    ] {
        let answer = ask(&broker, Ask { origin, ..Ask::default() }, V5).await;
        assert_eq!(answer.err().map(|(status, _)| status), expected, "{origin:?}");
    }
}

#[tokio::test]
async fn login_is_asked_for_in_the_first_packet_also_on_loopback() {
    let broker = Broker::with("anonymous = \"loopback\"");
    let token = broker.user(&["token", USER, "page"], "").await;
    for version in BOTH {
        let account = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        for (account, codes) in [
            (account(USER, PASSWORD), [0, 0]),
            (account(USER, &token), [0, 0]),
            (account(USER, "wrong"), [4, 0x86]),
            (None, [5, 0x87]),
        ] {
            let mut web = ask(&broker, Ask::default(), version).await.expect("an upgrade");
            web.say(&Hello { account, ..version.hello("who") }.bytes()).await;
            let expected = codes[usize::from(version == V5)];
            let welcome = web.next().await;
            assert!(matches!(welcome, Ok(Packet::Connack { code, .. }) if code == expected), "{welcome:?}");
            if expected != 0 {
                assert_eq!(web.ended().await.1, End::Closed(1005));
            }
        }
    }
    // The right ends, and so does the connection.
    let mut web = ask(&broker, Ask::default(), V5).await.expect("an upgrade");
    web.say(&Hello { account: Some((USER.into(), token)), ..V5.hello("page") }.bytes()).await;
    assert!(matches!(web.next().await, Ok(Packet::Connack { code: 0, .. })));
    broker.user(&["token", USER, "page", "--revoke"], "").await;
    let (packets, _) = web.ended().await;
    assert!(matches!(packets[..], [Packet::Disconnect { reason: 0x87, .. }]), "{packets:?}");
}

#[tokio::test]
async fn web_and_port_lead_to_one_broker_and_a_lost_page_leaves_its_will() {
    let broker = Broker::closed("");
    for version in BOTH {
        let door = broker.door().account(USER, PASSWORD);
        let mut subscriber = door.subscribe(&["-t", "shared/#", "-v"]).await;
        let mut web = ask(&broker, Ask::default(), version).await.expect("an upgrade");
        web.say(&hello(version, "page").will(message("shared/will", "gone", 1)).bytes()).await;
        assert!(matches!(web.next().await, Ok(Packet::Connack { code: 0, .. })));
        web.subscribe("shared/#", 0).await;
        web.say(&message("shared/from/page", "hello", 0).bytes(version)).await;
        assert_eq!(subscriber.line().await, "shared/from/page hello");
        door.publish(&["-t", "shared/from/port", "-m", "hello yourself"]).await;
        assert_eq!(web.hears("shared/from/port").await.text(), "hello yourself");
        drop(web);
        subscriber.hears("shared/will gone").await;
    }
}

#[tokio::test]
async fn without_websocket_there_is_nothing() {
    let broker = Broker::closed("websocket = false");
    let refused = ask(&broker, Ask::default(), V5).await.err().expect("refused");
    assert_eq!(refused.0, 404, "{}", refused.1);
}

#[tokio::test]
async fn limits_of_the_broker_hold_at_the_web_too() {
    let limited = Broker::closed("connections = 1");
    let web = Web::connect(&limited, V5, "one").await;
    let mut more = ask(&limited, Ask::default(), V5).await.expect("an upgrade");
    more.say(&hello(V5, "two").bytes()).await;
    assert!(matches!(more.next().await, Ok(Packet::Connack { code: 0x97, .. })));
    drop(web);
}

#[tokio::test]
async fn paho_speaks_through_the_web_in_every_version() {
    let broker = Broker::closed("");
    let door = broker.web_door().account(USER, PASSWORD);
    for version in ["3.1", "3.1.1", "5"] {
        if let Err(told) = door.paho("roundtrip.py", &[version]).await {
            panic!("with MQTT {version}: {told}");
        }
    }
}
