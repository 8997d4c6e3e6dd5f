//! A look at the tree as somebody sees it: some levels open, some topics searched, a window of rows out of all.
//!
//! The same rows are laid out by the page and sent to scripts. A level that is no topic and has one level below it
//! stands in one row with it (`nodes/bridge/0`). Texts are cut for a row, and a row that was cut says so.

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::history::{Form, Kept, Kind};
use super::search::Search;
use super::tree::{Leaf, NodeId, ROOT, Tree};
use crate::hub::{Presence, iso};

/// The most rows of one window.
pub const MAX_ROWS: usize = 200;
/// The most levels that can be opened or shut one by one.
pub const MAX_OPEN: usize = 1000;
/// The longest topic that is its own name; a longer one goes by its mark.
pub const LONGEST_NAME: usize = 1000;
/// How much of a topic and of a payload a row shows, in bytes.
const SHOWN: usize = 256;
/// How many bytes of a payload that is no text.
const SHOWN_BYTES: usize = 24;

/// A place in the tree, as a visitor names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(untagged)]
pub enum Place {
    /// By topic, or beginning of topics.
    Topic(String),
    /// By mark, where the topic is too long.
    Mark {
        /// The mark.
        id: String,
    },
}

impl Place {
    /// The node that is meant, if it is there.
    pub fn find(&self, tree: &Tree) -> Option<NodeId> {
        match self {
            Self::Topic(path) => tree.find(path),
            Self::Mark { id } => tree.marked(id),
        }
    }

    /// What it is called in an address: `topic` or `id`.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Topic(_) => "topic",
            Self::Mark { .. } => "id",
        }
    }

    /// How a node is named.
    pub fn of(tree: &Tree, id: NodeId) -> Self {
        let path = tree.path(id);
        if path.len() > LONGEST_NAME { Self::Mark { id: tree.mark(id) } } else { Self::Topic(path) }
    }
}

/// Which levels are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// These, and every level above them.
    These(Vec<Place>),
    /// All but these.
    AllBut(Vec<Place>),
    /// As many as fit into so many rows, from the top; never the hub's own.
    Fitting(usize),
}

/// What somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Only what lies below; everything if not given.
    pub at: Option<Place>,
    /// Only what is looked for.
    pub search: Search,
    /// Which levels are open.
    pub open: Open,
    /// The first row of the window.
    pub first: usize,
    /// The rows of the window.
    pub rows: usize,
}

/// The rows of a window, and how many there are in all.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Rows if there were no window.
    pub total: usize,
    /// Topics that are found.
    pub topics: u32,
    /// The window.
    pub rows: Vec<Row>,
    /// The levels that are open, as far as they are named.
    pub open: Vec<Place>,
}

/// One row.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Row {
    /// The topic, or the beginning of topics; cut if there is an `id`.
    pub topic: String,
    /// The mark of a topic that is too long to be its own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The levels that this row adds to the one it lies in.
    pub name: String,
    /// How deep it lies, from 1.
    pub level: u16,
    /// Which one it is of those right below the same level, from 1, and how many they are.
    pub place: (usize, usize),
    /// Whether the levels below are shown; not given if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// Topics below it.
    pub below: u32,
    /// Messages at it and below.
    pub count: u64,
    /// Messages a second as of the last one.
    pub rate: f64,
    /// When the last one came, in milliseconds since 1970 on the hub's clock.
    #[serde(serialize_with = "as_time")]
    pub at: u64,
    /// What the topic itself said last.
    #[serde(flatten)]
    pub said: Option<Said>,
}

/// What a topic said last.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Said {
    /// The beginning of the payload: text, or bytes in hexadecimal digits.
    pub value: String,
    /// What the payload is.
    pub form: Form,
    /// How long the whole payload is.
    pub bytes: usize,
    /// Whether `value` is not all of it.
    pub cut: bool,
    /// What it was for.
    pub kind: Kind,
    /// Whether all that is known of it is what a broker or the hub remembered.
    pub memory: bool,
    /// Whether it speaks as usual, if the hub judges it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// The link or account it came from.
    pub from: String,
}

/// Looks; `source` names links and accounts.
pub fn look(tree: &Tree, wanted: &Wanted, source: impl Fn(u16) -> String) -> Seen {
    let Some(top) = wanted.at.as_ref().map_or(Some(ROOT), |at| at.find(tree)) else { return Seen::default() };
    let marks = wanted.search.marks(tree);
    let mut eye = Eye { tree, marks, open: HashSet::new(), all: false, lines: Vec::new() };
    eye.open(&wanted.open, top);
    eye.below(top, 1);
    let shown = eye.lines.iter().skip(wanted.first).take(wanted.rows.min(MAX_ROWS));
    let rows = shown.map(|line| eye.row(line, &source)).collect();
    let open = eye.lines.iter().filter(|line| eye.is_open(line.id) && eye.has_below(line.id));
    let open = open.take(MAX_OPEN).map(|line| Place::of(tree, line.id)).collect();
    Seen { total: eye.lines.len(), topics: eye.found(top), rows, open }
}

struct Eye<'a> {
    tree: &'a Tree,
    marks: Option<Vec<u32>>,
    /// Open ones, or shut ones if all are open.
    open: HashSet<NodeId>,
    all: bool,
    lines: Vec<Line>,
}

/// A row before it is written.
struct Line {
    /// The first and the last of the levels in it.
    head: NodeId,
    id: NodeId,
    level: u16,
    place: (usize, usize),
}

impl Eye<'_> {
    fn found(&self, id: NodeId) -> u32 {
        self.marks.as_ref().map_or(self.tree.node(id).topics, |marks| marks[id.index()])
    }

    fn is_open(&self, id: NodeId) -> bool {
        self.open.contains(&id) != self.all
    }

    fn has_below(&self, id: NodeId) -> bool {
        self.tree.children(id).iter().any(|child| self.found(*child) > 0)
    }

    /// The levels right below, each together with those that only continue it.
    fn lines(&self, id: NodeId, level: u16) -> Vec<Line> {
        let found = self.tree.children(id).iter().filter(|child| self.found(**child) > 0);
        let heads: Vec<_> = found.enumerate().collect();
        let of = heads.len();
        let line = |(n, head): (usize, &NodeId)| Line {
            head: *head,
            id: self.end_of(*head),
            level,
            place: (n + 1, of),
        };
        heads.into_iter().map(line).collect()
    }

    fn end_of(&self, mut id: NodeId) -> NodeId {
        while self.tree.leaf(id).is_none() {
            let mut below = self.tree.children(id).iter().filter(|child| self.found(**child) > 0);
            match (below.next(), below.next()) {
                (Some(only), None) => id = *only,
                _ => break,
            }
        }
        id
    }

    fn open(&mut self, open: &Open, top: NodeId) {
        match open {
            Open::AllBut(places) => {
                self.all = true;
                self.open = places.iter().take(MAX_OPEN).filter_map(|place| place.find(self.tree)).collect();
            }
            Open::These(places) => {
                for place in places.iter().take(MAX_OPEN) {
                    let mut above = place.find(self.tree);
                    while let Some(id) = above {
                        self.open.insert(id);
                        above = self.tree.parent(id);
                    }
                }
            }
            Open::Fitting(rows) => self.open_fitting(top, *rows),
        }
    }

    /// Opens from the top, level by level, what still fits.
    fn open_fitting(&mut self, top: NodeId, rows: usize) {
        let mut level = self.lines(top, 1);
        let mut total = level.len();
        while !level.is_empty() {
            let mut next = Vec::new();
            for line in level {
                let below = self.lines(line.id, 1);
                let is_own = self.tree.node(line.head).name.starts_with('$');
                if below.is_empty() || is_own || total + below.len() > rows {
                    continue;
                }
                total += below.len();
                self.open.insert(line.id);
                next.extend(below);
            }
            level = next;
        }
    }

    fn below(&mut self, id: NodeId, level: u16) {
        for line in self.lines(id, level) {
            let id = line.id;
            self.lines.push(line);
            if self.is_open(id) {
                self.below(id, level.saturating_add(1));
            }
        }
    }

    fn row(&self, line: &Line, source: &impl Fn(u16) -> String) -> Row {
        let (tree, id) = (self.tree, line.id);
        let node = tree.node(id);
        let topic = tree.path(id);
        let above = tree.parent(line.head).map(|above| tree.path(above)).unwrap_or_default();
        let has_above = tree.parent(line.head).is_some_and(|above| above != ROOT);
        let name = &topic[if has_above { above.len() + 1 } else { 0 }..];
        let leaf = tree.leaf(id);
        let is_long = topic.len() > LONGEST_NAME;
        Row {
            id: is_long.then(|| tree.mark(id)),
            name: shorten(name, SHOWN).to_owned(),
            level: line.level,
            place: line.place,
            open: self.has_below(id).then(|| self.is_open(id)),
            below: self.found(id) - u32::from(leaf.is_some()).min(self.found(id)),
            count: node.pulse.count,
            rate: node.pulse.mean(),
            at: node.pulse.at,
            said: leaf.map(|leaf| Said::new(leaf, source)),
            topic: if is_long { shorten(&topic, SHOWN).to_owned() } else { topic },
        }
    }
}

impl Said {
    fn new(leaf: &Leaf, source: &impl Fn(u16) -> String) -> Self {
        let last = leaf.history.last();
        let (value, cut) = beginning(last);
        Self {
            value,
            form: last.form,
            bytes: last.bytes.len(),
            cut,
            kind: last.kind,
            memory: leaf.remembered.is_some(),
            presence: leaf.presence,
            from: source(last.from),
        }
    }
}

/// The beginning of a payload in one line, and whether there is more.
pub fn beginning(kept: &Kept) -> (String, bool) {
    if kept.form == Form::Bytes {
        let shown = &kept.bytes[..kept.bytes.len().min(SHOWN_BYTES)];
        let digits = shown.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        return (digits, kept.bytes.len() > SHOWN_BYTES);
    }
    let head = &kept.bytes[..kept.bytes.len().min(SHOWN + 4)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // Only the last character can be cut in half.
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    let short = shorten(text, SHOWN);
    (short.to_owned(), short.len() < kept.bytes.len())
}

/// At most `most` bytes of a text, whole characters.
pub fn shorten(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A moment of the record as the hub tells times.
pub fn time(at: u64) -> String {
    iso(moment(at))
}

/// A moment of the record.
pub fn moment(at: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(at)
}

fn as_time<S: serde::Serializer>(at: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time(*at))
}

#[cfg(test)]
mod tests;
