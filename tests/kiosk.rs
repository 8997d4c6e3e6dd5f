//! Rights that are less than everything, against the real program: a token for one tile, and a kiosk with its PIN.

mod common;

use std::process::Command;
use std::time::Duration;

use common::{Https, Hub, Launch, TalkClient, until};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const HOUSE: &str = "[[link]]\nname = \"bridge\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\n";
const RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";
const OTHER: &str = "nodes/bridge/0/relay/i2c0-3f";
const QUIET: Duration = Duration::from_millis(700);

fn house() -> Hub {
    Launch::run(HOUSE).account("anna", PASSWORD).start()
}

/// A token made at the terminal, known to the running hub.
async fn token(hub: &Hub, name: &str, more: &[&str]) -> String {
    let changes = || hub.log().matches("the accounts were changed").count();
    let before = changes();
    let made = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["user", "token", "anna", name, "--data"])
        .arg(hub.data())
        .args(more)
        .output()
        .expect("the program starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // Asking with it before would be counted as guessing.
    until("the hub to notice the token", async || (changes() > before).then_some(())).await;
    String::from_utf8(made.stdout).expect("text").trim().to_owned()
}

async fn wait_relay(hub: &Hub) {
    let visitor = Https::new(hub).basic("anna", PASSWORD);
    until("the relay", async || visitor.get("/").await.body.contains(RELAY).then_some(())).await;
}

#[tokio::test]
async fn a_token_for_a_tile_shows_that_tile_in_any_frame_and_nothing_else() {
    let hub = house();
    wait_relay(&hub).await;
    let secret = token(&hub, "wall", &["--tile", RELAY]).await;
    let stranger = Https::new(&hub);
    let page = stranger.get(&format!("/tile/{RELAY}?token={secret}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.header("content-security-policy").contains("frame-ancestors *"));
    assert_eq!(page.header("x-frame-options"), "");
    assert!(page.body.contains("data-locked=\"read-only\"") && !page.body.contains(OTHER), "{}", page.body);
    assert!(!page.body.contains("/messages"), "the navigation is not for strangers");

    for path in ["/", "/log", "/history", &format!("/tile/{OTHER}"), "/kiosk", "/api/history"] {
        let answer = stranger.get(&format!("{path}?token={secret}")).await;
        assert!([401, 403].contains(&answer.status), "{path}: {}", answer.status);
    }
    let bearer = Https::new(&hub).header("Authorization", &format!("Bearer {secret}"));
    assert_eq!(bearer.get("/").await.status, 403);
    let form = Https::new(&hub).header("Origin", hub.address());
    let press = [("topic", RELAY), ("key", "state"), ("value", "true")];
    assert_eq!(form.post_form(&format!("/set?token={secret}"), &press).await.status, 403, "it may only look");

    // A token that may do everything does not belong in an address.
    let whole = token(&hub, "whole", &[]).await;
    assert_eq!(stranger.get(&format!("/tile/{RELAY}?token={whole}")).await.status, 401);
    // With an account the page is an ordinary one, which nobody may frame.
    let owner = Https::new(&hub).basic("anna", PASSWORD).get(&format!("/tile/{RELAY}")).await;
    assert!(owner.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(owner.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn a_token_for_a_tile_hears_and_commands_that_tile_alone_until_it_is_revoked() {
    let hub = house();
    wait_relay(&hub).await;
    let secret = token(&hub, "wall", &["--tile", RELAY, "--switch"]).await;
    let dial = || TalkClient::of(&hub).path(&format!("/auth/clown-talk-server?token={secret}"));
    let mut client = dial().connect().await.expect("it is let in");
    client.handshake(json!({ "events": true })).await;
    client.command(&format!("{RELAY}/set"), json!({ "state": true }), "mine").await;
    assert_eq!(client.outcome("mine").await["step"], "confirmed");
    client.command(&format!("{OTHER}/set"), json!({ "state": true }), "other").await;
    let outcome = client.outcome("other").await;
    assert_eq!((&outcome["step"], &outcome["code"]), (&json!("refused"), &json!("locked")));
    for (topic, payload) in [
        ("clown.talk/-/messages/set", json!({})),
        ("nodes/bridge/0/-/-/config/set", json!({ "silence": true })),
    ] {
        client.command(topic, payload, "beyond").await;
        let answer = client.wait_for("a refusal", |heard| heard.text.contains("locked")).await;
        assert!(answer.topic == "clown.talk/-/error" || answer.payload["step"] == "refused", "{answer:?}");
    }
    // The bridge talks all the time; this client hears nothing of it.
    while let Some(heard) = client.next_within(QUIET).await {
        let heard = heard.expect("an open connection");
        let is_own = heard.topic == RELAY
            || heard.topic == format!("$hub/presence/{RELAY}")
            || heard.topic == "$hub/presence/nodes/bridge/0"
            || heard.topic == "$hub/command";
        assert!(is_own, "{heard:?}");
    }
    let based = TalkClient::of(&hub).path(&format!("/auth/clown-talk-server_nodes_bridge_0?token={secret}"));
    assert_eq!(based.connect().await.err().map(|refused| refused.status), Some(403));

    // Without script its form leads back to the tile.
    let form = Https::new(&hub).header("Origin", hub.address());
    let press = |topic| [("topic", topic), ("key", "state"), ("value", "false")];
    let answer = form.post_form(&format!("/set?token={secret}"), &press(RELAY)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.header("location").starts_with(&format!("/tile/{RELAY}?token={secret}")));
    assert_eq!(form.post_form(&format!("/set?token={secret}"), &press(OTHER)).await.status, 403);

    let owner = Https::new(&hub).basic("anna", PASSWORD).header("Origin", hub.address());
    let page = owner.get(&format!("/tile/{RELAY}")).await.body;
    assert!(page.contains("<b>wall</b>"), "{page}");
    let revoked = owner.post_form(&format!("/tile/{RELAY}"), &[("do", "revoke"), ("name", "wall")]).await;
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(client.closed().await.code, 4401);
    assert_eq!(dial().connect().await.err().map(|refused| refused.status), Some(401));
}

#[tokio::test]
async fn an_address_is_made_on_the_page_and_shown_once() {
    let hub = house();
    wait_relay(&hub).await;
    let owner = Https::new(&hub).basic("anna", PASSWORD).header("Origin", hub.address());
    let fields = [("do", "make"), ("name", "tablet"), ("switch", "yes")];
    let page = owner.post_form(&format!("/tile/{RELAY}"), &fields).await;
    let path = page
        .body
        .split("<dd><code>https://")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("an address");
    let path = &path[path.find('/').expect("a path")..];
    let tile = Https::new(&hub).get(path).await;
    assert!(tile.status == 200 && !tile.body.contains("data-locked"), "{}", tile.body);
    // A name is there once, and a token for everything cannot be revoked here.
    assert_eq!(owner.post_form(&format!("/tile/{RELAY}"), &fields).await.status, 422);
    let strange = owner.post_form(&format!("/tile/{RELAY}"), &[("do", "revoke"), ("name", "grafana")]).await;
    assert_eq!(strange.status, 422);
    assert_eq!(owner.get("/tile/nodes/bridge/0/relay/none").await.status, 404);
    until("the events to tell of the token", async || {
        let told = owner.get("/api/events?format=jsonl").await.body;
        (told.contains("\"token-added\"") && told.contains("tablet")).then_some(())
    })
    .await;
    let accounts = std::fs::read_to_string(hub.data().join("accounts.toml")).expect("the accounts");
    assert!(accounts.contains(&format!("tile = \"{RELAY}\"\nswitch = true")), "{accounts}");
}

/// A browser that signed in.
async fn signed_in(hub: &Hub) -> Https {
    let browser = Https::new(hub).header("Origin", hub.address()).header("Accept", "text/html");
    let answer = browser.post_form("/login", &[("name", "anna"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    browser
}

#[tokio::test]
async fn a_kiosk_shows_everything_of_the_dashboard_and_switches_only_after_its_pin() {
    let hub = house();
    wait_relay(&hub).await;
    let browser = signed_in(&hub).await;
    let press = [("topic", RELAY), ("key", "state"), ("value", "true")];
    let wish = async |what: &str, pin: &str| browser.post_form("/kiosk", &[("do", what), ("pin", pin)]).await;
    assert_eq!(wish("start", "12").await.status, 422);
    let before = TalkClient::of(&hub).cookie(&browser.cookies()).origin(hub.address()).connect().await;
    let mut before = before.expect("it is let in");
    before.handshake(json!({})).await;
    assert_eq!(wish("start", "2468").await.status, 303);
    // What was open with more rights ends.
    assert_eq!(before.closed().await.code, 4401);

    let page = browser.get("/").await;
    assert!(page.status == 200 && page.body.contains("data-locked=\"read-only\""), "{}", page.body);
    assert!(!page.body.contains("href=\"/messages\""));
    for path in ["/messages", "/log", "/links", "/new"] {
        assert_eq!((browser.get(path).await.status, path), (303, path));
    }
    assert_eq!(browser.get("/history").await.status, 200);
    assert_eq!(browser.post_form("/send", &[("topic", "a/set"), ("payload", "1")]).await.status, 403);
    assert_eq!(browser.post_form("/set", &press).await.header("location"), "/kiosk");

    let client = TalkClient::of(&hub).cookie(&browser.cookies()).origin(hub.address()).connect().await;
    let mut client = client.expect("it is let in");
    client.handshake(json!({ "events": true })).await;
    client.command(&format!("{RELAY}/set"), json!({ "state": true }), "locked").await;
    let outcome = client.outcome("locked").await;
    assert_eq!((&outcome["step"], &outcome["code"]), (&json!("refused"), &json!("locked")));

    assert_eq!(wish("open", "1357").await.status, 403);
    assert_eq!(wish("open", "2468").await.status, 303);
    client.command(&format!("{RELAY}/set"), json!({ "state": true }), "open").await;
    assert_eq!(client.outcome("open").await["step"], "confirmed");
    assert_eq!(
        browser.post_form("/set", &press).await.header("location").split('&').next_back(),
        Some("step=confirmed")
    );
    assert!(!browser.get("/").await.body.contains("data-locked"));
    assert_eq!(browser.get("/messages").await.status, 303, "the PIN opens the switches and nothing else");
    assert_eq!(wish("lock", "").await.status, 303);
    client.command(&format!("{RELAY}/set"), json!({ "state": false }), "again").await;
    assert_eq!(client.outcome("again").await["step"], "refused");
}

#[tokio::test]
async fn a_kiosk_stays_one_when_the_hub_starts_again_and_is_left_by_its_pin() {
    let mut hub = house();
    let browser = signed_in(&hub).await;
    let wish = async |what: &str, pin: &str| browser.post_form("/kiosk", &[("do", what), ("pin", pin)]).await;
    assert_eq!(wish("start", "2468").await.status, 303);
    let sessions = std::fs::read_to_string(hub.data().join("sessions")).expect("the sessions");
    assert!(sessions.contains("\"pin\":\"$argon2") && !sessions.contains("2468"), "{sessions}");
    let again = hub.launch().listening(hub.authority());
    hub.stop();
    let hub = again.start();
    wait_relay(&hub).await;
    assert!(browser.get("/").await.body.contains("data-locked=\"read-only\""));
    assert_eq!(browser.get("/log").await.status, 303);
    // Guessing takes long.
    let mut guesses = 0;
    let status = loop {
        guesses += 1;
        let status = wish("leave", "0000").await.status;
        if status != 403 || guesses > 50 {
            break status;
        }
    };
    assert_eq!(status, 429, "after {guesses} wrong ones");
}

#[tokio::test]
async fn a_kiosk_is_left_by_its_pin() {
    let hub = house();
    let browser = signed_in(&hub).await;
    let wish = async |what: &str, pin: &str| browser.post_form("/kiosk", &[("do", what), ("pin", pin)]).await;
    assert_eq!(wish("start", "2468").await.status, 303);
    assert_eq!(wish("leave", "2460").await.status, 403);
    assert_eq!(wish("leave", "2468").await.status, 303);
    assert_eq!(browser.get("/log").await.status, 200);
    // Who brings the password with each request has no session to make a kiosk of.
    let script = Https::new(&hub).basic("anna", PASSWORD).header("Origin", hub.address());
    assert_eq!(script.post_form("/kiosk", &[("do", "start"), ("pin", "2468")]).await.status, 422);
}
