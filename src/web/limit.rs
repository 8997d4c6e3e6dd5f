//! How often somebody may be wrong: ten times a minute per address and account, fifty times per address.
//!
//! An attempt is counted before it is checked and given back when it was right, so that many at once cannot slip
//! through. The right password from another address always works: nobody can lock out an owner. Time is the monotonic
//! clock of the caller; a clock that jumps neither opens nor closes a door. Memory is bounded.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::places::household;

/// Wrong attempts per address and account within [`WINDOW`].
const PER_ACCOUNT: u32 = 10;
/// Wrong attempts per address within [`WINDOW`].
const PER_ADDRESS: u32 = 50;
/// Attempts are counted for this long, from the first one.
const WINDOW: Duration = Duration::from_secs(60);
/// Address and account pairs remembered; at 48 bytes each that is 400 KiB.
const MOST_KEYS: usize = 8192;

/// Counts wrong attempts.
#[derive(Debug, Default)]
pub struct Limit {
    /// Account names are kept as hashes: whatever is typed there may be a password.
    names: RandomState,
    windows: Mutex<HashMap<Key, Window>>,
}

/// How long to wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// Until the window ends; at least a second.
    pub retry_after: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    address: IpAddr,
    /// None: all accounts together.
    name: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    count: u32,
}

impl Limit {
    /// Whether `address` may try `name` now; counts nothing.
    pub fn check(&self, now: Instant, address: IpAddr, name: &str) -> Result<(), TooMany> {
        let windows = self.windows();
        for (key, most) in self.keys(address, name) {
            if let Some(window) = windows.get(&key)
                && let Some(rest) = window.rest(now)
                && window.count >= most
            {
                return Err(TooMany { retry_after: rest.max(Duration::from_secs(1)) });
            }
        }
        Ok(())
    }

    /// Counts an attempt of `address` at `name`, unless there were too many.
    pub fn attempt(&self, now: Instant, address: IpAddr, name: &str) -> Result<(), TooMany> {
        self.check(now, address, name)?;
        let mut windows = self.windows();
        if windows.len() + 2 > MOST_KEYS {
            make_room(&mut windows, now);
        }
        for (key, _) in self.keys(address, name) {
            let window = windows.entry(key).or_insert(Window { began: now, count: 0 });
            if window.rest(now).is_none() {
                *window = Window { began: now, count: 0 };
            }
            window.count += 1;
        }
        Ok(())
    }

    /// Gives an attempt back that was right.
    pub fn forgive(&self, address: IpAddr, name: &str) {
        let mut windows = self.windows();
        for (key, _) in self.keys(address, name) {
            if let Some(window) = windows.get_mut(&key) {
                window.count = window.count.saturating_sub(1);
                if window.count == 0 {
                    windows.remove(&key);
                }
            }
        }
    }

    fn keys(&self, address: IpAddr, name: &str) -> [(Key, u32); 2] {
        let address = household(address);
        let name = self.names.hash_one(name);
        [(Key { address, name: Some(name) }, PER_ACCOUNT), (Key { address, name: None }, PER_ADDRESS)]
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<Key, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// What is left of it; none if it is over.
    fn rest(&self, now: Instant) -> Option<Duration> {
        WINDOW.checked_sub(now.saturating_duration_since(self.began)).filter(|rest| !rest.is_zero())
    }
}

/// Forgets windows that are over; if that is not enough, the older half.
fn make_room(windows: &mut HashMap<Key, Window>, now: Instant) {
    windows.retain(|_, window| window.rest(now).is_some());
    if windows.len() + 2 > MOST_KEYS {
        let mut begins: Vec<_> = windows.values().map(|window| window.began).collect();
        let (_, middle, _) = begins.select_nth_unstable(MOST_KEYS / 2);
        let middle = *middle;
        windows.retain(|_, window| window.began > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 1, last])
    }

    #[test]
    fn the_eleventh_wrong_attempt_waits_and_other_addresses_do_not() {
        let (limit, now) = (Limit::default(), Instant::now());
        for _ in 0..10 {
            limit.attempt(now, address(1), "anna").unwrap();
        }
        let later = now + Duration::from_secs(20);
        let too_many = limit.attempt(later, address(1), "anna").unwrap_err();
        assert_eq!(too_many.retry_after, Duration::from_secs(40));
        limit.check(later, address(1), "šárka").unwrap();
        limit.check(later, address(2), "anna").unwrap();
        limit.attempt(now + Duration::from_secs(60), address(1), "anna").unwrap();
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let (limit, now) = (Limit::default(), Instant::now());
        for n in 0..50 {
            limit.attempt(now, address(1), &format!("user{n}")).unwrap();
        }
        assert!(limit.attempt(now, address(1), "anna").is_err());
        assert!(limit.attempt(now, address(2), "anna").is_ok());
    }

    #[test]
    fn right_attempts_are_given_back() {
        let (limit, now) = (Limit::default(), Instant::now());
        for _ in 0..1000 {
            limit.attempt(now, address(1), "anna").unwrap();
            limit.forgive(address(1), "anna");
        }
        assert!(limit.windows().is_empty());
    }

    #[test]
    fn memory_is_bounded_whatever_is_tried() {
        let (limit, now) = (Limit::default(), Instant::now());
        for n in 0..3 * MOST_KEYS as u64 {
            let address = IpAddr::from([10, (n >> 16) as u8, (n >> 8) as u8, n as u8]);
            limit.attempt(now + Duration::from_micros(n), address, "anna").unwrap();
        }
        assert!(limit.windows().len() <= MOST_KEYS);
    }
}
