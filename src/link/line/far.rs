//! An open way to a serial port of another machine.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::port::Speed;
use super::server::{Server, Speech};
use super::telnet::Telnet;
use super::trouble::Trouble;

/// A connection to a server of serial ports.
#[derive(Debug)]
pub struct Far {
    stream: TcpStream,
    telnet: Option<Telnet>,
    /// What the server is still to be told about options.
    reply: Vec<u8>,
    /// What is being written, as it goes over the network.
    writing: Vec<u8>,
}

impl Far {
    /// The way to a port that is to be used at this speed.
    pub async fn open(server: &Server, speed: Speed) -> Result<Self, Trouble> {
        let stream = server.connect().await?;
        let (telnet, reply) = match server.speech {
            Speech::Rfc2217 => {
                let (telnet, said) = Telnet::open(speed);
                (Some(telnet), said)
            }
            Speech::Raw | Speech::Modbus => (None, Vec::new()),
        };
        Ok(Self { stream, telnet, reply, writing: Vec::new() })
    }

    /// Takes bytes of the port; 0 when the server has gone.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            let _ = self.poll_reply(cx)?;
            let mut taken = ReadBuf::new(buffer);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut taken))?;
            let count = taken.filled().len();
            let Some(telnet) = &mut self.telnet else { return Poll::Ready(Ok(count)) };
            if count == 0 {
                return Poll::Ready(Ok(0));
            }
            let kept = telnet.decode(&mut buffer[..count], &mut self.reply);
            if let Some(why) = telnet.objection() {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::Unsupported, why.to_owned())));
            }
            if kept > 0 {
                let _ = self.poll_reply(cx)?;
                return Poll::Ready(Ok(kept));
            }
        }
    }

    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A word about an option must not cut another in two.
        while self.writing.is_empty() && !self.reply.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.reply))?;
            self.reply.drain(..count);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes all of `bytes`, or waits. Asked again, it goes on with the same ones.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.telnet.is_none() {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        if self.writing.is_empty() {
            ready!(self.poll_reply(cx))?;
            self.writing = Telnet::encode(bytes);
        }
        while !self.writing.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.writing))?;
            self.writing.drain(..count);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    /// Drops what was not taken yet.
    pub fn forget_written(&mut self) {
        self.writing.clear();
    }
}
