//! A serial port of another machine, behind a server on the network: where it is, and the way there.

use std::fmt;
use std::io;
use std::time::Duration;

use rustix::net::sockopt::{set_socket_keepalive, set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::trouble::Trouble;

/// For name, way and answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A server that is silent for so long is asked whether it is there; so often, and so many times.
const ASK_AFTER: Duration = Duration::from_secs(15);
const ASK_EVERY: Duration = Duration::from_secs(5);
const ASK_TIMES: u32 = 3;

/// Where a server is, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    /// How bytes go over the network.
    pub speech: Speech,
    host: String,
    port: u16,
}

/// How bytes go over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speech {
    /// As they are; speed and characters are set at the server.
    Raw,
    /// As Telnet with the com port option, by which the hub sets speed and characters.
    Rfc2217,
    /// As frames of Modbus TCP.
    Modbus,
}

impl Speech {
    const ALL: [(&'static str, Self); 3] =
        [("tcp", Self::Raw), ("rfc2217", Self::Rfc2217), ("modbus", Self::Modbus)];

    fn scheme(self) -> &'static str {
        Self::ALL.iter().find(|(_, speech)| *speech == self).map_or("", |(scheme, _)| scheme)
    }
}

impl Server {
    /// Whether a text is meant as an address on the network.
    pub fn is_meant(text: &str) -> bool {
        text.contains("://")
    }

    /// Reads `tcp://host:port`, `rfc2217://host:port`, `modbus://host` or `modbus://host:port`; IPv6 stands in brackets.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, place) = text.split_once("://")?;
        let (_, speech) = *Speech::ALL.iter().find(|(known, _)| *known == scheme)?;
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok().filter(|port| *port > 0)?),
            // The one port that everybody agrees on.
            _ if speech == Speech::Modbus => (place, 502),
            _ => return None,
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_name = |host: &str| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        };
        let host = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().ok()?.to_string(),
            None => Some(host).filter(|host| is_name(host))?.to_owned(),
        };
        Some(Self { speech, host, port })
    }

    /// The way there. A connection that dies in silence is noticed within half a minute.
    pub async fn connect(&self) -> Result<TcpStream, Trouble> {
        let connecting = TcpStream::connect((&*self.host, self.port));
        let stream = match timeout(CONNECT_WITHIN, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.trouble(&error)),
            Err(_) => return Err(self.trouble(&io::ErrorKind::TimedOut.into())),
        };
        let prepared = stream.set_nodelay(true).and_then(|()| {
            set_socket_keepalive(&stream, true)?;
            set_tcp_keepidle(&stream, ASK_AFTER)?;
            set_tcp_keepintvl(&stream, ASK_EVERY)?;
            Ok(set_tcp_keepcnt(&stream, ASK_TIMES)?)
        });
        prepared.map_err(|error| self.trouble(&error))?;
        Ok(stream)
    }

    /// What a failed way means.
    fn trouble(&self, error: &io::Error) -> Trouble {
        let code = match error.kind() {
            io::ErrorKind::ConnectionRefused => "server-absent",
            io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown => "server-unreachable",
            // A name that nobody knows has no kind of its own.
            _ if error.raw_os_error().is_none() => "server-unknown",
            _ => "server-unreachable",
        };
        Trouble::Server { server: self.to_string(), code, reason: error.to_string() }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { speech, host, port } = self;
        let scheme = speech.scheme();
        match host.contains(':') {
            true => write!(f, "{scheme}://[{host}]:{port}"),
            false => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_alike() {
        for text in [
            "tcp://192.168.1.7:4001",
            "rfc2217://rack.example:2217",
            "modbus://meter-1:1502",
            "tcp://[fe80::1]:23",
        ] {
            assert_eq!(Server::parse(text).map(|server| server.to_string()).as_deref(), Some(text));
        }
        assert_eq!(
            Server::parse("modbus://meter").map(|server| server.to_string()).as_deref(),
            Some("modbus://meter:502")
        );
        for text in [
            "tcp://host",
            "tcp://:1",
            "tcp://host:0",
            "udp://host:1",
            "tcp://u:p@host:1",
            "tcp://[x]:1",
            "host:1",
            "tcp://fe80::1:2",
        ] {
            assert_eq!(Server::parse(text), None, "{text}");
        }
    }
}
