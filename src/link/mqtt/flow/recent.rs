//! A memory of what happened a moment ago: by mark, for a stated time, never more than a stated number.
//!
//! What is remembered again counts from then on. The oldest goes first when there are too many.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// What stands for a topic with a payload; two of them are the same by chance once in 2^64.
pub type Mark = u64;

/// Remembers a `T` per mark.
#[derive(Debug)]
pub struct Recent<T> {
    within: Duration,
    most: usize,
    known: HashMap<Mark, (Instant, T)>,
    order: VecDeque<(Instant, Mark)>,
}

impl<T> Recent<T> {
    /// A memory that lasts `within` and holds `most`.
    pub fn new(within: Duration, most: usize) -> Self {
        Self { within, most, known: HashMap::new(), order: VecDeque::new() }
    }

    /// What is remembered about `mark`.
    pub fn get(&mut self, now: Instant, mark: Mark) -> Option<&mut T> {
        self.expire(now);
        self.known.get_mut(&mark).map(|(_, known)| known)
    }

    /// Remembers `mark` from now on, instead of what was known about it.
    pub fn put(&mut self, now: Instant, mark: Mark, what: T) {
        self.expire(now);
        self.known.insert(mark, (now, what));
        self.order.push_back((now, mark));
        // What was remembered again stands in line twice, once with an old time.
        while self.known.len() > self.most || self.order.len() > 2 * self.most {
            self.forget_oldest();
        }
    }

    fn expire(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= self.within) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((at, mark)) = self.order.pop_front()
            && self.known.get(&mark).is_some_and(|(known, _)| *known == at)
        {
            self.known.remove(&mark);
        }
    }
}

/// Makes marks that nobody outside can foresee.
#[derive(Debug, Default)]
pub struct Marker(RandomState);

impl Marker {
    /// The mark of a message.
    pub fn of(&self, topic: &str, payload: &[u8]) -> Mark {
        self.0.hash_one((topic, payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_remembered_is_forgotten_in_time_and_counts_anew_when_it_comes_again() {
        let start = Instant::now();
        let mut recent = Recent::new(SECOND * 5, 100);
        recent.put(start, 1, 'a');
        recent.put(start, 2, 'b');
        recent.put(start + SECOND * 3, 1, 'c');
        assert_eq!(recent.get(start + SECOND * 4, 2), Some(&mut 'b'));
        assert_eq!(recent.get(start + SECOND * 6, 2), None);
        assert_eq!(recent.get(start + SECOND * 6, 1), Some(&mut 'c'));
        assert_eq!(recent.get(start + SECOND * 8, 1), None);
        assert!(recent.order.is_empty());
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let start = Instant::now();
        let mut recent = Recent::new(SECOND, 4);
        for mark in 0..1_000 {
            recent.put(start, mark, ());
            recent.put(start, 0, ());
        }
        assert!(recent.known.len() <= 4 && recent.order.len() <= 8);
        assert!(recent.get(start, 999).is_some() && recent.get(start, 500).is_none());
    }

    #[test]
    fn a_topic_and_a_payload_are_not_mistaken_for_each_other() {
        let marker = Marker::default();
        assert_eq!(marker.of("a", b"b"), marker.of("a", b"b"));
        assert_ne!(marker.of("ab", b""), marker.of("a", b"b"));
    }
}
