//! Announcements that do not count because their devices are known otherwise, as links tell them.

use std::sync::Arc;

use super::{Hub, LinkHandle, Now};
use crate::device::roster::{Aside, Favour};

/// An announcement that does not count, and on which link it was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The link.
    pub link: Arc<str>,
    /// The announcement.
    pub aside: Aside,
}

/// What is told under `$hub/set-aside/<link>`.
#[derive(serde::Serialize)]
struct Told {
    announcements: usize,
}

impl LinkHandle {
    /// All announcements on this link that do not count now.
    pub fn set_aside(&self, now: Now, all: Vec<Aside>) {
        let announcements = all.len();
        {
            let mut state = self.hub().lock();
            let Some(link) = state.links.get_mut(self.name()).filter(|link| link.aside != all) else {
                return;
            };
            link.aside = all;
        }
        self.establish(now, "set-aside", &Told { announcements });
    }
}

impl Hub {
    /// Announcements that do not count now, link by link.
    pub fn set_aside(&self) -> Vec<SetAside> {
        let state = self.lock();
        let mut links: Vec<_> = state.links.iter().collect();
        links.sort_unstable_by_key(|(name, _)| (*name).clone());
        // A device may have come over since its announcement was heard.
        let counts_here = |link: &str, aside: &Aside| match &aside.favour {
            Favour::Link(base, _) => state.devices.get(base).is_none_or(|device| *device.link == *link),
            Favour::Definition(_) | Favour::Announcement(..) => false,
        };
        let told = links.into_iter().flat_map(|(link, known)| {
            let aside = known.aside.iter().filter(move |aside| !counts_here(link, aside));
            aside.map(|aside| SetAside { link: link.clone(), aside: aside.clone() })
        });
        told.collect()
    }
}
