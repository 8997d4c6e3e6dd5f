//! Every page as axe-core sees it: light and dark, English and Czech, desktop and phone.

mod common;
mod house;

use common::{Browser, Hub};
use house::{PAGES, PASSWORD, enter, house};

/// Pages in front of the door.
const OPEN: &[&str] = &["/login", "/no/such/page"];

async fn look(browser: &Browser, page: &str, found: &mut Vec<String>) {
    for scheme in ["light", "dark"] {
        browser.prefers("prefers-color-scheme", scheme).await;
        found.extend(browser.axe().await.into_iter().map(|what| format!("{page} {scheme}: {what}")));
    }
}

async fn tour(language: &str, is_phone: bool) {
    let (hub, browser) = (house(), Browser::speaking(language).await);
    if is_phone {
        browser.as_phone().await;
    }
    let mut found = Vec::new();
    for page in OPEN {
        browser.goto(&hub.url(page)).await;
        look(&browser, page, &mut found).await;
    }
    enter(&browser, &hub).await;
    for (name, path, sign) in PAGES {
        browser.goto(&hub.url(path)).await;
        browser.find(sign).await;
        look(&browser, name, &mut found).await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}

#[tokio::test]
async fn every_page_is_accessible_in_english_at_the_desk() {
    tour("en", false).await;
}

#[tokio::test]
async fn every_page_is_accessible_in_czech_on_a_phone() {
    tour("cs", true).await;
}

#[tokio::test]
async fn first_page_of_a_new_hub_is_accessible() {
    let (hub, browser) = (Hub::run(""), Browser::open().await);
    browser.goto(&hub.url("/setup")).await;
    let mut found = Vec::new();
    look(&browser, "/setup", &mut found).await;
    browser.fill(&[("code", hub.said("setup_code")), ("name", "anna"), ("password", PASSWORD)]).await;
    // Nothing is connected yet.
    browser.find(".lesson").await;
    look(&browser, "/", &mut found).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
    // It does see what is wrong.
    browser.script("document.querySelector('main').append(document.createElement('img'))").await;
    assert!(browser.axe().await.iter().any(|what| what.starts_with("image-alt")));
    browser.close().await;
}
