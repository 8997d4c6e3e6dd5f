//! What the dongle keeps over a loss of power: the nodes it is paired with, and their aliases.
//!
//! Sources: hardwario/twr-sdk, `twr_radio.c` (nodes), hardwario/twr-gateway-radio-dongle, `src/eeprom.c` (aliases).
//! What is removed leaves its place to the last one, as in the original.

use super::wire::line;

/// Where pairing fails. The table has 32 places, but the firmware stops when the next node would take the last one.
pub const MOST_NODES: usize = 31;
/// Aliases on one page of the listing.
const ON_PAGE: usize = 8;
/// Pages of the listing; a further one is never answered.
const PAGES: usize = 4;
/// Longest alias, in bytes as they stand in JSON.
const LONGEST_ALIAS: usize = 32;

/// The memory of one dongle.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    nodes: Vec<String>,
    aliases: Vec<(String, String)>,
}

/// What became of an attempt to name a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It bears the name now.
    Done,
    /// The name is too long: the dongle says nothing.
    TooLong,
    /// There is no place left.
    Full,
}

/// What became of an attempt to pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// It is paired now.
    New,
    /// It was paired before: the dongle says nothing.
    Known,
    /// There is no place left.
    Full,
}

impl Memory {
    /// Whether the node is paired.
    pub fn knows(&self, id: &str) -> bool {
        self.nodes.iter().any(|node| node == id)
    }

    /// Pairs a node. A full table refuses also one that it holds.
    pub fn attach(&mut self, id: &str) -> Attached {
        if self.nodes.len() >= MOST_NODES {
            return Attached::Full;
        }
        if self.knows(id) {
            return Attached::Known;
        }
        self.nodes.push(id.to_owned());
        Attached::New
    }

    /// Unpairs a node; its alias stays until the next start.
    pub fn detach(&mut self, id: &str) -> bool {
        let place = self.nodes.iter().position(|node| node == id);
        place.map(|place| self.nodes.swap_remove(place)).is_some()
    }

    /// Unpairs all nodes, the last one first.
    pub fn purge(&mut self) -> Vec<String> {
        let mut gone = std::mem::take(&mut self.nodes);
        gone.reverse();
        gone
    }

    /// The paired nodes as the dongle lists them.
    pub fn list(&self) -> String {
        let ids: Vec<_> = self.nodes.iter().map(|id| format!("\"{id}\"")).collect();
        format!("[{}]", ids.join(","))
    }

    /// Gives a node a name.
    pub fn name(&mut self, id: &str, name: &str) -> Named {
        // With its quotation marks it is two longer.
        if quoted(name).len() > LONGEST_ALIAS + 2 {
            return Named::TooLong;
        }
        if let Some(known) = self.aliases.iter_mut().find(|(node, _)| node == id) {
            name.clone_into(&mut known.1);
        } else if self.aliases.len() == ON_PAGE * PAGES {
            return Named::Full;
        } else {
            self.aliases.push((id.to_owned(), name.to_owned()));
        }
        Named::Done
    }

    /// Takes a node's name away.
    pub fn unname(&mut self, id: &str) {
        if let Some(place) = self.aliases.iter().position(|(node, _)| node == id) {
            self.aliases.swap_remove(place);
        }
    }

    /// Takes away the names of nodes that are not paired, as the dongle does when it starts; whose they were.
    pub fn unname_strangers(&mut self) -> Vec<String> {
        let strangers: Vec<String> = self.aliases.iter().map(|(id, _)| id.clone()).collect();
        let strangers: Vec<String> = strangers.into_iter().filter(|id| !self.knows(id)).collect();
        for id in &strangers {
            self.unname(id);
        }
        strangers
    }

    /// The answer to a question for a page of aliases; none for a page that is not there.
    pub fn page(&self, page: i64) -> Option<String> {
        let start = usize::try_from(page).ok().filter(|page| *page < PAGES)? * ON_PAGE;
        let shown = self.aliases.iter().skip(start).take(ON_PAGE);
        let shown: Vec<_> = shown.map(|(id, name)| format!("\"{id}\": {}", quoted(name))).collect();
        Some(line(&format!("$eeprom/alias/list/{page}"), &format!("{{{}}}", shown.join(","))))
    }
}

fn quoted(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> String {
        format!("836d19{number:06x}")
    }

    #[test]
    fn thirty_one_nodes_fit_and_no_more() {
        let mut memory = Memory::default();
        for number in 0..MOST_NODES {
            assert_eq!(memory.attach(&id(number)), Attached::New);
        }
        assert_eq!(memory.attach(&id(99)), Attached::Full);
        assert_eq!(memory.attach(&id(0)), Attached::Full);
        assert!(memory.detach(&id(0)) && !memory.detach(&id(0)));
        assert_eq!(memory.attach(&id(1)), Attached::Known);
        assert_eq!(memory.attach(&id(99)), Attached::New);
        assert_eq!(memory.purge().len(), MOST_NODES);
        assert_eq!(memory.list(), "[]");
    }

    #[test]
    fn aliases_come_in_four_pages_of_eight() {
        let mut memory = Memory::default();
        for number in 0..32 {
            assert_eq!(memory.name(&id(number), &format!("node:{number}")), Named::Done);
        }
        assert_eq!(memory.name(&id(32), "one too many"), Named::Full);
        assert_eq!(memory.name(&id(31), "renamed"), Named::Done);
        assert_eq!(memory.name(&id(31), &"č".repeat(17)), Named::TooLong);
        let last = memory.page(3).expect("the last page");
        assert!(last.starts_with(r#"["$eeprom/alias/list/3", {"836d19000018": "node:24","#), "{last}");
        assert!(last.ends_with(r#""836d1900001f": "renamed"}]"#), "{last}");
        assert_eq!(memory.page(4), None);
        assert_eq!(memory.page(-1), None);
    }

    #[test]
    fn a_name_stays_with_a_node_that_left_until_the_dongle_starts_again() {
        let mut memory = Memory::default();
        memory.attach(&id(1));
        memory.name(&id(1), "kitchen");
        memory.name(&id(2), &"č".repeat(16));
        assert_eq!(memory.unname_strangers(), [id(2)]);
        memory.detach(&id(1));
        assert!(memory.page(0).is_some_and(|page| page.contains("kitchen")));
        assert_eq!(memory.unname_strangers(), [id(1)]);
        assert_eq!(memory.page(0).as_deref(), Some(r#"["$eeprom/alias/list/0", {}]"#));
    }
}
