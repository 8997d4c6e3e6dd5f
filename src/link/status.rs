//! How a link is, told once per change: to the hub, and in the log.
//!
//! The hub tells it on as `$hub/link/<name>`. A state that is set again changes nothing, so a link that tries a
//! missing port every two seconds says so once.

use std::sync::{Arc, Mutex, PoisonError};

use crate::hub::{LinkHandle, LinkState, Now, Phase};

/// The state of one link; clones share it.
#[derive(Clone)]
pub struct Status {
    handle: LinkHandle,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    state: Option<LinkState>,
    /// Whether it was up since [`Status::begin`].
    was_up: bool,
}

impl Status {
    /// Of a link that has told nothing yet.
    pub fn new(handle: LinkHandle) -> Self {
        Self { handle, known: Arc::default() }
    }

    /// Tells how the link is, unless that is how it was.
    pub fn set(&self, now: Now, state: LinkState) {
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.state.as_ref() == Some(&state) {
                return;
            }
            known.was_up |= state.phase == Phase::Up;
            known.state = Some(state.clone());
        }
        log(self.handle.name(), &state);
        self.handle.state(now, state);
    }

    /// What was told last.
    pub fn get(&self) -> Option<LinkState> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    /// A new session begins.
    pub(super) fn begin(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).was_up = false;
    }

    /// Whether the session was up at any time.
    pub(super) fn was_up(&self) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).was_up
    }
}

fn log(link: &str, state: &LinkState) {
    let LinkState { phase, code, reason, hint } = state;
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    match phase {
        Phase::Up | Phase::Down => tracing::info!("link {link}: {code}: {reason}{hint}"),
        Phase::Connecting if hint.is_empty() => tracing::debug!("link {link}: {code}: {reason}"),
        Phase::Connecting | Phase::Waiting => tracing::warn!("link {link}: {code}: {reason}{hint}"),
    }
}
