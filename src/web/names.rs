//! The names under which people reach this hub: what the `Host` header may say and what the certificate vouches for.
//!
//! The host name comes from the system, further names from the configuration. A page of a stranger whose name was
//! re-pointed at this machine (DNS rebinding) arrives with the stranger's name and is refused; an IP literal cannot be
//! re-pointed, so every one is accepted.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, PoisonError, RwLock};

use nix::ifaddrs::getifaddrs;

/// Suffixes that home routers and mDNS put behind a host name, and that nobody can register.
const PRIVATE_SUFFIXES: [&str; 4] = ["local", "lan", "home.arpa", "internal"];

/// The names of one hub; clones share the announced one.
#[derive(Clone, Debug)]
pub struct Names {
    dns: Vec<String>,
    addresses: Vec<IpAddr>,
    announced: Arc<RwLock<Option<String>>>,
}

impl Names {
    /// The names of this machine and those of the configuration (DNS names and addresses).
    pub fn of_this_machine(configured: &[String]) -> Self {
        let uname = rustix::system::uname();
        Self::new(&uname.nodename().to_string_lossy(), configured)
    }

    /// The names of a machine called `host`.
    pub fn new(host: &str, configured: &[String]) -> Self {
        let mut names =
            Self { dns: vec!["localhost".into()], addresses: Vec::new(), announced: Arc::default() };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        names.add(host.clone());
        if let Some(label) = host.split('.').next() {
            names.add(label.to_owned());
            for suffix in PRIVATE_SUFFIXES {
                names.add(format!("{label}.{suffix}"));
            }
        }
        for name in configured {
            match name.trim_matches(['[', ']']).parse::<IpAddr>() {
                Ok(address) => names.addresses.push(address),
                Err(_) => names.add(name.trim_end_matches('.').to_ascii_lowercase()),
            }
        }
        names
    }

    fn add(&mut self, name: String) {
        if is_dns_name(&name) && !self.dns.contains(&name) {
            self.dns.push(name);
        }
    }

    /// From now on the local network knows this hub by `name`, such as `hub.local`, in place of the announced one before.
    pub fn announce(&self, name: &str) {
        *self.announced.write().unwrap_or_else(PoisonError::into_inner) = Some(name.to_ascii_lowercase());
    }

    /// The name by which the local network knows this hub, if it is announced.
    pub fn announced(&self) -> Option<String> {
        self.announced.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// DNS names, lower case, `localhost` first.
    pub fn dns(&self) -> Vec<String> {
        let mut all = self.dns.clone();
        all.extend(self.announced().filter(|name| !self.dns.contains(name)));
        all
    }

    /// Loopback, the configured addresses and the private addresses of the machine's interfaces at this moment; temporary
    /// global IPv6 addresses would ask for a new certificate every day.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut all = vec![IpAddr::from([127, 0, 0, 1]), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let interfaces = interface_addresses().filter(|address| is_private(*address));
        for address in self.addresses.iter().copied().chain(interfaces) {
            if !all.contains(&address) {
                all.push(address);
            }
        }
        all
    }

    /// Whether a request for `authority` (`name`, `name:port`, `[v6]:port`) is meant for this hub.
    pub fn answer_to(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else { return false };
        if host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
            return true;
        }
        let host = host.strip_suffix('.').unwrap_or(host);
        self.dns.iter().any(|name| name.eq_ignore_ascii_case(host))
            || self.announced().is_some_and(|name| name.eq_ignore_ascii_case(host))
    }
}

/// The host of `host[:port]`; `None` if it is neither a name nor an address with an optional port.
pub fn host_of(authority: &str) -> Option<&str> {
    let (host, rest) = if authority.starts_with('[') {
        authority.split_at(authority.find(']')? + 1)
    } else {
        authority.split_at(authority.find(':').unwrap_or(authority.len()))
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_sound = match inner {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => is_dns_name(host.strip_suffix('.').unwrap_or(host)),
    };
    let port_is_sound = rest.is_empty()
        || rest.strip_prefix(':').is_some_and(|port| {
            port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok()
        });
    (host_is_sound && port_is_sound).then_some(host)
}

fn is_dns_name(name: &str) -> bool {
    let label_is_sound = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= 253 && name.split('.').all(label_is_sound)
}

/// Every address of the interfaces of this machine at this moment.
pub fn interface_addresses() -> impl Iterator<Item = IpAddr> {
    let interfaces = getifaddrs()
        .inspect_err(|error| tracing::warn!("cannot list the addresses of this machine: {error}"))
        .ok();
    interfaces.into_iter().flatten().filter_map(|interface| {
        let socket = interface.address?;
        match (socket.as_sockaddr_in(), socket.as_sockaddr_in6()) {
            (Some(v4), _) => Some(IpAddr::V4(v4.ip())),
            (None, Some(v6)) => Some(IpAddr::V6(v6.ip())),
            (None, None) => None,
        }
    })
}

/// Whether `address` is one of a local network, so that nobody else can own it on the internet.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64;
            address.is_private() || address.is_loopback() || shared
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_hub_are_answered() {
        let names = Names::new("Greenhouse.example.org", &["hub.example.org".into(), "192.0.2.7".into()]);
        let check = |authority: &str, expected: bool| {
            assert_eq!(names.answer_to(authority), expected, "{authority:?}");
        };
        for good in [
            "localhost",
            "localhost:8443",
            "LOCALHOST",
            "greenhouse",
            "greenhouse.local",
            "greenhouse.local.:8443",
            "greenhouse.example.org",
            "hub.example.org:443",
            "127.0.0.1",
            "10.1.2.3:8443",
            "[::1]",
            "[fe80::1]:8443",
        ] {
            check(good, true);
        }
        for bad in [
            "",
            ":8443",
            "evil.org",
            "localhost.evil.org",
            "greenhouse.evil.org",
            "evil-greenhouse",
            "localhost:99999",
            "localhost:8443:1",
            "a@localhost",
            "localhost/",
            "localhost\\",
            "local host",
            "[::1",
            "::1",
            "[localhost]",
            "localhost:+1",
            "example.org",
            "127.0.0.1.evil.org",
            "[::1]x",
        ] {
            check(bad, false);
        }
    }

    #[test]
    fn the_announced_name_is_answered_until_another_takes_its_place() {
        let names = Names::new("greenhouse", &[]);
        let clone = names.clone();
        assert!(!names.answer_to("hub.local:8443"));
        clone.announce("Hub.local");
        assert!(names.answer_to("HUB.local.:8443") && names.dns().contains(&"hub.local".to_owned()));
        clone.announce("hub-2.local");
        assert!(!names.answer_to("hub.local") && names.answer_to("hub-2.local"));
        clone.announce("greenhouse.local");
        assert_eq!(names.dns().iter().filter(|name| *name == "greenhouse.local").count(), 1);
    }

    #[test]
    fn a_host_name_that_is_no_dns_name_is_left_out() {
        let names = Names::new("my pi/2", &[]);
        assert_eq!(names.dns(), ["localhost"]);
        assert!(names.addresses().contains(&IpAddr::from([127, 0, 0, 1])));
    }
}
