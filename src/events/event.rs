//! An event, and the line of JSON it becomes.
//!
//! Fields that say nothing are left out. A line carries its number, which always grows by one, and the beginning of the
//! SHA-256 of the line before it: a line that is missing or was changed is noticed.

use std::borrow::Cow;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hub::{By, Means, Whence};

/// The longest text of an event, in characters.
pub const LONGEST: usize = 400;
/// What stands in the first line of all in place of a hash.
pub const NOTHING_BEFORE: &str = "0000000000000000";

/// What an event is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A command and its end.
    #[default]
    Command,
    /// A switch or a choice that changed and nobody asked for it here.
    Change,
    /// A link: up, waiting, gone.
    Link,
    /// Somebody came in, or was not let in.
    Login,
    /// Accounts, passwords, tokens.
    Account,
    /// It was decided about a device that announced itself.
    Device,
    /// The configuration or the definitions.
    Config,
    /// The hub itself: started, stopped, in trouble, its clock.
    Hub,
}

impl Kind {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 8] = [
        Self::Command,
        Self::Change,
        Self::Link,
        Self::Login,
        Self::Account,
        Self::Device,
        Self::Config,
        Self::Hub,
    ];

    /// The word in files and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Change => "change",
            Self::Link => "link",
            Self::Login => "login",
            Self::Account => "account",
            Self::Device => "device",
            Self::Config => "config",
            Self::Hub => "hub",
        }
    }

    /// The kind of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What it is about.
    pub kind: Kind,
    /// What happened, in one word: `confirmed`, `waiting`, `wrong`.
    pub what: Cow<'static, str>,
    /// The account, or the link that asked in the name of somebody at a broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Box<str>>,
    /// The address of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Box<str>>,
    /// By what means: `page`, `form`, `script`, `local`, `broker`, `session`, `password`, `token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Cow<'static, str>>,
    /// The topic, the link, the account or the section it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Box<str>>,
    /// The base topic of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Box<str>>,
    /// What was wished, or what it is now; at most 400 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<str>>,
    /// What it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<str>>,
    /// From the wish to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// A word for programs that says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Box<str>>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// How many more of the same kind came so fast that they are only counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<u64>,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number; the next event has the next number.
    pub seq: u64,
    /// When, RFC 3339 in UTC.
    pub at: Box<str>,
    /// What.
    #[serde(flatten)]
    pub event: Event,
    /// The beginning of the SHA-256 of the line before.
    pub prev: Box<str>,
}

impl Event {
    /// Something of this kind.
    pub fn new(kind: Kind, what: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, what: what.into(), ..Self::default() }
    }

    /// Who did it, and from where.
    #[must_use]
    pub fn by(self, by: &By) -> Self {
        let (means, address) = match by.from {
            Some(Whence { means, address }) => (Some(means), address),
            None => (None, None),
        };
        let by_means = means.map(Means::word).map(Cow::Borrowed);
        Self {
            who: Some(short(&by.account)),
            by: by_means,
            from: address.map(|address| address.to_canonical().to_string().into()),
            ..self
        }
    }

    /// Who did it.
    #[must_use]
    pub fn who(self, who: &str) -> Self {
        Self { who: Some(short(who)), ..self }
    }

    /// What it is about.
    #[must_use]
    pub fn about(self, about: &str) -> Self {
        Self { about: Some(short(about)), ..self }
    }

    /// Why, as a word and in words; nothing if there is nothing to say.
    #[must_use]
    pub fn why(self, code: &str, reason: &str) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| short(text));
        Self { code: some(code), reason: some(reason), ..self }
    }

    /// What was said.
    #[must_use]
    pub fn payload(self, payload: &str) -> Self {
        Self { payload: Some(short(payload)), ..self }
    }
}

/// At most [`LONGEST`] characters.
pub fn short(text: &str) -> Box<str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// The beginning of the SHA-256 of a line without its end.
pub fn hash(line: &[u8]) -> Box<str> {
    let digest = Sha256::digest(line);
    let hex = digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    hex.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_only_what_there_is_and_is_read_as_it_was_written() {
        let by = By { account: "ada".into(), client: 3, from: None };
        let event = Event::new(Kind::Command, "confirmed").by(&by).about("a/set").payload("{}");
        let line = Line { seq: 7, at: "2026-11-22T00:00:00.000Z".into(), event, prev: NOTHING_BEFORE.into() };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(
            text,
            r#"{"seq":7,"at":"2026-11-22T00:00:00.000Z","kind":"command","what":"confirmed","who":"ada","about":"a/set","payload":"{}","prev":"0000000000000000"}"#
        );
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
        // A field of a later version is no reason to lose the line.
        assert!(serde_json::from_str::<Line>(&text.replace("\"who\"", "\"later\":1,\"who\"")).is_ok());
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(short(&"č".repeat(1_000)).chars().count(), LONGEST + 1);
        assert_eq!(&*short("č"), "č");
        assert_eq!(&*hash(b""), "e3b0c44298fc1c14");
    }
}
