//! Names of quantities and kinds of devices, as people call them.

use super::devices;
use super::words::{WORDS, Word};

/// The names in one language; what is in no table keeps its word from the protocol.
#[derive(Debug)]
pub struct Names {
    said: fn(&Word) -> &'static str,
    given: &'static [(&'static str, &'static str)],
}

impl Names {
    /// A name that a definition gives, in the language of the page if it is known there.
    pub fn given<'a>(&self, name: &'a str) -> &'a str {
        self.given.iter().find(|(known, _)| *known == name).map_or(name, |(_, said)| said)
    }

    /// The name of a word of the protocol (`temperature`, `relay`), if people have one.
    pub fn of(&self, word: &str) -> Option<&'static str> {
        let at = WORDS.binary_search_by(|(known, ..)| (*known).cmp(word)).ok()?;
        Some((self.said)(&WORDS[at]))
    }
}

pub(super) const EN: Names = Names { said: |(_, en, _)| en, given: &[] };

pub(super) const CS: Names = Names { said: |(_, _, cs)| cs, given: devices::CS };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::vocabulary::{QUANTITIES, TYPES};

    #[test]
    fn every_word_of_the_vocabulary_has_a_name() {
        assert!(WORDS.is_sorted_by(|(one, ..), (two, ..)| one < two), "each once, in order");
        let quantities = QUANTITIES.iter().map(|quantity| quantity.name).filter(|name| *name != "state");
        let types = TYPES.iter().map(|(kind, _)| *kind);
        let missing: Vec<&str> = quantities.chain(types).filter(|word| EN.of(word).is_none()).collect();
        assert!(missing.is_empty(), "add them to src/web/text/words.rs: {missing:?}");
    }
}
