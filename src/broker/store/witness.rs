//! Sees every packet between a client and `mqtt5`, which says what no hook does: what a message says beside, that it has
//! been routed, because its publisher is told so, and which message a number means that a client will confirm.
//!
//! With quality 2 client and broker must agree on numbers whatever happens, so a packet waits until the journal has it.
//!
//! Sources: MQTT 3.1.1 §2.2, §3.2; MQTT 5.0 §2.2.2, §3.2. A packet is whole as `mqtt5` writes it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use mqtt5::broker::transport::WebSocketTransport;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::super::packet::split_length;
use super::arrivals::Ear;
use super::desk::Desk;
use super::hooks;
use super::record::Handed;

/// Sees what clients say and are told; clones see for the same store.
#[derive(Clone)]
pub struct Witness {
    desk: Arc<Desk>,
}

/// A connection whose packets are seen.
pub struct Witnessed<T> {
    inner: T,
    witness: Witness,
    name: Box<dyn Fn() -> Option<Arc<str>> + Send + Sync>,
    client: Option<Arc<str>>,
    ear: Ear,
    is_v5: bool,
    /// What the packet waits for that is to be written.
    wait: Option<Wait>,
    /// Bytes that are still to come of the packet that was seen.
    left: usize,
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// What matters of a packet.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    /// The connection is accepted, in version 5 or another.
    Accepted { is_v5: bool },
    /// A message of quality 1 or 2; with `is_first` one that was just published and goes out for the first time.
    Message { packet: u16, qos: u8, is_first: bool, topic: &'a [u8], payload: &'a [u8] },
    /// The answer to a message of quality 1, or the last answer to one of quality 2.
    Finished { packet: u16 },
    /// The first answer to a message of quality 2.
    Taken { packet: u16 },
    /// A client may forget the number of a message of quality 2.
    Release { packet: u16 },
}

impl Witness {
    /// For a store.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk }
    }

    /// A connection through which whole packets are written; `name` is asked for the client's id once that is known.
    pub fn watch<T>(
        &self,
        inner: T,
        name: impl Fn() -> Option<Arc<str>> + Send + Sync + 'static,
    ) -> Witnessed<T> {
        Witnessed {
            inner,
            witness: self.clone(),
            name: Box::new(name),
            client: None,
            ear: Ear::default(),
            is_v5: false,
            wait: None,
            left: 0,
        }
    }

    /// Takes note of a packet; what comes back has to end before the packet is written.
    fn see(&self, client: &Arc<str>, seen: &Seen<'_>) -> Option<oneshot::Receiver<()>> {
        match seen {
            Seen::Message { packet, qos, is_first, topic, payload } => {
                self.desk.sessions.get(client)?;
                let kept = self.desk.sent(client, *packet, Handed::sum_of(topic, payload), *is_first)?;
                (*qos == 2).then_some(kept)
            }
            Seen::Release { packet } => self.desk.received(client, *packet),
            Seen::Finished { packet } => {
                self.desk.answered(client, *packet, true);
                None
            }
            Seen::Taken { packet } => {
                self.desk.answered(client, *packet, false);
                None
            }
            Seen::Accepted { .. } => None,
        }
    }
}

impl<T> Witnessed<T> {
    fn look(&mut self, packet: &[u8]) -> Option<Wait> {
        let seen = look(packet, self.is_v5)?;
        if let Seen::Accepted { is_v5 } = seen {
            self.is_v5 = is_v5;
            self.client = (self.name)();
            let client = self.client.clone()?;
            self.witness.desk.listens(client, self.ear.arrivals().clone());
        }
        let kept = self.witness.see(self.client.as_ref()?, &seen)?;
        Some(Box::pin(hooks::wait(kept)))
    }
}

impl<T: WebSocketTransport> WebSocketTransport for Witnessed<T> {
    fn peer_addr(&self) -> mqtt5::Result<SocketAddr> {
        self.inner.peer_addr()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Witnessed<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        self.ear.hear(&buf.filled()[before..]);
        Poll::Ready(read)
    }
}

impl<T> Drop for Witnessed<T> {
    fn drop(&mut self) {
        if let Some(client) = &self.client {
            self.witness.desk.listens_no_more(client, self.ear.arrivals());
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Witnessed<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, packet: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.left == 0 {
            this.wait = this.look(packet);
            this.left = packet.len();
        }
        if let Some(wait) = &mut this.wait {
            ready!(wait.as_mut().poll(cx));
            this.wait = None;
        }
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, packet))?;
        this.left = this.left.saturating_sub(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// What a packet says, if that matters.
fn look(packet: &[u8], is_v5: bool) -> Option<Seen<'_>> {
    let (first, rest) = packet.split_first()?;
    let kind = first >> 4;
    if !matches!(kind, 2..=7) || *first & 0b1111_0110 == 0x30 {
        return None;
    }
    let (length, body) = split_length(rest)?;
    match kind {
        2 => (body.get(1) == Some(&0)).then_some(Seen::Accepted { is_v5: length > 2 }),
        3 => message(*first, body, is_v5),
        5 => Some(Seen::Taken { packet: number(body)?.0 }),
        6 => Some(Seen::Release { packet: number(body)?.0 }),
        _ => Some(Seen::Finished { packet: number(body)?.0 }),
    }
}

fn message(first: u8, body: &[u8], is_v5: bool) -> Option<Seen<'_>> {
    let (length, rest) = number(body)?;
    let (topic, rest) = rest.split_at_checked(length.into())?;
    let (packet, mut payload) = number(rest)?;
    if is_v5 {
        let (length, rest) = split_length(payload)?;
        payload = rest.get(length..)?;
    }
    // Not what was sent before, nor what is retained and goes to a new subscription.
    let is_first = first & 0b1001 == 0;
    Some(Seen::Message { packet, qos: first >> 1 & 3, is_first, topic, payload })
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_at_checked(2)?;
    Some((u16::from_be_bytes(number.try_into().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_understood_in_both_versions() {
        let check = |packet: &[u8], is_v5, expect| assert_eq!(look(packet, is_v5), expect, "{packet:02x?}");
        check(b"\x20\x02\x00\x00", false, Some(Seen::Accepted { is_v5: false }));
        check(b"\x20\x02\x00\x05", false, None);
        check(b"\x20\x03\x00\x00\x00", false, Some(Seen::Accepted { is_v5: true }));
        let (topic, payload) = (&b"a/b"[..], &b"\0x"[..]);
        let message = |qos, is_first| Some(Seen::Message { packet: 7, qos, is_first, topic, payload });
        check(b"\x32\x09\x00\x03a/b\x00\x07\x00x", false, message(1, true));
        check(b"\x3d\x0c\x00\x03a/b\x00\x07\x02\x01\x01\x00x", true, message(2, false));
        check(b"\x30\x05\x00\x03a/b", false, None);
        check(b"\x40\x02\x00\x07", false, Some(Seen::Finished { packet: 7 }));
        check(b"\x40\x04\x00\x07\x10\x00", true, Some(Seen::Finished { packet: 7 }));
        check(b"\x50\x02\x00\x07", false, Some(Seen::Taken { packet: 7 }));
        check(b"\x70\x02\x00\x07", false, Some(Seen::Finished { packet: 7 }));
        check(b"\x62\x02\x00\x07", false, Some(Seen::Release { packet: 7 }));
        for other in [&b"\x90\x03\x00\x01\x00"[..], b"\xd0\x00", b"", b"\x32", b"\x32\x09\x00"] {
            check(other, false, None);
        }
    }
}
