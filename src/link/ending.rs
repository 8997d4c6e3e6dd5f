//! States that end by themselves: a device says that something moves, and never that nothing does any more.
//!
//! Its definition says how long that lasts; then the hub says in its name that it is over, unless it was said again.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::talk::Topic;

/// The most of them on one link; more of them stay until the device says otherwise.
const MOST: usize = 4_096;

/// When what was said is over: by device, id and quantity.
#[derive(Debug, Default)]
pub struct Ending(BTreeMap<(Topic, Box<str>, Box<str>), Instant>);

impl Ending {
    /// It is so from now on, until `at`.
    pub fn put(&mut self, base: &Topic, id: Box<str>, quantity: Box<str>, at: Instant) {
        let key = (base.clone(), id, quantity);
        if self.0.len() < MOST || self.0.contains_key(&key) {
            self.0.insert(key, at);
        }
    }

    /// When something is over next.
    pub fn next(&self) -> Option<Instant> {
        self.0.values().min().copied()
    }

    /// Takes out what is over, of devices that are there: one that has gone is shown so, and is told of when it is back.
    pub fn due(
        &mut self,
        now: Instant,
        is_there: impl Fn(&Topic) -> bool,
    ) -> Vec<(Topic, Box<str>, Box<str>)> {
        let is_due = |(key, at): &(&(Topic, Box<str>, Box<str>), &Instant)| **at <= now && is_there(&key.0);
        let due: Vec<_> = self.0.iter().filter(is_due).map(|(key, _)| key.clone()).collect();
        for key in &due {
            self.0.remove(key);
        }
        due
    }
}
