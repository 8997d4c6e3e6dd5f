//! Announcements as they came, and which of them are of one device.
//!
//! Two announcements are of one device if they share one of its names. What is kept is bounded: senders are strangers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::object;
use crate::device::dialect::heard::Heard;
use crate::device::dialect::{MOST_DEVICES, too_many};

/// The most announcements of one device, of all of them together, and their bytes.
const MOST_OF_DEVICE: usize = 512;
const MOST: usize = 65_536;
const MOST_BYTES: usize = 64 << 20;
/// The most names of one device.
const MOST_NAMES: usize = 64;
/// In front of the key of a device that names itself nowhere; no name begins so.
const ALONE: char = '/';

/// Everything that is announced, by what stands between the prefix and `/config`.
#[derive(Debug, Default)]
pub(super) struct Kept {
    announced: BTreeMap<Box<str>, Announced>,
    devices: BTreeMap<Box<str>, Device>,
    /// Devices by each of their names.
    by_name: HashMap<Box<str>, Box<str>>,
    bytes: usize,
}

#[derive(Debug)]
struct Announced {
    device: Box<str>,
    text: Box<str>,
}

#[derive(Debug, Default)]
struct Device {
    topics: BTreeSet<Box<str>>,
    /// In the order they were announced.
    names: Vec<Box<str>>,
}

impl Kept {
    /// Keeps an announcement of a device with these names in place of the earlier one; an error if it has no room.
    pub fn put(
        &mut self,
        topic: &str,
        text: &str,
        names: Vec<Box<str>>,
        heard: &mut Heard,
    ) -> Result<(), String> {
        let key = match names.iter().find_map(|name| self.by_name.get(name)) {
            Some(known) => known.clone(),
            None => names
                .first()
                .map_or_else(|| format!("{ALONE}{topic}").into(), |name| format!("={name}").into()),
        };
        let earlier = self.announced.get(topic);
        self.has_room(&key, earlier, text.len())?;
        if earlier.is_some_and(|earlier| earlier.device != key) {
            self.remove(topic, heard);
        }
        let device = self.devices.entry(key.clone()).or_default();
        device.topics.insert(topic.into());
        for name in names {
            if device.names.len() < MOST_NAMES && !self.by_name.contains_key(&name) {
                self.by_name.insert(name.clone(), key.clone());
                device.names.push(name);
            }
        }
        self.bytes += text.len();
        let announced = Announced { device: key.clone(), text: text.into() };
        if let Some(earlier) = self.announced.insert(topic.into(), announced) {
            self.bytes -= earlier.text.len();
        }
        heard.touched.push(key);
        Ok(())
    }

    fn has_room(&self, key: &str, earlier: Option<&Announced>, length: usize) -> Result<(), String> {
        let before = earlier.map_or(0, |earlier| earlier.text.len());
        let device = self.devices.get(key);
        let is_more = earlier.is_none_or(|earlier| *earlier.device != *key);
        if is_more && device.is_some_and(|device| device.topics.len() >= MOST_OF_DEVICE) {
            return Err(format!("its device has {MOST_OF_DEVICE} others, which is all that are kept"));
        }
        if device.is_none() && self.devices.len() >= MOST_DEVICES {
            return Err(too_many());
        }
        if earlier.is_none() && self.announced.len() >= MOST || self.bytes - before + length > MOST_BYTES {
            return Err("there is no room for more announcements".into());
        }
        Ok(())
    }

    /// An announcement is taken back.
    pub fn remove(&mut self, topic: &str, heard: &mut Heard) {
        let Some(gone) = self.announced.remove(topic) else { return };
        self.bytes -= gone.text.len();
        if let Some(device) = self.devices.get_mut(&gone.device) {
            device.topics.remove(topic);
            if device.topics.is_empty() {
                for name in std::mem::take(&mut device.names) {
                    self.by_name.remove(&name);
                }
                self.devices.remove(&gone.device);
            }
        }
        heard.touched.push(gone.device);
    }

    /// The names of a device, and what is announced of it: topic and text.
    pub fn device(
        &self,
        key: &str,
    ) -> Option<(impl Iterator<Item = &str>, impl Iterator<Item = (&str, &str)>)> {
        let device = self.devices.get(key)?;
        let announced = device.topics.iter();
        let announced = announced.filter_map(|topic| Some((&**topic, &*self.announced.get(topic)?.text)));
        Some((device.names.iter().map(|name| &**name), announced))
    }

    /// What the device of that name is called.
    pub fn called(&self, name: &str) -> Option<String> {
        let (_, mut announced) = self.device(self.by_name.get(name)?)?;
        announced.find_map(|(_, text)| object(text).ok()?.object("device")?.shown("name"))
    }
}
