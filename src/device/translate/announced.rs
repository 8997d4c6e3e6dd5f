//! Devices that announced themselves, as a translator knows them; and whether a device is there.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Device, Translator};
use crate::device::catalog::Catalog;
use crate::device::dialect::{Dialects, Settings};
use crate::device::profile::AvailabilityMode::Latest;
use crate::device::profile::captures::Captures;
use crate::device::profile::{Profile, Word};
use crate::device::roster::{Aside, Favour, News};
use crate::sheet::Problems;
use crate::talk::{Payload, Topic};

/// What becomes of a device whose announcement cannot be read.
const LEFT: &str = "what was announced before stays; it is told once, and again when it changes";

impl Translator {
    /// That hears devices announce themselves, too.
    pub fn listening(catalog: Arc<Catalog>, settings: &Settings) -> Self {
        Self { dialects: Dialects::new(settings), ..Self::new(catalog) }
    }

    /// Hears whether a device announces itself; what comes of it is told by [`Self::settle`].
    pub fn hear_announcement(&mut self, topic: &str, payload: &Payload) -> bool {
        self.dialects.hear(topic, payload)
    }

    /// About how many devices something was announced since the last time.
    pub fn announcements(&self) -> usize {
        self.dialects.touched()
    }

    /// What has become of the devices that announced themselves since the last time. Announcements come many at once,
    /// so this waits for a pause between them.
    pub fn settle(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        for (dialect, key, draft) in self.dialects.changed() {
            news.extend(self.roster.take(&self.catalog, dialect, key, draft));
        }
        for (dialect, key, why) in self.dialects.refused() {
            let file = PathBuf::from(format!("@{}", dialect.word()));
            let problems = Problems::of_file(file, format!("{key}: {why}"), LEFT);
            news.push(News::Refused { dialect, key, problems });
        }
        self.follow(&news);
        news
    }

    /// Announcements that do not count, because their devices are known otherwise.
    pub fn aside(&self) -> Vec<Aside> {
        self.roster.aside()
    }

    /// The announcement of the device at `base`, which counts here and gives way to something that only the hub knows.
    pub fn in_favour(&self, base: &Topic, favour: Favour) -> Option<Aside> {
        self.roster.in_favour(base, favour)
    }

    pub(super) fn follow(&mut self, news: &[News]) {
        for one in news {
            match one {
                News::Known { base, profile } => self.announced(base, profile),
                News::Gone { base } => {
                    self.devices.remove(base);
                }
                News::Refused { .. } => {}
            }
        }
    }

    /// A device is known by what it announced; what it said stays as far as it still has it.
    fn announced(&mut self, base: &Topic, profile: &Arc<Profile>) {
        let mut values = self.devices.remove(base).map(|device| device.values).unwrap_or_default();
        values.retain(|id, slot| {
            slot.quantities.retain(|kept| profile.describe(id, &kept.quantity).is_some());
            !slot.quantities.is_empty() || !slot.doubts.is_empty()
        });
        let mut captures = Captures::default();
        if let Some(id) = &profile.recognised.id_else {
            let _ = captures.put(&"id".into(), id);
        }
        let said = vec![None; profile.availability.len()];
        let device = Device { profile: profile.clone(), variant: 0, captures, values, said };
        self.devices.insert(base.clone(), device);
    }

    /// How a device is by the words that were just said; and who is away, if it is not the device itself.
    pub(super) fn judge(
        &mut self,
        base: &Topic,
        words: &[(usize, Word)],
    ) -> (Option<Word>, Option<Box<str>>) {
        let Some(device) = self.devices.get_mut(base) else { return (None, None) };
        let Device { profile, said, .. } = device;
        said.resize(profile.availability.len(), None);
        let is_any_away = |said: &[Option<Word>]| said.iter().any(|one| matches!(one, Some(Word::Away(_))));
        let was_away = is_any_away(said);
        for (at, word) in words {
            if let Some(known) = said.get_mut(*at) {
                *known = Some(*word);
            }
        }
        // Of several words in one message the first one counts, as it always did.
        let Some((at, latest)) = words.first() else { return (None, None) };
        // Who was away is back, and nobody else says otherwise: some devices never say that they are there.
        let is_back = was_away && !is_any_away(said);
        let judged = profile.availability_mode.judge(said, *latest).or(is_back.then_some(Word::Online));
        // Whose word it is that counts; a gateway takes its devices with it, so that is named first.
        let speakers = said.iter().enumerate().filter(|(_, one)| one.is_some() && **one == judged);
        let speakers = speakers.filter(|(one, _)| profile.availability_mode != Latest || one == at);
        let gateway = speakers.filter_map(|(at, _)| profile.availability.get(at)?.bridge.clone()).next();
        (judged, gateway.filter(|_| matches!(judged, Some(Word::Away(_)))))
    }
}
