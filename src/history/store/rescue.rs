//! Another file for what is in memory: the one before was deleted or is damaged.

use std::collections::HashMap;

use super::{Recorded, Store};
use crate::history::series::Kind;

impl Store {
    /// Takes over what another store has in memory: what is not written, and into a file that holds nothing also what
    /// was in the other one's journal.
    pub fn take_over(&mut self, other: Self) {
        let is_empty = self.keys.is_empty();
        let words: HashMap<u64, &str> =
            other.words.iter().map(|(word, id)| (super::f64_of(*id).to_bits(), &**word)).collect();
        let journal = other.tail.iter().filter(|_| is_empty);
        for (series, samples) in journal.chain(&other.waiting) {
            let Some(key) = other.keys.get(series) else { continue };
            let id = self.series(key);
            for sample in samples {
                let recorded = match key.kind {
                    _ if sample.value.is_nan() => Some(Recorded::Unknown),
                    Kind::Number => Some(Recorded::Number(sample.value)),
                    Kind::Truth => Some(Recorded::Truth(sample.value != 0.0)),
                    Kind::Word => words.get(&sample.value.to_bits()).map(|word| Recorded::Word(word)),
                };
                if let Some(recorded) = recorded {
                    self.add(id, sample.at, recorded);
                }
            }
        }
        self.lost += other.lost;
    }
}
