//! A message that holds several: its parts are read as if each had been said under a topic of its own.

use super::extract;
use super::{Found, Odd, holds};
use crate::device::profile::captures::Captures;
use crate::device::profile::{Profile, Unfold};

/// What one message of a device says.
#[derive(Debug, Default)]
pub(super) struct Understood {
    pub found: Vec<Found>,
    pub odd: Vec<Odd>,
    /// Whether it shows that such a device is there.
    pub is_recognised: bool,
}

impl Understood {
    /// Reads every part that `unfold` finds in `json`; parts are not unfolded again.
    pub fn unfold(
        &mut self,
        profile: &Profile,
        variant: usize,
        unfold: &Unfold,
        captures: &Captures,
        json: &str,
    ) {
        if !unfold.when.iter().all(|when| holds(when, json)) {
            return;
        }
        let Some(pattern) = unfold.under.0.get(variant) else { return };
        for (captures, part) in unfold.value.find(json, captures) {
            if let Ok(topic) = pattern.fill(&captures) {
                self.part(profile, variant, &topic, part);
            }
        }
    }

    fn part(&mut self, profile: &Profile, variant: usize, topic: &str, json: &str) {
        let known = Captures::default();
        for property in &profile.properties {
            for read in &property.reads {
                let pattern = read.topics.as_ref().and_then(|topics| topics.0.get(variant));
                if let Some(captures) = pattern.and_then(|pattern| pattern.captures(topic, &known)) {
                    extract::read(property, read, &captures, json, &mut self.found, &mut self.odd);
                }
            }
        }
        let recognised = &profile.recognised;
        let shows = recognised.topics.iter().filter_map(|topics| topics.0.get(variant));
        let mut shows = shows.filter(|pattern| pattern.captures(topic, &known).is_some());
        self.is_recognised |= shows.next().is_some() && recognised.when.iter().all(|when| holds(when, json));
    }
}
