//! `--key value`, `--key=value`, repeated keys kept in order.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Keys that take no value.
const FLAGS: &[&str] = &["tls", "quick"];

/// The command line after the command.
pub struct Arguments {
    values: BTreeMap<String, Vec<String>>,
}

impl Arguments {
    /// Reads them, or says what is wrong.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(word) = words.next() {
            let key = word.strip_prefix("--").ok_or(format!("unexpected argument: {word}"))?;
            let (key, value) = match key.split_once('=') {
                Some((key, value)) => (key.to_owned(), value.to_owned()),
                None if FLAGS.contains(&key) => (key.to_owned(), String::new()),
                None => (key.to_owned(), words.next().ok_or(format!("--{key} needs a value"))?),
            };
            values.entry(key).or_default().push(value);
        }
        Ok(Self { values })
    }

    /// The last value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).and_then(|values| values.last()).map(String::as_str)
    }

    /// All values of a key.
    pub fn all(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether a key was given.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// A number, or the default.
    pub fn number<T: FromStr>(&self, key: &str, default: T) -> T {
        match self.get(key) {
            None => default,
            Some(text) => text.parse().unwrap_or_else(|_| die(&format!("--{key}: not a number: {text}"))),
        }
    }

    /// A value that must be there.
    pub fn must(&self, key: &str) -> &str {
        self.get(key).unwrap_or_else(|| die(&format!("--{key} is required")))
    }
}

/// Ends the program with a reason.
pub fn die(reason: &str) -> ! {
    eprintln!("hubload: {reason}");
    std::process::exit(2)
}
