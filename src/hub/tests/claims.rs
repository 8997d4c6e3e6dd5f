//! Transcripts of claims: commands outside every base go to the link that claims them and end by its word.

use super::many::{many, said};
use super::*;

fn claim(above: &str, depth: usize, is_shared: bool) -> Claim {
    Claim { above: Topic::new(above).expect(above), depth, is_shared, is_lasting: true }
}

fn radio(play: &Play, name: &str) -> (LinkHandle, mpsc::Receiver<Outgoing>) {
    let (link, outbox) = many(play, name);
    assert_eq!(link.claim(vec![claim("node/kitchen", 4, false), claim("gateway/all", 2, true)]), []);
    (link, outbox)
}

#[test]
fn a_claimed_command_goes_to_its_link_and_ends_by_its_word() {
    let play = Play::new();
    let (link, mut outbox) = radio(&play, "radio");
    play.asks("node/kitchen/relay/0:0/state/set", "true");
    let outgoing = outbox.try_recv().expect("handed over");
    assert_eq!(outgoing.topic.as_str(), "node/kitchen/relay/0:0/state/set");
    link.sent(play.now, outgoing.id);
    link.confirm(play.now, outgoing.id);
    assert!(!link.wants(outgoing.id), "it has ended");
    play.asks("node/kitchen/led-strip/-/brightness/set", "50");
    let outgoing = outbox.try_recv().expect("handed over");
    link.sent(play.now, outgoing.id);
    link.unconfirmable(play.now, outgoing.id);
    assert!(!link.wants(outgoing.id));
    // Another depth is no command, another name nobody's.
    for nobodys in ["node/kitchen/relay/set", "node/attic/relay/0:0/state/set"] {
        play.asks(nobodys, "true");
        assert!(outbox.try_recv().is_err(), "{nobodys}");
    }
}

#[test]
fn a_claim_is_one_links_unless_all_share_it() {
    let play = Play::new();
    let (first, mut of_first) = radio(&play, "radio");
    let (second, mut of_second) = many(&play, "other");
    let taken = second.claim(vec![claim("node/kitchen", 4, false), claim("gateway/all", 2, true)]);
    assert_eq!(taken.iter().map(Topic::as_str).collect::<Vec<_>>(), ["node/kitchen"]);
    play.asks("gateway/all/nodes/get", "null");
    let (mine, other) = (of_first.try_recv().expect("asked"), of_second.try_recv().expect("asked, too"));
    assert_ne!(mine.id, other.id);
    first.confirm(play.now, mine.id);
    assert!(second.wants(other.id), "each answers for itself");
    play.asks("node/kitchen/a/b/c/set", "true");
    assert!(of_first.try_recv().is_ok() && of_second.try_recv().is_err());
    // What the first link gives up the second may have.
    first.claim(Vec::new());
    assert_eq!(second.claim(vec![claim("node/kitchen", 4, false)]), []);
}

#[test]
fn what_others_say_where_a_link_is_at_home_is_told_to_nobody() {
    let play = Play::new();
    let (link, _outbox) = radio(&play, "radio");
    let (broker, _commands) = many(&play, "home");
    let word = || said(None, "node/kitchen/battery/-/voltage", "9.99");
    let conflict = broker.hear(play.now, word()).expect_err("it is not its word");
    assert_eq!((conflict.base.as_str(), &*conflict.link), ("node/kitchen", "radio"));
    assert_eq!(play.counts("home").conflict, 1);
    link.hear(play.now, word()).expect("its own word");
    // A link that is down says nothing; somebody else may have taken over.
    link.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "gone", ""));
    broker.hear(play.now, word()).expect("nobody else says it");
}

#[test]
fn facts_and_claims_go_with_their_link() {
    let play = Play::new();
    let (link, mut outbox) = radio(&play, "radio");
    link.establish(play.now, "radio", &5);
    let facts = |play: &Play| play.hub.snapshot(play.now).facts.len();
    assert_eq!(facts(&play), 1);
    play.hub.detach(play.now, "radio");
    assert_eq!(facts(&play), 0);
    play.asks("node/kitchen/a/b/c/set", "true");
    assert!(outbox.try_recv().is_err());
}

#[test]
fn a_device_is_known_and_named_before_it_speaks() {
    let play = Play::new();
    let (link, _outbox) = radio(&play, "radio");
    let (other, _commands) = many(&play, "home");
    let base = Topic::new("nodes/hardwario/836d1983718a").expect("valid");
    link.introduce(play.now, &base, None).expect("nobody else's");
    let (_, mut updates) = play.hub.subscribe(play.now);
    link.name_device(play.now, &base, Some("kitchen"));
    assert_eq!(other.introduce(play.now, &base, None), Err("radio".into()));
    other.name_device(play.now, &base, Some("bath"));
    link.name_device(play.now, &base, Some("kitchen"));
    let device = play.hub.snapshot(play.now).devices.into_iter().find(|device| device.base == base);
    assert_eq!(device.and_then(|device| device.name).as_deref(), Some("kitchen"));
    let told = updates.try_recv().expect("told once");
    assert_eq!(told.message.topic.as_str(), format!("$hub/presence/{base}"));
    assert_eq!(told.message.payload.as_str(), r#"{"presence":"unknown","name":"kitchen"}"#);
    assert!(updates.try_recv().is_err(), "the same name is no news, nor is somebody else's");
}
