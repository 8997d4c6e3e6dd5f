//! A hub with something on every page, and the pages.

use super::common::{Browser, Hub, Launch, free_port};

/// Whoever lives there.
pub const PASSWORD: &str = "correct horse battery";

/// Pages for whoever is signed in, by a name for pictures, and what is there once the page has come to life.
pub const PAGES: &[(&str, &str, &str)] = &[
    ("dashboard", "/", ".tile[data-presence=online]"),
    ("dashboard-told", "/?about=nodes/bridge/0/relay/i2c0-3b&step=confirmed", ".flash[data-step=confirmed]"),
    ("arrange", "/arrange", "[data-thing='nodes/bridge/0']"),
    ("device", "/device?base=nodes/bridge/0", ".tile[data-presence=online]"),
    ("device-remove", "/device/remove?base=nodes/bridge/0", "h1"),
    ("tile", "/tile/nodes/bridge/0/relay/i2c0-3b", ".tile[data-presence=online]"),
    ("history", "/history", "h1"),
    ("events", "/events", "h1"),
    ("messages", "/messages", "h1"),
    ("retained", "/messages/retained", "h1"),
    ("links", "/links", "[data-key=bridge]"),
    ("log", "/log", "h1"),
    ("test", "/test", "h1"),
    ("kiosk", "/kiosk", "[name=pin]"),
    ("missing", "/no/such/page", "h1"),
];

/// A bridge that is simulated, a broker that is not there, and a broker of its own.
pub fn house() -> Hub {
    let (nobody, own) = (free_port(), free_port());
    let config = format!(
        "[[link]]\nname = \"bridge\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\n
         [[link]]\nname = \"nobody\"\nkind = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{nobody}\"\ntopics = [\"# in\"]\n
         [broker]\nlisten = \"127.0.0.1:{own}\"\n"
    );
    Launch::run(&config).account("anna", PASSWORD).start()
}

/// Signs in and waits for the dashboard.
pub async fn enter(browser: &Browser, hub: &Hub) {
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("name", "anna"), ("password", PASSWORD)]).await;
    browser.find(".tile").await;
}
