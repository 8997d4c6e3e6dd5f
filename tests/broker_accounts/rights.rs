//! What ends when a right ends, and what nobody may do: other people's client ids and sessions, the broker's and the
//! hub's own topics.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::login::{answer, hello};
use crate::client::{Client, Ended};
use crate::common::until;
use crate::packet::{BOTH, Hello, Packet, Publish, V3, V5, Version, message, subscribe};
use crate::stage::{Broker, PASSWORD, USER};

/// The hub looks at its accounts every two seconds.
const NOTICED: Duration = Duration::from_secs(6);

/// Everybody who is ended is told so in version 5, and in 3.1.1 just ended.
async fn is_ended(client: &mut Client, version: Version) {
    let told = if version == V5 { Ended::Told { reason: 0x87 } } else { Ended::Closed };
    assert_eq!(client.ended().await, told);
}

#[tokio::test]
async fn connections_end_with_the_account_the_password_or_the_token_they_came_in_with() {
    let broker = Broker::closed("");
    let mut witness = Client::connect(&broker, hello(V5, "witness", USER, PASSWORD)).await;
    witness.subscribe("will/#", 1).await;
    for version in BOTH {
        broker.user(&["add", "eve"], PASSWORD).await;
        let token = broker.user(&["token", "eve", "phone"], "").await;
        let will = |id: &str| message(&format!("will/{id}"), "gone", 1);
        let join = async |id: &str, password: &str| {
            Client::connect(&broker, hello(version, id, "eve", password).will(will(id))).await
        };
        // A token that is revoked.
        let mut by_token = join("by-token", &token).await;
        let mut by_password = join("by-password", PASSWORD).await;
        let start = Instant::now();
        broker.user(&["token", "eve", "phone", "--revoke"], "").await;
        is_ended(&mut by_token, version).await;
        assert!(start.elapsed() < NOTICED, "{:?}", start.elapsed());
        assert_eq!(witness.heard().await.topic, "will/by-token");
        by_password.ping().await;
        // Another password.
        broker.user(&["passwd", "eve"], "another good password").await;
        is_ended(&mut by_password, version).await;
        assert_eq!(witness.heard().await.topic, "will/by-password");
        // No account any more.
        let mut again = join("again", "another good password").await;
        broker.user(&["remove", "eve"], "").await;
        is_ended(&mut again, version).await;
        assert_eq!(witness.heard().await.topic, "will/again");
        let code = answer(&broker, hello(version, "again", "eve", "another good password")).await;
        assert_eq!(code, if version == V5 { 0x86 } else { 4 });
        witness.ping().await;
    }
    broker.logs("because their account or token is gone").await;
}

/// The next message, the hub's own among them.
async fn published(client: &mut Client) -> Publish {
    match client.next().await {
        Ok(Packet::Publish(message)) => message,
        other => panic!("instead of a message came {other:?}"),
    }
}

/// Asks until the broker has parted from whoever had the name before: the client sees the end a little earlier.
async fn is_let_in(broker: &Broker, hello: Hello) {
    until("the name to be free", async || (answer(broker, hello.clone()).await == 0).then_some(())).await;
}

#[tokio::test]
async fn topics_of_the_broker_and_the_hub_are_nobodys() {
    let broker = Broker::closed("");
    let id = broker.id();
    let reserved = [
        "$SYS/broker/uptime".to_owned(),
        "$hub/broker".into(),
        "$share/g/a".into(),
        "$x".into(),
        format!("clown-hub/{id}"),
        format!("clown-hub/{id}/own-broker"),
        format!("clown-hub/{id}/anything/else"),
    ];
    for version in BOTH {
        let mut client = Client::connect(&broker, hello(version, "curious", USER, PASSWORD)).await;
        client.subscribe("clown-hub/#", 0).await;
        let birth = published(&mut client).await;
        assert_eq!(birth.topic, format!("clown-hub/{id}/own-broker"));
        assert!(birth.text().contains("online"), "{}", birth.text());
        for topic in &reserved {
            for qos in [0, 1, 2] {
                let reason = client.publish(&message(topic, "{\"state\":\"offline\"}", qos).retained()).await;
                assert_eq!(reason, if version == V5 && qos > 0 { 0x87 } else { 0 }, "{topic}");
            }
            let will = message(topic, "{\"state\":\"offline\"}", 0);
            let mortal = Hello { id: "mortal".into(), ..hello(version, "mortal", USER, PASSWORD) }.will(will);
            let code = answer(&broker, mortal).await;
            assert_eq!(code, if version == V5 { 0x87 } else { 5 }, "a will on {topic}");
        }
        for hidden in ["$hub/#", "$x/#", "$share/g/$hub/#"] {
            client.send(&subscribe(version, 77, &[(hidden, 0)], &[])).await;
            let codes = vec![if version == V5 { 0x87 } else { 0x80 }];
            assert_eq!(client.next().await, Ok(Packet::Suback { id: 77, codes }), "{hidden}");
        }
        assert!(client.subscribe("$SYS/broker/uptime", 0).await <= 2, "what the broker says may be read");
        // Other hubs may say what they like about themselves, and nothing was changed.
        assert!(client.publish(&message("clown-hub/0123abcd/home", "{}", 1)).await < 0x80);
        let mut late = Client::connect(&broker, hello(version, "late", USER, PASSWORD)).await;
        late.subscribe(&format!("clown-hub/{id}/#"), 0).await;
        assert!(published(&mut late).await.text().contains("online"));
        client.leave().await;
        late.leave().await;
    }
    let line = broker.logs("it is the broker's or the hub's own").await;
    assert!(line.contains("client=curious") && line.contains("about=$SYS/broker/uptime"), "{line}");
}

#[tokio::test]
async fn client_ids_of_the_hub_and_of_other_accounts_cannot_be_taken() {
    let broker = Broker::closed("");
    broker.user(&["add", "eve"], PASSWORD).await;
    let hash = Sha256::digest(b"own-broker");
    let own = format!("clown-hub-{}-{:02x}{:02x}", broker.id(), hash[0], hash[1]);
    let refused = |version| if version == V5 { 0x87 } else { 5 };
    for version in BOTH {
        assert_eq!(answer(&broker, hello(version, &own, USER, PASSWORD)).await, refused(version));
        let mut adas = Client::connect(&broker, hello(version, "shared", USER, PASSWORD)).await;
        assert_eq!(answer(&broker, hello(version, "shared", "eve", PASSWORD)).await, refused(version));
        adas.ping().await;
        // One's own may be taken over, and one that is free by anybody.
        let again = Client::connect(&broker, hello(version, "shared", USER, PASSWORD)).await;
        let told = if version == V5 { Ended::Told { reason: 0x8E } } else { Ended::Closed };
        assert_eq!(adas.ended().await, told);
        again.leave().await;
        is_let_in(&broker, hello(version, "shared", "eve", PASSWORD)).await;
    }
    let line = broker.logs("its client id is another account's").await;
    assert!(line.contains(&own) && line.contains("an id of its own"), "{line}");
    assert!(!broker.hub().log().contains("taken-over"), "the hub did not notice");
}

#[tokio::test]
async fn session_of_another_account_is_not_resumed() {
    let broker = Broker::closed("");
    broker.user(&["add", "eve"], PASSWORD).await;
    for version in BOTH {
        let adas = hello(version, "device", USER, PASSWORD).staying();
        let mut client = Client::connect(&broker, adas.clone()).await;
        client.subscribe("secret/#", 1).await;
        client.leave().await;
        let mut publisher = Client::connect(&broker, hello(V3, "publisher", USER, PASSWORD)).await;
        publisher.publish(&message("secret/a", "x", 1)).await;
        let eves = hello(version, "device", "eve", PASSWORD);
        let code = answer(&broker, eves.clone().staying()).await;
        assert_eq!(code, if version == V5 { 0x87 } else { 5 });
        // Its owner finds everything.
        let (mut client, welcome) = Client::welcomed(&broker, adas).await;
        assert!(welcome.present);
        assert_eq!(client.heard().await.text(), "x");
        client.leave().await;
        // A device that was given another account begins anew once.
        is_let_in(&broker, eves.clone()).await;
        assert_eq!(answer(&broker, eves.staying()).await, 0);
        assert_eq!(answer(&broker, hello(version, "device", "eve", PASSWORD)).await, 0);
    }
}
