//! Every profile there is, and which of them may know a topic.
//!
//! Profiles come from the binary and from the user's folder; of two with one id the user's counts. What a topic means is
//! looked up once and remembered, because devices say the same topics all day.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::profile::captures::Captures;
use super::profile::pattern::Pattern;
use super::profile::{Profile, Topics};

/// Topics whose meaning is remembered.
const REMEMBERED: usize = 20_000;

/// All profiles, by their ids.
#[derive(Debug, Default)]
pub struct Catalog {
    profiles: Vec<Arc<Profile>>,
    /// What captures nothing, by its topic.
    exact: HashMap<Box<str>, Vec<Place>>,
    /// What ends with a word of its own, by that word.
    ends: HashMap<Box<str>, Vec<Place>>,
    /// Everything else.
    open: Vec<Place>,
}

/// What a part of a profile does with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A read of a property: numbers of both.
    Read(usize, usize),
    /// A word about whether it is there.
    Availability(usize),
    /// It shows that the device exists.
    Recognises,
    /// It holds what belongs under other topics.
    Unfolds(usize),
}

#[derive(Clone, Debug)]
struct Place {
    profile: usize,
    variant: usize,
    role: Role,
    pattern: Pattern,
}

/// A part of a profile that knows a topic.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The profile's number in the catalog.
    pub profile: usize,
    /// Which arrangement of topics.
    pub variant: usize,
    /// What it does with it.
    pub role: Role,
    /// What it captured.
    pub captures: Captures,
    precision: usize,
}

impl Catalog {
    /// Of these profiles; a later one takes the place of an earlier one with its id.
    pub fn new(profiles: impl IntoIterator<Item = Arc<Profile>>) -> Self {
        let by_id: BTreeMap<Box<str>, Arc<Profile>> =
            profiles.into_iter().map(|profile| (profile.id.clone(), profile)).collect();
        let mut catalog = Self { profiles: by_id.into_values().collect(), ..Self::default() };
        for number in 0..catalog.profiles.len() {
            catalog.index(number);
        }
        catalog
    }

    fn index(&mut self, number: usize) {
        let profile = self.profiles[number].clone();
        let reads = profile.properties.iter().enumerate().flat_map(|(property, known)| {
            let topics = known.reads.iter().enumerate();
            topics.filter_map(move |(read, how)| Some((how.topics.as_ref()?, Role::Read(property, read))))
        });
        let words = profile
            .availability
            .iter()
            .enumerate()
            .map(|(at, known)| (&known.topics, Role::Availability(at)));
        let recognises = profile.recognised.topics.iter().map(|topics| (topics, Role::Recognises));
        let unfolds =
            profile.unfolds.iter().enumerate().map(|(at, known)| (&known.topics, Role::Unfolds(at)));
        for (Topics(patterns), role) in reads.chain(words).chain(recognises).chain(unfolds) {
            for (variant, pattern) in patterns.iter().enumerate() {
                let place = Place { profile: number, variant, role, pattern: pattern.clone() };
                match pattern.last() {
                    _ if pattern.names().next().is_none() => {
                        self.exact.entry(pattern.as_str().into()).or_default().push(place);
                    }
                    Some(last) => self.ends.entry(last.into()).or_default().push(place),
                    None => self.open.push(place),
                }
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.profiles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }

    /// The profile with this number.
    pub fn profile(&self, number: usize) -> &Arc<Profile> {
        &self.profiles[number]
    }

    /// Every profile, by its id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.profiles.iter()
    }

    /// The number of the profile with this id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.profiles.binary_search_by(|profile| (*profile.id).cmp(id)).ok()
    }

    /// The profile of devices whose own language is Clown.Talk and that introduce themselves with `word`.
    pub fn native(&self, word: &str) -> Option<&Arc<Profile>> {
        self.profiles.iter().find(|profile| profile.recognised.native.as_deref() == Some(word))
    }

    /// Everything that knows `topic`, the most exact first.
    pub fn hits(&self, topic: &str) -> Vec<Hit> {
        let last = topic.rsplit('/').next().unwrap_or(topic);
        let exact = self.exact.get(topic).into_iter().flatten();
        let places = exact.chain(self.ends.get(last).into_iter().flatten()).chain(&self.open);
        let hit = |place: &Place| {
            let captures = place.pattern.captures(topic, &Captures::default())?;
            let Place { profile, variant, role, pattern } = place;
            Some(Hit {
                profile: *profile,
                variant: *variant,
                role: *role,
                captures,
                precision: pattern.precision(),
            })
        };
        let mut hits: Vec<Hit> = places.filter_map(hit).collect();
        hits.sort_by(|a, b| b.precision.cmp(&a.precision).then(a.profile.cmp(&b.profile)));
        hits
    }
}

/// The meaning of topics that were heard, so that it is looked up once.
#[derive(Debug, Default)]
pub struct Memory(HashMap<Box<str>, Arc<[Hit]>>);

impl Memory {
    /// What knows `topic`.
    pub fn hits(&mut self, catalog: &Catalog, topic: &str) -> Arc<[Hit]> {
        if let Some(hits) = self.0.get(topic) {
            return hits.clone();
        }
        if self.0.len() >= REMEMBERED {
            // Who says so many topics says most of them once.
            self.0.clear();
        }
        let hits: Arc<[Hit]> = catalog.hits(topic).into();
        self.0.insert(topic.into(), hits.clone());
        hits
    }
}
