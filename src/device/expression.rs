//! Regular expressions of definitions: judged when they are read, built when a device says something.
//!
//! A built one holds tens of KiB, and of the definitions that come with the hub a household uses three.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use regex::{Error, Regex, RegexBuilder};

/// What one may become in memory; matching never takes more than linear time.
const MOST: usize = 1 << 18;

/// A regular expression that is known to be good. Clones share what is built.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    built: Arc<OnceLock<Regex>>,
}

impl Expression {
    /// Judges `text`: its grammar, and that it does not become too large.
    pub fn new(text: &str) -> Result<Self, Error> {
        build(text)?;
        Ok(Self { text: text.into(), built: Arc::default() })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Deref for Expression {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        self.built.get_or_init(|| build(&self.text).expect("it was built when it was judged"))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

fn build(text: &str) -> Result<Regex, Error> {
    RegexBuilder::new(text).size_limit(MOST).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_judged_at_once_and_built_when_it_is_needed() {
        let expression = Expression::new("T=(?<value>[0-9.]+)").unwrap();
        assert!(expression.built.get().is_none(), "it holds nothing yet");
        let other = expression.clone();
        assert_eq!(&other.captures("T=21.5").unwrap()["value"], "21.5");
        assert!(expression.built.get().is_some(), "clones share it");
        assert!(Expression::new("(").is_err());
        assert!(Expression::new(r"\w{1000}").is_err(), "too large");
    }
}
