//! The wire between a played device and whoever listens: what is said is lost on it, broken off, damaged or late.

use std::collections::VecDeque;
use std::time::Duration;

use super::Faults;
use super::faults::damage;
use super::tower::Fault;

/// At most so much waits for its delay; older words are lost, as in a real buffer.
const WAITING: usize = 4_096;

/// A wire and what is under way on it.
#[derive(Debug)]
pub struct LooseWire {
    /// How bad it is.
    pub faults: Faults,
    /// Share of what breaks off, so that the next words continue it, 0 to 1.
    pub halves: f64,
    random: fastrand::Rng,
    waiting: VecDeque<(Duration, Vec<u8>)>,
}

impl LooseWire {
    /// A wire; the same seed misbehaves in the same way.
    pub fn new(faults: Faults, halves: f64, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed ^ 0x5eed_fa17);
        Self { faults, halves, random, waiting: VecDeque::new() }
    }

    /// From now on.
    pub fn change(&mut self, fault: Fault) {
        match fault {
            Fault::Silence(silence) => self.faults.silence = silence,
            Fault::Garbage(share) => self.faults.garbage = share,
            Fault::Halves(share) => self.halves = share,
            Fault::Loss(share) => self.faults.loss = share,
            Fault::Delay(delay) => self.faults.delay = delay,
            // A wire remembers nothing.
            Fault::Eeprom(_) => {}
        }
    }

    /// Lets words go, through everything that may happen to them; `end` is how many of the bytes end a line.
    pub fn say(&mut self, at: Duration, mut bytes: Vec<u8>, end: usize) {
        if self.faults.silence || self.random.f64() < self.faults.loss {
            return;
        }
        if self.random.f64() < self.halves {
            bytes.truncate(self.random.usize(1..bytes.len().max(2)));
        } else if self.random.f64() < self.faults.garbage {
            let (said, end) = bytes.split_at(bytes.len().saturating_sub(end));
            bytes = [&damage(&mut self.random, said), end].concat();
        }
        self.say_as_is(at, bytes);
    }

    /// Lets words go that nothing happens to but the delay.
    pub fn say_as_is(&mut self, at: Duration, bytes: Vec<u8>) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        // A line keeps its order, also when the delay was made shorter in between.
        let last = self.waiting.back().map_or(Duration::ZERO, |(due, _)| *due);
        self.waiting.push_back(((at + self.faults.delay).max(last), bytes));
    }

    /// What arrives by now.
    pub fn take(&mut self, at: Duration) -> Vec<Vec<u8>> {
        let ready = self.waiting.partition_point(|(due, _)| *due <= at);
        self.waiting.drain(..ready).map(|(_, bytes)| bytes).collect()
    }

    /// When something arrives next.
    pub fn next_due(&self) -> Option<Duration> {
        self.waiting.front().map(|(due, _)| *due)
    }

    /// What is under way is gone.
    pub fn cut(&mut self) {
        self.waiting.clear();
    }
}
