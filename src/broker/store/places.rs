//! Where a queue's messages lie in the database, and what has to change there when the queue has changed.
//!
//! A queue loses messages at its front, gets them at its back, and gets some back at its front when a client goes. Rows
//! of messages that stayed are not touched.

use std::collections::{HashMap, VecDeque};

/// One row of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Orders the rows of a queue.
    pub place: i64,
    /// The hash of everything in it.
    pub key: u64,
    /// The checksum of its topic and payload.
    pub sum: u32,
    /// The last message of the journal when it was first seen in the queue.
    pub seen: u64,
}

/// What has to change.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Indexes of rows that go.
    pub gone: Vec<usize>,
    /// For each message of the queue the row it has, or its new place.
    pub rows: Vec<Row>,
}

/// Where a message of the queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// In the row with this index.
    Stays(usize),
    /// In a new row with this place.
    New(i64),
}

/// Compares the rows with the queue, both in order.
pub fn compare(rows: &[Place], queue: &[u64]) -> Moves {
    let found = find(rows, queue);
    let stays = |index: &Option<usize>| index.is_some();
    let (first, last) = (found.iter().position(stays), found.iter().rposition(stays));
    let is_split = match (first, last) {
        (Some(first), Some(last)) => !found[first..=last].iter().all(stays),
        _ => false,
    };
    let end = rows.last().map_or(0, |row| row.place + 1);
    if is_split {
        // New messages between old ones: does not happen in practice, so it may cost everything.
        let places = (end..).map(Row::New);
        return Moves {
            gone: (0..rows.len()).collect(),
            rows: queue.iter().zip(places).map(|(_, row)| row).collect(),
        };
    }
    let mut kept = vec![false; rows.len()];
    found.iter().flatten().for_each(|index| kept[*index] = true);
    let gone = (0..rows.len()).filter(|index| !kept[*index]).collect();
    let front = first.and_then(|first| found[first].map(|index| rows[index].place - first as i64));
    let mut next = front.unwrap_or(end);
    let mut place = |found: &Option<usize>| match found {
        Some(index) => {
            next = rows[*index].place + 1;
            Row::Stays(*index)
        }
        None => {
            next += 1;
            Row::New(next - 1)
        }
    };
    Moves { gone, rows: found.iter().map(&mut place).collect() }
}

/// For each message of the queue the row it is in; rows are found in their order.
fn find(rows: &[Place], queue: &[u64]) -> Vec<Option<usize>> {
    let mut by_key: HashMap<u64, VecDeque<usize>> = HashMap::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        by_key.entry(row.key).or_default().push_back(index);
    }
    let mut from = 0;
    let mut find = |key: &u64| {
        let indexes = by_key.get_mut(key)?;
        while indexes.front().is_some_and(|index| *index < from) {
            indexes.pop_front();
        }
        let index = indexes.pop_front()?;
        from = index + 1;
        Some(index)
    };
    queue.iter().map(&mut find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[u64], queue: &[u64], gone: usize, new: usize) {
        let mut places: Vec<_> =
            (10..).zip(rows).map(|(place, key)| Place { place, key: *key, sum: 0, seen: 0 }).collect();
        let moves = compare(&places, queue);
        assert_eq!(moves.gone.len(), gone, "{rows:?} -> {queue:?}: {moves:?}");
        let inserted = moves.rows.iter().filter(|row| matches!(row, Row::New(_))).count();
        assert_eq!(inserted, new, "{rows:?} -> {queue:?}: {moves:?}");
        let mut after: Vec<_> = (queue.iter().zip(&moves.rows))
            .map(|(key, row)| match row {
                Row::Stays(index) => places[*index].clone(),
                Row::New(place) => Place { place: *place, key: *key, sum: 0, seen: 0 },
            })
            .collect();
        assert!(after.is_sorted_by(|a, b| a.place < b.place), "{rows:?} -> {queue:?}: {after:?}");
        for index in moves.gone.iter().rev() {
            places.remove(*index);
        }
        places.append(&mut after);
        places.sort_by_key(|row| row.place);
        places.dedup();
        assert_eq!(places.iter().map(|row| row.key).collect::<Vec<_>>(), queue);
    }

    #[test]
    fn only_what_came_and_went_is_touched() {
        check(&[], &[], 0, 0);
        check(&[], &[1, 2], 0, 2);
        check(&[1, 2], &[], 2, 0);
        check(&[1, 2, 3], &[1, 2, 3], 0, 0);
        check(&[1, 2, 3], &[2, 3, 4, 5], 1, 2);
        check(&[1, 2, 3], &[8, 9, 1, 2, 3, 4], 0, 3);
        check(&[1, 2, 3], &[4, 5], 3, 2);
        check(&[1, 1, 1], &[1, 1], 1, 0);
        check(&[1, 1], &[1, 1, 1], 0, 1);
        check(&[1, 2, 3, 4], &[1, 4], 2, 0);
        check(&[1, 2, 3], &[9, 2, 3], 1, 1);
    }

    #[test]
    fn a_queue_in_another_order_is_written_anew() {
        check(&[1, 2], &[1, 9, 2], 2, 3);
        check(&[1, 2], &[2, 1], 1, 1);
    }
}
