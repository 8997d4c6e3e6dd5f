//! What comes from one client, packet by packet: the first is read whole, of the others each head is looked at.
//!
//! Payloads pass as they come and are not kept here. Between two packets something can be said to `mqtt5` in the
//! client's name: that it has taken a message which was too large for it. Where a client goes over from messages of
//! quality 0 to better ones or back, the others have a turn first: `mqtt5` hands both out by ways of their own, and
//! the later ones could arrive first.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, ReadBuf, ReadHalf};

use super::check::{self, Head};
use super::hello::{self, First, Hello};
use super::{Refusal, Wire};

/// The reading side of one client's connection.
pub struct Intake {
    wire: ReadHalf<Box<dyn Wire>>,
    /// The first packet as far as it has come; none once it was whole.
    first: Option<BytesMut>,
    /// What is handed on before more is read.
    ready: BytesMut,
    /// The beginning of a packet that is not known yet.
    held: BytesMut,
    sieve: Sieve,
    /// Others have a turn before the next is read.
    gives_way: bool,
}

/// Hears of each packet that may pass: its beginning, with all of its head, and how many bytes it has. What it does not
/// agree with ends the connection, with a reason in the words of version 5.
pub type Watch = Box<dyn Fn(&[u8], usize) -> Result<(), u8> + Send + Sync>;

/// Looks at each packet's head.
struct Sieve {
    watch: Watch,
    /// Bytes of a known packet that are still to come.
    left: usize,
    version: u8,
    largest: usize,
    /// Whether the message before was of quality 0; none before the first.
    was_live: Option<bool>,
}

/// What a look has found.
struct Known {
    /// So many bytes are of packets that may pass.
    bytes: usize,
    /// The next is a message of another kind than the one before.
    is_turning: bool,
}

/// Why reading ends.
#[derive(Debug)]
pub enum Fault {
    /// The connection.
    Wire(io::Error),
    /// The client does not begin with MQTT, or with too much of it.
    Foreign(Refusal),
    /// A packet breaks the rules; the reason in the words of version 5.
    Wrong(u8),
}

impl Intake {
    /// Nothing was read yet; no packet may have more bytes than `largest`.
    pub fn new(wire: ReadHalf<Box<dyn Wire>>, largest: usize, watch: Watch) -> Self {
        let (ready, held) = Default::default();
        let sieve = Sieve { watch, left: 0, version: 5, largest, was_live: None };
        Self { wire, first: Some(BytesMut::new()), ready, held, sieve, gives_way: false }
    }

    /// Whether the first packet was read, all of it.
    pub fn has_said_hello(&self) -> bool {
        self.first.is_none() && self.ready.is_empty()
    }

    /// Whether the next byte begins a packet that has not been begun.
    pub fn is_between_packets(&self) -> bool {
        self.has_said_hello() && self.held.is_empty() && self.sieve.left == 0
    }

    /// Says something in the client's name; between packets only.
    pub fn insert(&mut self, packet: &[u8]) {
        self.ready.extend_from_slice(packet);
    }

    /// Reads; the first packet goes to `told` when it is there. Nothing read means that the client has left.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        told: impl FnOnce(Hello),
    ) -> Poll<Result<(), Fault>> {
        if self.first.is_some() {
            match ready!(self.poll_first(cx))? {
                Some(hello) => told(hello),
                None => return Poll::Ready(Ok(())),
            }
        }
        loop {
            if !self.ready.is_empty() {
                let take = self.ready.len().min(buf.remaining());
                buf.put_slice(&self.ready[..take]);
                self.ready.advance(take);
                if self.ready.is_empty() {
                    self.ready = BytesMut::new();
                }
                return Poll::Ready(Ok(()));
            }
            if self.held.is_empty() {
                let before = buf.filled().len();
                ready!(Pin::new(&mut self.wire).poll_read(cx, buf)).map_err(Fault::Wire)?;
                let new = &buf.filled()[before..];
                let known = self.sieve.pass(new)?;
                self.held.extend_from_slice(&new[known.bytes..]);
                self.gives_way = known.is_turning;
                let is_over = new.is_empty();
                buf.set_filled(before + known.bytes);
                if is_over || known.bytes > 0 {
                    return Poll::Ready(Ok(()));
                }
            } else if self.gives_way {
                self.gives_way = false;
                self.sift()?;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            } else if !ready!(poll_more(&mut self.wire, cx, &mut self.held))? {
                return Poll::Ready(Ok(()));
            } else {
                self.sift()?;
            }
        }
    }

    /// Makes ready what is known of what was held.
    fn sift(&mut self) -> Result<(), Fault> {
        let known = self.sieve.pass(&self.held)?;
        self.gives_way = known.is_turning;
        self.ready = self.held.split_to(known.bytes);
        if self.held.is_empty() {
            self.held = BytesMut::new();
        }
        Ok(())
    }

    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Hello>, Fault>> {
        let Some(first) = &mut self.first else { return Poll::Ready(Ok(None)) };
        loop {
            match hello::look(first, self.sieve.largest) {
                First::Whole(hello, length) => {
                    let connect = first.split_to(length);
                    self.held = std::mem::take(first);
                    self.first = None;
                    self.sieve.version = hello.version;
                    self.sift()?;
                    let after = std::mem::replace(&mut self.ready, connect);
                    self.ready.extend_from_slice(&after);
                    return Poll::Ready(Ok(Some(hello)));
                }
                First::Foreign => return Poll::Ready(Err(Fault::Foreign(hello::who(first)))),
                First::TooLarge => return Poll::Ready(Err(Fault::Foreign(Refusal::Packet))),
                First::Incomplete => {
                    if !ready!(poll_more(&mut self.wire, cx, first))? {
                        return Poll::Ready(Ok(None));
                    }
                }
            }
        }
    }
}

/// Reads a little more; false if nothing more comes.
fn poll_more(
    wire: &mut ReadHalf<Box<dyn Wire>>,
    cx: &mut Context<'_>,
    into: &mut BytesMut,
) -> Poll<Result<bool, Fault>> {
    let mut bytes = [0; 2048];
    let mut buf = ReadBuf::new(&mut bytes);
    ready!(Pin::new(wire).poll_read(cx, &mut buf)).map_err(Fault::Wire)?;
    into.extend_from_slice(buf.filled());
    Poll::Ready(Ok(!buf.filled().is_empty()))
}

impl Sieve {
    /// Looks at the packets that these bytes begin, as far as they are of one kind.
    fn pass(&mut self, bytes: &[u8]) -> Result<Known, Fault> {
        let mut known = 0;
        loop {
            let skip = self.left.min(bytes.len() - known);
            known += skip;
            self.left -= skip;
            let rest = &bytes[known..];
            let is_turning = match (check::is_live(rest), self.was_live) {
                (Some(is_live), Some(was_live)) => is_live != was_live,
                _ => false,
            };
            if is_turning {
                self.was_live = None;
                return Ok(Known { bytes: known, is_turning });
            }
            if rest.is_empty() {
                return Ok(Known { bytes: known, is_turning });
            }
            match check::head(rest, self.version, self.largest) {
                Head::Short => return Ok(Known { bytes: known, is_turning }),
                Head::Wrong(reason) => return Err(Fault::Wrong(reason)),
                Head::Right(total) => {
                    (self.watch)(rest, total).map_err(Fault::Wrong)?;
                    self.left = total;
                }
            }
            self.was_live = check::is_live(rest).or(self.was_live);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncWriteExt, duplex, split};

    use super::*;

    const HELLO: &[u8] = b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a";

    fn agree() -> Watch {
        Box::new(|_, _| Ok(()))
    }

    async fn read_all(stream: &[u8], cut: usize) -> Result<Vec<u8>, Fault> {
        let (near, mut far) = duplex(64 * 1024);
        let mut intake = Intake::new(split(Box::new(near) as Box<dyn Wire>).0, 100_000, agree());
        let mut heard = Vec::new();
        for piece in stream.chunks(cut).chain([&b""[..]]) {
            if piece.is_empty() {
                far.shutdown().await.unwrap();
            }
            far.write_all(piece).await.unwrap();
            let mut pending = false;
            loop {
                let mut bytes = [0; 97];
                let mut buf = ReadBuf::new(&mut bytes);
                let read = poll_fn(|cx| Poll::Ready(intake.poll_read(cx, &mut buf, |_| {}))).await;
                match read {
                    // Twice in a row: there is nothing more for now.
                    Poll::Pending if pending => break,
                    Poll::Pending => pending = true,
                    Poll::Ready(Ok(())) if buf.filled().is_empty() => break,
                    Poll::Ready(Ok(())) => heard.extend_from_slice(buf.filled()),
                    Poll::Ready(Err(fault)) => return Err(fault),
                }
            }
        }
        Ok(heard)
    }

    #[tokio::test]
    async fn everything_passes_wherever_the_bytes_are_cut() {
        let mut stream = HELLO.to_vec();
        stream.extend_from_slice(b"\x82\x06\0\x01\0\x01a\x02\xc0\0\x32\x88\x01\0\x01a\0\x07");
        stream.extend_from_slice(&[b'x'; 131]);
        stream.extend_from_slice(b"\x30\x03\0\x01a\x40\x02\0\x07\xe0\0");
        for cut in (1..60).chain([97, 1_000]) {
            assert_eq!(read_all(&stream, cut).await.unwrap(), stream, "cut by {cut}");
        }
    }

    #[tokio::test]
    async fn a_wrong_packet_ends_it_wherever_the_bytes_are_cut() {
        let mut stream = HELLO.to_vec();
        stream.extend_from_slice(b"\xc0\0\x32\x05\0\x01a\0\0");
        for cut in (1..30).chain([1_000]) {
            assert!(matches!(read_all(&stream, cut).await, Err(Fault::Wrong(0x82))), "cut by {cut}");
        }
        assert!(matches!(read_all(b"GET / HTTP/1.1\r\n", 3).await, Err(Fault::Foreign(Refusal::Http))));
    }

    #[tokio::test]
    async fn nothing_is_held_between_packets() {
        let (near, mut far) = duplex(1024);
        let mut intake = Intake::new(split(Box::new(near) as Box<dyn Wire>).0, 1_000, agree());
        far.write_all(HELLO).await.unwrap();
        let mut bytes = [0; 97];
        assert!(!intake.has_said_hello());
        poll_fn(|cx| intake.poll_read(cx, &mut ReadBuf::new(&mut bytes), |_| {})).await.unwrap();
        assert!(intake.is_between_packets());
        far.write_all(b"\x30\x03\0\x01").await.unwrap();
        poll_fn(|cx| intake.poll_read(cx, &mut ReadBuf::new(&mut bytes), |_| {})).await.unwrap();
        assert!(!intake.is_between_packets());
        far.write_all(b"a").await.unwrap();
        poll_fn(|cx| intake.poll_read(cx, &mut ReadBuf::new(&mut bytes), |_| {})).await.unwrap();
        assert!(intake.is_between_packets());
    }
}
