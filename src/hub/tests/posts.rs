//! Transcripts of publishing by hand.

use super::many::many;
use super::*;

impl Play {
    fn posts(&self, link: &str, topic: &str, payload: &[u8], qos: u8) -> Ticket {
        self.hub.post(
            self.now,
            Post {
                link: link.into(),
                topic: Topic::new(topic).expect(topic),
                payload: Payload::from_wire(payload),
                delivery: Delivery { qos, retain: true },
                by: By { account: "ada".into(), client: 1, from: None },
                id: None,
            },
        )
    }
}

#[test]
fn a_post_is_confirmed_by_the_broker_alone() {
    let mut play = Play::new();
    let (home, mut outbox) = many(&play, "home");
    play.heard();
    let ticket = play.posts("home", "cmnd/plug/POWER", b"ON", 1);
    let outgoing = outbox.try_recv().expect("handed over");
    assert_eq!((outgoing.topic.as_str(), outgoing.payload.wire()), ("cmnd/plug/POWER", &b"ON"[..]));
    assert_eq!(outgoing.post, Some(Delivery { qos: 1, retain: true }));
    home.sent(play.now, ticket.id);
    home.hear(play.now, many::said(None, "cmnd/plug/POWER", "ON")).expect("its own words");
    assert_eq!(play.heard(), ["accepted", "sent", r#"["cmnd/plug/POWER", "ON"]"#]);
    home.confirm(play.now, ticket.id);
    let confirmed = play.stream.try_recv().expect("told");
    assert_eq!(
        confirmed.message.payload.as_str(),
        r#"{"id":"hub-1","topic":"cmnd/plug/POWER","payload":"ON","by":"ada","qos":1,"retain":true,"step":"confirmed","after_ms":0}"#
    );
    home.confirm(play.now, ticket.id);
    assert_eq!(play.heard(), [""; 0], "once");
    assert_eq!(ticket.outcome.blocking_recv().expect("an end").step, Step::Confirmed);
}

#[test]
fn nobody_answers_for_quality_of_service_0() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    play.heard();
    let ticket = play.posts("home", "cmnd/plug/POWER", b"ON", 0);
    home.sent(play.now, ticket.id);
    assert_eq!(play.heard(), ["accepted", "sent", "unconfirmable"]);
}

#[test]
fn a_post_ends_with_its_link_or_its_time() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    play.heard();
    play.posts("home", "a/b", b"1", 1);
    play.passes(Duration::from_millis(2_100));
    assert_eq!(play.heard(), ["accepted", "refused not-sent"]);
    let ticket = play.posts("home", "a/b", b"1", 2);
    home.sent(play.now, ticket.id);
    play.passes(Duration::from_millis(3_100));
    assert_eq!(play.heard(), ["accepted", "sent", "unanswered unanswered"]);
    play.posts("home", "a/b", b"1", 1);
    home.state(play.now, LinkState::not_up(Phase::Waiting, "lost", "lost", ""));
    assert_eq!(play.heard(), ["accepted", "refused vanished"]);
    play.posts("home", "a/b", b"1", 1);
    assert_eq!(play.heard(), ["refused offline"]);
}

#[test]
fn a_post_that_is_a_command_goes_through_every_check_of_one() {
    let mut play = Play::new();
    let (_home, mut outbox) = many(&play, "home");
    play.heard();
    play.posts("home", SET, ON.as_bytes(), 1);
    let outgoing = play.outbox.try_recv().expect("to the link of the device");
    assert_eq!((outgoing.topic.as_str(), outgoing.post), ("relay/i2c0-3b/set", None));
    play.posts("home", SET, br#"{"state": 1}"#, 1);
    assert_eq!(play.heard(), ["accepted", "refused bad-payload"]);
    assert!(outbox.try_recv().is_err());
}

#[test]
fn what_cannot_be_posted_is_refused_with_its_reason() {
    let mut play = Play::new();
    let (_home, mut outbox) = many(&play, "home");
    let mut check = |link: &str, topic: &str, payload: &[u8], qos: u8, code: &str| {
        play.heard();
        play.posts(link, topic, payload, qos);
        assert_eq!(play.heard(), [format!("refused {code}")], "{link} {topic}");
    };
    check("home", "$SYS/broker", b"1", 0, "reserved");
    check("home", "$hub/link/usb", b"1", 0, "reserved");
    check("home", "a/b+", b"1", 0, "bad-topic");
    check("home", "a/#b", b"1", 0, "bad-topic");
    check("home", "a/b", b"1", 3, "bad-qos");
    check("work", "a/b", b"1", 0, "no-such-link");
    check("usb", "a/b", b"1", 0, "no-broker");
    check("home", "a/b", &vec![b'x'; 70_000], 0, "too-long");
    assert!(outbox.try_recv().is_err(), "nothing reached the link");
}

#[test]
fn a_post_to_the_topic_of_a_property_is_no_wish_of_it() {
    let mut play = Play::new();
    let (_home, _outbox) = many(&play, "home");
    play.heard();
    play.posts("home", "nodes/bridge/0/relay/i2c0-3b", ON.as_bytes(), 1);
    assert!(play.relay().pending.is_none());
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    play.passes(Duration::from_millis(2_100));
    assert_eq!(play.heard().last().map(String::as_str), Some("refused not-sent"));
    assert!(play.relay().failed.is_none());
}
