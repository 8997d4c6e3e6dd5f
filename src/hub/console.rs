//! The console of a serial line: what went over it lately, byte for byte, and the way to write to it by hand.
//!
//! The link that speaks on the line says what came and went, always and whoever looks ([`Console::heard`],
//! [`Console::wrote`]), so that what was just before a trouble can still be read. Readers take the [rows](Row) since
//! their last look; one who is too slow hears how much he missed, and nobody waits for him. What somebody writes by hand
//! is no command: no device answers for it, and it is written now or refused now.

mod tape;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::{Hub, LinkHandle, Now};
use crate::device::Refusal;
use crate::talk::{Topic, printable};

use tape::Tape;
pub use tape::{Place, Row, Seen};

/// The most bytes that are written by hand at once.
pub const MOST_BY_HAND: usize = 1024;
/// How long the line may be in use before they are refused.
const WITHIN: Duration = Duration::from_secs(1);
/// How much of them is told to everyone.
const EXCERPT: usize = 400;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the device.
    Heard,
    /// To the device, by the hub or by hand.
    Written,
    /// The port was opened.
    Opened,
    /// The port was closed, or has gone.
    Closed,
    /// The device took no data: what it had not taken of the rows before was withdrawn.
    Withdrawn,
}

impl Way {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Heard => "heard",
            Self::Written => "written",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// The console of one line; clones share it.
#[derive(Clone, Default)]
pub struct Console {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    tape: Mutex<Tape>,
    /// Where the link hears what is to be written by hand, while its port is open.
    door: Mutex<Option<mpsc::Sender<ByHand>>>,
}

/// Bytes that somebody writes by hand.
#[derive(Debug)]
pub struct ByHand {
    /// As they are.
    pub bytes: Box<[u8]>,
    /// Who writes them.
    pub by: Arc<str>,
    /// After this moment they must not be written any more.
    pub deadline: Instant,
    answer: oneshot::Sender<Result<(), Refusal>>,
}

/// What becomes of bytes that are written by hand; dropped without a word if they were not written.
pub type Written = oneshot::Receiver<Result<(), Refusal>>;

impl Console {
    /// The device said this.
    pub fn heard(&self, now: Now, bytes: &[u8]) {
        self.tape().append(now, Way::Heard, None, bytes);
    }

    /// The port took this; `by` is who wrote it by hand.
    pub fn wrote(&self, now: Now, bytes: &[u8], by: Option<&Arc<str>>) {
        self.tape().append(now, Way::Written, by, bytes);
    }

    /// What the device had not taken was withdrawn.
    pub fn withdrew(&self, now: Now) {
        self.tape().mark(now, Way::Withdrawn);
    }

    /// The port was opened: what is written by hand comes out here from now on.
    pub fn opened(&self, now: Now) -> mpsc::Receiver<ByHand> {
        let (door, inside) = mpsc::channel(1);
        *self.door() = Some(door);
        self.tape().mark(now, Way::Opened);
        inside
    }

    /// The port was closed, or has gone.
    pub fn closed(&self, now: Now) {
        *self.door() = None;
        self.tape().mark(now, Way::Closed);
    }

    /// Whether the port is open.
    pub fn is_open(&self) -> bool {
        self.door().as_ref().is_some_and(|door| !door.is_closed())
    }

    /// The rows since `place`, at most the last `most` of them.
    pub fn read(&self, place: Option<Place>, most: usize) -> Seen {
        self.tape().read(place, most)
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.shared.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn door(&self) -> MutexGuard<'_, Option<mpsc::Sender<ByHand>>> {
        self.shared.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ByHand {
    /// The port has taken all of it.
    pub fn done(self) {
        // Whoever asked may have gone; it is in the rows.
        let _ = self.answer.send(Ok(()));
    }

    /// It was not written, or not all of it.
    pub fn refuse(self, refusal: Refusal) {
        let _ = self.answer.send(Err(refusal));
    }
}

impl Hub {
    /// The console of a link that speaks on a serial line.
    pub fn console(&self, link: &str) -> Option<Console> {
        self.lock().links.get(link)?.console.clone()
    }

    /// Writes to a serial line: now, or not at all.
    pub fn write_by_hand(
        &self,
        now: Now,
        link: &str,
        by: Arc<str>,
        bytes: &[u8],
    ) -> Result<Written, Refusal> {
        let none = || Refusal::new("no-such-link", format!("there is no serial line `{}`", printable(link)));
        let (console, state) = {
            let hub = self.lock();
            let known = hub.links.get(link).ok_or_else(none)?;
            (known.console.clone().ok_or_else(none)?, known.state.clone())
        };
        if bytes.is_empty() {
            return Err(Refusal::new("nothing", "there is nothing to write"));
        }
        if bytes.len() > MOST_BY_HAND {
            let reason = format!("{} bytes are too many at once; {MOST_BY_HAND} are taken", bytes.len());
            return Err(Refusal::new("too-long", reason));
        }
        let closed = || Refusal::new("offline", format!("the port is not open: {}", state.reason));
        let door = console.door().clone().ok_or_else(closed)?;
        let (answer, written) = oneshot::channel();
        let deadline = now.mono + WITHIN;
        door.try_send(ByHand { bytes: bytes.into(), by, deadline, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::new("busy", "something else is being written by hand"),
            TrySendError::Closed(_) => closed(),
        })?;
        Ok(written)
    }
}

/// What is told under `$hub/written/<link>`.
#[derive(serde::Serialize)]
struct Told<'a> {
    by: &'a str,
    bytes: usize,
    text: &'a str,
}

impl LinkHandle {
    /// The console of the serial line that this link speaks on; from the first call on the link has one.
    pub fn console(&self) -> Console {
        let mut state = self.hub().lock();
        let console = state.links.get_mut(self.name()).map(|link| link.console.get_or_insert_default());
        // A link that was detached meanwhile is not looked at by anybody.
        console.cloned().unwrap_or_default()
    }

    /// Tells everyone that somebody wrote to the line by hand.
    pub fn wrote_by_hand(&self, now: Now, by: &str, bytes: &[u8]) {
        let Ok(topic) = Topic::new(&format!("$hub/written/{}", self.name())) else { return };
        let text = printable(&String::from_utf8_lossy(&bytes[..bytes.len().min(EXCERPT)]));
        self.hub().tell(now, &topic, &Told { by, bytes: bytes.len(), text: &text });
    }
}

#[cfg(test)]
mod tests;
