//! Devices that announced themselves, and what people decide about them.

use super::*;
use crate::device::dialect::Dialect;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};
use crate::device::roster::{Aside, Favour};

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
fn an_announcement_that_another_links_device_outdoes_counts_when_the_device_comes_over() {
    let now = Now { mono: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let hub = Hub::new(HubConfig::default(), now);
    let attach = |name: &str| {
        let (link, _) = hub.attach(now, LinkInfo { name: name.into(), kind: "mqtt", base: None });
        link.state(now, LinkState::up("connected"));
        link
    };
    let (cellar, attic) = (attach("cellar"), attach("attic"));
    let base = topic("nodes/acme/a");
    cellar.introduce(now, &base, Some(announced())).expect("free");
    attic.introduce(now, &base, Some(announced())).expect_err("it is the cellar's");
    let aside = Aside {
        dialect: Dialect::Tasmota,
        key: "a".into(),
        name: "Desk".into(),
        favour: Favour::Link(base.clone(), "cellar".into()),
    };
    attic.set_aside(now, vec![aside.clone()]);
    assert_eq!(hub.set_aside(), [SetAside { link: "attic".into(), aside }]);
    let facts = hub.snapshot(now).facts;
    assert_eq!(facts[0].0.as_str(), "$hub/set-aside/attic");
    assert_eq!(facts[0].1.as_str(), r#"{"announcements":1}"#);
    hub.detach(now, "cellar");
    attic.introduce(now, &base, Some(announced())).expect("the cellar is gone");
    assert_eq!(hub.set_aside(), []);
    hub.detach(now, "attic");
    assert!(hub.snapshot(now).facts.is_empty());
}

#[test]
fn its_own_definition_says_what_a_device_is_called() {
    let now = Now { mono: Instant::now(), wall: SystemTime::UNIX_EPOCH };
    let hub = Hub::new(HubConfig::default(), now);
    let (link, _outbox) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
    link.state(now, LinkState::up("connected"));
    let base = topic("nodes/acme/a");
    let text = announced().announced.as_ref().expect("announced").text.to_string();
    let file = |text: String| {
        Arc::new(
            crate::device::profile::file::read("own/a", std::path::Path::new("a.toml"), text).expect("valid"),
        )
    };
    let (_, mut stream) = hub.subscribe(now);
    let mut told = || {
        let updates = std::iter::from_fn(|| stream.try_recv().ok());
        let facts = updates.filter(|update| update.message.topic.as_str() == "$hub/presence/nodes/acme/a");
        facts.last().map(|update| update.message.payload.to_string()).unwrap_or_default()
    };
    for (text, name) in [(text.clone(), "Desk"), (text.replace("\"Desk\"", "\"Bench\""), "Bench")] {
        link.introduce(now, &base, Some(file(text))).expect("free");
        assert_eq!(hub.snapshot(now).devices[0].name.as_deref(), Some(name));
        assert!(told().contains(&format!(r#""name":"{name}""#)), "a page that is open hears of it");
    }
    link.name_device(now, &base, Some("Plug 7"));
    assert_eq!(hub.snapshot(now).devices[0].name.as_deref(), Some("Bench"), "the owner's file counts more");
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
        let by = By { account: "ada".into(), client: 1, from: None };
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
