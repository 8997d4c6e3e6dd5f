//! The page of a line as it is rendered, without script.

use std::time::SystemTime;

use super::*;
use crate::hub::{HubConfig, LinkHandle, LinkInfo};

fn hub() -> (Now, Hub, LinkHandle) {
    let now = Now { wall: SystemTime::UNIX_EPOCH, ..Now::now() };
    let hub = Hub::new(HubConfig::default(), now);
    hub.attach(now, LinkInfo { name: "broker".into(), kind: "mqtt", base: None });
    let (link, _) = hub.attach(now, LinkInfo { name: "us b&1".into(), kind: "serial", base: None });
    (now, hub, link)
}

async fn page(hub: &Hub, link: Option<&str>, shown: &str) -> (StatusCode, String) {
    let asked = (link, Form { shown: shown.into(), ..Form::default() });
    let shell = Shell::new(&HeaderMap::new(), Some("anna"), "/console");
    let response = answer(hub, shell, StatusCode::OK, asked, None);
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a page");
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn rows_are_shown_as_text_or_as_digits_and_hostile_ones_are_only_shown() {
    let (now, hub, link) = hub();
    let console = link.console();
    let _inside = console.opened(now);
    console.heard(now, b"<b>24.50\xff\r\n");
    console.wrote(now, b"\x01\x03", Some(&"an\u{202e}na".into()));
    let (_, text) = page(&hub, None, "").await;
    assert!(text.contains("<span class=\"said\">&#60;b&#62;24.50\\xff<i>␍␊</i></span>"), "{text}");
    assert!(text.contains("<span class=\"said\">The port was opened.</span>"));
    assert!(text.contains("<time datetime=\"1970-01-01T00:00:00.000Z\">00:00:00.000</time>"));
    assert!(text.contains("by hand: an\\u{202e}na"));
    assert!(text.contains("name=\"link\" value=\"us b&#38;1\""), "forms hold the name as it is");
    let (_, hex) = page(&hub, Some("us b&1"), "hex").await;
    assert!(hex.contains("<span class=\"said\">3c 62 3e 32 34 2e 35 30 ff 0d 0a</span>"), "{hex}");
    assert!(hex.contains("<option value=\"hex\" selected>"), "whoever reads digits writes digits");
    assert!(hex.contains("href=\"/console?link=us%20b%261&#38;as=text\""), "{hex}");
}

#[tokio::test]
async fn page_says_that_its_port_is_not_open() {
    let (now, hub, link) = hub();
    let console = link.console();
    let inside = console.opened(now);
    let past = |page: &str| (page.contains("data-part=\"past\">"), page.contains(" data-past"));
    assert_eq!(past(&page(&hub, None, "").await.1), (false, false));
    console.heard(now, b"the last word\n");
    console.closed(now);
    drop(inside);
    let (_, text) = page(&hub, None, "").await;
    assert_eq!(past(&text), (true, true));
    assert!(text.contains("the last word") && text.contains("data-part=\"open\" disabled"), "{text}");
}

#[tokio::test]
async fn hub_without_a_line_says_so_and_a_name_that_is_none_is_not_found() {
    let (_, hub, link) = hub();
    let (status, text) = page(&hub, None, "").await;
    assert!(status == StatusCode::OK && text.contains("No link speaks on a serial line"), "{text}");
    link.console();
    for name in ["broker", "nobody", ""] {
        assert_eq!(page(&hub, Some(name), "").await.0, StatusCode::NOT_FOUND, "{name}");
    }
}
