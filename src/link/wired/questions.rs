//! What devices are asked that speak only when they are asked: each round one question after the other.

use std::time::{Duration, Instant};

use super::known::{Device, Known};
use crate::device::translate::written;

/// How long an answer is waited for before the next question.
const ANSWER: Duration = Duration::from_millis(500);

/// The questions of one line.
#[derive(Default)]
pub struct Questions {
    all: Vec<Question>,
    /// Until when the line is left to whoever was asked.
    open: Option<Instant>,
}

struct Question {
    bytes: Box<[u8]>,
    every: Duration,
    due: Instant,
}

impl Questions {
    /// Those of the definitions; `Err` tells what a definition cannot say.
    pub fn new(now: Instant, known: &Known) -> Result<Self, String> {
        let mut all: Vec<Question> = Vec::new();
        for Device { profile, .. } in &known.devices {
            let Some(serial) = &profile.serial else { continue };
            for send in &serial.ask {
                let bytes = written(profile, send).map_err(|why| format!("`{}`: {why}", profile.id))?;
                if !all.iter().any(|known| known.bytes == bytes) {
                    all.push(Question { bytes, every: serial.interval, due: now });
                }
            }
        }
        Ok(Self { all, open: None })
    }

    /// Whether the line is left to whoever was asked.
    pub fn is_open(&self, now: Instant) -> bool {
        self.open.is_some_and(|until| now < until)
    }

    /// When the line is free for something else.
    pub fn free(&self, now: Instant) -> Instant {
        self.open.map_or(now, |until| until.max(now))
    }

    /// The question whose time has come.
    pub fn next(&mut self, now: Instant) -> Option<Box<[u8]>> {
        let next =
            self.all.iter_mut().filter(|question| question.due <= now).min_by_key(|known| known.due)?;
        // Counted from now: after a pause of ours nobody is asked twice.
        next.due = now + next.every;
        self.open = Some(now + ANSWER);
        Some(next.bytes.clone())
    }

    /// Somebody has spoken.
    pub fn answered(&mut self) {
        self.open = None;
    }

    /// When there is something to do next.
    pub fn due(&self) -> Option<Instant> {
        let next = self.all.iter().map(|question| question.due).min();
        match (next, self.open) {
            (Some(next), Some(open)) => Some(next.max(open)),
            (next, open) => next.or(open),
        }
    }
}
