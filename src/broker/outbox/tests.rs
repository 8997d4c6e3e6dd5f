//! What waits for a client: what is taken, what is left out, and when a connection is cut.

use futures_util::task::noop_waker;
use tokio::io::{AsyncReadExt, duplex};

use super::*;

fn live(len: usize) -> Vec<u8> {
    let mut packet = vec![0x30, (len & 0x7f) as u8 | 0x80, (len >> 7) as u8, 0, 1, b'a', 0];
    packet.resize(3 + len, b'x');
    packet
}

fn offer(outbox: &Outbox, packet: &[u8]) -> io::Result<Offer> {
    outbox.offer(&Context::from_waker(&noop_waker()), packet)
}

#[tokio::test]
async fn a_slow_client_loses_live_messages_only_and_they_are_counted() {
    let tally = Arc::new(Tally::default());
    let outbox = Outbox::new(1_000, tally.clone());
    for _ in 0..5 {
        assert_eq!(offer(&outbox, &live(200)).unwrap(), Offer::Taken);
    }
    assert_eq!(offer(&outbox, &live(200)).unwrap(), Offer::Full);
    outbox.is_slow();
    for _ in 0..15 {
        assert_eq!(offer(&outbox, &live(200)).unwrap(), Offer::Taken);
    }
    assert_eq!((tally.dropped.load(Ordering::Relaxed), outbox.take_dropped()), (15, 15));
    offer(&outbox, &[0x32, 6, 0, 1, b'a', 0, 1, 0]).unwrap();
    offer(&outbox, &[0xd0, 0]).unwrap();
    let (near, mut far) = duplex(64);
    let writer = tokio::spawn(outbox.clone().write_to(near));
    outbox.close();
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).await.unwrap();
    writer.await.unwrap();
    assert_eq!(heard.len(), 5 * 203 + 8 + 2);
    assert!(offer(&outbox, &[0xd0, 0]).is_err());
    assert_eq!(tally.waiting.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_cut_off() {
    let tally = Arc::new(Tally::default());
    let outbox = Outbox::new(1_000, tally.clone());
    let (near, _far) = duplex(16);
    let writer = tokio::spawn(outbox.clone().write_to(near));
    offer(&outbox, &live(200)).unwrap();
    writer.await.unwrap();
    assert_eq!(tally.cut.load(Ordering::Relaxed), 1);
    assert!(offer(&outbox, &[0xd0, 0]).is_err());
    assert_eq!(tally.waiting.load(Ordering::Relaxed), 0);
}

#[test]
fn what_is_promised_is_kept_until_all_together_have_too_much() {
    let tally = Arc::new(Tally::default());
    let (one, other) = (Outbox::new(1_000, tally.clone()), Outbox::new(1_000, tally.clone()));
    let mut kept = live(16_000);
    kept[0] = 0x31;
    one.is_slow();
    let mut taken = 0;
    while offer(&one, &kept).is_ok() {
        taken += kept.len();
    }
    assert!((ALL_TOGETHER..ALL_TOGETHER + 20_000).contains(&taken), "{taken}");
    assert_eq!(tally.cut.load(Ordering::Relaxed), 1);
    assert_eq!(offer(&other, &kept).unwrap(), Offer::Taken);
}

#[test]
fn what_is_too_large_for_the_client_counts_as_taken() {
    let outbox = Outbox::new(1_000, Arc::default());
    outbox.takes(20);
    for first in [0x30, 0x32, 0x34] {
        let mut packet = live(200);
        (packet[0], packet[6], packet[7], packet[8]) = (first, 0, 7, 0);
        offer(&outbox, &packet).unwrap();
    }
    assert_eq!(&outbox.take_answers().unwrap()[..], [0x40, 2, 0, 7, 0x50, 3, 0, 7, 0x95]);
    assert_eq!(outbox.lock().waits(), 0);
    offer(&outbox, &[0xd0, 0]).unwrap();
    assert_eq!(outbox.lock().waits(), 2);
}
