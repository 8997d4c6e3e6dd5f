//! One client's socket, shared between its own task (which reads) and the feed (which writes).
//!
//! Everything that leaves passes through here in whole frames, in order, and at once if the socket takes it. When it
//! does not, the client's own task waits for it; nobody else does. A client that takes nothing for ten seconds, or
//! asks so much without reading that what is meant for it alone piles up, is closed with 1013.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frame;
use crate::web::stream::Stream;

/// How long a socket may take nothing while something waits for it.
const STALLED: Duration = Duration::from_secs(10);
/// How long a closing frame may take to be read and answered.
const CLOSING: Duration = Duration::from_secs(3);
/// Quiet time after which a client is asked whether it is there, and after which it is given up.
const PING_AFTER: Duration = Duration::from_secs(20);
const GIVE_UP_AFTER: Duration = Duration::from_secs(42);
/// What may be said to one client alone (answers, present values, pongs) before all of it was taken.
const MAX_ANSWERS: usize = 256 * 1024;
/// Frames gathered into one write.
const GATHER: usize = 32;

/// The shared end of one client's socket.
pub(super) struct Conn {
    /// Its number, which commands carry as `By::client`.
    pub(super) id: u64,
    inner: Mutex<Inner>,
    /// Wakes the client's own task when the feed found the socket full, or when it shall end.
    driver: AtomicWaker,
    heard: AtomicBool,
}

struct Inner {
    stream: Stream,
    /// Whole frames in order; the front one may be written in part.
    waiting: VecDeque<Bytes>,
    /// Bytes said to this client alone since nothing waited.
    answers: usize,
    /// The socket took no more; the client's own task waits for it.
    blocked: bool,
    closing: Option<Instant>,
    ended: bool,
    last_heard: Instant,
    last_moved: Instant,
    pinged: bool,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// Written or waiting its turn.
    Taken,
    /// Earlier frames still wait; nothing was taken.
    Blocked,
    /// The client has left.
    Ended,
}

/// What the client's own task learns from driving its writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driven {
    /// What waited has left; the feed may offer again.
    Drained,
    /// The conversation is over.
    Ended,
}

impl Conn {
    pub(super) fn new(id: u64, stream: Stream, now: Instant) -> Arc<Self> {
        let inner = Inner {
            stream,
            waiting: VecDeque::new(),
            answers: 0,
            blocked: false,
            closing: None,
            ended: false,
            last_heard: now,
            last_moved: now,
            pinged: false,
        };
        let heard = AtomicBool::new(false);
        Arc::new(Self { id, inner: Mutex::new(inner), driver: AtomicWaker::new(), heard })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Offers the shared frames of a feed. Costs one write if the socket takes them.
    pub(super) fn offer<'a>(&self, chunks: impl Iterator<Item = &'a Bytes>) -> Offer {
        let mut inner = self.lock();
        if inner.ended || inner.closing.is_some() {
            return Offer::Ended;
        }
        if inner.blocked {
            return Offer::Blocked;
        }
        inner.waiting.extend(chunks.cloned());
        self.write(inner)
    }

    /// Sends frames meant for this client alone, even when others still wait; one that asks for more and more without
    /// reading is closed.
    pub(super) fn send(&self, frames: impl IntoIterator<Item = Bytes>) -> Offer {
        let mut inner = self.lock();
        if inner.ended || inner.closing.is_some() {
            return Offer::Ended;
        }
        if inner.answers > MAX_ANSWERS {
            drop(inner);
            self.close(1013, "read the answers before asking more");
            return Offer::Ended;
        }
        for frames in frames {
            // The present values of thousands of topics are long, and asked for once by everybody.
            inner.answers += frames.len().min(MAX_ANSWERS / 2);
            inner.waiting.push_back(frames);
        }
        if inner.blocked { Offer::Taken } else { self.write(inner) }
    }

    /// Sends one message to this client alone.
    pub(super) fn answer(&self, text: &str) {
        self.send([frame::text(text)]);
    }

    /// Ends the conversation with a code and a reason; frames not yet begun are dropped.
    pub(super) fn close(&self, code: u16, reason: &str) {
        let mut inner = self.lock();
        if inner.ended || inner.closing.is_some() {
            return;
        }
        inner.closing = Some(Instant::now());
        // The front frame may be out in part; only behind its end can another begin.
        let keep = usize::from(inner.blocked).min(inner.waiting.len());
        inner.waiting.truncate(keep);
        inner.waiting.push_back(frame::close(code, reason));
        if !inner.blocked {
            self.write(inner);
        }
        self.driver.wake();
    }

    fn write(&self, mut inner: MutexGuard<'_, Inner>) -> Offer {
        match inner.flush(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Offer::Taken,
            Poll::Pending => {
                inner.blocked = true;
                inner.last_moved = Instant::now();
                drop(inner);
                self.driver.wake();
                Offer::Taken
            }
            Poll::Ready(Err(_)) => {
                inner.ended = true;
                drop(inner);
                self.driver.wake();
                Offer::Ended
            }
        }
    }

    /// Called by the client's own task: waits for the socket on behalf of everybody.
    pub(super) fn poll_drive(&self, cx: &mut Context<'_>) -> Poll<Driven> {
        self.driver.register(cx.waker());
        let mut inner = self.lock();
        if inner.ended {
            return Poll::Ready(Driven::Ended);
        }
        if !inner.blocked {
            return Poll::Pending;
        }
        match inner.flush(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => {
                inner.blocked = false;
                Poll::Ready(Driven::Drained)
            }
            Poll::Ready(Err(_)) => {
                inner.ended = true;
                Poll::Ready(Driven::Ended)
            }
        }
    }

    /// Once a second: asks quiet clients whether they are there, and ends those that are not. `false` once it is over.
    pub(super) fn look_after(&self, now: Instant) -> bool {
        let mut inner = self.lock();
        if inner.ended {
            return false;
        }
        if self.heard.swap(false, Ordering::Relaxed) {
            (inner.last_heard, inner.pinged) = (now, false);
        }
        let quiet = now.saturating_duration_since(inner.last_heard);
        let stalled = inner.blocked && now.saturating_duration_since(inner.last_moved) > STALLED;
        let closed = inner.closing.is_some_and(|since| now.saturating_duration_since(since) > CLOSING);
        if closed || quiet > GIVE_UP_AFTER {
            inner.ended = true;
            drop(inner);
            self.driver.wake();
        } else if stalled && inner.closing.is_none() {
            drop(inner);
            self.close(1013, "took nothing for 10 s");
        } else if quiet > PING_AFTER && !inner.pinged {
            inner.pinged = true;
            inner.waiting.push_back(Bytes::from_static(frame::PING));
            if !inner.blocked {
                self.write(inner);
            }
        }
        true
    }

    /// The hub itself was asleep until `now`: nobody is late by that.
    pub(super) fn excuse(&self, now: Instant) {
        let mut inner = self.lock();
        (inner.last_heard, inner.last_moved) = (now, now);
        inner.closing = inner.closing.map(|_| now);
    }

    /// Whether earlier frames still wait for the socket.
    pub(super) fn is_blocked(&self) -> bool {
        self.lock().blocked
    }

    /// Whether the hub has begun to end the conversation.
    pub(super) fn is_closing(&self) -> bool {
        let inner = self.lock();
        inner.ended || inner.closing.is_some()
    }
}

impl Inner {
    /// Writes until nothing waits or the socket takes no more.
    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let written = match self.poll_gathered(cx) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => written,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            };
            self.wrote(written);
        }
        if self.stream.is_tls() { Pin::new(&mut self.stream).poll_flush(cx) } else { Poll::Ready(Ok(())) }
    }

    /// One write of what waits; mostly that is one piece, which a plain write carries cheaper.
    fn poll_gathered(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        if let (1, Some(frames)) = (self.waiting.len(), self.waiting.front()) {
            return stream.poll_write(cx, frames);
        }
        let mut slices = [IoSlice::new(&[]); GATHER];
        let gathered = self.waiting.len().min(GATHER);
        for (slice, frames) in slices.iter_mut().zip(&self.waiting) {
            *slice = IoSlice::new(frames);
        }
        stream.poll_write_vectored(cx, &slices[..gathered])
    }

    fn wrote(&mut self, mut written: usize) {
        if self.blocked {
            self.last_moved = Instant::now();
        }
        while let Some(front) = self.waiting.front_mut() {
            if front.len() > written {
                front.advance(written);
                return;
            }
            written -= front.len();
            self.waiting.pop_front();
        }
        self.answers = 0;
        if self.waiting.capacity() > GATHER {
            self.waiting = VecDeque::new();
        }
    }
}

/// The end that the WebSocket library reads from; what it writes (pongs, its closing frame) takes its turn with the
/// frames of the feed and never blocks.
pub(super) struct Half(pub(super) Arc<Conn>);

impl AsyncRead for Half {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.lock();
        let before = buf.filled().len();
        let read = Pin::new(&mut inner.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.0.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Half {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        // While the hub closes, its own closing frame is the last word; the library's is not needed.
        self.0.send([Bytes::copy_from_slice(buf)]);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.lock();
        Pin::new(&mut inner.stream).poll_shutdown(cx)
    }
}
