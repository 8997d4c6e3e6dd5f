//! What comes from one client, packet by packet: the first is read whole, the others pass as they come.
//!
//! Where one packet ends is followed, so that between two of them something can be said to `mqtt5` in the client's
//! name: that it has taken a message which was too large for it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, ReadBuf, ReadHalf};

use super::Wire;
use super::hello::{self, First, Hello};

/// The reading side of one client's connection.
pub struct Intake {
    wire: ReadHalf<Box<dyn Wire>>,
    /// The first packet as far as it has come; none once it was whole.
    first: Option<BytesMut>,
    /// What is handed on before more is read.
    ready: BytesMut,
    frames: Frames,
}

impl Intake {
    /// Nothing was read yet.
    pub fn new(wire: ReadHalf<Box<dyn Wire>>) -> Self {
        Self { wire, first: Some(BytesMut::new()), ready: BytesMut::new(), frames: Frames::default() }
    }

    /// Whether the next byte begins a packet that has not been begun.
    pub fn is_between_packets(&self) -> bool {
        self.first.is_none() && self.ready.is_empty() && self.frames.is_between()
    }

    /// Says something in the client's name; between packets only.
    pub fn insert(&mut self, packet: &[u8]) {
        self.ready.extend_from_slice(packet);
    }

    /// Reads; the first packet goes to `told` when it is there.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        told: impl FnOnce(Hello),
    ) -> Poll<io::Result<()>> {
        if self.first.is_some() {
            match ready!(self.poll_first(cx))? {
                Some(hello) => told(hello),
                // The client left before it said anything.
                None => return Poll::Ready(Ok(())),
            }
        }
        if !self.ready.is_empty() {
            let take = self.ready.len().min(buf.remaining());
            buf.put_slice(&self.ready[..take]);
            self.ready.advance(take);
            if self.ready.is_empty() {
                // The room was for one packet.
                self.ready = BytesMut::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.wire).poll_read(cx, buf))?;
        self.frames.pass(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }

    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Hello>>> {
        let Some(first) = &mut self.first else { return Poll::Ready(Ok(None)) };
        loop {
            match hello::look(first) {
                First::Whole(hello) => {
                    self.ready = std::mem::take(first);
                    self.first = None;
                    self.frames.pass(&self.ready);
                    return Poll::Ready(Ok(Some(hello)));
                }
                First::Foreign => {
                    let error = io::Error::new(io::ErrorKind::InvalidData, "this is no CONNECT of MQTT");
                    return Poll::Ready(Err(error));
                }
                First::Incomplete => {
                    let mut bytes = [0; 512];
                    let mut buf = ReadBuf::new(&mut bytes);
                    ready!(Pin::new(&mut self.wire).poll_read(cx, &mut buf))?;
                    if buf.filled().is_empty() {
                        return Poll::Ready(Ok(None));
                    }
                    first.extend_from_slice(buf.filled());
                }
            }
        }
    }
}

/// Follows where packets begin and end.
#[derive(Debug, Default)]
struct Frames {
    /// Bytes of the packet that are still to come.
    left: usize,
    /// Bytes of its head that have come, its length as far as that is known.
    head: usize,
    length: usize,
}

impl Frames {
    fn is_between(&self) -> bool {
        self.left == 0 && self.head == 0
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while let Some(byte) = bytes.first() {
            if self.left > 0 {
                let skip = self.left.min(bytes.len());
                self.left -= skip;
                bytes = &bytes[skip..];
                continue;
            }
            bytes = &bytes[1..];
            if self.head > 0 {
                // A length of more than four bytes ends the connection elsewhere.
                let shift = 7 * (self.head as u32 - 1);
                self.length |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            }
            if self.head > 0 && byte & 0x80 == 0 {
                *self = Self { left: self.length, head: 0, length: 0 };
            } else {
                self.head = (self.head + 1).min(5);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_packets_are_found_wherever_the_bytes_are_cut() {
        let mut stream = vec![0xc0, 0, 0x40, 2, 0, 7, 0x30, 0x80, 1];
        stream.extend_from_slice(&[b'x'; 128]);
        stream.extend_from_slice(&[0xe0, 0]);
        let ends = [0, 2, 6, 9 + 128, 9 + 128 + 2];
        for size in [1, 2, 3, 50, 1000] {
            let mut frames = Frames::default();
            for (index, byte) in stream.iter().enumerate() {
                assert_eq!(frames.is_between(), ends.contains(&index), "{index}");
                frames.pass(&[*byte]);
            }
            let mut frames = Frames::default();
            stream.chunks(size).for_each(|chunk| frames.pass(chunk));
            assert!(frames.is_between(), "cut by {size}");
        }
    }

    #[test]
    fn a_length_that_never_ends_does_no_harm() {
        let mut frames = Frames::default();
        frames.pass(&[0xff; 100_000]);
        assert!(!frames.is_between());
    }
}
