//! Somebody who looks at something that changes, and is told so often and not more.
//!
//! What is looked at waits for nobody: a client that does not read is told what is true once he does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::conn::Conn;

/// The least time between two looks of one client, however often it asks.
pub(super) const LEAST: Duration = Duration::from_millis(50);

/// A look; ends when it is dropped.
pub(super) struct Look<W> {
    wanted: watch::Sender<W>,
}

impl<W: Clone + Send + Sync + 'static> Look<W> {
    /// Begins to look for this client. For each wish `fresh` makes one that tells what is new about it, if anything is.
    pub(super) fn begin<N>(
        conn: Arc<Conn>,
        wanted: W,
        every: fn(&W) -> Duration,
        fresh: impl Fn() -> N + Send + 'static,
    ) -> Self
    where
        N: FnMut(&W) -> Option<String> + Send,
    {
        let (sender, mut receiver) = watch::channel(wanted);
        tokio::spawn(async move {
            let (mut wanted, mut news) = (receiver.borrow_and_update().clone(), fresh());
            while !conn.is_closing() {
                let looked = Instant::now();
                if !conn.is_blocked()
                    && let Some(text) = news(&wanted)
                {
                    conn.answer(&text);
                }
                tokio::select! {
                    () = sleep_until(looked + every(&wanted)) => {}
                    changed = receiver.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        sleep_until(looked + LEAST).await;
                        (wanted, news) = (receiver.borrow_and_update().clone(), fresh());
                    }
                }
            }
        });
        Self { wanted: sender }
    }

    /// Looks at something else from now on.
    pub(super) fn turn(&self, wanted: W) {
        self.wanted.send_replace(wanted);
    }
}
