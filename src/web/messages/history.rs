//! What one topic said last and before: the payloads as they came, numbered from 1.
//!
//! The last one is always there. Older ones are kept as far as the tree's budget lets them; which have to go is decided
//! there ([`Tree`](super::tree::Tree)), so that one talkative topic never takes the past of a silent one.

use std::collections::VecDeque;
use std::sync::Arc;

/// The most payloads kept of one topic, the last one included.
pub const MAX_KEPT: usize = 200;
/// What an allocation costs beside its bytes: the counts of the `Arc` and the allocator's own.
const ALLOCATION: usize = 32;

/// What a payload's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A JSON value.
    Json,
    /// Other UTF-8 text.
    Text,
    /// Other bytes.
    Bytes,
    /// Nothing at all.
    Empty,
}

/// What a message was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A value, or any other word of a device.
    Value,
    /// A command that somebody gave.
    Command,
    /// A device's answer to a request.
    Answer,
    /// A fact of the hub's own.
    Hub,
}

/// Whether somebody said it just then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Yes.
    Live,
    /// No: the hub itself remembered it over a restart.
    Hub,
    /// No: a broker remembered it (retained).
    Broker,
}

/// One message of a topic.
#[derive(Clone, Debug)]
pub struct Kept {
    /// When it was heard, in milliseconds since 1970 on the hub's clock.
    pub at: u64,
    /// The payload.
    pub bytes: Arc<[u8]>,
    /// The number of the link or account it came from.
    pub from: u16,
    /// What its bytes are.
    pub form: Form,
    /// What it was for.
    pub kind: Kind,
    /// Whether somebody said it just then.
    pub memory: Memory,
}

impl Kept {
    /// The bytes of memory it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.bytes.len() + ALLOCATION
    }

    /// Whether somebody said it just then.
    pub fn is_live(&self) -> bool {
        self.memory == Memory::Live
    }

    /// The payload as text; what is no text is replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// The messages of one topic.
#[derive(Debug)]
pub struct History {
    last: Kept,
    older: VecDeque<Kept>,
    /// What the older ones weigh.
    weight: usize,
    /// The number of the last one.
    number: u64,
}

impl History {
    /// A history that begins now.
    pub fn new(first: Kept) -> Self {
        Self { last: first, older: VecDeque::new(), weight: 0, number: 1 }
    }

    /// The newest message.
    pub fn last(&self) -> &Kept {
        &self.last
    }

    /// The number of the newest message.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The number of the oldest message that is still here.
    pub fn oldest(&self) -> u64 {
        self.number - self.older.len() as u64
    }

    /// The message with this number, if it is still here.
    pub fn get(&self, number: u64) -> Option<&Kept> {
        if number == self.number {
            return Some(&self.last);
        }
        let index = usize::try_from(number.checked_sub(self.oldest())?).ok()?;
        self.older.get(index)
    }

    /// All that are still here with their numbers, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Kept)> {
        let numbered = (self.oldest()..).zip(self.older.iter().chain([&self.last]));
        numbered.collect::<Vec<_>>().into_iter()
    }

    /// What the older ones weigh.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Takes the next message.
    pub fn push(&mut self, next: Kept) {
        let before = std::mem::replace(&mut self.last, next);
        self.number += 1;
        self.weight += before.weight();
        self.older.push_back(before);
        if self.older.len() >= MAX_KEPT {
            self.drop_oldest();
        }
    }

    /// Forgets the oldest; `false` if only the last one is left.
    pub fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.older.pop_front() else { return false };
        self.weight -= oldest.weight();
        if self.older.capacity() > 16 && self.older.len() * 4 < self.older.capacity() {
            self.older.shrink_to(self.older.len() * 2);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Kept {
        let bytes = text.as_bytes().into();
        Kept { at: 0, bytes, from: 0, form: Form::Json, kind: Kind::Value, memory: Memory::Live }
    }

    #[test]
    fn messages_keep_their_numbers_when_older_ones_go() {
        let mut history = History::new(said("1"));
        for number in 2..=1000u64 {
            history.push(said(&number.to_string()));
        }
        assert_eq!((history.oldest(), history.number()), (801, 1000));
        let text = |number| history.get(number).map(|kept| kept.text().into_owned());
        assert_eq!(text(1000), Some("1000".into()));
        assert_eq!(text(801), Some("801".into()));
        assert_eq!((text(800), text(1001), text(0)), (None, None, None));
        let all: Vec<u64> = history.iter().map(|(number, _)| number).collect();
        assert_eq!((all.len(), all[0], all[199]), (MAX_KEPT, 801, 1000));
    }

    #[test]
    fn what_it_weighs_is_what_it_holds() {
        let mut history = History::new(said("a"));
        for _ in 0..50 {
            history.push(said("some payload"));
        }
        let held: usize = history.iter().map(|(_, kept)| kept.weight()).sum();
        assert_eq!(history.weight(), held - history.last().weight());
        while history.drop_oldest() {}
        assert_eq!((history.weight(), history.last().text().as_ref()), (0, "some payload"));
    }
}
