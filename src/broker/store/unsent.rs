//! Which message of the journal it is that goes out to a client.
//!
//! A packet bears no sign of that, so it is known by its words, and only where no other copy of the same words can be
//! on its way to the same client: one that waited there before, or came by another subscription. What is not known may
//! come again after a `kill -9`; what would be guessed wrongly could be lost.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// What has not gone out yet.
#[derive(Debug, Default)]
pub struct Unsent {
    /// By words and client, oldest first.
    ids: HashMap<(u32, Arc<str>), VecDeque<u64>>,
    /// The words that waited in each session when it was looked at.
    waiting: HashMap<Arc<str>, HashSet<u32>>,
}

impl Unsent {
    /// A message is for a client, and comes to it once.
    pub fn add(&mut self, id: u64, client: &Arc<str>, sum: u32) {
        if !self.waiting.get(client).is_some_and(|sums| sums.contains(&sum)) {
            self.ids.entry((sum, client.clone())).or_default().push_back(id);
        }
    }

    /// These words go out to a client for the first time; gives the message, if that is known.
    pub fn take(&mut self, client: &Arc<str>, sum: u32) -> Option<u64> {
        let key = (sum, client.clone());
        let ids = self.ids.get_mut(&key)?;
        let id = ids.pop_front();
        if ids.is_empty() {
            self.ids.remove(&key);
        }
        id
    }

    /// Messages have left the journal. Their copies may still go out before later ones of the same words, so their
    /// places are free only when all of them have left (`is_kept` is false).
    pub fn release(&mut self, client: &Arc<str>, sum: u32, is_kept: impl Fn(&u64) -> bool) {
        let key = (sum, client.clone());
        if self.ids.get(&key).is_some_and(|ids| !ids.iter().any(is_kept)) {
            self.ids.remove(&key);
        }
    }

    /// These words wait in the session of a client.
    pub fn waits(&mut self, client: &Arc<str>, sums: HashSet<u32>) {
        if sums.is_empty() {
            self.waiting.remove(client);
        } else {
            self.waiting.insert(client.clone(), sums);
        }
    }

    /// The session of a client is over.
    pub fn forget(&mut self, client: &str) {
        self.waiting.remove(client);
    }

    /// Whether there is nothing.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_waited_before_is_not_taken_for_a_new_message() {
        let (mut unsent, client): (_, Arc<str>) = (Unsent::default(), "c".into());
        unsent.waits(&client, [7].into());
        unsent.add(1, &client, 7);
        unsent.add(2, &client, 8);
        assert_eq!(unsent.take(&client, 7), None);
        assert_eq!(unsent.take(&client, 8), Some(2));
        assert_eq!(unsent.take(&"d".into(), 7), None);
        unsent.waits(&client, HashSet::new());
        unsent.add(3, &client, 7);
        assert_eq!(unsent.take(&client, 7), Some(3));
        assert!(unsent.is_empty());
    }

    #[test]
    fn the_copy_of_a_message_that_left_the_journal_is_not_taken_for_the_next_one() {
        let (mut unsent, client): (_, Arc<str>) = (Unsent::default(), "c".into());
        (1..=3).for_each(|id| unsent.add(id, &client, 7));
        unsent.release(&client, 7, |id| *id > 1);
        assert_eq!(unsent.take(&client, 7), Some(1));
        assert_eq!(unsent.take(&client, 7), Some(2));
        unsent.release(&client, 7, |_| false);
        assert!(unsent.is_empty());
    }
}
