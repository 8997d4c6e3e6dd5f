//! A link is kept running whatever its session does, and the rest of the hub does not notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clown_hub::hub::{By, Command, Hub, HubConfig, LinkInfo, LinkState, Now, Phase};
use clown_hub::link::supervise;
use clown_hub::stop::Stop;
use clown_hub::talk::{Message, Payload};

use crate::common::until;
use crate::rig::{refusal, topic};

fn hub() -> Hub {
    Hub::new(HubConfig::default(), Now::now())
}

fn info(name: &str) -> LinkInfo {
    LinkInfo { name: name.into(), kind: "serial", base: Some(topic(&format!("nodes/{name}"))) }
}

async fn comes_to(hub: &Hub, code: &str) -> LinkState {
    until(&format!("the link to be {code}"), || async {
        let link = hub.snapshot(Now::now()).links.into_iter().next()?;
        Some(link.state).filter(|state| state.code == code)
    })
    .await
}

#[tokio::test]
async fn a_panic_is_told_and_the_link_begins_anew() {
    let (hub, stop, runs) = (hub(), Stop::new(), Arc::new(AtomicUsize::new(0)));
    let (handle, commands) = hub.attach(Now::now(), info("a"));
    let counted = runs.clone();
    let link = tokio::spawn(supervise(handle, commands, stop.clone(), move |session| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            assert!(run > 0, "the first session breaks");
            session.status.set(Now::now(), LinkState::up("well"));
            session.stop.requested().await;
            LinkState::not_up(Phase::Down, "stopped", "", "")
        }
    }));
    let broken = comes_to(&hub, "fault").await;
    assert!(broken.reason.ends_with("the first session breaks"), "{}", broken.reason);
    comes_to(&hub, "up").await;
    stop.request();
    link.await.expect("no panic comes out");
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    comes_to(&hub, "stopped").await;
}

#[tokio::test]
async fn a_session_that_does_not_obey_is_left_behind() {
    let (hub, stop) = (hub(), Stop::new());
    let (handle, commands) = hub.attach(Now::now(), info("a"));
    let link = tokio::spawn(supervise(handle, commands, stop.clone(), |session| async move {
        session.status.set(Now::now(), LinkState::up("deaf"));
        std::future::pending::<LinkState>().await
    }));
    comes_to(&hub, "up").await;
    let start = Instant::now();
    stop.request();
    link.await.expect("no panic");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[tokio::test]
async fn commands_between_two_sessions_are_refused_at_once() {
    let (hub, stop) = (hub(), Stop::new());
    let (handle, commands) = hub.attach(Now::now(), info("a"));
    handle.publish(Now::now(), Message::parse(r#"["relay/i2c0-3b", {"state": null}]"#).expect("valid"));
    // Up as the hub knows it, so that the command reaches the outbox, while the session has just ended.
    let link = tokio::spawn(supervise(handle.clone(), commands, stop.clone(), |_| async {
        LinkState::not_up(Phase::Waiting, "unplugged", "it was unplugged", "")
    }));
    comes_to(&hub, "unplugged").await;
    handle.state(Now::now(), LinkState::up("so the hub believes"));
    let ticket = hub.command(
        Now::now(),
        Command {
            topic: topic("nodes/a/relay/i2c0-3b/set"),
            payload: Payload::parse(r#"{"state": true}"#).expect("valid"),
            by: By { account: "clown".into(), client: 1, from: None },
            id: None,
        },
    );
    let done = ticket.outcome().await.expect("an outcome");
    assert_eq!(refusal(&done), "unplugged");
    assert!(done.after < Duration::from_secs(1));
    stop.request();
    link.await.expect("no panic");
}
