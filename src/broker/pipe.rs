//! The end of a connection that `mqtt5` holds: it reads from the client's [`Intake`] and writes into its
//! [`Outbox`](super::outbox::Outbox).
//!
//! `mqtt5` writes exactly one whole packet at a time, so each write can be looked at as a packet. Writing waits a
//! moment at most, so that a client that keeps up loses nothing and one that does not holds nobody up.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use mqtt5::broker::transport::WebSocketTransport;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::clients::Client;
use super::intake::{Fault, Intake};
use super::outbox::Offer;
use super::packet;
use super::reasons::put_right;
use super::{Origin, Refusal};

/// How long a client that has too much to take may catch up, before it counts as slow.
const MOMENT: Duration = Duration::from_millis(250);
/// How often `mqtt5` hears of a client that never has to say that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3600);
/// How often it is asked whether the client's former connection has handed everything over.
const ASK_EVERY: Duration = Duration::from_millis(1);
/// A sign of life that is answered with nothing: the acknowledgement of no message.
const ALIVE: [u8; 4] = [0x40, 2, 0, 0];

/// Packet too large, in the words of version 5.
const TOO_LARGE: u8 = 0x95;
/// Receive maximum exceeded.
const TOO_MANY: u8 = 0x93;
/// What HTTP is told.
const NO_HTTP: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n\
    This port speaks MQTT. The hub's pages are at its web address, usually https on port 8443; \
    MQTT over WebSocket is at /mqtt there.\r\n";

/// What a handler of `mqtt5` reads and writes.
pub struct Pipe {
    intake: Intake,
    client: Arc<Client>,
    is_v5: bool,
    /// Runs while the client may catch up.
    moment: Option<Pin<Box<Sleep>>>,
    /// Runs for a client that has no keep-alive.
    silence: Option<Pin<Box<Sleep>>>,
    /// Runs while a former connection of the client hands over; none once that is done.
    handing_over: Option<Pin<Box<Sleep>>>,
    is_bound: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Pipe {
    /// Reads from `intake`; what is written waits in the outbox of `client`. `is_bound` knows whether the session is
    /// this connection's.
    pub fn new(
        intake: Intake,
        client: Arc<Client>,
        is_bound: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let (moment, silence) = (None, None);
        let handing_over = Some(Box::pin(sleep(Duration::ZERO)));
        let is_bound = Box::new(is_bound);
        Self { intake, client, is_v5: true, moment, silence, handing_over, is_bound }
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

    /// Says what is wrong with what came, and ends the conversation.
    fn complain(&self, fault: Fault) -> io::Error {
        let refusal = match fault {
            Fault::Wire(error) => return error,
            Fault::Foreign(refusal) => refusal,
            Fault::Wrong(TOO_LARGE) => Refusal::Packet,
            Fault::Wrong(TOO_MANY) => Refusal::Unreleased,
            Fault::Wrong(_) => Refusal::Malformed,
        };
        self.client.refuse(refusal, "");
        match fault {
            Fault::Wrong(reason) => self.client.outbox.end(reason),
            // A WebSocket has said already what it carries.
            _ if refusal == Refusal::Http && matches!(self.client.origin, Origin::Port(_)) => {
                self.client.outbox.answer(NO_HTTP.as_bytes());
            }
            _ => {}
        }
        io::Error::new(io::ErrorKind::InvalidData, refusal.what())
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
        Ok(self.client.origin.address())
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.client.outbox.poll_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if this.poll_wait(cx) {
            return Poll::Pending;
        }
        this.poll_silence(cx);
        if this.intake.is_between_packets()
            && let Some(answers) = this.client.outbox.take_answers()
        {
            this.intake.insert(&answers);
        }
        let (client, silence, is_v5) = (&this.client, &mut this.silence, &mut this.is_v5);
        let read = ready!(this.intake.poll_read(cx, buf, |hello| {
            client.has_said_hello.store(true, Ordering::Relaxed);
            *is_v5 = hello.version == 5;
            client.outbox.speaks(hello.version);
            if let Some(largest) = hello.largest {
                client.outbox.takes(largest);
            }
            if let Some(window) = hello.window {
                client.flight.takes(window);
            }
            if hello.is_silent {
                *silence = Some(Box::pin(sleep(SIGN_OF_LIFE)));
            }
        }));
        Poll::Ready(read.map_err(|fault| this.complain(fault)))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, packet: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let told = put_right(&this.client, this.is_v5, packet);
        loop {
            match this.client.outbox.offer(cx, &told)? {
                offer @ (Offer::Taken | Offer::TooLarge) => {
                    if this.moment.take().is_some() {
                        this.client.flight.moment_is_over();
                    }
                    if offer == Offer::Taken
                        && let Some((number, _)) = packet::number(packet)
                    {
                        this.client.flight.sent(number, packet.len());
                    }
                    return Poll::Ready(Ok(packet.len()));
                }
                Offer::Full => {
                    let client = &this.client;
                    let moment = this.moment.get_or_insert_with(|| {
                        let outbox = client.outbox.clone();
                        client.flight.catches_up(Box::new(move || outbox.is_slow()));
                        Box::pin(sleep(MOMENT))
                    });
                    if moment.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    this.client.outbox.is_slow();
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.client.outbox.close();
        Poll::Ready(Ok(()))
    }
}
