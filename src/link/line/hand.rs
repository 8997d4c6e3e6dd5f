//! What people write to a line by hand: one piece at a time, and only where it does not mix with the conversation.
//!
//! The conversation goes before: what is asked and not answered yet is waited for. But a bus that always has a next
//! question must not keep somebody from his turn for ever, so it is his before that one is asked.

use std::time::Instant;

use tokio::sync::mpsc;

use super::{Outbox, Talk};
use crate::device::Refusal;
use crate::hub::{ByHand, Now};

/// The way for what is written by hand.
pub struct Hand {
    asked: mpsc::Receiver<ByHand>,
    held: Option<ByHand>,
}

impl Hand {
    /// Takes what comes out of a console.
    pub fn new(asked: mpsc::Receiver<ByHand>) -> Self {
        Self { asked, held: None }
    }

    /// Whether nothing waits for its turn.
    pub fn is_empty(&self) -> bool {
        self.held.is_none()
    }

    /// Waits for the next piece, which then waits for its turn.
    pub async fn take(&mut self) {
        match self.asked.recv().await {
            Some(by_hand) => self.held = Some(by_hand),
            // The console has another line by now.
            None => std::future::pending().await,
        }
    }

    /// When there is something to do.
    pub fn due(&self, now: Now, talk: &impl Talk, outbox: &Outbox) -> Option<Instant> {
        let deadline = self.held.as_ref()?.deadline;
        let free = talk.free(now).filter(|_| outbox.is_empty());
        Some(free.map_or(deadline, |free| free.min(deadline)))
    }

    /// Gives the turn to what waits, if it can have it; or refuses it when its time is over.
    pub fn turn(&mut self, now: Now, talk: &mut impl Talk, outbox: &mut Outbox) {
        let Some(by_hand) = self.held.take() else { return };
        if now.mono >= by_hand.deadline {
            return by_hand
                .refuse(Refusal::new("in-use", "the line was not free for a moment within a second"));
        }
        if !outbox.is_empty() || talk.free(now).is_none_or(|free| free > now.mono) {
            self.held = Some(by_hand);
            return;
        }
        talk.gives_way(now, by_hand.bytes.len());
        outbox.put_by_hand(now, by_hand);
    }

    /// The port is gone, with what waits.
    pub fn give_up(mut self, reason: &str) {
        // What is still on its way here was not written either; dropping it says so.
        if let Some(by_hand) = self.held.take() {
            by_hand.refuse(Refusal::new("offline", format!("not written: {reason}")));
        }
    }
}
