//! The one signal that ends everything: whoever holds a [`Stop`] can wait for it, and `app` sends it.
//!
//! Asking twice is harmless. A `Stop` carries no data and never blocks the sender.

use std::sync::Arc;

use tokio::sync::watch;

/// A shared, clonable request to finish.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: Arc<watch::Sender<bool>>,
}

impl Stop {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)) }
    }

    /// Asks everyone to finish.
    pub fn request(&self) {
        self.sender.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        *self.sender.borrow()
    }

    /// Returns once somebody asked; at once if that was before.
    pub async fn requested(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives in `self`, so waiting can only end with the wish fulfilled.
        let _ = receiver.wait_for(|stop| *stop).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
