//! Waiting without guessing: look again until it is so, or say what never came.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up; generous, because a busy two-core machine is slow.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long to breathe between two looks.
const BREATH: Duration = Duration::from_millis(20);

/// Calls `look` until it gives something; panics with `what` when [`PATIENCE`] is over.
pub async fn until<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        tokio::time::sleep(BREATH).await;
    }
}
