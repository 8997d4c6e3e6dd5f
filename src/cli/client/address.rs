//! The address of an endpoint, as a person types it: `wss://user:password@host:port/path` and shorter.

use std::fmt;

/// The path of the endpoint that carries full topics.
pub const ENDPOINT: &str = "/auth/clown-talk-server";

/// An endpoint and, if the address says so, the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether the bytes are encrypted.
    pub tls: bool,
    /// Name or address; IPv6 without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path with its leading `/` and the query.
    pub path: String,
    /// Account and password.
    pub account: Option<(String, String)>,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a scheme of the web.
    #[error("{0}:// is not understood; write wss://USER:PASSWORD@HOST:PORT")]
    Scheme(String),
    /// No host.
    #[error("the address has no host; write wss://USER:PASSWORD@HOST:PORT")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("port {0:?} is not a number from 1 to 65535")]
    Port(String),
    /// Spaces, line breaks and other characters that would break the request.
    #[error("the address holds a space or a control character; write %20 for a space")]
    Character,
}

impl Address {
    /// Reads an address. Without a scheme it is `wss` at port 8443, without a path the endpoint of full topics.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(AddressError::Character);
        }
        let (tls, default_port, rest) = match text.split_once("://") {
            Some(("wss" | "https", rest)) => (true, 443, rest),
            Some(("ws" | "http", rest)) => (false, 80, rest),
            Some((scheme, _)) => return Err(AddressError::Scheme(scheme.into())),
            None => (true, 8443, text),
        };
        let split = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(split);
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.is_empty() || path == "/" { ENDPOINT } else { path };
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        let (host, port) = host_and_port(host, default_port)?;
        let account = userinfo.map(|userinfo| {
            let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
            (decoded(user), decoded(password))
        });
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { tls, host, port, path, account })
    }

    /// Whether the endpoint is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// `host:port`, as the `Host` header wants it.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }
}

impl fmt::Display for Address {
    /// The address without account and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

fn host_and_port(text: &str, default_port: u16) -> Result<(String, u16), AddressError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(AddressError::Host)?;
            (host, port.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err(AddressError::Host);
    }
    let port = match port {
        None => default_port,
        Some(text) => match text.parse() {
            Ok(port) if port > 0 => port,
            _ => return Err(AddressError::Port(text.into())),
        },
    };
    Ok((host.to_owned(), port))
}

/// Takes `%41` for `A`; anything that is not such a pair stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let pair = tail.get(..2).filter(|_| first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str, account: Option<(&str, &str)>) {
        let address = Address::parse(text).expect(text);
        assert_eq!(address.to_string(), shown);
        assert_eq!(address.account.as_ref().map(|(user, password)| (&**user, &**password)), account);
    }

    #[test]
    fn addresses_are_understood_long_and_short() {
        let full = "wss://10.0.0.59:443/auth/clown-talk-server_nodes_bridge_0";
        check(
            "wss://clown:bigclown@10.0.0.59/auth/clown-talk-server_nodes_bridge_0",
            full,
            Some(("clown", "bigclown")),
        );
        check("hub.local", "wss://hub.local:8443/auth/clown-talk-server", None);
        check("u:p%40%2Fss@hub.local:1", "wss://hub.local:1/auth/clown-talk-server", Some(("u", "p@/ss")));
        check("https://[::1]:8443/", "wss://[::1]:8443/auth/clown-talk-server", None);
        check("ws://u@localhost:8080/x?y=1#z", "ws://localhost:8080/x?y=1", Some(("u", "")));
        check("wss://a:100%@h", "wss://h:443/auth/clown-talk-server", Some(("a", "100%")));
    }

    #[test]
    fn other_texts_are_refused_with_a_reason() {
        assert_eq!(Address::parse("mqtt://h"), Err(AddressError::Scheme("mqtt".into())));
        for text in ["", "wss://", "wss://:8443", "wss://u:p@", "[::1"] {
            assert_eq!(Address::parse(text), Err(AddressError::Host), "{text}");
        }
        for port in ["0", "70000", "x", "-1", ""] {
            assert_eq!(Address::parse(&format!("h:{port}")), Err(AddressError::Port(port.into())));
        }
        assert_eq!(Address::parse("wss://h/\r\nX: y"), Err(AddressError::Character));
    }
}
