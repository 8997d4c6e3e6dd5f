//! The byte stream of one visitor: plain TCP or TLS over it, and the place it takes among the connections.
//!
//! [`server`](super::server) makes it, hyper speaks HTTP over it, and an endpoint that upgrades takes it back with
//! `Upgraded::downcast::<TokioIo<Stream>>()`. The [`Place`] travels along, so a connection is counted until its
//! last byte, also after the upgrade. Vectored writes reach the socket (plain) or one TLS record (TLS).

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::places::Place;

/// A visitor's connection, readable and writable.
#[derive(Debug)]
pub struct Stream {
    /// What carries the bytes.
    pub transport: Transport,
    /// Given back when the stream is dropped.
    _place: Place,
}

/// What carries the bytes of a [`Stream`].
#[derive(Debug)]
pub enum Transport {
    /// The socket itself; loopback only, or the redirect to https.
    Plain(TcpStream),
    /// TLS over the socket; boxed, because its state is two orders larger than a socket.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Plain TCP that holds `place` until it is dropped.
    pub fn plain(socket: TcpStream, place: Place) -> Self {
        Self { transport: Transport::Plain(socket), _place: place }
    }

    /// TLS, handshake done, that holds `place` until it is dropped.
    pub fn tls(session: TlsStream<TcpStream>, place: Place) -> Self {
        Self { transport: Transport::Tls(Box::new(session)), _place: place }
    }

    /// Whether the bytes are encrypted on the wire.
    pub fn is_tls(&self) -> bool {
        matches!(self.transport, Transport::Tls(_))
    }

    /// The socket below, for its addresses and options.
    pub fn socket(&self) -> &TcpStream {
        match &self.transport {
            Transport::Plain(socket) => socket,
            Transport::Tls(session) => session.get_ref().0,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Transport::Tls(session) => Pin::new(session).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Transport::Tls(session) => Pin::new(session).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, bufs),
            Transport::Tls(session) => Pin::new(session).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(socket) => socket.is_write_vectored(),
            Transport::Tls(session) => session.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Transport::Tls(session) => Pin::new(session).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Transport::Tls(session) => Pin::new(session).poll_shutdown(cx),
        }
    }
}
