//! What waits for a thread that writes: bounded, and without memory for what does not wait.
//!
//! The standard library's bounded channel takes the memory of a full one from the start, 128 KiB for each of ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, TrySendError};
use std::time::Duration;

/// The side of those who bring something.
#[derive(Clone, Debug)]
pub struct Sender<T> {
    line: mpsc::Sender<T>,
    waiting: Arc<AtomicUsize>,
    most: usize,
}

/// The thread's side.
#[derive(Debug)]
pub struct Receiver<T> {
    line: mpsc::Receiver<T>,
    waiting: Arc<AtomicUsize>,
}

/// A queue in which at most `most` wait.
pub fn bounded<T>(most: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Sender { line: sender, waiting: waiting.clone(), most }, Receiver { line: receiver, waiting })
}

impl<T> Sender<T> {
    /// Puts it at the end, or gives it back: the queue is full, or its thread is gone.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let place = |waiting: usize| (waiting < self.most).then_some(waiting + 1);
        match self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, place) {
            Ok(_) => self.line.send(value).map_err(|back| TrySendError::Disconnected(back.0)),
            Err(_) => Err(TrySendError::Full(value)),
        }
    }
}

impl<T> Receiver<T> {
    /// The first one; waits for it.
    pub fn recv_timeout(&self, patience: Duration) -> Result<T, RecvTimeoutError> {
        self.line.recv_timeout(patience).inspect(|_| self.left())
    }

    /// The first one, if one waits.
    pub fn try_recv(&self) -> Option<T> {
        self.line.try_recv().ok().inspect(|_| self.left())
    }

    fn left(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_gives_back_and_has_a_place_when_one_was_taken() {
        let (sender, receiver) = bounded(2);
        assert_eq!((sender.try_send(1), sender.try_send(2)), (Ok(()), Ok(())));
        assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        assert_eq!(receiver.try_recv(), Some(1));
        assert_eq!(sender.try_send(3), Ok(()));
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(2));
        assert_eq!((receiver.try_recv(), receiver.try_recv()), (Some(3), None));
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        drop(receiver);
        assert_eq!(sender.try_send(4), Err(TrySendError::Disconnected(4)));
    }
}
