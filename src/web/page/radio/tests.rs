//! The RADIO page, with facts as a link tells them.

use askama::Template;
use axum::body::to_bytes;

use super::*;
use crate::hub::{HubConfig, LinkHandle, LinkInfo, LinkState, Phase};
use crate::talk::Topic;
use crate::web::account::token::TokenId;
use crate::web::text::{EN, Text};

const ACCOUNT: &str = "ada";

/// A hub with one link that has a radio.
fn house() -> (Hub, LinkHandle) {
    let now = Now::now();
    let hub = Hub::new(HubConfig::default(), now);
    let (link, _) = hub.attach(now, LinkInfo { name: "usb".into(), kind: KIND, base: None });
    link.state(now, LinkState::up("a radio dongle"));
    (hub, link)
}

fn node(id: &str, alias: Option<&str>, mode: &str, heard: Option<&str>) -> serde_json::Value {
    serde_json::json!({
        "id": id, "alias": alias, "mode": mode, "firmware": "kit-push-button", "version": "v1.2.0",
        "battery": null, "heard": heard,
    })
}

fn tell(hub: &Hub, nodes: &str, more: &str) {
    let gateway = r#"{"id": "836d19839c3b", "firmware": "bcf-gateway-usb-dongle", "version": "v1.10.0", "name": "usb-dongle"}"#;
    let pairing = if more.contains("\"pairing\"") { "" } else { "\"pairing\": false, " };
    let fact = format!(
        r#"{{"link": "usb", "gateway": {gateway}, {pairing}"capacity": 3, "nodes": {nodes}, "last": null{more}}}"#
    );
    let fact = fact.replace(r#", "last": null, "last""#, r#", "last""#);
    let topic = Topic::new("$hub/radio/usb").expect("a topic");
    let payload: Box<serde_json::value::RawValue> = serde_json::from_str(&fact).expect(&fact);
    hub.establish(Now::now(), &topic, &payload);
}

fn shell(hub: &Hub) -> Shell {
    Shell::new(&HeaderMap::new(), Some(ACCOUNT), "/radio").with_hub(hub)
}

fn page(hub: &Hub) -> String {
    RadioPage::new(shell(hub), hub, None).render().expect("a page")
}

#[test]
fn a_node_shows_its_name_battery_mode_and_last_word() {
    let (hub, _link) = house();
    let heard = crate::hub::iso(std::time::SystemTime::now());
    tell(
        &hub,
        &format!(
            r#"[{{"id": "836d1983718a", "alias": "kitchen", "mode": "sleeping", "firmware": "kit-climate-monitor",
                "version": "v1.4.1", "battery": [2.90, "V"], "heard": "{heard}"}},
               {{"id": "836d19821664", "alias": null, "mode": "listening", "heard": null}}]"#
        ),
        "",
    );
    let page = page(&hub);
    for part in [
        "<h2>usb-dongle</h2><code>836d19839c3b</code>",
        "bcf-gateway-usb-dongle v1.10.0",
        "<h3>kitchen</h3><code>836d1983718a</code>",
        "This node sleeps and cannot be commanded",
        "<dd>2.90 V</dd>",
        "kit-climate-monitor v1.4.1",
        &format!("datetime=\"{heard}\""),
        "Nodes: 2 of 3",
        "<h3>836d19821664</h3>",
        "Has not spoken since the hub knows it",
        "Listens and can be commanded",
        "aria-current=\"page\">Radio</a>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("no room"), "{page}");
    // Those with names come first.
    assert!(page.find("<h3>kitchen") < page.find("<h3>836d19821664"), "{page}");
}

#[test]
fn what_a_lost_gateway_said_is_not_shown_as_true_now() {
    let (hub, link) = house();
    let heard = crate::hub::iso(std::time::SystemTime::now());
    tell(
        &hub,
        &serde_json::json!([node("836d1983718a", Some("kitchen"), "listening", Some(&heard))]).to_string(),
        "",
    );
    assert!(page(&hub).contains("data-presence=\"online\""));
    link.state(
        Now::now(),
        LinkState::not_up(Phase::Waiting, "unplugged", "the dongle is gone", "plug it in"),
    );
    let page = page(&hub);
    assert!(page.contains("data-presence=\"offline\"") && page.contains("offline, last said"), "{page}");
    assert!(page.contains(EN.radio.in_vain) && !page.contains("can be commanded"), "{page}");
    assert!(page.contains(EN.radio.nobody) && page.contains(EN.radio.from_before), "{page}");
    assert!(page.contains("the dongle is gone") && page.contains("plug it in"), "{page}");
    let buttons = page.matches("name=\"do\"").count();
    assert!(buttons > 3, "{page}");
    let can = page
        .split("<button")
        .filter(|button| button.contains("name=\"do\"") && !button.contains(" disabled>"));
    assert_eq!(can.count(), 0, "{page}");
    assert!(!page.contains("/radio/sure"), "{page}");
}

#[test]
fn a_full_table_pairing_and_what_happened_last_are_said() {
    let (hub, _link) = house();
    let three: Vec<_> =
        ["836d19000001", "836d19000002", "836d19000003"].map(|id| node(id, None, "unknown", None)).into();
    let at = crate::hub::iso(std::time::SystemTime::now());
    let last = format!(r#", "last": {{"event": "attach-failure", "id": "836d19000004", "at": "{at}"}}"#);
    tell(&hub, &serde_json::json!(three).to_string(), &last);
    let full = page(&hub);
    assert!(full.contains(EN.radio.full) && full.contains("no room: 836d19000004"), "{full}");
    assert!(full.contains("value=\"start\"") && !full.contains("value=\"stop\""), "{full}");
    // A gateway that has not said whether it pairs can be started and stopped.
    tell(&hub, "[]", r#", "pairing": null"#);
    let unsure = page(&hub);
    assert!(unsure.contains("value=\"start\"") && unsure.contains("value=\"stop\""), "{unsure}");
    assert!(unsure.contains(EN.radio.perhaps), "{unsure}");
    let last =
        format!(r#", "last": {{"event": "attached", "id": "836d19000003", "at": "{at}"}}, "pairing": true"#);
    let nodes = serde_json::json!([node("836d19000003", Some("<b>"), "sleeping", None)]).to_string();
    let topic = Topic::new("$hub/radio/usb").expect("a topic");
    let fact = format!(
        r#"{{"link": "usb", "gateway": {{"id": "1", "firmware": "f", "version": null, "name": "n"}}, "capacity": 31, "nodes": {nodes}{last}}}"#
    );
    let fact: Box<serde_json::value::RawValue> = serde_json::from_str(&fact).expect(&fact);
    hub.establish(Now::now(), &topic, &fact);
    let page = page(&hub);
    assert!(page.contains("Paired: &#60;b&#62; (836d19000003)") && page.contains(" data-new"), "{page}");
    assert!(page.contains("value=\"stop\"") && page.contains("data-pairing=\"yes\""), "{page}");
}

#[test]
fn without_a_radio_the_page_says_how_to_get_one_and_nothing_leads_to_it() {
    let now = Now::now();
    let hub = Hub::new(HubConfig::default(), now);
    let (_other, _) = hub.attach(now, LinkInfo { name: "broker".into(), kind: "mqtt", base: None });
    let page = page(&hub);
    assert!(page.contains(EN.radio.none) && page.contains("kind = \"tower\""), "{page}");
    assert!(!page.contains("href=\"/radio\">Radio"), "{page}");
    let (hub, _link) = house();
    assert!(self::page(&hub).contains(EN.radio.nobody), "no fact was told yet");
}

#[test]
fn every_gateway_has_its_own_nodes_and_its_own_forms() {
    let (hub, _link) = house();
    let (attic, _) = hub.attach(Now::now(), LinkInfo { name: "attic & loft".into(), kind: KIND, base: None });
    attic.state(Now::now(), LinkState::up("a radio dongle"));
    tell(&hub, &serde_json::json!([node("836d19000001", None, "unknown", None)]).to_string(), "");
    let topic = Topic::new("$hub/radio/attic & loft").expect("a topic");
    let fact = serde_json::json!({
        "link": "attic & loft", "gateway": { "id": "836d19000009", "firmware": "f", "name": "loft" }, "capacity": 31,
        "nodes": [node("836d19000002", None, "sleeping", None)],
    });
    hub.establish(Now::now(), &topic, &fact);
    let page = page(&hub);
    let (loft, first) = page.split_once("aria-label=\"usb-dongle\"").expect("two gateways, by their links");
    assert!(loft.contains("836d19000002") && !loft.contains("836d19000001"), "{loft}");
    assert!(first.contains("836d19000001") && !first.contains("836d19000002"), "{first}");
    assert!(loft.contains("name=\"link\" value=\"attic &#38; loft\""), "{loft}");
    assert!(loft.contains("/radio/sure?do=remove&#38;link=attic%20%26%20loft&#38;id=836d19000002"), "{loft}");
}

#[tokio::test]
async fn nothing_is_removed_without_a_question_that_still_holds() {
    let (hub, _link) = house();
    let text: &'static Text = &EN;
    tell(&hub, &serde_json::json!([node("836d19000001", None, "unknown", None)]).to_string(), "");
    let form = |what: &str, count| Form { link: "usb".into(), what: what.into(), count, ..Form::default() };
    for count in [None, Some(2)] {
        let done = act(&hub, ACCOUNT.into(), text, &form("purge", count)).await;
        assert_eq!(done, Done { step: "refused", words: text.radio.changed.to_owned() });
    }
    let done = act(&hub, ACCOUNT.into(), text, &form("dance", None)).await;
    assert_eq!(done.words, text.radio.not_an_act);
    let done = act(&hub, ACCOUNT.into(), text, &Form { link: "other".into(), ..form("start", None) }).await;
    assert_eq!(done.words, text.radio.nobody);
    let unheard = act(&hub, ACCOUNT.into(), text, &form("start", None)).await;
    assert!(unheard.failed() && unheard.words.starts_with("refused: "), "{unheard:?}");
}

#[tokio::test]
async fn the_question_names_what_would_be_lost() {
    let (hub, _link) = house();
    tell(&hub, &serde_json::json!([node("836d19000001", Some("kitchen"), "sleeping", None)]).to_string(), "");
    let ask = async |what: &str, id: &str| {
        let form = Form { link: "usb".into(), what: what.into(), id: id.into(), ..Form::default() };
        let via = crate::web::auth::Via::Token(TokenId::of("secret"));
        let who = Who { account: ACCOUNT.into(), via, rights: crate::web::rights::Rights::All };
        let answer = sure(State(hub.clone()), who, HeaderMap::new(), Query(form)).await;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    let (status, page) = ask("remove", "836d19000001").await;
    assert!(status == StatusCode::OK && page.contains("Remove kitchen (836d19000001)?"), "{page}");
    let (status, page) = ask("purge", "").await;
    assert!(status == StatusCode::OK && page.contains("Remove all 1 nodes from usb-dongle?"), "{page}");
    assert!(page.contains("name=\"count\" value=\"1\""), "{page}");
    assert_eq!(ask("remove", "836d19000002").await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask("start", "").await.0, StatusCode::BAD_REQUEST);
}
