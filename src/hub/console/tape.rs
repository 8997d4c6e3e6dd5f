//! The last bytes of a line in rows, with time and direction, in a fixed place in memory.
//!
//! A row ends with its direction, with a line feed after text, with a silence, or when it is long. So a line of text
//! is a row, a frame between silences is a row, and both are known while they still grow. Nothing is allocated for a
//! read: bytes go into a ring, and the list of rows stays as long as it once was. A reader has a [`Place`]; what was
//! overwritten before it came is counted for it, and costs the line nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Way;
use crate::hub::Now;

/// Bytes that are kept.
const BYTES: usize = 16 * 1024;
/// Rows that are kept; frames may be as short as a byte.
const ROWS: usize = 1024;
/// Bytes of the longest row.
const LONGEST: u32 = 256;
/// A silence that ends a row of bytes.
const SILENCE: Duration = Duration::from_millis(50);
/// A silence that ends a row of text; sketches print a line piece by piece.
const PAUSE: Duration = Duration::from_secs(2);

/// What was on a line lately.
pub(super) struct Tape {
    /// Byte `n` of all that ever were lies at `n % BYTES`.
    ring: Box<[u8]>,
    /// Bytes there ever were.
    end: u64,
    rows: VecDeque<Kept>,
    /// The number of the next row.
    next: u64,
    /// Set while the last row may grow.
    open: Option<Open>,
}

struct Kept {
    begin: u64,
    length: u32,
    at: SystemTime,
    way: Way,
    by: Option<Arc<str>>,
}

struct Open {
    /// Bytes of text in it.
    text: u32,
    last: Instant,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Counts up from 0.
    pub number: u64,
    /// When its first byte came or went.
    pub at: SystemTime,
    /// In which direction.
    pub way: Way,
    /// Who wrote it by hand.
    pub by: Option<Arc<str>>,
    /// What it was; nothing where something happened to the port.
    pub bytes: Box<[u8]>,
}

/// How far a reader has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    row: u64,
    length: u32,
    byte: u64,
}

/// What a reader has not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Bytes that it comes too late for.
    pub lost: u64,
    /// The rows; the first of them may be one that has grown.
    pub rows: Vec<Row>,
    /// Where it goes on.
    pub place: Place,
}

impl Default for Tape {
    fn default() -> Self {
        let ring = vec![0; BYTES].into_boxed_slice();
        Self { ring, end: 0, rows: VecDeque::new(), next: 0, open: None }
    }
}

impl Tape {
    /// Bytes came or went.
    pub(super) fn append(&mut self, now: Now, way: Way, by: Option<&Arc<str>>, mut bytes: &[u8]) {
        if !self.goes_on(now.mono, way, by) {
            self.open = None;
        }
        while !bytes.is_empty() {
            if self.open.is_none() {
                self.begin(now, way, by.cloned());
                self.open = Some(Open { text: 0, last: now.mono });
            }
            let (Some(open), Some(row)) = (&mut self.open, self.rows.back_mut()) else { return };
            let room = bytes.len().min((LONGEST - row.length) as usize);
            let line = bytes[..room].iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let (taken, rest) = bytes.split_at(line.unwrap_or(room));
            // At most LONGEST of them.
            row.length += taken.len() as u32;
            open.text += taken.iter().filter(|byte| is_text(**byte)).count() as u32;
            open.last = now.mono;
            if (line.is_some() && open.is_text(row.length)) || row.length == LONGEST {
                self.open = None;
            }
            self.keep(taken);
            bytes = rest;
        }
        self.forget();
    }

    /// Something happened to the port.
    pub(super) fn mark(&mut self, now: Now, way: Way) {
        self.open = None;
        self.begin(now, way, None);
        self.forget();
    }

    /// What somebody has not read who has read up to `place`, at most the last `most` rows. Whoever comes for the first
    /// time has lost nothing.
    pub(super) fn read(&self, place: Option<Place>, most: usize) -> Seen {
        let first = self.next - self.rows.len() as u64;
        // A place of a tape that was there before this one counts for nothing.
        let place = place.filter(|place| place.row <= self.next && place.byte <= self.end);
        let newest = self.next.saturating_sub(most as u64);
        let start = place.map_or(0, |place| place.row).max(first).max(newest);
        let rows = self.rows.iter().enumerate().skip((start - first) as usize);
        let is_known = |number: u64, row: &Kept| {
            place.is_some_and(|place| (place.row, place.length) == (number, row.length) && row.length > 0)
        };
        let rows = rows.map(|(at, row)| (first + at as u64, row));
        let rows: Vec<Row> = rows
            .filter(|(number, row)| !is_known(*number, row))
            .map(|(number, row)| self.row(number, row))
            .collect();
        let begins = self.rows.get((start - first) as usize).map_or(self.end, |row| row.begin);
        Seen { lost: place.map_or(0, |place| begins.saturating_sub(place.byte)), rows, place: self.place() }
    }

    fn place(&self) -> Place {
        let growing = self.rows.back().filter(|_| self.open.is_some());
        match growing {
            Some(row) => Place { row: self.next - 1, length: row.length, byte: self.end },
            None => Place { row: self.next, length: 0, byte: self.end },
        }
    }

    fn row(&self, number: u64, row: &Kept) -> Row {
        let bytes = (row.begin..row.begin + u64::from(row.length)).map(|at| self.ring[place_of(at)]);
        Row { number, at: row.at, way: row.way, by: row.by.clone(), bytes: bytes.collect() }
    }

    fn goes_on(&self, now: Instant, way: Way, by: Option<&Arc<str>>) -> bool {
        let (Some(open), Some(row)) = (&self.open, self.rows.back()) else { return false };
        let patience = if open.is_text(row.length) { PAUSE } else { SILENCE };
        row.way == way && row.by.as_ref() == by && now.saturating_duration_since(open.last) < patience
    }

    fn begin(&mut self, now: Now, way: Way, by: Option<Arc<str>>) {
        self.rows.push_back(Kept { begin: self.end, length: 0, at: now.wall, way, by });
        self.next += 1;
    }

    fn keep(&mut self, bytes: &[u8]) {
        let at = place_of(self.end);
        let (before, after) = bytes.split_at(bytes.len().min(BYTES - at));
        self.ring[at..at + before.len()].copy_from_slice(before);
        self.ring[..after.len()].copy_from_slice(after);
        self.end += bytes.len() as u64;
    }

    fn forget(&mut self) {
        let begins = self.end.saturating_sub(BYTES as u64);
        while self.rows.len() > ROWS || self.rows.front().is_some_and(|row| row.begin < begins) {
            self.rows.pop_front();
        }
    }
}

impl Open {
    /// Whether a row of this length looks like text so far. A Modbus frame may hold a line feed anywhere, and is none.
    fn is_text(&self, length: u32) -> bool {
        self.text * 2 >= length
    }
}

fn place_of(byte: u64) -> usize {
    (byte % BYTES as u64) as usize
}

/// Letters, digits and signs; what ends a line is in frames as often as in text.
fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

#[cfg(test)]
mod tests;
