//! How a device says that it is there or gone, and which of several such words counts.

use super::Topics;
use super::pointer::Pointer;
use super::template::Template;
use crate::talk::model::Value;

/// How a device says whether it is there.
#[derive(Debug)]
pub struct Availability {
    /// Where.
    pub topics: Topics,
    /// Where in the payload.
    pub value: Pointer,
    /// What is made of it.
    pub template: Option<Template>,
    /// Words for here.
    pub online: Vec<Value>,
    /// Words for gone.
    pub offline: Vec<Value>,
    /// Words for a connection that broke off.
    pub lost: Vec<Value>,
    /// Words for a sleep.
    pub asleep: Vec<Value>,
    /// Whose word it is, if it is not the device's own: a gateway that carries many devices.
    pub bridge: Option<Box<str>>,
}

/// What such a word means; what comes later weighs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// It is there.
    Online,
    /// It is not there, or does not listen.
    Away(Absence),
}

/// Why a device hears nothing, though its broker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// It said that it sleeps.
    Asleep,
    /// It said good-bye, or was said to be off.
    Offline,
    /// Its connection broke off without a good-bye.
    Lost,
}

/// Which of several words about availability counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AvailabilityMode {
    /// The last one.
    #[default]
    Latest,
    /// It is there if all say so.
    All,
    /// It is there if one says so.
    Any,
}

impl Word {
    /// Every word, as definitions write it.
    pub const ALL: [(&'static str, Self); 4] = [
        ("online", Self::Online),
        ("asleep", Self::Away(Absence::Asleep)),
        ("offline", Self::Away(Absence::Offline)),
        ("lost", Self::Away(Absence::Lost)),
    ];

    /// As definitions write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away(Absence::Asleep) => "asleep",
            Self::Away(Absence::Offline) => "offline",
            Self::Away(Absence::Lost) => "lost",
        }
    }
}

impl Availability {
    /// What was said, by the lists of words; `is` tells whether it is one of a list.
    pub(in crate::device) fn meaning(&self, is: impl Fn(&[Value]) -> bool) -> Option<Word> {
        let lists = [
            (&self.online, Word::Online),
            (&self.asleep, Word::Away(Absence::Asleep)),
            (&self.lost, Word::Away(Absence::Lost)),
            (&self.offline, Word::Away(Absence::Offline)),
        ];
        lists.into_iter().find_map(|(words, word)| is(words).then_some(word))
    }
}

impl AvailabilityMode {
    /// How it is by what each has said and what was said just now; nothing if that is not known yet.
    pub fn judge(self, said: &[Option<Word>], latest: Word) -> Option<Word> {
        let known = || said.iter().flatten().copied();
        match self {
            Self::Latest => Some(latest),
            Self::All => {
                let worst = known().max();
                let is_sure = matches!(worst, Some(Word::Away(_))) || said.iter().all(Option::is_some);
                worst.filter(|_| is_sure)
            }
            Self::Any => {
                let best = known().min();
                let is_sure = best == Some(Word::Online) || said.iter().all(Option::is_some);
                best.filter(|_| is_sure)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_all_counts_or_the_best_of_any() {
        const HERE: Option<Word> = Some(Word::Online);
        const ASLEEP: Option<Word> = Some(Word::Away(Absence::Asleep));
        const GONE: Option<Word> = Some(Word::Away(Absence::Offline));
        const LOST: Option<Word> = Some(Word::Away(Absence::Lost));
        let check = |mode: AvailabilityMode, said: &[Option<Word>], expect| {
            assert_eq!(mode.judge(said, Word::Online), expect, "{mode:?} {said:?}");
        };
        use AvailabilityMode::{All, Any, Latest};
        check(Latest, &[LOST, GONE], HERE);
        check(All, &[HERE, HERE], HERE);
        check(All, &[HERE, None], None);
        check(All, &[ASLEEP, None], ASLEEP);
        check(All, &[ASLEEP, HERE], ASLEEP);
        check(All, &[GONE, LOST], LOST);
        check(All, &[ASLEEP, GONE], GONE);
        check(Any, &[LOST, HERE], HERE);
        check(Any, &[LOST, None], None);
        check(Any, &[LOST, GONE], GONE);
        check(Any, &[LOST, ASLEEP], ASLEEP);
        check(Any, &[LOST, LOST], LOST);
    }
}
