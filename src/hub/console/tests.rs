//! Who may write by hand, and what becomes of it.

use super::*;
use crate::hub::{HubConfig, LinkInfo, LinkState, Phase};

fn hub() -> (Now, Hub, LinkHandle) {
    let now = Now::now();
    let hub = Hub::new(HubConfig::default(), now);
    let (link, _) = hub.attach(now, LinkInfo { name: "usb".into(), kind: "wired", base: None });
    (now, hub, link)
}

fn refused(written: Result<Written, Refusal>) -> (&'static str, String) {
    let refusal = written.expect_err("it is refused");
    (refusal.code, refusal.reason.into_owned())
}

#[test]
fn only_a_link_that_speaks_on_a_line_has_a_console() {
    let (now, hub, link) = hub();
    assert!(hub.console("usb").is_none() && !hub.snapshot(now).links[0].has_console);
    assert_eq!(refused(hub.write_by_hand(now, "usb", "anna".into(), b"x")).0, "no-such-link");
    link.console();
    assert!(hub.console("usb").is_some() && hub.snapshot(now).links[0].has_console);
    assert_eq!(refused(hub.write_by_hand(now, "\u{1b}", "anna".into(), b"x")).0, "no-such-link");
}

#[test]
fn bytes_by_hand_go_to_an_open_port_or_are_refused_with_the_reason() {
    let (now, hub, link) = hub();
    let console = link.console();
    let gone = LinkState::not_up(Phase::Waiting, "unplugged", "/dev/ttyUSB0 is gone", "plug it in");
    link.state(now, gone);
    let write = |bytes: &[u8]| hub.write_by_hand(now, "usb", "anna".into(), bytes);
    let (code, reason) = refused(write(b"x"));
    assert_eq!((code, reason.as_str()), ("offline", "the port is not open: /dev/ttyUSB0 is gone"));

    let mut inside = console.opened(now);
    assert!(console.is_open());
    assert_eq!(refused(write(b"")).0, "nothing");
    assert_eq!(refused(write(&[0; MOST_BY_HAND + 1])).0, "too-long");
    let mut first = write(&[0; MOST_BY_HAND]).expect("so much is taken");
    assert_eq!(refused(write(b"x")).0, "busy");
    let by_hand = inside.try_recv().expect("it comes out at the link");
    assert_eq!(
        (&*by_hand.by, by_hand.bytes.len(), by_hand.deadline),
        ("anna", MOST_BY_HAND, now.mono + WITHIN)
    );
    by_hand.done();
    assert_eq!(first.try_recv(), Ok(Ok(())));

    let mut second = write(b"x").expect("there is room again");
    drop(inside);
    assert!(second.try_recv().is_err(), "nobody has taken it");
    assert!(!console.is_open(), "a link that broke down has no open port");
    assert_eq!(refused(write(b"x")).0, "offline");
}

#[test]
fn link_that_is_attached_again_keeps_what_was_on_its_line() {
    let (now, hub, link) = hub();
    link.console().heard(now, b"the last word");
    let (again, _) = hub.attach(now, LinkInfo { name: "usb".into(), kind: "wired", base: None });
    assert_eq!(&*again.console().read(None, 9).rows[0].bytes, b"the last word");
}

#[test]
fn everyone_hears_who_wrote_by_hand() {
    let (now, hub, link) = hub();
    let (_, mut stream) = hub.subscribe(now);
    link.wrote_by_hand(now, "anna", b"\xa0\x01\r\n");
    let told = stream.try_recv().expect("it is told").message.to_text();
    assert_eq!(told, r#"["$hub/written/usb", {"by":"anna","bytes":4,"text":"�\\u{1}\\u{d}\\u{a}"}]"#);
}
