//! Devices that announced themselves on one link: their profiles, which of them count, and what knows a topic.
//!
//! One physical device may be announced in two dialects, or be known by a definition as well. It is there once: a user's
//! own file counts most, then a dialect of the device's own maker, then a definition in the binary, then a dialect that
//! anybody speaks. Those that do not count are kept, and take over when the others are gone.

mod aside;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::catalog::{Catalog, Role};
use super::dialect::Dialect;
use super::dialect::draft::{Draft, Drawn};
use super::profile::{Profile, Topics, level};
use crate::sheet::Problems;
use crate::talk::Topic;
use aside::known_otherwise;
pub use aside::{Aside, Favour};

/// The most of them on one link.
const MOST: usize = 4_096;

type Key = (Dialect, Box<str>);

/// Devices that announced themselves on one link.
#[derive(Debug, Default)]
pub struct Roster {
    known: BTreeMap<Key, Known>,
    by_address: HashMap<Box<str>, BTreeSet<Key>>,
    /// Those that count, by their bases.
    bases: HashMap<Topic, Key>,
    /// What reads a topic, of those that count.
    places: HashMap<Box<str>, Vec<(Key, Role)>>,
    /// Why announcements were refused, so that nobody who repeats himself is told of again.
    refused: BTreeMap<Key, String>,
}

#[derive(Debug)]
struct Known {
    profile: Arc<Profile>,
    base: Topic,
    addresses: Vec<Box<str>>,
    /// Whether it counts.
    is_in_force: bool,
    /// Otherwise by what the device is known.
    favour: Option<Favour>,
}

/// What has become of a device.
#[derive(Clone, Debug)]
pub enum News {
    /// It is known by this profile from now on.
    Known {
        /// `nodes/<vendor>/<id>`.
        base: Topic,
        /// Of this device alone.
        profile: Arc<Profile>,
    },
    /// It is announced no more, or known otherwise.
    Gone {
        /// Where it was.
        base: Topic,
    },
    /// It was announced and cannot be understood at all.
    Refused {
        /// The dialect.
        dialect: Dialect,
        /// What the dialect calls it.
        key: Box<str>,
        /// What is wrong.
        problems: Problems,
    },
}

impl Roster {
    /// Takes what is announced of a device now.
    pub fn take(
        &mut self,
        files: &Catalog,
        dialect: Dialect,
        key: Box<str>,
        draft: Option<Draft>,
    ) -> Vec<News> {
        let key = (dialect, key);
        let mut news = Vec::new();
        // A device that has nothing is none: it only carries others.
        let Some(draft) = draft.filter(|draft| !draft.entries.is_empty() || !draft.unknown.is_empty()) else {
            self.refused.remove(&key);
            self.remove(files, &key, &mut news);
            return news;
        };
        let drawn = match draft.read(dialect, &key.1) {
            Ok(drawn) => drawn,
            Err(problems) => {
                self.remove(files, &key, &mut news);
                let why = problems.to_string();
                if self.refused.get(&key) != Some(&why) && self.refused.len() < MOST {
                    self.refused.insert(key.clone(), why);
                    news.push(News::Refused { dialect, key: key.1, problems });
                }
                return news;
            }
        };
        self.refused.remove(&key);
        let is_same =
            self.known.get(&key).is_some_and(|known| known.profile.announced == drawn.profile.announced);
        let Some(base) = base(&drawn.profile).filter(|_| !is_same) else { return news };
        if self.known.len() >= MOST && !self.known.contains_key(&key) {
            return news;
        }
        let before = self.known.get(&key).map(|known| known.base.clone()).filter(|before| *before != base);
        self.put(key.clone(), base, drawn, &mut news);
        self.settle(files, &key, &mut news);
        for key in before.iter().flat_map(|left| self.waiting_for(left)).collect::<Vec<_>>() {
            self.settle(files, &key, &mut news);
        }
        news
    }

    fn put(&mut self, key: Key, base: Topic, drawn: Drawn, news: &mut Vec<News>) {
        let Drawn { profile, addresses } = drawn;
        for address in &addresses {
            self.by_address.entry(address.clone()).or_default().insert(key.clone());
        }
        let (profile, here) = (Arc::new(profile), base.clone());
        let known = Known { profile, base: here, addresses, is_in_force: false, favour: None };
        let Some(earlier) = self.known.insert(key.clone(), known) else { return };
        if earlier.is_in_force {
            self.unplace(&key, &earlier.profile);
            self.bases.remove(&earlier.base);
            if earlier.base != base {
                news.push(News::Gone { base: earlier.base });
            }
        }
        let now = &self.known[&key].addresses;
        let left: Vec<Box<str>> =
            earlier.addresses.into_iter().filter(|address| !now.contains(address)).collect();
        self.forget_addresses(&key, &left);
    }

    fn remove(&mut self, files: &Catalog, key: &Key, news: &mut Vec<News>) {
        let Some(gone) = self.known.remove(key) else { return };
        if gone.is_in_force {
            self.unplace(key, &gone.profile);
            self.bases.remove(&gone.base);
            news.push(News::Gone { base: gone.base.clone() });
        }
        let mut others = self.beside(key, &gone.addresses);
        others.extend(self.waiting_for(&gone.base));
        self.forget_addresses(key, &gone.addresses);
        // Another announcement of the same device may count now.
        for key in others {
            self.settle(files, &key, news);
        }
    }

    fn forget_addresses(&mut self, key: &Key, addresses: &[Box<str>]) {
        for address in addresses {
            if let Some(keys) = self.by_address.get_mut(address) {
                keys.remove(key);
                if keys.is_empty() {
                    self.by_address.remove(address);
                }
            }
        }
    }

    /// Announcements of the same physical device in other dialects.
    fn beside(&self, key: &Key, addresses: &[Box<str>]) -> BTreeSet<Key> {
        let keys = addresses.iter().filter_map(|address| self.by_address.get(address)).flatten();
        keys.filter(|other| other.0 != key.0).cloned().collect()
    }

    /// Decides anew which announcement of a device counts.
    fn settle(&mut self, files: &Catalog, key: &Key, news: &mut Vec<News>) {
        let Some(known) = self.known.get(key) else { return };
        let mut all: Vec<Key> = self.beside(key, &known.addresses).into_iter().chain([key.clone()]).collect();
        // What the maker's own dialect says counts more; of two of one rank the first in the alphabet.
        all.sort_by_key(|key| (!key.0.is_native(), key.clone()));
        let Some(best) = all.first().cloned() else { return };
        let mut later = Vec::new();
        for key in all {
            let favour = self.favour(files, &key, &best);
            let Some(known) = self.known.get_mut(&key) else { continue };
            let counts = favour.is_none();
            known.favour = favour;
            if counts == known.is_in_force {
                continue;
            }
            let (profile, base) = (known.profile.clone(), known.base.clone());
            self.enforce(&key, &profile, &base, counts);
            match counts {
                // Who leaves leaves first: both may have one base.
                true => later.push(News::Known { base, profile }),
                false => news.push(News::Gone { base }),
            }
        }
        news.append(&mut later);
    }

    /// By what a device is known other than by this announcement, where `best` is the first of all that are about it.
    fn favour(&self, files: &Catalog, key: &Key, best: &Key) -> Option<Favour> {
        let known = self.known.get(key)?;
        let holder = self.bases.get(&known.base).filter(|holder| *holder != key && holder.0 == best.0);
        let of_best = || {
            let first = self.known.get(best).and_then(|first| first.favour.clone());
            first.or_else(|| self.announced_as(best))
        };
        known_otherwise(files, key.0, &known.profile)
            .or_else(|| if key.0 == best.0 { None } else { of_best() })
            .or_else(|| holder.and_then(|holder| self.announced_as(holder)))
    }

    fn enforce(&mut self, key: &Key, profile: &Arc<Profile>, base: &Topic, counts: bool) {
        if let Some(known) = self.known.get_mut(key) {
            known.is_in_force = counts;
        }
        if !counts {
            if self.bases.get(base) == Some(key) {
                self.bases.remove(base);
            }
            return self.unplace(key, profile);
        }
        self.bases.insert(base.clone(), key.clone());
        for (topic, role) in roles(profile) {
            self.places.entry(topic.into()).or_default().push((key.clone(), role));
        }
    }

    fn unplace(&mut self, key: &Key, profile: &Profile) {
        for (topic, _) in roles(profile) {
            if let Some(places) = self.places.get_mut(topic) {
                places.retain(|(known, _)| known != key);
                if places.is_empty() {
                    self.places.remove(topic);
                }
            }
        }
    }

    /// Other definitions are in force: some devices may be known by them now, others by them no more.
    pub fn renew(&mut self, files: &Catalog) -> Vec<News> {
        let mut news = Vec::new();
        let keys: Vec<Key> = self.known.keys().cloned().collect();
        for key in keys {
            self.settle(files, &key, &mut news);
        }
        news
    }

    /// The profiles that know `topic`, each with what it does with it.
    pub fn hits(&self, topic: &str) -> Vec<(Arc<Profile>, Vec<Role>)> {
        let mut hits: Vec<(&Key, Arc<Profile>, Vec<Role>)> = Vec::new();
        for (key, role) in self.places.get(topic).into_iter().flatten() {
            // The places of one device stand together: a bridge's word is heard by each of hundreds.
            match hits.last_mut().filter(|(known, ..)| *known == key) {
                Some((_, _, roles)) => roles.push(*role),
                None => {
                    let Some(known) = self.known.get(key) else { continue };
                    hits.push((key, known.profile.clone(), vec![*role]));
                }
            }
        }
        hits.into_iter().map(|(_, profile, roles)| (profile, roles)).collect()
    }
}

/// Where a device of this profile alone stands.
pub fn base(profile: &Profile) -> Option<Topic> {
    let id = profile.recognised.id_else.as_deref()?;
    Topic::new(&format!("nodes/{}/{}", profile.vendor_level(), level(id))).ok()
}

/// Every topic that such a profile knows, and what it does with it.
fn roles(profile: &Profile) -> impl Iterator<Item = (&str, Role)> {
    let reads = profile.properties.iter().enumerate().flat_map(|(property, known)| {
        let topics = known.reads.iter().enumerate();
        topics.filter_map(move |(read, how)| Some((how.topics.as_ref()?, Role::Read(property, read))))
    });
    let words = profile.availability.iter().enumerate();
    let words = words.map(|(at, known)| (&known.topics, Role::Availability(at)));
    let unfolds = profile.unfolds.iter().enumerate().map(|(at, known)| (&known.topics, Role::Unfolds(at)));
    let all = reads.chain(words).chain(unfolds);
    all.flat_map(|(Topics(patterns), role)| patterns.iter().map(move |pattern| (pattern.as_str(), role)))
}

#[cfg(test)]
mod tests;
