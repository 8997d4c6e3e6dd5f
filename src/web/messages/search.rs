//! What somebody looks for among the topics: a topic filter or a piece of text, a link, a kind.

use memchr::memmem::Finder;

use super::history::{Kept, Kind};
use super::tree::{NodeId, ROOT, Tree};
use crate::talk::TopicFilter;

/// How much of a payload is searched, in bytes.
const SEARCHED: usize = 4096;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// In the topic or the last payload.
    pub text: Sought,
    /// Only what last came from this link.
    pub from: Option<u16>,
    /// Only what last was of this kind.
    pub kind: Option<KindSought>,
}

/// A text, or a filter if it has a wildcard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sought {
    /// Anything.
    #[default]
    All,
    /// Topics as in a subscription.
    Filter(TopicFilter),
    /// A text in small letters, in the topic or in the last payload.
    Text(String),
}

/// A kind of message, or what is only remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindSought {
    /// Of this kind.
    Is(Kind),
    /// Known from a memory only, a broker's or the hub's.
    Memory,
}

impl Sought {
    /// Reads what somebody typed: `nodes/+/relay/#` is a filter, `a+b` and everything else is text.
    pub fn new(typed: &str) -> Self {
        let typed = typed.trim();
        if typed.is_empty() {
            return Self::All;
        }
        let is_wildcard = |level: &str| level == "+" || level == "#";
        if typed.split('/').any(is_wildcard)
            && let Ok(filter) = TopicFilter::new(typed)
        {
            return Self::Filter(filter);
        }
        Self::Text(typed.to_lowercase())
    }
}

impl KindSought {
    /// All of them with the words used in addresses.
    pub const ALL: [(&'static str, Self); 5] = [
        ("value", Self::Is(Kind::Value)),
        ("command", Self::Is(Kind::Command)),
        ("answer", Self::Is(Kind::Answer)),
        ("hub", Self::Is(Kind::Hub)),
        ("memory", Self::Memory),
    ];

    /// The kind with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind)
    }
}

impl Search {
    /// Whether everything is found.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// How many topics at or below each node are found; `None` if all are.
    pub fn marks(&self, tree: &Tree) -> Option<Vec<u32>> {
        if self.is_everything() {
            return None;
        }
        let mut marks = vec![0; tree.capacity()];
        self.each(tree, ROOT, |id| {
            let mut above = Some(id);
            while let Some(id) = above {
                marks[id.index()] += 1;
                above = tree.parent(id);
            }
        });
        Some(marks)
    }

    /// Every topic at or below `top` that is found, in order.
    pub fn each(&self, tree: &Tree, top: NodeId, mut found: impl FnMut(NodeId)) {
        let mut walk = Walk { topic: String::new(), small: String::new(), finder: None };
        if let Sought::Text(text) = &self.text {
            walk.finder = Some(Finder::new(text));
        }
        walk.topic = tree.path(top);
        self.below(tree, top, top == ROOT, &mut walk, &mut found);
    }

    fn below(
        &self,
        tree: &Tree,
        id: NodeId,
        first: bool,
        walk: &mut Walk<'_>,
        found: &mut impl FnMut(NodeId),
    ) {
        if let Some(leaf) = tree.leaf(id)
            && self.finds(leaf.history.last(), leaf.remembered.is_some(), walk)
        {
            found(id);
        }
        let end = walk.topic.len();
        for child in tree.children(id) {
            if !first {
                walk.topic.push('/');
            }
            walk.topic.push_str(&tree.node(*child).name);
            self.below(tree, *child, false, walk, found);
            walk.topic.truncate(end);
        }
    }

    fn finds(&self, last: &Kept, is_memory: bool, walk: &mut Walk<'_>) -> bool {
        self.from.is_none_or(|from| from == last.from)
            && self.kind.is_none_or(|kind| match kind {
                KindSought::Is(kind) => last.kind == kind,
                KindSought::Memory => is_memory,
            })
            && match &self.text {
                Sought::All => true,
                Sought::Filter(filter) => filter.matches(&walk.topic),
                Sought::Text(_) => walk.contains(last),
            }
    }
}

/// What is needed while walking, so that nothing is made anew for each topic.
struct Walk<'a> {
    topic: String,
    small: String,
    finder: Option<Finder<'a>>,
}

impl Walk<'_> {
    fn contains(&mut self, last: &Kept) -> bool {
        let Some(finder) = &self.finder else { return true };
        let head = &last.bytes[..last.bytes.len().min(SEARCHED)];
        let mut has = |text: &str| {
            self.small.clear();
            if text.is_ascii() {
                self.small.push_str(text);
                self.small.make_ascii_lowercase();
            } else {
                self.small.extend(text.chars().flat_map(char::to_lowercase));
            }
            finder.find(self.small.as_bytes()).is_some()
        };
        has(&self.topic) || has(&String::from_utf8_lossy(head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::messages::history::{Form, Memory};
    use crate::web::messages::tree::Bounds;

    fn tree() -> Tree {
        let mut tree = Tree::new(Bounds::default());
        let mut say = |topic: &str, text: &str, from, kind, memory| {
            let said = Kept { at: 1, bytes: text.as_bytes().into(), from, form: Form::Json, kind, memory };
            tree.hear(topic, said);
        };
        say("nodes/0/relay/a", "{\"state\": true}", 0, Kind::Value, Memory::Live);
        say("nodes/0/relay/a/set", "{\"state\": false}", 1, Kind::Command, Memory::Live);
        say("nodes/0/Teplomer/ž", "{\"temperature\": [24.50, \"℃\"]}", 0, Kind::Value, Memory::Broker);
        say("$hub/link/usb", "{\"state\": \"up\"}", 2, Kind::Hub, Memory::Live);
        tree
    }

    fn check(typed: &str, from: Option<u16>, kind: &str, expect: &[&str]) {
        let tree = tree();
        let search = Search { text: Sought::new(typed), from, kind: KindSought::of(kind) };
        let mut found = Vec::new();
        search.each(&tree, ROOT, |id| found.push(tree.path(id)));
        assert_eq!(found, expect, "{typed:?} {from:?} {kind:?}");
        let marks = search.marks(&tree).map(|marks| marks[ROOT.index()] as usize);
        assert!(marks.is_none_or(|marks| marks == expect.len()), "{typed:?}");
    }

    #[test]
    fn topics_are_found_by_filter_text_link_and_kind() {
        let (relay, set) = ("nodes/0/relay/a", "nodes/0/relay/a/set");
        let (meter, usb) = ("nodes/0/Teplomer/ž", "$hub/link/usb");
        check("", None, "", &[meter, relay, set, usb]);
        check("nodes/+/relay/#", None, "", &[relay, set]);
        check("#", None, "", &[meter, relay, set]);
        check("$hub/#", None, "", &[usb]);
        check("RELAY", None, "", &[relay, set]);
        check("teplomer/Ž", None, "", &[meter]);
        check("24.5", None, "", &[meter]);
        check("℃", None, "", &[meter]);
        check("STATE", None, "", &[relay, set, usb]);
        check("", Some(0), "", &[meter, relay]);
        check("", None, "command", &[set]);
        check("", None, "memory", &[meter]);
        check("state", Some(0), "value", &[relay]);
        check("a+b", None, "", &[]);
    }
}
