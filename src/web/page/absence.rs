//! The line at the head of a device that is not there or does not listen: since when, why, and what that means for its
//! switches. The script says the same with the same words (`devices.js`).

use std::time::SystemTime;

use super::note::Stamp;
use super::show::visible;
use crate::hub::{DeviceView, Presence};
use crate::web::text::{Live, fill};

/// That a device is not there, or does not listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsenceView {
    /// `data-presence`, and the name of the mark.
    pub presence: &'static str,
    /// What is the matter, the age follows; empty if nothing is.
    pub words: &'static str,
    /// Since when, if that is known.
    pub since: Option<Stamp>,
    /// What that means for whoever wants something of it.
    pub hint: &'static str,
    /// Why, in brackets; empty if nobody said.
    pub reason: String,
    /// Whether it hears no command.
    pub is_deaf: bool,
}

impl AbsenceView {
    /// How the device is; nothing is said of one that nobody knows.
    pub fn new(live: &'static Live, device: Option<&DeviceView>, now: SystemTime) -> Self {
        let presence = device.map_or(Presence::Unknown, |device| device.presence);
        let (words, hint, is_deaf) = match presence {
            Presence::Unknown | Presence::Remembered | Presence::Online | Presence::Stale => ("", "", false),
            Presence::Silent => (live.fell_silent, live.silent_hint, false),
            Presence::Asleep => (live.fell_asleep, live.asleep_hint, true),
            Presence::Offline => (live.went_offline, live.offline_hint, true),
            Presence::Lost => (live.got_lost, live.offline_hint, true),
        };
        let told = device.filter(|_| !words.is_empty());
        let reason = told.and_then(|device| device.reason.as_deref());
        Self {
            presence: presence.word(),
            words,
            since: told.and_then(|device| device.since).map(|since| Stamp::new(since, now)),
            hint,
            reason: reason.map(|why| fill("({why})", &[("why", &visible(why))])).unwrap_or_default(),
            is_deaf,
        }
    }
}
