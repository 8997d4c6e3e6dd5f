//! Devices at a broker that several hubs understand: one hub carries out a command that somebody gives at the broker.
//!
//! Each hub says in its birth for which devices it would; of those the one with the lowest id does, and the others leave
//! the command. When it is gone, which its will says, the next one does. What a hub's own pages and scripts ask for it
//! always carries out itself: that was given to nobody else. Devices of its own lines are not meant: two of one name are
//! two devices.

use std::collections::BTreeSet;

use super::Flow;
use super::filters::covers;
use super::notes::short;
use super::routes::Routes;
use crate::hub::LinkState;
use crate::talk::Topic;

/// Comes after every id of a hub.
const LAST: &str = "~";

impl Flow {
    /// Whether a device is understood here and nowhere else in this hub: what is asked of it is given to it by us.
    pub(super) fn is_translated(&self, base: &Topic, link: &str) -> bool {
        link == self.handle.name() && self.foreign.knows(base)
    }

    /// Says for which devices commands are carried out, after those that are understood have changed.
    pub(super) fn tell_commands(&mut self) {
        let routes = &self.routes;
        let commands: BTreeSet<String> =
            self.foreign.looked_at().filter_map(|base| commanded_as(routes, base)).collect();
        self.birth.carry_out(commands);
    }

    /// The hub that carries out commands for a device that is understood here, too: its id and its name.
    pub(super) fn left_to(&self, base: &Topic) -> Option<(&str, &str)> {
        let remote = self.routes.base_taken(base)?;
        // Whoever has not said yet that it would comes after those who have: they cannot know of it.
        let own = if self.birth.has_said(remote.as_str()) { &self.hub } else { LAST };
        self.peers.first_before(own, remote.as_str())
    }

    /// The link's state, with the hub that has devices of ours as long as there is one.
    pub(super) fn with_shared(&self, state: LinkState) -> LinkState {
        if state.code != "up" || !self.peers.carry_out_any() {
            return state;
        }
        let mut left = self.foreign.devices().filter_map(|base| Some((base, self.left_to(base)?)));
        let Some((base, (id, name))) = left.next() else { return state };
        let (base, name, more) = (short(base.as_str()), short(name), left.count());
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        LinkState {
            code: "shared-devices",
            reason: format!(
                "{}; commands that are given at the broker for `{base}`{more} are carried out by the hub {name} ({id}), \
                 which understands the same and comes first by its id",
                state.reason
            ),
            hint: "this hub takes over when that one is gone; nothing has to be done".into(),
            ..state
        }
    }
}

/// The broker's name for a device, if every command that is given there comes in here.
fn commanded_as(routes: &Routes, base: &Topic) -> Option<String> {
    let remote = routes.base_taken(base)?;
    let commands = format!("{remote}/+/+/set");
    routes.subscriptions().any(|(wide, _)| covers(wide, &commands)).then(|| remote.to_string())
}
