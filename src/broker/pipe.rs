//! The end of a connection that `mqtt5` holds: it reads from the client's [`Intake`] and writes into its [`Outbox`].
//!
//! `mqtt5` writes exactly one whole packet at a time, so each write can be looked at as a packet. Writing waits a
//! moment at most, so that a client that keeps up loses nothing and one that does not holds nobody up.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use mqtt5::broker::transport::WebSocketTransport;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::intake::{Fault, Intake};
use super::outbox::{Offer, Outbox};

/// How long a client that has too much to take may catch up, before it counts as slow.
const MOMENT: Duration = Duration::from_millis(250);
/// How often `mqtt5` hears of a client that never has to say that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3600);
/// How often it is asked whether the client's former connection has handed everything over.
const ASK_EVERY: Duration = Duration::from_millis(1);
/// A sign of life that is answered with nothing: the acknowledgement of no message.
const ALIVE: [u8; 4] = [0x40, 2, 0, 0];

/// What a handler of `mqtt5` reads and writes.
pub struct Pipe {
    intake: Intake,
    outbox: Arc<Outbox>,
    peer: SocketAddr,
    /// Runs while the client may catch up.
    moment: Option<Pin<Box<Sleep>>>,
    /// Runs for a client that has no keep-alive.
    silence: Option<Pin<Box<Sleep>>>,
    /// Runs while a former connection of the client hands over; none once that is done.
    handing_over: Option<Pin<Box<Sleep>>>,
    is_bound: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Pipe {
    /// Reads from `intake`; what is written waits in `outbox`. `is_bound` knows whether the session is this
    /// connection's.
    pub fn new(
        intake: Intake,
        outbox: Arc<Outbox>,
        peer: SocketAddr,
        is_bound: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let (moment, silence) = (None, None);
        let handing_over = Some(Box::pin(sleep(Duration::ZERO)));
        Self { intake, outbox, peer, moment, silence, handing_over, is_bound: Box::new(is_bound) }
    }

    /// Whether the client has to be kept waiting: `mqtt5` reads on before a former connection has handed over, and
    /// would not know of the messages that the client speaks about.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> bool {
        while let Some(asked) = &mut self.handing_over
            && self.intake.has_said_hello()
        {
            if (self.is_bound)() {
                self.handing_over = None;
            } else if asked.as_mut().poll(cx).is_pending() {
                return true;
            } else {
                asked.as_mut().reset(Instant::now() + ASK_EVERY);
            }
        }
        false
    }

    fn poll_silence(&mut self, cx: &mut Context<'_>) {
        if let Some(silence) = &mut self.silence
            && silence.as_mut().poll(cx).is_ready()
        {
            self.silence = Some(Box::pin(sleep(SIGN_OF_LIFE)));
            // The new one has to be asked once, to wake.
            cx.waker().wake_by_ref();
            if self.intake.is_between_packets() {
                self.intake.insert(&ALIVE);
            }
        }
    }
}

impl WebSocketTransport for Pipe {
    fn peer_addr(&self) -> mqtt5::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.outbox.poll_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if this.poll_wait(cx) {
            return Poll::Pending;
        }
        this.poll_silence(cx);
        if this.intake.is_between_packets()
            && let Some(answers) = this.outbox.take_answers()
        {
            this.intake.insert(&answers);
        }
        let (outbox, silence) = (&this.outbox, &mut this.silence);
        let read = ready!(this.intake.poll_read(cx, buf, |hello| {
            outbox.speaks(hello.version);
            if let Some(largest) = hello.largest {
                outbox.takes(largest);
            }
            if hello.is_silent {
                *silence = Some(Box::pin(sleep(SIGN_OF_LIFE)));
            }
        }));
        Poll::Ready(read.map_err(|fault| match fault {
            Fault::Wire(error) => error,
            Fault::Foreign => io::Error::new(io::ErrorKind::InvalidData, "this is no CONNECT of MQTT"),
            Fault::Wrong(reason) => {
                outbox.end(reason);
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("a packet breaks the rules ({reason:#04x})"),
                )
            }
        }))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, packet: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.outbox.offer(cx, packet)? {
                Offer::Taken => {
                    self.moment = None;
                    return Poll::Ready(Ok(packet.len()));
                }
                Offer::Full => {
                    let moment = self.moment.get_or_insert_with(|| Box::pin(sleep(MOMENT)));
                    if moment.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    self.outbox.is_slow();
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.close();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.outbox.close();
    }
}
