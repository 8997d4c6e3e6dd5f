//! What the bridge answers: messages, and a reason when it did not do as it was told.

use crate::talk::{Message, Payload, Topic};

/// The answer to one message.
#[derive(Debug, Default)]
pub struct Heard {
    /// What the bridge says at once.
    pub said: Vec<Message>,
    /// Why it did not do as it was told.
    pub refused: Option<Refused>,
}

/// A refusal: a word for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Kebab-case word.
    pub code: &'static str,
    /// What was wrong and what would be right.
    pub reason: String,
}

/// Done, and this is said about it.
pub(super) fn say(message: Message) -> Heard {
    Heard { said: vec![message], refused: None }
}

/// Not done, for a reason.
pub(super) fn refuse(code: &'static str, reason: &str) -> Heard {
    Heard { said: Vec::new(), refused: Some(Refused { code, reason: reason.to_owned() }) }
}

/// A message of the bridge's own making.
pub(super) fn message(topic: &str, payload: &str) -> Message {
    Message {
        topic: Topic::new(topic).expect("topics of the bridge are made of its own words"),
        payload: Payload::parse(payload).expect("payloads of the bridge are written as JSON"),
        options: None,
    }
}
