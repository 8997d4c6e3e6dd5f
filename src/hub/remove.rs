//! Letting go of a device that is not there any more: what is remembered of it is forgotten, and everybody is told.

use super::presence::Presence;
use super::state::State;
use super::{Hub, Now, Update};
use crate::device::Refusal;
use crate::talk::{Message, Payload, Topic};

impl Hub {
    /// Forgets what is known below `base`; how many properties that were. A device that is there would only come back,
    /// so it is refused. One with a link of its own stays known to it, without values.
    pub fn remove(&self, now: Now, base: &Topic) -> Result<usize, Refusal> {
        self.lock().remove(now, base)
    }
}

impl State {
    fn remove(&mut self, now: Now, base: &Topic) -> Result<usize, Refusal> {
        let device = self.devices.get(base);
        if device.is_some_and(|device| matches!(device.presence, Presence::Online | Presence::Stale)) {
            let reason = format!("`{base}` is there: it would come back with its next word");
            return Err(Refusal::new("online", reason));
        }
        let is_its_own = |own: &Option<Topic>| own.as_ref().is_none_or(|own| own == base);
        let entries = self
            .entries
            .iter()
            .filter(|(topic, entry)| topic.below(base).is_some() && is_its_own(&entry.base));
        let topics: Vec<Topic> = entries.map(|(topic, _)| topic.clone()).collect();
        if topics.is_empty() && device.is_none() {
            return Err(Refusal::new("no-such-device", format!("nothing is known of `{base}`")));
        }
        let gone = format!("`{base}` was removed");
        self.refuse_lost(now, &gone, |pending| pending.event.base.as_ref() == Some(base));
        for topic in &topics {
            self.drop_entry(topic);
            // Without a base: whoever keeps it for somebody else lets go of it, too.
            let message = Message::new(topic.clone(), Payload::from_wire(b""));
            self.say(Update::new(now, self.hub.clone(), None, message));
            self.tell_presence(now, topic, Presence::Unknown);
        }
        let configured = self.links.values().any(|link| link.info.base.as_ref() == Some(base));
        match self.devices.get_mut(base) {
            Some(device) if configured => device.listed = None,
            Some(_) | None => drop(self.devices.remove(base)),
        }
        if !configured {
            self.tell_presence(now, base, Presence::Unknown);
        }
        Ok(topics.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{HubConfig, LinkInfo, LinkState, Phase, Said};

    fn topic(text: &str) -> Topic {
        Topic::new(text).expect("a topic")
    }

    #[test]
    fn only_what_is_not_there_is_forgotten_and_only_that() {
        let now = Now::now();
        let hub = Hub::new(HubConfig::default(), now);
        let (link, _commands) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
        link.state(now, LinkState::up(""));
        for base in ["plug/0", "plug/01"] {
            let message =
                Message::new(topic(&format!("{base}/relay/0")), Payload::from_wire(b"{\"state\": true}"));
            let said = Said { base: Some(topic(base)), message, memory: false, via: None, profile: None };
            link.hear(now, said).expect("nobody else serves it");
        }
        assert_eq!(hub.remove(now, &topic("plug/0")).map_err(|refusal| refusal.code), Err("online"));
        assert_eq!(hub.remove(now, &topic("plug/2")).map_err(|refusal| refusal.code), Err("no-such-device"));
        link.state(now, LinkState::not_up(Phase::Waiting, "broker-absent", "gone", ""));
        let (_, mut stream) = hub.subscribe(now);
        assert_eq!(hub.remove(now, &topic("plug/0")), Ok(1));
        let told = stream.try_recv().expect("it is told");
        assert_eq!((told.message.topic.as_str(), told.message.payload.wire()), ("plug/0/relay/0", &b""[..]));
        let snapshot = hub.snapshot(now);
        let left: Vec<_> = snapshot.entries.iter().map(|entry| entry.topic.as_str()).collect();
        assert_eq!(left, ["plug/01/relay/0"]);
        assert_eq!(snapshot.devices.len(), 1);
    }

    #[test]
    fn a_configured_device_stays_with_its_link() {
        let now = Now::now();
        let hub = Hub::new(HubConfig::default(), now);
        let info = LinkInfo { name: "usb".into(), kind: "serial", base: Some(topic("nodes/bridge/0")) };
        let (link, _commands) = hub.attach(now, info);
        link.publish(now, Message::new(topic("relay/0"), Payload::from_wire(b"{\"state\": true}")));
        link.state(now, LinkState::up(""));
        link.state(now, LinkState::not_up(Phase::Waiting, "unplugged", "gone", ""));
        assert_eq!(hub.remove(now, &topic("nodes/bridge/0")), Ok(1));
        let snapshot = hub.snapshot(now);
        assert_eq!((snapshot.entries.len(), snapshot.devices.len()), (0, 1));
    }
}
