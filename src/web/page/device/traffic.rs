//! What goes between the hub and one device: the line as it came, what it means, and the commands with the bytes they
//! became, side by side and newest first.
//!
//! Nothing is carried along for this on the way of a message. The parts are put together when somebody looks: a line of
//! Clown.Talk belongs to the message that says the same, a message of a broker to what was made of it at that very
//! instant, any other line to what was said until the next one. What is old in one of the records stands alone.

use std::time::{Duration, SystemTime};

use super::raw::{Wire, wires};
use crate::hub::Step;
use crate::web::messages::Record;
use crate::web::messages::deeds::Deed;
use crate::web::messages::history::{Kept, Kind};
use crate::web::messages::look::{beginning, time};
use crate::web::messages::recorder::State as Recorded;
use crate::web::messages::tree::NodeId;
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// Rows that are shown.
const ROWS: usize = 40;
/// Messages of one topic that are looked at.
const PER_TOPIC: u64 = 20;
/// How long after its first byte a line may be told.
const SOON: u64 = 1_500;

/// One message of the device.
#[derive(Clone, Debug)]
pub struct Said {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The complete topic.
    pub topic: String,
    /// What was kept.
    pub kept: Kept,
    /// Its number among those of its topic.
    pub number: u64,
}

/// Everything that belongs together.
#[derive(Debug, Default)]
struct Joined {
    wire: Option<Wire>,
    said: Vec<Said>,
    deed: Option<Deed>,
}

/// One row.
pub struct Row {
    /// What it stays the same by.
    pub key: String,
    /// For a machine, and the time of day to the millisecond.
    pub at: (String, String),
    /// What came or went: the arrow, the same in words, the text.
    pub wire: Option<(&'static str, &'static str, String)>,
    /// What it means: topic and value.
    pub said: Vec<(String, String)>,
    /// What was asked: topic, value, who, and what became of it as a mark and in words.
    pub deed: Option<DeedView>,
    /// Said where a line is no message.
    pub remark: &'static str,
}

/// A command.
pub struct DeedView {
    /// The topic below the base.
    pub topic: String,
    /// What was wished.
    pub value: String,
    /// Who asked.
    pub by: String,
    /// The name of the mark.
    pub step: &'static str,
    /// The step in words, with its time.
    pub words: String,
    /// Why not.
    pub reason: String,
    /// When.
    pub at: (String, String),
}

/// Whose traffic it is.
pub struct About<'a> {
    /// The base of the device.
    pub base: &'a str,
    /// Its link.
    pub link: &'a str,
    /// Whether it speaks Clown.Talk itself.
    pub is_native: bool,
    /// Whether nothing else speaks on its line.
    pub is_alone: bool,
    /// The bytes of its serial line, if it has one.
    pub rows: &'a [crate::hub::Row],
    /// Whether its link is a broker.
    pub is_mqtt: bool,
}

/// The newest rows.
pub fn rows(text: &'static Text, record: &Record, about: &About<'_>) -> Vec<Row> {
    let (said, deeds, found) = record.with(|recorded| {
        let said = said(recorded, about.base);
        let deeds: Vec<Deed> = recorded.deeds.of(about.base).take(ROWS).cloned().collect();
        let found = wires(recorded, about, &said);
        (said, deeds, found)
    });
    let mut joined = join(about, said, deeds, found);
    joined.sort_by_key(|one| std::cmp::Reverse((one.at(), one.order())));
    joined.truncate(ROWS);
    joined.into_iter().map(|one| one.show(text, about)).collect()
}

/// Commands that failed, newest first.
pub fn failures(text: &'static Text, record: &Record, base: &str, most: usize) -> Vec<DeedView> {
    let failed: Vec<Deed> = record.with(|recorded| {
        recorded.deeds.of(base).filter(|deed| deed.is_failure()).take(most).cloned().collect()
    });
    failed.iter().map(|deed| DeedView::new(text, base, deed)).collect()
}

/// The last messages of everything below a base.
fn said(recorded: &Recorded, base: &str) -> Vec<Said> {
    let tree = &recorded.tree;
    let mut open: Vec<NodeId> = tree.find(base).into_iter().collect();
    let mut all = Vec::new();
    while let Some(id) = open.pop() {
        open.extend(tree.children(id));
        let Some(leaf) = tree.leaf(id) else { continue };
        let (last, oldest) = (leaf.history.number(), leaf.history.oldest());
        let mut topic = None;
        for number in (oldest.max((last + 1).saturating_sub(PER_TOPIC))..=last).rev() {
            let Some(kept) = leaf.history.get(number) else { break };
            if kept.kind != Kind::Command && kept.is_live() {
                let topic = topic.get_or_insert_with(|| tree.path(id)).clone();
                all.push(Said { at: kept.at, topic, kept: kept.clone(), number });
            }
        }
    }
    all.sort_by_key(|said| std::cmp::Reverse(said.at));
    all.truncate(ROWS * 2);
    all
}

/// Puts together what belongs together.
fn join(about: &About<'_>, said: Vec<Said>, deeds: Vec<Deed>, wires: Vec<Wire>) -> Vec<Joined> {
    let mut said: Vec<Option<Said>> = said.into_iter().rev().map(Some).collect();
    let mut deeds: Vec<Option<Deed>> = deeds.into_iter().rev().map(Some).collect();
    let mut all = Vec::new();
    for (at, wire) in wires.iter().enumerate() {
        let next = wires[at + 1..].iter().find(|next| next.is_heard == wire.is_heard && next.at > wire.at);
        let until = next.map_or(u64::MAX, |next| next.at).min(wire.at.saturating_add(SOON));
        let mut one = Joined { wire: Some(wire.clone()), ..Joined::default() };
        if wire.is_heard {
            let mut taken = said.iter_mut().filter(|said| {
                said.as_ref().is_some_and(|said| wire.means(said.at, &said.topic, &said.kept.bytes, until))
            });
            if wire.message.is_some() {
                one.said.extend(taken.next().and_then(Option::take));
            } else {
                one.said.extend(taken.filter_map(Option::take));
            }
        } else {
            one.deed = deeds
                .iter_mut()
                .find(|deed| deed.as_ref().is_some_and(|deed| wire.carries(deed)))
                .and_then(Option::take);
        }
        // On a line of several devices the others' words are none of this page's.
        if about.is_alone || !one.said.is_empty() || one.deed.is_some() {
            all.push(one);
        }
    }
    all.extend(said.into_iter().flatten().map(|said| Joined { said: vec![said], ..Joined::default() }));
    all.extend(deeds.into_iter().flatten().map(|deed| Joined { deed: Some(deed), ..Joined::default() }));
    all
}

impl Joined {
    fn at(&self) -> u64 {
        let said = self.said.first().map(|said| said.at);
        let deed = self.deed.as_ref().map(|deed| deed.at);
        self.wire.as_ref().map(|wire| wire.at).or(said).or(deed).unwrap_or_default()
    }

    /// What was written before what was heard in the same millisecond.
    fn order(&self) -> u64 {
        self.wire.as_ref().map_or(0, |wire| wire.number + 1)
    }

    fn show(self, text: &'static Text, about: &About<'_>) -> Row {
        let (at, d) = (self.at(), &text.device);
        let key = match (&self.wire, self.said.first(), &self.deed) {
            (Some(wire), ..) => format!("w{}-{}", wire.number, wire.at),
            (None, Some(said), _) => format!("m{}-{}", said.topic, said.number),
            (None, None, Some(deed)) => format!("c{}-{}", deed.at, deed.topic),
            (None, None, None) => String::new(),
        };
        let is_lost = self.said.is_empty() && self.deed.is_none();
        let remark = match &self.wire {
            Some(wire) if is_lost && wire.is_heard && about.is_native && wire.message.is_none() => {
                d.no_message
            }
            _ => "",
        };
        let wire = self.wire.map(|wire| match wire.is_heard {
            true => ("←", d.heard, wire.text),
            false => ("→", d.written, wire.text),
        });
        let below = |topic: &str| {
            visible(topic.strip_prefix(about.base).map_or(topic, |id| id.trim_start_matches('/')))
        };
        let said = self.said.iter().map(|said| {
            let (value, is_cut) = beginning(&said.kept);
            (below(&said.topic), visible(&value) + if is_cut { "…" } else { "" })
        });
        Row {
            key,
            at: clock(at),
            wire,
            said: said.collect(),
            deed: self.deed.as_ref().map(|deed| DeedView::new(text, about.base, deed)),
            remark,
        }
    }
}

impl DeedView {
    fn new(text: &'static Text, base: &str, deed: &Deed) -> Self {
        let (d, step) = (&text.device, deed.step);
        let mark = if step.is_final() { step.word() } else { "pending" };
        let words = match step {
            Step::Accepted => d.steps[0],
            Step::Sent => d.steps[1],
            Step::Confirmed => d.steps[2],
            Step::Refused => d.steps[3],
            Step::Unanswered => d.steps[4],
            Step::Unconfirmable => d.steps[5],
        };
        let after = crate::web::page::note::duration(deed.after);
        let reason = match text.live.refusals.of(deed.refusal.0) {
            Some(words) => format!("{words} ({})", visible(&deed.refusal.1)),
            None => visible(&deed.refusal.1),
        };
        Self {
            topic: visible(
                deed.topic.strip_prefix(base).map_or(&*deed.topic, |id| id.trim_start_matches('/')),
            ),
            value: visible(&deed.payload),
            by: fill(d.asked_by, &[("by", &visible(&deed.by))]),
            step: if mark == "unconfirmable" { "online" } else { mark },
            words: format!("{words} · {after}"),
            reason: if deed.is_failure() { reason } else { String::new() },
            at: clock(deed.at),
        }
    }
}

/// A moment for a machine, and its time of day to the millisecond in UTC.
fn clock(at: u64) -> (String, String) {
    let machine = time(at);
    let person = machine.get(11..23).unwrap_or_default().to_owned();
    (machine, person)
}

/// Milliseconds since 1970.
pub fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
