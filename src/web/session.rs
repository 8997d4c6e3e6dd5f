//! Logins of browsers: who they are, until when, and how they end.
//!
//! The cookie holds 256 random bits; here and in the file `sessions` of the data folder only their hash is kept. A
//! session ends after 30 days, after 7 days without use, at logout, and when its account's password changes or goes.
//! Ages are added up by the monotonic clock; the wall clock only tells how long the hub was off, and is asked only when
//! it can be believed. So a clock that jumps neither ends a session nor makes it last for ever.

mod file;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{account::password::Mark, error::WebError, private, random, rights::Kiosk};
use crate::hub::Now;

/// The name of the sessions file in the data folder.
pub const FILE: &str = "sessions";
/// A session ends after this, used or not; the cookie too.
pub const LONGEST: Duration = Duration::from_secs(30 * 86_400);
/// A session ends when it was not used for this long.
const IDLE: Duration = Duration::from_secs(7 * 86_400);
/// More browsers of one account than any house has; the one not used for longest makes room.
const MOST_PER_ACCOUNT: usize = 100;

/// The hash of a session's secret: enough to recognise it, not enough to use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub [u8; 32]);

/// All sessions.
#[derive(Debug)]
pub struct Sessions {
    /// None: the demo's, which are kept nowhere.
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_id: HashMap<SessionId, Session>,
    /// Whether something happened that the file does not know.
    unsaved: bool,
}

#[derive(Clone, Debug)]
struct Session {
    account: Arc<str>,
    mark: Mark,
    /// Where age and idleness count from, and what they were then.
    since: Instant,
    age: Duration,
    used: Instant,
    idle: Duration,
    /// What opens it, if the browser is a screen on a wall.
    kiosk: Option<Arc<Kiosk>>,
}

/// Whose a session is.
#[derive(Clone, Debug)]
pub struct Found {
    /// The account.
    pub account: Arc<str>,
    /// The password that it was begun with.
    pub mark: Mark,
    /// What opens it, if it is a kiosk.
    pub kiosk: Option<Arc<Kiosk>>,
}

impl SessionId {
    /// The hash of the secret in a cookie.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

impl Sessions {
    /// The sessions of the data folder. A damaged file is not worth an error: everybody logs in again.
    pub fn open(data: &Path, now: Now) -> Self {
        let path = data.join(FILE);
        let sessions = file::read(&path, now).unwrap_or_else(|reason| {
            tracing::warn!(file = %path.display(), "sessions are forgotten, everybody logs in again: {reason}");
            Vec::new()
        });
        let state = State { by_id: sessions.into_iter().collect(), unsaved: false };
        Self { path: Some(path), state: Mutex::new(state) }
    }

    /// Sessions that end with the process.
    pub fn in_memory() -> Self {
        Self { path: None, state: Mutex::default() }
    }

    /// Begins a session of `account`, whose password has `mark`; gives the secret for the cookie.
    pub fn begin(&self, now: Now, account: &Arc<str>, mark: Mark) -> Result<(SessionId, String), WebError> {
        let secret = URL_SAFE_NO_PAD.encode(random::bytes::<32>()?);
        let id = SessionId::of(&secret);
        let session = Session {
            account: account.clone(),
            mark,
            since: now.mono,
            age: Duration::ZERO,
            used: now.mono,
            idle: Duration::ZERO,
            kiosk: None,
        };
        {
            let mut state = self.state();
            make_room(&mut state.by_id, account, now.mono);
            state.by_id.insert(id, session);
            state.unsaved = true;
        }
        self.save(now);
        Ok((id, secret))
    }

    /// Whose session this is; counts as use.
    pub fn find(&self, now: Instant, id: SessionId) -> Option<Found> {
        let mut state = self.state();
        let session = state.by_id.get_mut(&id).filter(|session| !session.is_over(now))?;
        session.used = now;
        session.idle = Duration::ZERO;
        let Session { account, mark, kiosk, .. } = session;
        Some(Found { account: account.clone(), mark: *mark, kiosk: kiosk.clone() })
    }

    /// Makes a session a kiosk, or with `None` an ordinary one again; true if there was one.
    pub fn set_kiosk(&self, now: Now, id: SessionId, kiosk: Option<Arc<Kiosk>>) -> bool {
        let was_there = {
            let mut state = self.state();
            let session = state.by_id.get_mut(&id);
            let was_there = session.map(|session| session.kiosk = kiosk).is_some();
            state.unsaved |= was_there;
            was_there
        };
        self.save(now);
        was_there
    }

    /// Ends one session; true if there was one.
    pub fn end(&self, now: Now, id: SessionId) -> bool {
        let was_there = {
            let mut state = self.state();
            let was_there = state.by_id.remove(&id).is_some();
            state.unsaved |= was_there;
            was_there
        };
        self.save(now);
        was_there
    }

    /// Ends the sessions whose time is over and those that `is_valid` (account, mark) does not want; true if any ended.
    pub fn sweep(&self, now: Instant, is_valid: impl Fn(&str, Mark) -> bool) -> bool {
        let mut state = self.state();
        let before = state.by_id.len();
        state.by_id.retain(|_, session| !session.is_over(now) && is_valid(&session.account, session.mark));
        let ended = state.by_id.len() != before;
        state.unsaved |= ended;
        ended
    }

    /// Notes that ages have grown, so that the next [`save`](Self::save) writes them.
    pub fn age(&self) {
        let mut state = self.state();
        state.unsaved |= !state.by_id.is_empty();
    }

    /// Whether there is something new to write.
    pub fn is_unsaved(&self) -> bool {
        self.path.is_some() && self.state().unsaved
    }

    /// Writes the file if there is something new. What cannot be written is logged: a login still works.
    pub fn save(&self, now: Now) {
        let Some(path) = &self.path else { return };
        let text = {
            let mut state = self.state();
            if !state.unsaved {
                return;
            }
            state.unsaved = false;
            file::text(&state.by_id, now)
        };
        if let Err(error) = private::write(path, text.as_bytes(), 0o600) {
            self.state().unsaved = true;
            tracing::error!(file = %path.display(), "logins will be forgotten at a restart: {error}");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn age(&self, now: Instant) -> Duration {
        self.age + now.saturating_duration_since(self.since)
    }

    fn idle(&self, now: Instant) -> Duration {
        self.idle + now.saturating_duration_since(self.used)
    }

    fn is_over(&self, now: Instant) -> bool {
        self.age(now) >= LONGEST || self.idle(now) >= IDLE
    }
}

fn make_room(by_id: &mut HashMap<SessionId, Session>, account: &str, now: Instant) {
    let of_account = |session: &Session| &*session.account == account;
    if by_id.values().filter(|session| of_account(session)).count() >= MOST_PER_ACCOUNT {
        let oldest = by_id.iter().filter(|(_, session)| of_account(session)).max_by_key(|(_, s)| s.idle(now));
        if let Some(id) = oldest.map(|(id, _)| *id) {
            by_id.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests;
