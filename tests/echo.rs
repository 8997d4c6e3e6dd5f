//! `/echo`: what is said comes back, byte for byte, for whoever may come in, as long as they may.

mod common;

use common::{Closed, Https, Launch, TalkClient};
use tokio_tungstenite::tungstenite::Message;

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn everything_that_is_said_comes_back_as_it_was() {
    let hub = Launch::run("").account("ada", PASSWORD).start();
    let mut echo = TalkClient::of(&hub).path("/echo").basic("ada", PASSWORD).connect().await.expect("let in");
    let long = "ž".repeat(32_768);
    for text in ["", "hello", "not JSON { at all\n\u{0}", &long] {
        echo.send(text).await;
        assert_eq!(echo.frame().await, Message::text(text));
    }
    let bytes: Vec<u8> = (0..=255).collect();
    echo.send_frame(Message::binary(bytes.clone())).await;
    assert_eq!(echo.frame().await, Message::binary(bytes));
    echo.send_frame(Message::Ping("are you there".into())).await;
    assert_eq!(echo.frame().await, Message::Pong("are you there".into()));

    echo.send_frame(Message::binary(vec![0; 65_537])).await;
    let Message::Close(Some(close)) = echo.frame().await else { panic!("it is too long") };
    assert_eq!(u16::from(close.code), 1009);
}

#[tokio::test]
async fn only_who_may_come_in_is_answered_and_from_our_own_pages_only() {
    let hub = Launch::run("").account("ada", PASSWORD).start();
    let refused = TalkClient::of(&hub).path("/echo").connect().await.err().expect("a stranger");
    assert_eq!(refused.status, 401);
    let form = Https::new(&hub).header("Origin", hub.address());
    form.post_form("/login", &[("name", "ada"), ("password", PASSWORD)]).await;
    let foreign = TalkClient::of(&hub).path("/echo").cookie(&form.cookies()).origin("https://evil.example");
    assert_eq!(foreign.connect().await.err().expect("a page of another site").status / 100, 4);
    let own = TalkClient::of(&hub).path("/echo").cookie(&form.cookies()).origin(hub.address());
    let mut own = own.connect().await.expect("let in");
    own.send("[\"a\", {}]").await;
    assert_eq!(own.frame().await, Message::text("[\"a\", {}]"));
    // The right ends, and with it the connection.
    let session = Https::new(&hub).header("Origin", hub.address()).header("Cookie", &form.cookies());
    session.post_form("/logout", &[]).await;
    assert_eq!(own.closed().await, Closed { code: 4401, reason: "signed out".into() });
    let plain = Https::new(&hub).basic("ada", PASSWORD).get("/echo").await;
    assert_eq!(plain.status, 426);
}

#[tokio::test]
async fn a_hub_that_stops_says_good_bye() {
    let mut hub = Launch::run("").account("ada", PASSWORD).start();
    let mut echo = TalkClient::of(&hub).path("/echo").basic("ada", PASSWORD).connect().await.expect("let in");
    let stopped = tokio::task::spawn_blocking(move || hub.stop().0);
    assert_eq!(echo.closed().await, Closed { code: 1001, reason: "the hub stops".into() });
    assert!(stopped.await.expect("it is waited for").success());
}
