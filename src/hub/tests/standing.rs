//! Devices that announced themselves, and what people decide about them.

use super::*;
use crate::device::dialect::Dialect;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};

fn topic(text: &str) -> Topic {
    Topic::new(text).expect(text)
}

fn payload(text: &str) -> Payload {
    Payload::parse(text).expect(text)
}

fn announced() -> Arc<crate::device::profile::Profile> {
    let entry = Entry::new("relay", "1").read(Way::at("a/state").truth("1", "0"));
    let entry = entry.write(Way::at("a/set").on_off("1", "0"));
    let draft = Draft {
        id: "a".into(),
        vendor: "Acme".into(),
        family: "Plug".into(),
        name: "Desk".into(),
        entries: vec![entry],
        ..Draft::default()
    };
    Arc::new(draft.read(Dialect::Tasmota, "a").expect("valid").profile)
}

#[test]
fn what_announced_itself_is_commanded_only_when_somebody_accepted_it() {
    let now = Now { mono: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let hub = Hub::new(HubConfig::default(), now);
    let (link, mut outbox) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
    link.state(now, LinkState::up("connected"));
    let base = topic("nodes/acme/a");
    let (_, mut stream) = hub.subscribe(now);
    link.introduce(now, &base, Some(announced())).expect("free");
    let standing = || hub.snapshot(now).devices[0].standing;
    let told = |stream: &mut broadcast::Receiver<Arc<Update>>| {
        let updates = std::iter::from_fn(|| stream.try_recv().ok());
        let facts = updates.filter(|update| update.message.topic.as_str() == "$hub/standing");
        facts.map(|update| update.message.payload.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(standing(), Standing::New);
    let fact = |standing: &str| {
        [format!(r#"{{"base":"nodes/acme/a","standing":"{standing}","dialect":"tasmota","name":"Desk"}}"#)]
    };
    assert_eq!(told(&mut stream), fact("new"));
    let mut asks = || {
        let (topic, payload) = (topic("nodes/acme/a/relay/1/set"), payload(r#"{"state": true}"#));
        let by = By { account: "ada".into(), client: 1 };
        let _ticket = hub.command(now, Command { topic, payload, by, id: None });
        outbox.try_recv().is_ok()
    };
    assert!(!asks(), "nobody has accepted it");
    hub.decide(now, &base, Some(Decision::Accepted));
    assert!(asks());
    assert_eq!(told(&mut stream), fact("accepted"));
    hub.decide(now, &base, Some(Decision::Ignored));
    assert!(!asks(), "it is not wanted");
    assert_eq!(told(&mut stream), fact("ignored"));
    assert_eq!(hub.decisions(), [(base.clone(), Decision::Ignored)]);
    hub.decide(now, &base, None);
    assert_eq!((standing(), told(&mut stream)), (Standing::New, fact("new").to_vec()));
    hub.trust(now, vec!["tasmota".into()]);
    assert!(asks(), "its dialect is accepted at once");
    assert_eq!(told(&mut stream), fact("accepted"));
    // What was decided holds when it is announced again.
    hub.decide(now, &base, Some(Decision::Ignored));
    link.device_gone(now, &base);
    link.introduce(now, &base, Some(announced())).expect("free");
    assert_eq!(standing(), Standing::Ignored);
}
