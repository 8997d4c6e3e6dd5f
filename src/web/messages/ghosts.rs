//! Topics that only a broker's memory knows: nobody has refreshed them since it told us.

use super::history::{Kept, Memory};
use super::look::beginning;
use super::recorder::State;
use super::search::Search;
use super::tree::ROOT;

/// Such a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ghost {
    /// The topic.
    pub topic: String,
    /// Its mark, which fits into a form however long the topic is.
    pub mark: String,
    /// The link whose broker remembers it.
    pub link: String,
    /// Since when it is known from memory only, in milliseconds since 1970; it was said at an unknown time before.
    pub since: u64,
    /// The beginning of what is remembered, and whether there is more.
    pub value: (String, bool),
}

/// All that `search` finds and that are known from memory only since `until` or longer; the oldest first.
pub fn ghosts(state: &State, search: &Search, until: u64) -> Vec<Ghost> {
    let mut found = Vec::new();
    search.each(&state.tree, ROOT, |id| {
        let Some(leaf) = state.tree.leaf(id) else { return };
        let Some((since, Memory::Broker)) = leaf.remembered else { return };
        let is_memory = |kept: &&Kept| kept.memory == Memory::Broker;
        let Some(last) = leaf.history.iter().rev().map(|(_, kept)| kept).find(is_memory) else { return };
        if since <= until && !last.bytes.is_empty() {
            let link = state.source(last.from).to_owned();
            let (topic, mark) = (state.tree.path(id), state.tree.mark(id));
            found.push(Ghost { topic, mark, link, since, value: beginning(last) });
        }
    });
    found.sort_by_key(|ghost| ghost.since);
    found
}
