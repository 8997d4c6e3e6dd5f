//! What version 5 adds to messages: it passes through to version 5 and is left out for version 3.1.1.

use super::client::Client;
use super::packet::{Packet, Property, Publish, V3, V5, Value, find_number, is, message, number, text, user};
use super::stage::{Broker, Kind};

pub async fn properties_pass_through_in_their_order(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    let mut new = Client::connect(&broker, V5.hello("new")).await;
    let mut old = Client::connect(&broker, V3.hello("old")).await;
    new.subscribe("p/#", 2).await;
    old.subscribe("p/#", 2).await;
    let properties = vec![
        number(is::PAYLOAD_FORMAT, 1),
        text(is::CONTENT_TYPE, "text/plain; charset=utf-8"),
        text(is::RESPONSE_TOPIC, "answers/to/me"),
        Property(is::CORRELATION_DATA, Value::Bytes((0..=255).collect())),
        user("z", "1"),
        user("a", "2"),
        user("z", "1"),
        user("", "č"),
    ];
    for qos in 0..3 {
        for retain in [false, true] {
            let sent = Publish { properties: properties.clone(), ..message("p/x", "23.50 °C", qos) };
            publisher.publish(&Publish { retain, ..sent }).await;
            same(&properties, &new.heard().await.properties);
            let came = old.heard().await;
            assert_eq!((came.text().as_str(), came.qos), ("23.50 °C", qos));
        }
    }
    // From the broker's memory they come, too.
    let mut late = Client::connect(&broker, V5.hello("late")).await;
    late.subscribe("p/#", 2).await;
    same(&properties, &late.heard().await.properties);
}

fn same(sent: &[Property], came: &[Property]) {
    let users = |list: &[Property]| list.iter().filter(|p| p.0 == is::USER).cloned().collect::<Vec<_>>();
    assert_eq!(users(came), users(sent), "user properties keep their order");
    let sorted = |list: &[Property]| {
        let mut list: Vec<Property> = list.iter().filter(|p| p.0 != is::USER).cloned().collect();
        list.sort_by_key(|property| property.0);
        list
    };
    assert_eq!(sorted(came), sorted(sent));
}

pub async fn topic_alias_stands_for_its_topic_and_a_wrong_one_ends_the_connection(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut subscriber = Client::connect(&broker, V5.hello("subscriber")).await;
    subscriber.subscribe("alias/#", 1).await;
    let (mut publisher, welcome) = Client::welcomed(&broker, V5.hello("publisher")).await;
    let most = find_number(&welcome.properties, is::TOPIC_ALIAS_MAXIMUM).unwrap_or(0);
    assert!(most > 0, "the broker takes no topic aliases");
    let alias = |topic: &str, alias: u32, payload: &str| {
        message(topic, payload, 1).with(number(is::TOPIC_ALIAS, alias))
    };
    for (topic, number, payload, expect) in [
        ("alias/a", 1, "1", "alias/a"),
        ("", 1, "2", "alias/a"),
        ("alias/b", most, "3", "alias/b"),
        ("", most, "4", "alias/b"),
        ("alias/c", 1, "5", "alias/c"),
        ("", 1, "6", "alias/c"),
    ] {
        publisher.publish(&alias(topic, number, payload)).await;
        let came = subscriber.heard().await;
        assert_eq!((came.topic.as_str(), came.text().as_str()), (expect, payload));
        assert_eq!(came.number(is::TOPIC_ALIAS), None, "it was not asked to use aliases");
    }
    for (what, wrong) in [
        ("0", alias("alias/a", 0, "x")),
        ("one too many", alias("alias/a", most + 1, "x")),
        ("unknown", alias("", 2, "x")),
        ("none and no topic", message("", "x", 1)),
    ] {
        let mut client = Client::connect(&broker, V5.hello("wrong")).await;
        client.send(&Publish { id: 1, ..wrong }.bytes(V5)).await;
        client.ended().await;
        println!("{kind:?}: alias {what} ends the connection");
    }
    publisher.publish(&message("alias/end", "end", 1)).await;
    assert_eq!(subscriber.heard().await.text(), "end", "a message with a wrong alias was delivered");
}

/// A client that takes aliases may be sent some; whatever it is sent, the topic can be told.
pub async fn aliases_to_a_client_that_takes_two_can_be_told(kind: Kind) {
    let broker = Broker::start(kind).await;
    let hello = V5.hello("subscriber").with(number(is::TOPIC_ALIAS_MAXIMUM, 2));
    let mut subscriber = Client::connect(&broker, hello).await;
    subscriber.subscribe("t/#", 0).await;
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    let mut known = [String::new(), String::new()];
    for n in 0..20 {
        let topic = format!("t/{}", n % 4);
        publisher.publish(&message(&topic, "x", 0)).await;
        let came = subscriber.heard().await;
        let told = match came.number(is::TOPIC_ALIAS) {
            Some(alias @ 1..=2) => {
                let slot = &mut known[alias as usize - 1];
                if !came.topic.is_empty() {
                    slot.clone_from(&came.topic);
                }
                slot.clone()
            }
            Some(alias) => panic!("alias {alias} is above the client's maximum of 2"),
            None => came.topic,
        };
        assert_eq!(told, topic);
    }
}

pub async fn client_without_an_id_is_given_one(kind: Kind) {
    let broker = Broker::start(kind).await;
    let (one, welcome) = Client::welcomed(&broker, V5.hello("")).await;
    let (two, other) = Client::welcomed(&broker, V5.hello("")).await;
    let given = |properties: &[Property]| {
        properties.iter().find_map(|property| match property {
            Property(is::ASSIGNED_CLIENT_ID, Value::Text(id)) => Some(id.clone()),
            _ => None,
        })
    };
    let (first, second) = (given(&welcome.properties), given(&other.properties));
    assert!(first.as_ref().is_some_and(|id| !id.is_empty()), "no id was assigned");
    assert_ne!(first, second);
    one.leave().await;
    two.leave().await;
    // Version 3.1.1: for a clean session only.
    let (mut one, _) = Client::welcomed(&broker, V3.hello("")).await;
    let (mut two, _) = Client::welcomed(&broker, V3.hello("")).await;
    one.ping().await;
    two.ping().await;
    let (_, welcome) = Client::asked(&broker, V3.hello("").staying()).await;
    assert_eq!(welcome.code, 2, "a session that stays needs a name");
}

pub async fn request_finds_its_answer(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut server = Client::connect(&broker, V5.hello("server")).await;
    server.subscribe("ask", 1).await;
    let mut asker = Client::connect(&broker, V5.hello("asker")).await;
    asker.subscribe("answers/asker", 1).await;
    for question in ["1", "2"] {
        let correlation = Property(is::CORRELATION_DATA, Value::Bytes(question.into()));
        let ask = message("ask", question, 1).with(text(is::RESPONSE_TOPIC, "answers/asker"));
        asker.publish(&ask.with(correlation.clone())).await;
        let asked = server.heard().await;
        let Some(Property(_, Value::Text(back))) =
            asked.properties.iter().find(|property| property.0 == is::RESPONSE_TOPIC)
        else {
            panic!("no response topic: {asked:?}");
        };
        let data = asked.properties.iter().find(|property| property.0 == is::CORRELATION_DATA);
        let answer = message(back, format!("answer {}", asked.text()), 1);
        server.publish(&answer.with(data.expect("correlation data").clone())).await;
        let came = asker.heard().await;
        assert_eq!(came.text(), format!("answer {question}"));
        assert_eq!(came.properties, [correlation]);
    }
}

pub async fn maximum_packet_size_of_a_client_is_honoured(kind: Kind) {
    let broker = Broker::start(kind).await;
    const MOST: u32 = 200;
    let small = V5.hello("small").with(number(is::MAXIMUM_PACKET_SIZE, MOST));
    let mut small = Client::connect(&broker, small).await;
    let mut large = Client::connect(&broker, V5.hello("large")).await;
    for client in [&mut small, &mut large] {
        client.subscribe("m", 1).await;
    }
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    // What surrounds the payload: 1 + 2 bytes of head, 2 + 1 of topic, 2 of identifier, 1 of properties.
    let fits = MOST as usize - 9;
    let too_large = if kind.departs("a packet may be one byte larger than the client takes") { 2 } else { 1 };
    for size in [fits - 1, fits, fits + too_large, 10_000, 5] {
        publisher.publish(&message("m", "x".repeat(size), 1)).await;
        assert_eq!(large.heard().await.payload.len(), size);
        if size <= fits {
            assert_eq!(
                small.heard().await.payload.len(),
                size,
                "what is too large is left out, what fits comes"
            );
        }
    }
    small.ping().await;
}

pub async fn receive_maximum_of_a_client_is_honoured(kind: Kind) {
    let broker = Broker::start(kind).await;
    for qos in [1, 2] {
        let hello = V5.hello("slow").with(number(is::RECEIVE_MAXIMUM, 2));
        let mut slow = Client::connect(&broker, hello).await;
        slow.subscribe("slow", qos).await;
        let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
        for n in 0..10 {
            publisher.publish(&message("slow", n.to_string(), 2)).await;
        }
        let mut open: std::collections::VecDeque<Publish> = [slow.came().await, slow.came().await].into();
        for n in 0..10_u8 {
            // Nothing more comes before one of the two is acknowledged.
            slow.send(&super::packet::PING).await;
            let mut next = slow.next().await;
            while let Ok(Packet::Publish(third)) = next {
                assert!(
                    kind.departs("after an acknowledgement more comes than the client takes"),
                    "{third:?}"
                );
                open.push_back(third);
                next = slow.next().await;
            }
            assert_eq!(next, Ok(Packet::Pong));
            let first = open.pop_front().expect("there are ten");
            assert_eq!(first.text(), n.to_string());
            finish(&mut slow, &first).await;
            if usize::from(n) + open.len() < 9 && open.len() < 2 {
                open.push_back(slow.came().await);
            }
        }
        slow.leave().await;
    }
}

/// Acknowledges a message to its end.
async fn finish(client: &mut Client, message: &Publish) {
    use super::packet::{Ack, ack};
    if message.qos == 1 {
        return client.send(&ack(Ack::Puback, message.id)).await;
    }
    client.send(&ack(Ack::Pubrec, message.id)).await;
    let answer = client.next().await;
    assert_eq!(answer, Ok(Packet::Ack { kind: Ack::Pubrel, id: message.id, reason: 0 }));
    client.send(&ack(Ack::Pubcomp, message.id)).await;
}
