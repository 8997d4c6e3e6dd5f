//! Where a broker is: `mqtt://host:port`, `mqtts://host:port` or `unix:/path`.
//!
//! Read once from the configuration. A user name and a password have keys of their own there: addresses are shown on
//! pages, in logs and by `check --show`, passwords never.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};

/// The ports that are reserved for MQTT, plain and over TLS.
const PORT: u16 = 1883;
const TLS_PORT: u16 = 8883;

/// Where a broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host on the network.
    Net {
        /// A name or an IP address, an IPv6 one without brackets.
        host: String,
        /// The TCP port.
        port: u16,
        /// Whether the connection is encrypted.
        tls: bool,
    },
    /// A socket in the file system of this machine.
    Unix(PathBuf),
}

/// Why a text is no address; the hint says how to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAddress(pub Option<String>);

impl Address {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let (scheme, rest) = text.split_once(':').ok_or_else(|| no_scheme(text))?;
        if scheme == "unix" {
            return unix(rest.strip_prefix("//").unwrap_or(rest));
        }
        let rest = rest.strip_prefix("//").ok_or_else(|| no_scheme(text))?;
        match scheme {
            "mqtt" => net(scheme, rest, false),
            "mqtts" => net(scheme, rest, true),
            "tcp" => Err(hint(format!("write mqtt://{}", without_login(rest)))),
            "ssl" | "tls" => Err(hint(format!("write mqtts://{}", without_login(rest)))),
            "ws" | "wss" => Err(hint("a link speaks MQTT itself; write mqtt:// or mqtts:// and its port")),
            _ => Err(no_scheme(text)),
        }
    }

    /// Whether what is said can be read on the way: not encrypted, and to another machine.
    pub fn is_overheard(&self) -> bool {
        match self {
            Self::Unix(_) | Self::Net { tls: true, .. } => false,
            Self::Net { host, tls: false, .. } => match host.parse::<IpAddr>() {
                Ok(address) => !address.is_loopback(),
                Err(_) => host != "localhost",
            },
        }
    }

    /// What a socket is opened to.
    pub fn host_and_port(&self) -> Option<(&str, u16)> {
        match self {
            Self::Net { host, port, .. } => Some((host, *port)),
            Self::Unix(_) => None,
        }
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Net { tls: true, .. })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Net { host, port, tls } => {
                let scheme = if *tls { "mqtts" } else { "mqtt" };
                if host.contains(':') {
                    write!(f, "{scheme}://[{host}]:{port}")
                } else {
                    write!(f, "{scheme}://{host}:{port}")
                }
            }
        }
    }
}

fn hint(text: impl Into<String>) -> BadAddress {
    BadAddress(Some(text.into()))
}

/// `192.168.1.5:1883` is an address of everything but us.
fn no_scheme(text: &str) -> BadAddress {
    match net("mqtt", text, false) {
        Ok(address) => hint(format!("write {address}")),
        Err(_) => BadAddress(None),
    }
}

/// What follows a login, so that no hint repeats a password.
fn without_login(rest: &str) -> &str {
    rest.rsplit_once('@').map_or(rest, |(_, host)| host)
}

fn unix(path: &str) -> Result<Address, BadAddress> {
    if !path.starts_with('/') || path.chars().any(char::is_control) {
        return Err(hint("write the whole path, such as unix:/run/mosquitto/mosquitto.sock"));
    }
    Ok(Address::Unix(Path::new(path).to_owned()))
}

fn net(scheme: &str, rest: &str, tls: bool) -> Result<Address, BadAddress> {
    if rest.contains('@') {
        return Err(hint("leave the login out of the url: set user, and password_file or password_env"));
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if let Some((host, _)) = rest.split_once(['/', '?', '#']) {
        return Err(hint(format!("nothing follows the port; write {scheme}://{host}")));
    }
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(BadAddress(None))?;
            if !is_ipv6(host) {
                return Err(BadAddress(None));
            }
            (host, after.strip_prefix(':').or(after.is_empty().then_some("")))
        }
        None if is_ipv6(rest) => return Err(hint(format!("write {scheme}://[{rest}]"))),
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, Some("")),
        },
    };
    let port = match port {
        Some("") if !rest.ends_with(':') => {
            if tls {
                TLS_PORT
            } else {
                PORT
            }
        }
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => port,
            _ => return Err(hint("a port is a number from 1 to 65535")),
        },
        None => return Err(BadAddress(None)),
    };
    if !is_ipv6(host) && !is_name(host) {
        return Err(BadAddress(None));
    }
    Ok(Address::Net { host: host.to_owned(), port, tls })
}

/// An IPv6 address, also with the interface it is meant on.
fn is_ipv6(host: &str) -> bool {
    host.split('%').next().unwrap_or(host).parse::<Ipv6Addr>().is_ok()
}

/// A name of the DNS, of the hosts file or an IPv4 address.
fn is_name(host: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !host.is_empty() && host.len() <= 253 && host.chars().all(good) && !host.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_alike() {
        for (text, shown) in [
            ("mqtt://broker", "mqtt://broker:1883"),
            ("mqtts://broker.example.org", "mqtts://broker.example.org:8883"),
            ("mqtt://192.168.1.5:1884/", "mqtt://192.168.1.5:1884"),
            ("mqtts://[::1]", "mqtts://[::1]:8883"),
            ("mqtt://[fe80::1%eth0]:1", "mqtt://[fe80::1%eth0]:1"),
            ("unix:/run/mosquitto.sock", "unix:/run/mosquitto.sock"),
            ("unix:///run/mosquitto.sock", "unix:/run/mosquitto.sock"),
        ] {
            let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(address.to_string(), shown);
            assert_eq!(Address::parse(shown), Ok(address));
        }
    }

    #[test]
    fn what_is_no_address_is_answered_with_how_to_write_it() {
        let check = |text: &str, expect: Option<&str>| {
            let BadAddress(hint) = Address::parse(text).expect_err(text);
            assert_eq!(hint.as_deref(), expect, "{text}");
        };
        check("broker:1884", Some("write mqtt://broker:1884"));
        check("192.168.1.5", Some("write mqtt://192.168.1.5:1883"));
        check("tcp://broker:1", Some("write mqtt://broker:1"));
        check("ssl://u:secret@broker", Some("write mqtts://broker"));
        check("mqtt://::1", Some("write mqtt://[::1]"));
        check("mqtt://broker/nodes", Some("nothing follows the port; write mqtt://broker"));
        check("unix:run/x", Some("write the whole path, such as unix:/run/mosquitto/mosquitto.sock"));
        check("mqtt://broker:0", Some("a port is a number from 1 to 65535"));
        check("mqtt://broker:", Some("a port is a number from 1 to 65535"));
        check("mqtt://broker:1:2", Some("a port is a number from 1 to 65535"));
        for nonsense in
            ["", ":", "mqtt://", "mqtt://[::1", "mqtt://[x]:1", "mqtt://a b", "mqtt://[::1]x", "http://é"]
        {
            check(nonsense, None);
        }
    }

    #[test]
    fn no_hint_repeats_a_password() {
        for text in [
            "mqtt://u:secret@h",
            "tcp://u:secret@h",
            "u:secret@h:1883",
            "wss://u:secret@h",
            "ssl://u:se@cret@h",
        ] {
            let BadAddress(hint) = Address::parse(text).expect_err(text);
            assert!(!hint.unwrap_or_default().contains("cret"), "{text}");
        }
    }

    #[test]
    fn only_plain_connections_to_other_machines_are_overheard() {
        let check =
            |text: &str, expect| assert_eq!(Address::parse(text).unwrap().is_overheard(), expect, "{text}");
        check("mqtt://192.168.1.5", true);
        check("mqtt://broker", true);
        check("mqtts://broker", false);
        check("mqtt://localhost", false);
        check("mqtt://127.0.0.2", false);
        check("mqtt://[::1]", false);
        check("unix:/x", false);
    }
}
