//! What is different from what was said last: announcements of devices that are new or have changed, whether they are
//! there, and what is taken back.

use std::collections::{BTreeSet, HashMap};

use super::super::Flow;
use super::wanted::{Wanted, mark, presence};
use super::{Offered, Offers, Waits};
use crate::device::dialect::home_assistant::offer::Offer;
use crate::hub::{DeviceView, EntryView, Snapshot};
use crate::talk::Topic;

/// The most bytes of announcements that wait; the rest is looked at when they are gone.
const BYTES: usize = 1 << 20;
/// The longest announcement: brokers keep no longer ones.
const LONGEST: usize = 256 << 10;

impl Flow {
    /// Puts what is different in the queue; whether there is more than fits there. Without `texts` it is about presence
    /// alone.
    pub(super) fn look_at_offers(&mut self, snapshot: &Snapshot, texts: bool) -> bool {
        let names = self.offers.names.clone();
        let (routes, link, neighbours) = (&self.routes, self.handle.name(), &self.neighbours);
        let wanted = Wanted { snapshot, routes, names: &names, link, neighbours };
        let (entries, shapes) = wanted.entries();
        self.offers.shapes = shapes;
        self.offers.look(&wanted, &entries, texts)
    }
}

impl Flow {
    /// Says of devices that are known and not offered yet whether they are there: what was offered a moment before the
    /// hub was killed may not stand in the ledger.
    pub(super) fn say_presence_of_others(&mut self, snapshot: &Snapshot) {
        let names = self.offers.names.clone();
        let (routes, link, neighbours) = (&self.routes, self.handle.name(), &self.neighbours);
        let wanted = Wanted { snapshot, routes, names: &names, link, neighbours };
        for (device, remote) in wanted.devices() {
            if !self.offers.said.contains_key(&device.base) {
                let text = presence(Some(device)).as_str().to_owned();
                let (topic, link, base) =
                    (names.presence(&remote), device.link.to_string(), Some(device.base.clone()));
                self.offers.words.push_back(Waits { topic, text, link, base });
            }
        }
    }
}

impl Offers {
    fn look(&mut self, wanted: &Wanted<'_>, entries: &HashMap<&Topic, Vec<&EntryView>>, texts: bool) -> bool {
        if texts {
            self.look_at_hub(wanted.link);
        }
        let mut kept: BTreeSet<&Topic> = BTreeSet::new();
        let mut bytes = 0;
        for (device, remote) in wanted.devices() {
            if bytes >= BYTES {
                return true;
            }
            let entries = entries.get(&device.base).map_or(&[][..], Vec::as_slice);
            if let Some(more) = self.look_at(wanted, device, &remote, entries, texts) {
                bytes += more;
                kept.insert(&device.base);
            }
        }
        let gone: Vec<Topic> = self.said.keys().filter(|base| !kept.contains(base)).cloned().collect();
        for base in gone {
            let Some(offered) = self.said.remove(&base) else { continue };
            let nothing = |topic| Waits { topic, text: String::new(), link: String::new(), base: None };
            // Where it is announced first: what is not offered needs no presence.
            self.texts.extend(offered.topics.map(nothing));
        }
        false
    }

    /// The bytes of what is announced of a device now; nothing if it is not offered at all.
    fn look_at(
        &mut self,
        wanted: &Wanted<'_>,
        device: &DeviceView,
        remote: &Topic,
        entries: &[&EntryView],
        texts: bool,
    ) -> Option<usize> {
        let names = wanted.names;
        let none = Offered {
            topics: [names.config(&names.id(&device.base)), names.presence(remote)],
            ..Offered::default()
        };
        let known = self.said.get(&device.base).unwrap_or(&none);
        let announced = wanted.announce(device, remote, entries, &known.components)?;
        if announced.text.len() > LONGEST {
            tracing::warn!(
                "{} has too much to be offered to Home Assistant in one message; its definition could say less",
                device.base
            );
            return None;
        }
        let offered = self.said.entry(device.base.clone()).or_insert(none);
        let word = presence(Some(device)).as_str().to_owned();
        let bytes = announced.text.len();
        let said = [(announced.text, texts, &mut self.texts), (word, true, &mut self.words)];
        let mut put = 0;
        for (at, (text, is_said, queue)) in said.into_iter().enumerate() {
            let mark = Some(mark(&text));
            if !is_said || offered.marks[at] == mark {
                continue;
            }
            offered.marks[at] = mark;
            let (topic, link) = (offered.topics[at].clone(), device.link.to_string());
            queue.push_back(Waits { topic, text, link, base: Some(device.base.clone()) });
            put += bytes;
        }
        if texts {
            offered.components.extend(announced.components);
        }
        Some(put)
    }

    /// The hub itself, which carries all devices.
    fn look_at_hub(&mut self, link: &str) {
        let (id, name) = (&*self.names.hub, format!("clown-hub {}", self.host));
        let offer = Offer { id, name: &name, model: Some("clown-hub"), ..Offer::default() };
        let Some(announced) = offer.announce_hub(self.names.birth()) else { return };
        let mark = mark(&announced.text);
        if self.hub.replace(mark) != Some(mark) {
            let topic = self.names.config(id);
            self.texts.push_back(Waits { topic, text: announced.text, link: link.to_owned(), base: None });
        }
    }

    /// Everything is to be said anew.
    pub(super) fn forget(&mut self) {
        self.said.values_mut().for_each(|offered| offered.marks = [None, None]);
        self.hub = None;
    }
}
