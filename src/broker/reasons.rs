//! The broker's answers on their way out: what they say of refusals is counted and named, and where `mqtt5` can only
//! say "not authorized" they are told the reason we had.
//!
//! Sources: MQTT 5.0 §3.2.2.2, §3.4.2.1, §3.9.3.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use super::Refusal;
use super::clients::Client;
use super::packet::split_length;

/// Not authorized.
pub const NOT_AUTHORIZED: u8 = 0x87;
/// Client identifier not valid.
const CLIENT_ID: u8 = 0x85;
/// The same in version 3.1.1.
const CLIENT_ID_V3: u8 = 2;
/// Topic filter invalid.
pub const FILTER_INVALID: u8 = 0x8f;
/// Topic name invalid.
pub const TOPIC_INVALID: u8 = 0x90;
/// Quota exceeded.
const QUOTA: u8 = 0x97;

/// Why things were refused that are about to be answered.
#[derive(Debug, Default)]
pub struct Reasons {
    /// The message that was published last.
    pub publish: Option<u8>,
    /// Subscriptions that we refused, in their order.
    pub refused: VecDeque<u8>,
    /// Subscriptions that we allowed.
    pub allowed: usize,
}

/// An answer to `client` as it is to be said; other packets pass.
pub fn put_right<'a>(client: &Client, is_v5: bool, packet: &'a [u8]) -> Cow<'a, [u8]> {
    match packet.first().map(|first| first >> 4) {
        Some(2) => {
            if matches!(packet.get(3), Some(&(CLIENT_ID | CLIENT_ID_V3))) && client.name.get().is_none() {
                client.refuse(Refusal::ClientId, "");
            }
            client.is_welcome.store(packet.get(3) == Some(&0), Ordering::Relaxed);
            // What an earlier session may not keep is not answered.
            *client.reasons() = Reasons::default();
            Cow::Borrowed(packet)
        }
        Some(4 | 5) => acknowledgement(client, packet),
        Some(9) => granted(client, is_v5, packet),
        _ => Cow::Borrowed(packet),
    }
}

fn acknowledgement<'a>(client: &Client, packet: &'a [u8]) -> Cow<'a, [u8]> {
    match packet.get(4) {
        Some(&QUOTA) => client.refuse(Refusal::Retained, ""),
        Some(&NOT_AUTHORIZED) => {
            let reason = client.reasons().publish.take();
            if let Some(reason) = reason.filter(|reason| *reason != NOT_AUTHORIZED) {
                return Cow::Owned(vec![packet[0], 3, packet[2], packet[3], reason]);
            }
        }
        _ => {}
    }
    Cow::Borrowed(packet)
}

fn granted<'a>(client: &Client, is_v5: bool, packet: &'a [u8]) -> Cow<'a, [u8]> {
    let Some(start) = codes(packet, is_v5) else { return Cow::Borrowed(packet) };
    let mut reasons = std::mem::take(&mut *client.reasons());
    let mut told = Cow::Borrowed(packet);
    let mut granted = 0;
    for (at, code) in packet.iter().enumerate().skip(start) {
        match *code {
            0..=2 => granted += 1,
            NOT_AUTHORIZED => {
                if let Some(reason) = reasons.refused.pop_front() {
                    told.to_mut()[at] = reason;
                }
            }
            _ => {}
        }
    }
    // What we allowed and `mqtt5` did not is beyond the limit.
    for _ in granted..reasons.allowed {
        client.refuse(Refusal::Subscriptions, "");
    }
    told
}

/// Where the codes of a SUBACK begin.
fn codes(packet: &[u8], is_v5: bool) -> Option<usize> {
    let (_, rest) = split_length(packet.get(1..)?)?;
    let mut codes = rest.get(2..)?;
    if is_v5 {
        let (length, rest) = split_length(codes)?;
        codes = rest.get(length..)?;
    }
    Some(packet.len() - codes.len())
}
