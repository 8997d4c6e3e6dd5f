//! The ring everyone listens to, and what it may hold.
//!
//! A reader that falls behind keeps up to a ring of updates alive. Most are small; large ones (a camera's picture over
//! MQTT) are counted while anybody holds them, and beyond [`MAX_LARGE`] bytes the next is not told in full: everybody
//! hears `$hub/too-large` instead. So a reader that stands still costs this much memory and not a ring times the
//! largest packet: beside 5,000 messages of 1 MiB that nobody read, the hub took 130 MiB in all.

use std::sync::{Arc, Weak};

use tokio::sync::broadcast;

use super::Update;

/// From so many bytes on an update is large; a ring full of the largest small ones holds 64 MiB.
const LARGE: usize = 16 << 10;
/// What large updates may hold together, those that are kept as last values included.
const MAX_LARGE: usize = 64 << 20;

pub(super) struct Ring {
    /// Nothing after the hub was closed.
    sender: Option<broadcast::Sender<Arc<Update>>>,
    /// Large updates that were told and may still be held, with their bytes.
    large: Vec<(Weak<Update>, usize)>,
    bytes: usize,
}

impl Ring {
    pub(super) fn new(updates: usize) -> Self {
        Self { sender: Some(broadcast::Sender::new(updates)), large: Vec::new(), bytes: 0 }
    }

    /// Tells everyone; `false` if there is no room for an update so large.
    pub(super) fn tell(&mut self, update: &Arc<Update>) -> bool {
        let bytes = update.message.payload.held();
        if bytes > LARGE && !self.takes(update, bytes) {
            return false;
        }
        if let Some(sender) = &self.sender {
            // No listener is no error: the value is kept for those who come later.
            let _ = sender.send(update.clone());
        }
        true
    }

    fn takes(&mut self, update: &Arc<Update>, bytes: usize) -> bool {
        if self.bytes + bytes > MAX_LARGE {
            self.large.retain(|(held, _)| held.strong_count() > 0);
            self.bytes = self.large.iter().map(|(_, bytes)| bytes).sum();
        }
        let room = self.bytes + bytes <= MAX_LARGE;
        if room {
            self.large.push((Arc::downgrade(update), bytes));
            self.bytes += bytes;
        }
        room
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Update>> {
        self.sender
            .as_ref()
            .map_or_else(|| broadcast::Sender::new(1).subscribe(), broadcast::Sender::subscribe)
    }

    pub(super) fn close(&mut self) {
        self.sender = None;
    }
}
