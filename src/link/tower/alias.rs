//! Names of nodes: how a new one gets its own, and how names get into the dongle's memory.
//!
//! The memory takes one change at a time, so changes wait for the one before them. A change that is not answered is
//! given up, lest the others wait for ever.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::nodes::{MAX_NAME, is_name};
use crate::hub::{CommandId, Now};
use crate::talk::Payload;

/// How long a change may take.
const WITHIN: Duration = Duration::from_secs(2);
/// Changes that may wait.
const MOST: usize = 64;
/// Numbers that are tried for a name, one for each node there can be.
const NUMBERS: u32 = 32;

/// A name that is to be stored or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node.
    pub id: Box<str>,
    /// Its name; none removes the one it has.
    pub name: Option<Box<str>>,
    /// The command it belongs to, and until when it may be written.
    pub command: Option<(CommandId, Instant)>,
}

impl Change {
    /// The line for the dongle.
    pub fn line(&self) -> String {
        let id = Payload::of(&*self.id);
        match &self.name {
            Some(name) => {
                format!(r#"["$eeprom/alias/add", {{"id": {id}, "name": {}}}]"#, Payload::of(&**name))
            }
            None => format!(r#"["$eeprom/alias/remove", {id}]"#),
        }
    }
}

/// Changes that wait, and the one that is under way.
#[derive(Debug, Default)]
pub struct Changes {
    waiting: VecDeque<Change>,
    under_way: Option<(Change, Instant)>,
}

impl Changes {
    /// Takes one more; `false` if too many wait.
    pub fn push(&mut self, change: Change) -> bool {
        let has_room = self.waiting.len() < MOST;
        if has_room {
            self.waiting.push_back(change);
        }
        has_room
    }

    /// The next one that may be written, which is under way then.
    pub fn next(&mut self, now: Instant) -> Option<Change> {
        if self.under_way.is_some() {
            return None;
        }
        let change = self.waiting.pop_front()?;
        self.under_way = Some((change.clone(), now + WITHIN));
        Some(change)
    }

    /// When the change under way is given up.
    pub fn due(&self) -> Option<Instant> {
        self.under_way.as_ref().map(|(_, until)| *until)
    }

    /// The change that was not answered in time.
    pub fn late(&mut self, now: Instant) -> Option<Change> {
        self.due().filter(|until| now >= *until)?;
        self.under_way.take().map(|(change, _)| change)
    }

    /// The dongle answers for a node: the change that ends so. `removes` is what it answers for.
    pub fn answered(&mut self, id: &str, removes: bool) -> Option<Change> {
        let is_it = |(change, _): &(Change, Instant)| *change.id == *id && change.name.is_none() == removes;
        if !self.under_way.as_ref().is_some_and(is_it) {
            return None;
        }
        self.under_way.take().map(|(change, _)| change)
    }

    /// Whether a name is about to be given to some node.
    pub fn gives(&self, name: &str) -> bool {
        let all = self.waiting.iter().chain(self.under_way.iter().map(|(change, _)| change));
        all.into_iter().any(|change| change.name.as_deref() == Some(name))
    }

    /// Whether the name of a node is about to change.
    pub fn changes(&self, id: &str) -> bool {
        let all = self.waiting.iter().chain(self.under_way.iter().map(|(change, _)| change));
        all.into_iter().any(|change| *change.id == *id)
    }

    /// Everything that waits or is under way, taken out.
    pub fn give_up(&mut self) -> Vec<Change> {
        let under_way = self.under_way.take().map(|(change, _)| change);
        under_way.into_iter().chain(self.waiting.drain(..)).collect()
    }
}

/// A free name after a firmware, as bcg gives them: `kit-push-button` becomes `push-button:0`.
pub fn after_firmware(firmware: &str, is_taken: impl Fn(&str) -> bool) -> Option<String> {
    let firmware = firmware.strip_prefix("kit-").unwrap_or(firmware);
    let base = if firmware.starts_with("generic-node") { "generic-node" } else { firmware };
    let room = MAX_NAME - ":31".len();
    let end = base.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= room).last()?;
    let base = &base[..end];
    let mut names = (0..NUMBERS).map(|number| format!("{base}:{number}"));
    names.find(|name| is_name(name) && !is_taken(name))
}

/// What is wrong with a name that somebody wants to give.
pub fn wrong(name: &str) -> Option<&'static str> {
    if name.len() > MAX_NAME {
        return Some("a name has at most 32 bytes");
    }
    let allowed = "a name is no id, is not empty, does not begin with `$` and has no `/`, `+` or `#`";
    (!is_name(name)).then_some(allowed)
}

/// Whether a change may still be written.
pub fn is_in_time(change: &Change, now: Now) -> bool {
    change.command.is_none_or(|(_, deadline)| now.mono < deadline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_firmware() {
        let check = |firmware: &str, taken: &[&str], name: Option<&str>| {
            let found = after_firmware(firmware, |name| taken.contains(&name));
            assert_eq!(found.as_deref(), name, "{firmware}");
        };
        check("kit-push-button", &[], Some("push-button:0"));
        check("kit-push-button", &["push-button:0", "push-button:1"], Some("push-button:2"));
        check("generic-node-battery-standard", &[], Some("generic-node:0"));
        check("lcd-thermostat", &[], Some("lcd-thermostat:0"));
        check("", &[], None);
        check("a/b", &[], None);
        let long = "x".repeat(40);
        check(&long, &[], Some(&format!("{}:0", "x".repeat(29))));
        let all: Vec<String> = (0..NUMBERS).map(|number| format!("radon:{number}")).collect();
        check("radon", &all.iter().map(String::as_str).collect::<Vec<_>>(), None);
    }

    fn change(id: &str, name: Option<&str>) -> Change {
        Change { id: id.into(), name: name.map(Into::into), command: None }
    }

    #[test]
    fn one_change_is_under_way_at_a_time() {
        let now = Instant::now();
        let mut changes = Changes::default();
        assert!(changes.push(change("a", Some("x"))) && changes.push(change("b", None)));
        assert_eq!(changes.next(now), Some(change("a", Some("x"))));
        assert_eq!(changes.next(now), None);
        assert!(changes.gives("x") && changes.changes("b") && !changes.changes("c"));
        assert_eq!(changes.answered("b", true), None, "that is not its turn");
        assert_eq!(changes.answered("a", false), Some(change("a", Some("x"))));
        assert_eq!(changes.next(now), Some(change("b", None)));
        assert_eq!(changes.late(now), None);
        assert_eq!(changes.late(now + WITHIN), Some(change("b", None)));
        assert_eq!(changes.next(now), None);
    }

    #[test]
    fn lines_are_those_of_the_dongle() {
        let id = "836d1983718a";
        let add = r#"["$eeprom/alias/add", {"id": "836d1983718a", "name": "kitchen"}]"#;
        assert_eq!(change(id, Some("kitchen")).line(), add);
        assert_eq!(change(id, None).line(), r#"["$eeprom/alias/remove", "836d1983718a"]"#);
    }
}
