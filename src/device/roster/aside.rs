//! Announcements that do not count because their devices are known otherwise: which ones, and by what.

use std::collections::BTreeSet;

use super::{Key, Roster, roles};
use crate::device::builtin;
use crate::device::catalog::{Catalog, Role};
use crate::device::dialect::Dialect;
use crate::device::profile::Profile;
use crate::device::profile::pattern::Pattern;
use crate::talk::Topic;

/// An announcement that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// The dialect.
    pub dialect: Dialect,
    /// What the dialect calls the device.
    pub key: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// By what it is known instead.
    pub favour: Favour,
}

/// By what a device is known instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Favour {
    /// A definition, by its id: `shelly/plus-1pm`.
    Definition(Box<str>),
    /// Another announcement of it, which made it known as this.
    Announcement(Topic, Dialect),
    /// Another link, which serves the device of this base.
    Link(Topic, Box<str>),
}

impl Roster {
    /// Announcements that do not count now.
    pub fn aside(&self) -> Vec<Aside> {
        let told = self.known.iter().filter_map(|(key, known)| self.put_aside(key, known.favour.clone()?));
        told.collect()
    }

    /// The announcement that counts for the device at `base`, set aside for something that is not known here.
    pub fn in_favour(&self, base: &Topic, favour: Favour) -> Option<Aside> {
        self.put_aside(self.bases.get(base)?, favour)
    }

    fn put_aside(&self, key: &Key, favour: Favour) -> Option<Aside> {
        let announced = self.known.get(key)?.profile.announced.as_ref()?;
        Some(Aside { dialect: key.0, key: key.1.clone(), name: announced.name.clone(), favour })
    }

    /// What is announced under this key, as something else's favourite.
    pub(super) fn announced_as(&self, key: &Key) -> Option<Favour> {
        self.known.get(key).map(|known| Favour::Announcement(known.base.clone(), key.0))
    }

    /// Announcements that would stand where one has just left.
    pub(super) fn waiting_for(&self, base: &Topic) -> Vec<Key> {
        let waiting = self.known.iter().filter(|(_, known)| !known.is_in_force && known.base == *base);
        waiting.map(|(key, _)| key.clone()).collect()
    }
}

/// The definition that reads what this device says: one of the user's own, or any if the dialect knows less.
pub(super) fn known_otherwise(files: &Catalog, dialect: Dialect, profile: &Profile) -> Option<Favour> {
    let read = roles(profile).filter(|(_, role)| matches!(role, Role::Read(..)));
    let topics: BTreeSet<&str> = read.map(|(topic, _)| topic).collect();
    let mut hits = topics.into_iter().flat_map(|topic| files.hits(topic));
    let known = hits.find(|hit| {
        let file = files.profile(hit.profile);
        let is_own = file.file != builtin::path(&file.id);
        let Role::Read(property, read) = hit.role else { return false };
        let topics = file.properties[property].reads[read].topics.as_ref();
        // What takes any topic of so many levels knows nothing of this device yet.
        let says_where = topics.and_then(|topics| topics.0.get(hit.variant)).is_some_and(has_word);
        is_own || !dialect.is_native() && says_where
    });
    known.map(|hit| Favour::Definition(files.profile(hit.profile).id.clone()))
}

/// Whether a level of a pattern is more than a capture.
fn has_word(pattern: &Pattern) -> bool {
    pattern.as_str().split('/').any(|level| !(level.starts_with('{') && level.ends_with('}')))
}
