//! How many connections may be open: a cap per address and one for all, so that one visitor never shuts out the rest.
//!
//! A [`Place`] is taken before the TLS handshake and given back when the connection's [`Stream`](super::stream::Stream)
//! is dropped. Loopback has no cap of its own: whoever is on the machine can already do worse, and a reverse proxy or
//! a load test arrives from there. An IPv6 visitor is counted by its /64, because a house hands out whole /64s.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All places of one server; clones share them.
#[derive(Clone, Debug)]
pub struct Places {
    shared: Arc<Shared>,
}

/// One taken place; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    shared: Arc<Shared>,
    address: Option<IpAddr>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// This address has its share.
    Address,
    /// The hub has all the connections it can carry.
    Hub,
}

#[derive(Debug)]
struct Shared {
    per_address: usize,
    total: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Places {
    /// At most `total` connections, at most `per_address` of them from one address.
    pub fn new(per_address: usize, total: usize) -> Self {
        Self { shared: Arc::new(Shared { per_address, total, taken: Mutex::default() }) }
    }

    /// A place for a visitor from `address`.
    pub fn take(&self, address: IpAddr) -> Result<Place, Full> {
        let address = (!address.to_canonical().is_loopback()).then(|| household(address));
        let mut taken = self.shared.taken();
        if taken.total >= self.shared.total {
            return Err(Full::Hub);
        }
        if let Some(address) = address {
            let count = taken.by_address.entry(address).or_default();
            if *count >= self.shared.per_address {
                return Err(Full::Address);
            }
            *count += 1;
        }
        taken.total += 1;
        Ok(Place { shared: self.shared.clone(), address })
    }

    /// How many connections are open.
    pub fn taken(&self) -> usize {
        self.shared.taken().total
    }
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Counters stay consistent even if a holder panicked: each change is a single step.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.shared.taken();
        taken.total -= 1;
        if let Some(address) = self.address
            && let Some(count) = taken.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// The address by which one visitor is told from another: IPv4 as it is, IPv6 by its /64.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_comes_back_when_its_holder_is_dropped() {
        let places = Places::new(1, 10);
        let place = places.take(address("10.0.0.1")).unwrap();
        assert_eq!(places.take(address("10.0.0.1")).unwrap_err(), Full::Address);
        assert!(places.take(address("10.0.0.2")).is_ok());
        drop(place);
        assert!(places.take(address("10.0.0.1")).is_ok());
        assert_eq!(places.taken(), 0);
        assert!(places.shared.taken().by_address.is_empty());
    }

    #[test]
    fn the_total_holds_for_loopback_too() {
        let places = Places::new(1, 3);
        let all: Vec<_> = (0..3).map(|_| places.take(address("::1")).unwrap()).collect();
        assert_eq!(places.take(address("127.0.0.1")).unwrap_err(), Full::Hub);
        drop(all);
        assert!(places.take(address("127.0.0.1")).is_ok());
    }

    #[test]
    fn one_house_shares_its_ipv6_prefix_and_a_mapped_address_is_the_same_visitor() {
        let places = Places::new(1, 10);
        let _first = places.take(address("2001:db8::1")).unwrap();
        assert_eq!(places.take(address("2001:db8::ffff:2")).unwrap_err(), Full::Address);
        let _second = places.take(address("10.1.1.1")).unwrap();
        assert_eq!(places.take(address("::ffff:10.1.1.1")).unwrap_err(), Full::Address);
        assert!(places.take(address("::ffff:127.0.0.1")).is_ok());
    }
}
