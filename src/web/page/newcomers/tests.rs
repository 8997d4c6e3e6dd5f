//! The NEW page, with devices as a link makes them known.

use std::path::PathBuf;

use super::*;
use crate::device::dialect::Dialect;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};
use crate::device::roster::{Aside, Favour};
use crate::hub::{Decision, HubConfig, LinkHandle, LinkInfo, Now};
use crate::talk::{Message, Payload};
use crate::web::account::token::TokenId;
use crate::web::auth::Via;
use crate::web::messages::tree::Bounds;
use crate::web::text::EN;

struct House {
    hub: Hub,
    link: LinkHandle,
    record: Record,
    decisions: Decisions,
    folder: tempfile::TempDir,
}

fn topic(text: &str) -> Topic {
    Topic::new(text).expect(text)
}

fn house() -> House {
    let now = Now::now();
    let hub = Hub::new(HubConfig::default(), now);
    let (link, _) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
    let record = Record::new(Bounds::default(), now);
    let folder = tempfile::tempdir().expect("a folder");
    House { decisions: Decisions::in_memory(&hub), hub, link, record, folder }
}

impl House {
    fn announces(&self, id: &str) {
        let entries = vec![
            Entry::new("relay", "1")
                .read(Way::at("a/state").truth("1", "0"))
                .write(Way::at("a/set").on_off("1", "0")),
            Entry::new("thermometer", "-").measures("temperature", Some("C")).read(Way::at("a/t")),
        ];
        let mut draft = Draft {
            id: id.into(),
            vendor: "Acme".into(),
            family: "Plug".into(),
            name: format!("<b>{id}</b>"),
            area: Some("Kitchen".into()),
            entries,
            ..Draft::default()
        };
        draft.skip("effect", "no such thing here");
        let profile = draft.read(Dialect::Tasmota, id).expect("valid").profile;
        let base = topic(&format!("nodes/acme/{id}"));
        self.link.introduce(Now::now(), &base, Some(profile.into())).expect("free");
    }

    fn page(&self, from: usize) -> String {
        let shell = Shell::new(&HeaderMap::new(), Some("ada"), "/new").with_hub(&self.hub);
        let list = Newcomers::new(&EN, &self.hub, &self.record, from);
        NewcomersPage { shell, list, done: None }.render().expect("a page")
    }

    async fn posts(&self, what: &str, base: &str) -> Response {
        let form = Form { what: what.into(), base: base.into(), dialect: "tasmota".into() };
        let (hub, record) = (State(self.hub.clone()), State(self.record.clone()));
        let decisions = State(self.decisions.clone());
        post(hub, record, decisions, who(), By::from("ada"), HeaderMap::new(), extract::Form(form)).await
    }

    async fn makes(&self, base: &str, mark: &str) -> StatusCode {
        let folder = OwnFolder(self.folder.path().into());
        let about = About { base: base.into(), mark: mark.into() };
        let hub = State(self.hub.clone());
        make_file(hub, State(folder), who(), HeaderMap::new(), extract::Form(about)).await.status()
    }
}

fn who() -> Who {
    Who {
        account: "ada".into(),
        via: Via::Token(TokenId::of("secret")),
        rights: crate::web::rights::Rights::All,
    }
}

#[test]
fn a_new_device_is_shown_with_all_that_is_known_of_it() {
    let house = house();
    house.announces("desk");
    let said = Message::new(
        topic("nodes/acme/desk/thermometer/-"),
        Payload::parse(r#"{"temperature": [21.50, "°C"]}"#).expect("JSON"),
    );
    house.link.publish(Now::now(), said);
    house.record.say("a/t", "21.50", 1_795_212_600_123, crate::web::messages::history::Memory::Live);
    let page = house.page(0);
    for part in [
        "&#60;b&#62;desk&#60;/b&#62;",
        "Acme Plug · tasmota on home · Room: Kitchen",
        ">21.50</span>",
        "(can be set once accepted)",
        "Not understood: 1",
        "<code>effect</code> no such thing here",
        "/messages?topic=a/t",
        "id_else",
        "/new/definition?base=nodes/acme/desk",
        "value=\"accept\"",
        "value=\"ignore\"",
        "Accept all of tasmota (1)",
        "aria-current=\"page\"><span>New <span class=\"badge\" data-part=\"badge\">1</span>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[tokio::test]
async fn decisions_move_devices_and_can_be_taken_back() {
    let house = house();
    assert!(
        !house.page(0).contains("class=\"badge\""),
        "nothing leads here before a device announced itself"
    );
    house.announces("desk");
    house.announces("shelf");
    let done = house.posts("ignore", "nodes/acme/desk").await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(done.headers()[header::LOCATION], "/new?done=ignore&about=nodes/acme/desk");
    let page = house.page(0);
    assert!(page.contains("Ignored: 1") && page.contains("value=\"undo\""), "{page}");
    assert!(!page.contains("data-key=\"nodes/acme/desk\" data-presence"), "{page}");
    assert_eq!(house.posts("accept-all", "").await.status(), StatusCode::SEE_OTHER);
    let page = house.page(0);
    assert!(page.contains("Accepted: 1") && page.contains("Nothing is new"), "{page}");
    house.posts("undo", "nodes/acme/desk").await;
    assert_eq!(house.hub.newcomers(), Some(1));
    for (what, base) in [("dance", "nodes/acme/desk"), ("accept", "nodes/else/0"), ("accept", "a/#")] {
        assert_eq!(house.posts(what, base).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{what} {base}");
    }
    // What the configuration accepts is not taken back here.
    house.hub.trust(Now::now(), vec!["tasmota".into()]);
    let page = house.page(0);
    assert!(page.contains("accepted by the configuration"), "{page}");
}

#[test]
fn many_new_devices_are_shown_a_page_at_a_time() {
    let house = house();
    (0..70).for_each(|number| house.announces(&format!("d{number:02}")));
    let page = house.page(0);
    assert_eq!(page.matches("value=\"accept\"").count(), 30);
    assert!(page.contains("70 devices are new") && page.contains("/new?from=30"), "{page}");
    let last = house.page(60);
    assert_eq!(last.matches("value=\"accept\"").count(), 10);
    assert!(last.contains("/new?from=30") && !last.contains("/new?from=90"), "{last}");
    // Whoever looks behind the end sees the beginning.
    assert_eq!(house.page(900).matches("value=\"accept\"").count(), 30);
}

#[tokio::test]
async fn a_file_is_made_of_what_was_shown_and_of_nothing_else() {
    let house = house();
    house.announces("desk");
    let find = |base: &str| find(&house.hub, house.folder.path(), base);
    let found = find("nodes/acme/desk").expect("it announced itself");
    let path = |name: &str| -> PathBuf { house.folder.path().join("tasmota").join(name) };
    assert_eq!(found.path, path("desk.toml"));
    assert_eq!(house.makes("nodes/acme/desk", "another").await, StatusCode::CONFLICT);
    assert!(!found.path.exists());
    assert_eq!(house.makes("nodes/acme/desk", &found.mark).await, StatusCode::SEE_OTHER);
    let text = std::fs::read_to_string(&found.path).expect("it was written");
    assert_eq!(text, found.text);
    crate::device::profile::file::read("tasmota/desk", &found.path, text).expect("it can be read");
    // One that is there stays, the next one gets a number.
    assert_eq!(find("nodes/acme/desk").expect("it is still new").path, path("desk-2.toml"));
    assert_eq!(house.makes("nodes/else/0", "").await, StatusCode::NOT_FOUND);
    house.hub.decide(Now::now(), &topic("nodes/acme/desk"), Some(Decision::Accepted));
    assert!(find("nodes/acme/desk").is_some(), "an accepted one may become a file, too");
}

#[test]
fn announcements_that_do_not_count_are_listed_with_what_counts_instead() {
    let house = house();
    assert!(!house.page(0).contains("data-key=\"aside\""));
    let aside = |key: usize, favour| Aside {
        dialect: Dialect::HomeAssistant,
        key: key.to_string().into(),
        name: format!("<i>{key}</i>").into(),
        favour,
    };
    let base = || topic("nodes/acme/desk");
    let now = Now::now();
    let (attic, _outbox) = house.hub.attach(now, LinkInfo { name: "attic".into(), kind: "mqtt", base: None });
    attic.introduce(now, &base(), None).expect("free");
    let favours = [
        Favour::Definition("own/desk".into()),
        Favour::Announcement(base(), Dialect::Tasmota),
        Favour::Link(base(), "attic".into()),
    ];
    let mut all: Vec<Aside> =
        favours.into_iter().enumerate().map(|(key, favour)| aside(key, favour)).collect();
    house.link.set_aside(Now::now(), all.clone());
    let page = house.page(0);
    for part in [
        "Set aside: 3",
        "<b>&#60;i&#62;0&#60;/i&#62;</b>",
        "homeassistant on home",
        "known by the definition own/desk",
        "known as nodes/acme/desk, announced in tasmota",
        "known as nodes/acme/desk on attic",
        "<span>New <span class=\"badge\" data-part=\"badge\" hidden>0</span>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    all.extend((3..250).map(|key| aside(key, Favour::Definition("own/desk".into()))));
    house.link.set_aside(Now::now(), all);
    let page = house.page(0);
    assert_eq!(page.matches("known by the definition").count(), 98);
    assert!(page.contains("150 more are not shown"), "{page}");
    house.link.set_aside(Now::now(), Vec::new());
    assert!(!house.page(0).contains("data-key=\"aside\""));
}
