//! Whether a device may be commanded: one that announced itself may when a person has accepted it, or its dialect.
//!
//! Readings of a new device are shown at once. What was decided is kept by its base, so that it holds when the device is
//! announced again; whoever keeps it over a restart asks for [`Hub::decisions`] and gives it back with [`Hub::decide`].

use std::sync::Arc;

use super::state::{Device, State};
use super::{DeviceView, Hub, Now};
use crate::device::Refusal;
use crate::talk::Topic;

/// How a device stands with the people of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// A link or a definition made it known: nobody has to accept it.
    Known,
    /// It announced itself, and nobody has decided about it.
    New,
    /// It announced itself and was accepted.
    Accepted,
    /// It announced itself and is not wanted.
    Ignored,
}

/// What a person decided about a device that announced itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It may be commanded.
    Accepted,
    /// It is not shown among the others.
    Ignored,
}

impl Standing {
    /// Its word in facts and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::New => "new",
            Self::Accepted => "accepted",
            Self::Ignored => "ignored",
        }
    }
}

impl From<Decision> for Standing {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Accepted => Self::Accepted,
            Decision::Ignored => Self::Ignored,
        }
    }
}

/// What is told under `$hub/standing` when a device comes to stand in another way.
#[derive(serde::Serialize)]
struct Told<'a> {
    base: &'a str,
    standing: Standing,
    dialect: &'a str,
    name: &'a str,
}

impl Hub {
    /// A person decided about the device at `base`, which need not be announced now; `None` takes that back.
    pub fn decide(&self, now: Now, base: &Topic, decision: Option<Decision>) {
        self.lock().decide(now, base, decision);
    }

    /// Everything that was decided, by base.
    pub fn decisions(&self) -> Vec<(Topic, Decision)> {
        let mut all: Vec<_> =
            self.lock().decisions.iter().map(|(base, decision)| (base.clone(), *decision)).collect();
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// Devices that are known by what they announced, by their bases.
    pub fn announced(&self) -> Vec<DeviceView> {
        let state = self.lock();
        let announced = state.devices.iter().filter(|(_, device)| device.has_announced());
        let mut views: Vec<_> =
            announced.map(|(base, device)| device.view(base, state.standing(base, device))).collect();
        views.sort_unstable_by(|a, b| a.base.cmp(&b.base));
        views
    }

    /// How many devices wait for somebody to decide about them; nothing if no device has announced itself, not even in
    /// vain, and nobody has decided anything.
    pub fn newcomers(&self) -> Option<usize> {
        let state = self.lock();
        let announced = state.devices.iter().filter(|(_, device)| device.has_announced());
        let is_aside = state.links.values().any(|link| !link.aside.is_empty());
        let (mut any, mut new) = (is_aside || !state.decisions.is_empty(), 0);
        for (base, device) in announced {
            any = true;
            new += usize::from(state.standing(base, device) == Standing::New);
        }
        any.then_some(new)
    }

    /// Devices that announce themselves in these dialects are accepted unless somebody decides otherwise.
    pub fn trust(&self, now: Now, dialects: Vec<Arc<str>>) {
        self.lock().trust(now, dialects);
    }
}

impl Device {
    fn has_announced(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| profile.announced.is_some())
    }
}

impl State {
    fn decide(&mut self, now: Now, base: &Topic, decision: Option<Decision>) {
        let before = self.devices.get(base).map(|device| self.standing(base, device));
        match decision {
            Some(decision) => self.decisions.insert(base.clone(), decision),
            None => self.decisions.remove(base),
        };
        self.tell_standing(now, base, before);
    }

    fn trust(&mut self, now: Now, dialects: Vec<Arc<str>>) {
        let before: Vec<(Topic, Standing)> =
            self.devices.iter().map(|(base, device)| (base.clone(), self.standing(base, device))).collect();
        self.trusted = dialects;
        for (base, before) in before {
            self.tell_standing(now, &base, Some(before));
        }
    }

    /// How a device stands.
    pub(super) fn standing(&self, base: &Topic, device: &Device) -> Standing {
        let announced = device.profile.as_ref().and_then(|profile| profile.announced.as_ref());
        let Some(announced) = announced else { return Standing::Known };
        match self.decisions.get(base) {
            Some(Decision::Accepted) => Standing::Accepted,
            Some(Decision::Ignored) => Standing::Ignored,
            None if self.trusted.iter().any(|dialect| **dialect == *announced.dialect) => Standing::Accepted,
            None => Standing::New,
        }
    }

    /// Whether a device may be commanded.
    pub(super) fn may_command(&self, base: &Topic, device: &Device) -> Result<(), Refusal> {
        let reason = match self.standing(base, device) {
            Standing::Known | Standing::Accepted => return Ok(()),
            Standing::New => {
                format!("`{base}` announced itself and nobody has accepted it yet: `clown-hub accept {base}`")
            }
            Standing::Ignored => {
                format!("`{base}` is ignored; `clown-hub accept {base}` lets it be commanded")
            }
        };
        Err(Refusal::new("not-accepted", reason))
    }

    /// Tells how a device stands if that is another way than `before`.
    pub(super) fn tell_standing(&mut self, now: Now, base: &Topic, before: Option<Standing>) {
        let Some(device) = self.devices.get(base) else { return };
        let standing = self.standing(base, device);
        let Some(announced) = device.profile.as_ref().and_then(|profile| profile.announced.as_ref()) else {
            return;
        };
        if before == Some(standing) {
            return;
        }
        let Ok(topic) = Topic::new("$hub/standing") else { return };
        let (dialect, name) = (announced.dialect, announced.name.clone());
        self.tell(now, &topic, &Told { base: base.as_str(), standing, dialect, name: &name });
    }
}
