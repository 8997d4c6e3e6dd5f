//! The topics under which devices are offered, and under which is said whether they are there.
//!
//! `<prefix>/device/clown-hub-<hub>[-<base>]/config` is an offer, of the hub itself without a base;
//! `clown-hub/<hub>/<link>/<base>` says whether a device is there, `{"state": "online", "presence": "online"}`.

use super::super::routes::Routes;
use crate::device::dialect::Settings;
use crate::device::dialect::home_assistant::offer::slug;
use crate::talk::Topic;

/// Topics of one link.
#[derive(Debug)]
pub struct Names {
    /// The id of the hub in Home Assistant, `clown-hub-0f3a9c1e`.
    pub hub: String,
    /// The broker's name of the prefix, `homeassistant`.
    prefix: String,
    /// The topic of the birth.
    birth: String,
}

/// What a topic that was left at the broker is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// An offer or a presence of this link, under its present names.
    Current,
    /// One under names that it does not bear any more.
    Former,
}

impl Names {
    /// Of the hub with this id, whose link says `birth`.
    pub fn new(hub: &str, birth: &str, settings: &Settings, routes: &Routes) -> Self {
        let status = Topic::new(&format!("{}{STATUS}", settings.homeassistant)).ok();
        let status = status.and_then(|status| routes.taken_from(&status));
        let prefix = status.and_then(|topic| Some(topic.as_str().strip_suffix(STATUS)?.to_owned()));
        Self {
            hub: format!("clown-hub-{hub}"),
            prefix: prefix.unwrap_or_else(|| settings.homeassistant.to_string()),
            birth: birth.to_owned(),
        }
    }

    /// Where Home Assistant says that it has come.
    pub fn status(&self) -> String {
        format!("{}{STATUS}", self.prefix)
    }

    /// The id of a device in Home Assistant.
    pub fn id(&self, base: &Topic) -> String {
        format!("{}-{}", self.hub, slug(base.as_str()))
    }

    /// Where something with this id is offered.
    pub fn config(&self, id: &str) -> String {
        format!("{}/device/{id}/config", self.prefix)
    }

    /// Where it is said whether a device is there; `remote` is the broker's name of its base.
    pub fn presence(&self, remote: &Topic) -> String {
        format!("{}/{remote}", self.birth)
    }

    /// Where the hub says that it is there.
    pub fn birth(&self) -> &str {
        &self.birth
    }

    /// Whether it is the presence of a device of this link.
    pub fn is_presence(&self, remote: &str) -> bool {
        remote.strip_prefix(&*self.birth).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether a topic is one of these, of whatever link and prefix.
    pub fn left(&self, remote: &str) -> Option<Left> {
        if self.is_presence(remote) {
            return Some(Left::Current);
        }
        if let Some(id) = remote.strip_suffix("/config").and_then(|rest| rest.rsplit_once("/device/")) {
            let (prefix, id) = id;
            let rest = id.strip_prefix(&*self.hub).filter(|rest| rest.is_empty() || rest.starts_with('-'));
            let is_current = prefix == self.prefix;
            return rest.map(|_| if is_current { Left::Current } else { Left::Former });
        }
        // `clown-hub/<hub>/` of another link.
        let (own, _) = self.birth.rsplit_once('/')?;
        let rest = remote.strip_prefix(own)?.strip_prefix('/')?;
        rest.contains('/').then_some(Left::Former)
    }
}

const STATUS: &str = "/status";

#[cfg(test)]
mod tests {
    use super::*;

    fn names(topics: &[&str]) -> Names {
        let routes = Routes::new(topics.iter().map(|text| text.parse().expect(text)).collect());
        Names::new("0f3a9c1e", "clown-hub/0f3a9c1e/home", &Settings::default(), &routes)
    }

    #[test]
    fn ids_and_topics_are_those_of_base_and_hub() {
        let names = names(&["# in", "nodes/# out"]);
        let base = Topic::new("nodes/bridge/0").expect("a topic");
        let id = names.id(&base);
        assert_eq!(id, "clown-hub-0f3a9c1e-nodes_bridge_0");
        assert_eq!(names.config(&id), "homeassistant/device/clown-hub-0f3a9c1e-nodes_bridge_0/config");
        assert_eq!(names.presence(&base), "clown-hub/0f3a9c1e/home/nodes/bridge/0");
        let odd = |text: &str| names.id(&Topic::new(text).expect(text));
        assert_ne!(odd("nodes/a_b"), odd("nodes/a/b"));
        assert_ne!(odd("nodes/å"), odd("nodes/ä"));
    }

    #[test]
    fn the_prefix_is_the_name_at_the_broker() {
        let own = |topics: &[&str]| names(topics).status();
        assert_eq!(own(&["# in"]), "homeassistant/status");
        assert_eq!(own(&["nodes/# both"]), "homeassistant/status");
        assert_eq!(own(&[r#"# in 0 "" far/"#]), "far/homeassistant/status");
        assert_eq!(own(&[r#"nodes/# out 0 "" far/"#]), "homeassistant/status");
    }

    #[test]
    fn what_was_left_is_known_by_its_topic() {
        let names = names(&["# in"]);
        for (topic, left) in [
            ("homeassistant/device/clown-hub-0f3a9c1e/config", Some(Left::Current)),
            ("homeassistant/device/clown-hub-0f3a9c1e-nodes_bridge_0/config", Some(Left::Current)),
            ("other/device/clown-hub-0f3a9c1e-nodes_bridge_0/config", Some(Left::Former)),
            ("homeassistant/device/clown-hub-0f3a9c1e2/config", None),
            ("clown-hub/0f3a9c1e/home/nodes/bridge/0", Some(Left::Current)),
            ("clown-hub/0f3a9c1e/homely/nodes/bridge/0", Some(Left::Former)),
            ("clown-hub/0f3a9c1e/home", None),
            ("clown-hub/ffffffff/home/nodes/bridge/0", None),
            ("nodes/bridge/0/relay/i2c0-3b", None),
        ] {
            assert_eq!(names.left(topic), left, "{topic}");
        }
    }
}
