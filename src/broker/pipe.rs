//! The end of a connection that `mqtt5` holds: it reads from the client's wire and writes into its [`Outbox`].
//!
//! `mqtt5` writes exactly one whole packet at a time, so each write can be looked at as a packet. Writing never waits.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use mqtt5::broker::transport::WebSocketTransport;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf};

use super::Wire;
use super::outbox::Outbox;

/// What a handler of `mqtt5` reads and writes.
pub struct Pipe {
    wire: ReadHalf<Box<dyn Wire>>,
    outbox: Arc<Outbox>,
    peer: SocketAddr,
}

impl Pipe {
    /// Reads from `wire`; what is written waits in `outbox`.
    pub fn new(wire: ReadHalf<Box<dyn Wire>>, outbox: Arc<Outbox>, peer: SocketAddr) -> Self {
        Self { wire, outbox, peer }
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
        if self.outbox.poll_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.wire).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, packet: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.outbox.push(packet).map(|()| packet.len()))
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
