//! The dashboard in a real browser, beside a link whose devices a broker remembers and forgets.

mod common;

use clown_hub::hub::{Fault, Hub, HubConfig, LinkHandle, LinkInfo, LinkState, Now, Outgoing, Phase, Said};
use clown_hub::stop::Stop;
use clown_hub::talk::{Message, Payload, Topic};
use clown_hub::web::DoorConfig;
use clown_hub::web::account::{DEMO_NAME, DEMO_PASSWORD};
use clown_hub::web::decisions::Decisions;
use clown_hub::web::doors::Doors;
use clown_hub::web::layout::Layouts;
use clown_hub::web::messages::Record;
use clown_hub::web::messages::tree::Bounds;
use clown_hub::web::names::Names;
use clown_hub::web::page::newcomers::OwnFolder;
use clown_hub::web::parts::Web;
use clown_hub::web::routes::router;
use clown_hub::web::server::{Mode, Server};
use clown_hub::web::talk::{Endpoint, TalkConfig};
use common::Browser;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const BASE: &str = "nodes/plug/0";

/// A hub in this process, whose link the test holds.
struct Scene {
    link: LinkHandle,
    _commands: mpsc::Receiver<Outgoing>,
    endpoint: Endpoint,
    stop: Stop,
    browser: Browser,
}

impl Scene {
    async fn open() -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let (link, commands) =
            hub.attach(Now::now(), LinkInfo { name: "home".into(), kind: "mqtt", base: None });
        link.state(Now::now(), LinkState::up("a broker"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let doors = Doors::demo(address).expect("loopback");
        let record = Record::new(Bounds::default(), Now::now());
        tokio::spawn(record.listen(&hub));
        let decisions = Decisions::in_memory(&hub);
        let own_folder = OwnFolder(std::path::Path::new("devices").into());
        let endpoint = Endpoint::new(hub.clone(), record.clone(), decisions.clone(), TalkConfig::default());
        let router = router(Web {
            hub,
            record,
            endpoint: endpoint.clone(),
            decisions,
            layouts: Layouts::open(std::path::Path::new("nowhere")),
            own_folder,
            doors,
            tls: None,
            mqtt: None,
            history: None,
            events: None,
            stop: Stop::new(),
        });
        let server = Server::new(&DoorConfig::default(), None, Names::new("localhost", &[]));
        let stop = Stop::new();
        let until = stop.clone();
        tokio::spawn(async move { server.serve(listener, Mode::Plain, router, until).await });
        let scene = Self { link, _commands: commands, endpoint, stop, browser: Browser::open().await };
        scene.says("thermometer/0", r#"{"temperature": [21.5, "℃"]}"#, false);
        scene.browser.goto(&format!("http://{address}/")).await;
        scene.browser.fill(&[("name", DEMO_NAME), ("password", DEMO_PASSWORD)]).await;
        scene.browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
        scene
    }

    fn topic(id: &str) -> Topic {
        Topic::new(&format!("{BASE}/{id}")).expect(id)
    }

    fn says(&self, id: &str, payload: &str, memory: bool) {
        let message = Message::new(Self::topic(id), Payload::from_wire(payload.as_bytes()));
        let base = Topic::new(BASE).ok();
        self.link
            .hear(Now::now(), Said { base, message, memory, via: None, profile: None })
            .expect("its own");
    }

    fn state(&self, state: LinkState) {
        self.link.state(Now::now(), state);
    }

    /// Waits until the tile of `id` is there with this presence, and its note says `note`.
    async fn sees(&self, id: &str, presence: &str, note: &str) {
        let script = format!(
            "const tile = document.querySelector(\"[data-topic='{BASE}/{id}']\"); \
             return tile?.dataset.presence === '{presence}' \
             && tile.querySelector('[data-part=note]').textContent.includes('{note}')"
        );
        self.browser.script_true(&format!("{id} {presence}, {note}"), &script).await;
    }

    async fn sees_none(&self, id: &str) {
        let script = format!("return !document.querySelector(\"[data-topic='{BASE}/{id}']\")");
        self.browser.script_true(&format!("no {id}"), &script).await;
    }

    async fn close(self) {
        self.browser.assert_quiet().await;
        self.stop.request();
        self.browser.close().await;
    }
}

#[tokio::test]
async fn what_a_broker_remembers_has_no_age_until_it_is_said() {
    let scene = Scene::open().await;
    scene.says("relay/0", r#"{"state": true}"#, true);
    scene.sees("relay/0", "remembered", "remembered from some time ago").await;
    scene.says("thermometer/0", r#"{"temperature": [21.5, "℃"]}"#, true);
    scene.says("thermometer/0", r#"{"temperature": [19.0, "℃"]}"#, true);
    scene.sees("relay/0", "remembered", "").await;
    scene.sees("thermometer/0", "online", "").await;
    scene.state(LinkState::not_up(Phase::Waiting, "lost", "the broker is gone", ""));
    scene.sees("thermometer/0", "offline", "").await;
    scene.state(LinkState::up("a broker"));
    scene.says("thermometer/0", r#"{"temperature": [19.0, "℃"]}"#, true);
    scene.sees("thermometer/0", "remembered", "remembered from some time ago").await;
    scene.says("thermometer/0", r#"{"temperature": [21.5, "℃"]}"#, false);
    scene.sees("thermometer/0", "online", "just now").await;
    scene.browser.screenshot("remembered-by-a-broker").await;
    scene.close().await;
}

#[tokio::test]
async fn what_is_forgotten_leaves_the_page_and_may_come_back() {
    let scene = Scene::open().await;
    scene.says("relay/0", r#"{"state": true}"#, false);
    scene.sees("relay/0", "online", "").await;
    scene.link.forget(Now::now(), &Scene::topic("relay/0"), None);
    scene.sees_none("relay/0").await;
    scene.sees("thermometer/0", "online", "").await;
    scene.says("relay/0", r#"{"state": true}"#, false);
    scene.sees("relay/0", "online", "").await;
    for id in ["relay/0", "thermometer/0"] {
        scene.link.forget(Now::now(), &Scene::topic(id), None);
    }
    let lesson = "return !document.querySelector('.device') \
                  && document.querySelector('[data-part=lesson]').checkVisibility()";
    scene.browser.script_true("an empty page", lesson).await;
    scene.close().await;
}

#[tokio::test]
async fn what_was_forgotten_while_the_page_was_away_is_gone_when_it_is_back() {
    let scene = Scene::open().await;
    scene.says("relay/0", r#"{"state": true}"#, false);
    scene.sees("relay/0", "online", "").await;
    scene.endpoint.clients().end(|_| true);
    scene.link.forget(Now::now(), &Scene::topic("relay/0"), None);
    scene.sees_none("relay/0").await;
    scene.sees("thermometer/0", "online", "").await;
    scene.close().await;
}

#[tokio::test]
async fn what_the_link_could_not_pass_on_is_a_number_on_the_page() {
    let scene = Scene::open().await;
    scene.link.count(Fault::Dropped, 1_234);
    scene.state(LinkState::not_up(Phase::Waiting, "lost", "the broker is gone", ""));
    let says = |words: &str| {
        format!(
            "const line = document.querySelector('.trouble[data-link=home]'); \
             return line.checkVisibility() && line.textContent.includes('{words}')"
        )
    };
    scene.browser.script_true("the loss", &says("the broker is gone")).await;
    scene.browser.script_true("a number", &says("messages dropped since the start: 1234")).await;
    scene.state(LinkState::up("a broker"));
    let silent = "return !document.querySelector('.trouble[data-link=home]').textContent.includes('broker')";
    scene.browser.script_true("the broker is back", silent).await;
    scene.browser.script_true("the number stays", &says("messages dropped since the start: 1234")).await;
    scene.close().await;
}

#[tokio::test]
async fn words_of_no_device_do_not_concern_the_dashboard() {
    let scene = Scene::open().await;
    scene.browser.script("window.asked = 0; const ask = fetch; window.fetch = (...all) => (window.asked += 1, ask(...all))").await;
    for n in 0..50 {
        let topic = Topic::new(&format!("tele/{n}/SENSOR")).expect("topic");
        let message = Message::new(topic, Payload::from_wire(b"{\"a\": 1}"));
        scene
            .link
            .hear(Now::now(), Said { base: None, message, memory: false, via: None, profile: None })
            .expect("nobody's");
    }
    scene.says("relay/0", r#"{"state": true}"#, false);
    scene.sees("relay/0", "online", "").await;
    assert_eq!(scene.browser.script("return window.asked").await, 1, "only the relay was asked for");
    scene.state(LinkState::not_up(Phase::Waiting, "lost", "the broker went away", ""));
    scene.sees("relay/0", "offline", "offline, last said").await;
    scene.close().await;
}
