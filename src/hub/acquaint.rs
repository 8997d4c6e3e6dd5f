//! What a link knows of its devices before they speak, and what it keeps telling about itself.

use std::sync::Arc;

use super::state::State;
use super::{LinkHandle, Now};
use crate::device::profile::Profile;
use crate::talk::Topic;

impl LinkHandle {
    /// A device of this link that has not spoken since the start: it can be commanded, and what is remembered of it is
    /// its own. `Err` names the link that serves it already.
    pub fn introduce(&self, now: Now, base: &Topic, profile: Option<Arc<Profile>>) -> Result<(), Arc<str>> {
        self.hub.lock().meet(now, &self.name().into(), base, profile)
    }

    /// What people call a device of this link; told with its presence.
    pub fn name_device(&self, now: Now, base: &Topic, name: Option<&str>) {
        let mut state = self.hub.lock();
        let Some(device) = state.devices.get_mut(base).filter(|device| *device.link == *self.name()) else {
            return;
        };
        if device.name.as_deref() != name {
            device.name = name.map(Into::into);
            let presence = device.presence;
            state.tell_presence(now, base, presence);
        }
    }

    /// A fact of this link, under `$hub/<kind>/<link>`, that stays true until the next one: newcomers are told it, too.
    /// It goes with the link.
    pub fn establish(&self, now: Now, kind: &str, fact: &impl serde::Serialize) {
        let Ok(topic) = Topic::new(&format!("$hub/{kind}/{}", self.name())) else { return };
        let mut state = self.hub.lock();
        let Some(link) = state.links.get_mut(self.name()) else { return };
        if !link.facts.contains(&topic) {
            link.facts.push(topic.clone());
        }
        state.establish(now, &topic, fact);
    }
}

impl State {
    fn meet(
        &mut self,
        now: Now,
        link: &Arc<str>,
        base: &Topic,
        profile: Option<Arc<Profile>>,
    ) -> Result<(), Arc<str>> {
        let device = self.devices.get(base).map(|device| device.link.clone());
        if let Some(other) = device.filter(|other| other != link && self.is_up(other)) {
            return Err(other);
        }
        if self.learn(now, link, base)
            && let Some(profile) = profile
        {
            self.teach(now, base, profile);
        }
        Ok(())
    }

    /// What a link that has gone said about itself is not true any more.
    pub(super) fn withdraw_facts(&mut self, now: Now, link: &str) {
        let facts = self.links.get_mut(link).map(|link| std::mem::take(&mut link.facts)).unwrap_or_default();
        for topic in facts {
            self.withdraw(&topic);
            self.tell(now, &topic, &());
        }
    }
}
