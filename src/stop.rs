//! The one signal that ends everything: whoever holds a [`Stop`] can wait for it, and `app` sends it.
//!
//! Asking twice is harmless. A `Stop` carries no data and never blocks the sender.

use std::sync::Arc;

use tokio::sync::watch;

/// A shared, clonable request to finish.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: Arc<watch::Sender<Wish>>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    Run,
    Finish,
    Leave,
}

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self { sender: Arc::new(watch::Sender::new(Wish::Run)) }
    }

    /// Asks everyone to finish.
    pub fn request(&self) {
        self.wish(Wish::Finish);
    }

    /// Asks everyone to finish and not to come back: what is gone for good cleans up behind itself.
    pub fn request_for_good(&self) {
        self.wish(Wish::Leave);
    }

    fn wish(&self, wish: Wish) {
        self.sender.send_if_modified(|known| {
            let is_more = wish > *known;
            *known = wish.max(*known);
            is_more
        });
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        *self.sender.borrow() > Wish::Run
    }

    /// Whether it is for good.
    pub fn is_for_good(&self) -> bool {
        *self.sender.borrow() == Wish::Leave
    }

    /// Returns once somebody asked; at once if that was before.
    pub async fn requested(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives in `self`, so waiting can only end with the wish fulfilled.
        let _ = receiver.wait_for(|wish| *wish > Wish::Run).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
