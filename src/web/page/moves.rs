//! The three buttons of a cover: up, stop and down, in the words that its definition takes.

use super::note::Step;
use super::view::{Facts, in_words, word_shown};
use crate::device::{Kind, kind_of};
use crate::talk::model::Value;
use crate::web::text::Live;

/// Up, stop and down.
#[derive(Clone, Debug)]
pub struct Moves {
    /// What it does now, as it says it.
    pub said: String,
    /// What it does now, in words.
    pub words: String,
    /// Those of the three that it has.
    pub buttons: Vec<Move>,
}

/// One of the three.
#[derive(Clone, Debug)]
pub struct Move {
    /// `open`, `stop` or `close`: its sign.
    pub sign: &'static str,
    /// The word of the protocol.
    pub word: String,
    /// What it is called.
    pub label: &'static str,
    /// Whether somebody asked for it.
    pub wished: bool,
}

/// The words that move a cover: as a motion, else as where it ends.
const SIGNS: [(&str, [&str; 2]); 3] =
    [("open", ["opening", "open"]), ("stop", ["stopped", "stop"]), ("close", ["closing", "closed"])];

/// The buttons for these facts, if they are a cover's that can be moved.
pub fn moves(live: &Live, facts: &Facts) -> Option<Moves> {
    let Kind::Choice(words) = &facts.kind else { return None };
    if kind_of(&facts.id) != "cover" || facts.key != "action" || !facts.is_set() {
        return None;
    }
    let takes = |word: &str| match &facts.takes {
        Some(taken) => taken.iter().any(|one| one == word),
        None => words.iter().any(|one| one == word),
    };
    let wished = match &facts.step {
        Some(Step::Pending { wish, .. }) => Some(wish.as_str()),
        Some(Step::Refused { .. } | Step::Unanswered { .. }) | None => None,
    };
    let button = |(sign, words): (&'static str, [&'static str; 2])| {
        let word = words.into_iter().find(|word| takes(word))?;
        let label = match sign {
            "open" => live.move_open,
            "stop" => live.move_stop,
            _ => live.move_close,
        };
        Some(Move { sign, word: word.to_owned(), label, wished: wished == Some(word) })
    };
    let buttons: Vec<Move> = SIGNS.into_iter().filter_map(button).collect();
    let (said, words) = match &facts.said {
        Value::Text(word) => (word.to_string(), motion(live, word)),
        Value::Null => (String::new(), live.unknown.to_owned()),
        other @ (Value::Bool(_) | Value::Number { .. } | Value::Other(_)) => {
            (other.to_string(), in_words(live, other))
        }
    };
    (!buttons.is_empty()).then_some(Moves { said, words, buttons })
}

/// What a cover does, in words.
pub fn motion(live: &Live, word: &str) -> String {
    match word {
        "opening" => live.opening.to_owned(),
        "closing" => live.closing.to_owned(),
        "stopped" => live.stopped.to_owned(),
        "open" => live.open.to_owned(),
        "closed" => live.closed.to_owned(),
        other => word_shown(live, other),
    }
}
