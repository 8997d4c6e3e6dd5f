//! What the page shows and links to without script, and that foreign words are only words.

use axum::http::HeaderMap;

use super::*;
use crate::hub::{HubConfig, LinkHandle, LinkInfo, LinkState};
use crate::talk::{Message, Topic};
use crate::web::messages::tree::Bounds;

/// A hub with one device, and its record.
pub fn house(lines: &[&str]) -> (Hub, LinkHandle, Record) {
    let now = Now::now();
    let hub = Hub::new(HubConfig::default(), now);
    let base = Topic::new("nodes/bridge/0").ok();
    let (link, _) = hub.attach(now, LinkInfo { name: "usb".into(), kind: "serial", base });
    link.state(now, LinkState::up("bridge"));
    for line in lines {
        link.publish(now, Message::parse(line).unwrap());
    }
    let record = Record::new(Bounds::default(), now);
    drop(record.listen(&hub));
    (hub, link, record)
}

fn render(lines: &[&str], asked: &Asked) -> String {
    let (hub, _link, record) = house(lines);
    let form = Form::empty(&hub.snapshot(Now::now()), None);
    let shell = Shell::new(&HeaderMap::new(), Some("ada"), "/messages");
    MessagesPage::new(shell, &record, asked, form).render().unwrap()
}

const RELAY: &str = r#"["relay/i2c0-3b", {"state": true}]"#;
const METER: &str = r#"["thermometer/i2c0-48", {"temperature": [24.50, "℃"]}]"#;

#[test]
fn tree_is_walked_by_links_without_script() {
    let page = render(&[RELAY, METER], &Asked::default());
    assert!(page.contains(r#"href="/messages?topic=nodes/bridge/0/relay/i2c0-3b""#), "{page}");
    assert!(page.contains(r#"href="/messages?at=nodes/bridge/0""#));
    assert!(page.contains("24.50"), "the digits as sent");
    let part = render(&[RELAY, METER], &Asked { at: Some("nodes/bridge".into()), ..Asked::default() });
    assert!(
        part.contains(r#"<a href="/messages">All topics</a> / <a href="/messages?at=nodes">nodes</a>"#),
        "{part}"
    );
}

#[test]
fn what_is_looked_for_stays_in_every_link() {
    let asked = Asked { search: "i2c0-3b & co".into(), ..Asked::default() };
    let page = render(&[RELAY, METER], &asked);
    assert!(page.contains("No topic matches"), "{page}");
    let asked = Asked { search: "TRUE".into(), link: "remembered".into(), ..Asked::default() };
    assert!(render(&[RELAY], &asked).contains("No topic matches"));
    let asked = Asked { search: "true".into(), ..Asked::default() };
    let page = render(&[RELAY, METER], &asked);
    assert!(page.contains("/messages?search=true&#38;topic=nodes/bridge/0/relay/i2c0-3b"), "{page}");
    assert!(!page.contains("thermometer"));
    assert!(page.contains("/messages/export?span=present&#38;search=true&amp;as=csv"));
}

#[test]
fn foreign_words_are_only_words() {
    let page = render(
        &[
            r#"["<script>x</script>/\u202eevil", "<img src=x onerror=y>"]"#,
            r#"["quote\"'/x", {"<b>": "</textarea><script>"}]"#,
        ],
        &Asked { topic: Some("nodes/bridge/0/quote\"'/x".into()), ..Asked::default() },
    );
    assert!(
        !page.contains("<script>x") && !page.contains("<img") && !page.contains("</textarea><script>"),
        "{page}"
    );
    assert!(page.contains("&#60;script&#62;x") && page.contains("\\u{202e}evil"), "{page}");
}

#[test]
fn address_that_names_nothing_is_no_error() {
    for asked in [
        Asked { at: Some("nowhere".into()), ..Asked::default() },
        Asked { topic: Some(String::new()), first: "-1".into(), a: "x".into(), ..Asked::default() },
        Asked { id: Some("99.99".into()), kind: "thing".into(), link: "none".into(), ..Asked::default() },
    ] {
        let page = render(&[RELAY], &asked);
        assert!(
            page.contains("No topic matches")
                || page.contains("Nothing was said")
                || page.contains("Nobody has spoken"),
            "{asked:?}"
        );
    }
}
