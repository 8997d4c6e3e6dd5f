//! What is recorded: a quantity of a topic, and its samples.

/// What one series is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The complete topic, `nodes/bridge/0/thermometer/i2c0-48`.
    pub topic: Box<str>,
    /// The quantity, `temperature`; empty where the payload is a bare value.
    pub quantity: Box<str>,
    /// What its values are.
    pub kind: Kind,
    /// The unit of numbers; a device that changes it begins another series.
    pub unit: Option<Box<str>>,
}

/// What the values of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Numbers.
    Number,
    /// On and off, as 1 and 0.
    Truth,
    /// Words; each is the number that the table `word` gives it.
    Word,
}

/// A value and when it was true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// The number, or what stands for the word; what is no number says that from here on nobody knows.
    pub value: f64,
}

impl Sample {
    /// Whether nobody knows the value from here on.
    pub fn is_gap(&self) -> bool {
        self.value.is_nan()
    }

    /// Whether it is the same: equal time and value, whichever way zero or a gap is written.
    pub fn is_same(&self, other: &Self) -> bool {
        self.at == other.at && (self.value == other.value || (self.is_gap() && other.is_gap()))
    }
}

impl Kind {
    const WORDS: [(&str, Self); 3] = [("number", Self::Number), ("truth", Self::Truth), ("word", Self::Word)];

    /// The word for it in the file.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// The kind that is called like this.
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }
}
