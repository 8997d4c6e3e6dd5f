//! What is recorded, how often, and how long it is kept.

use std::time::Duration;

use crate::talk::TopicFilter;

/// What is recorded and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How often what was heard is written; a killed program loses at most this much, a power cut a minute more.
    pub flush: Duration,
    /// A number is recorded at most so often.
    pub every: Duration,
    /// How long samples are kept.
    pub samples: Duration,
    /// How long what hours come to is kept.
    pub hours: Duration,
    /// How long what days come to is kept.
    pub days: Duration,
    /// The file grows to this many bytes; then the oldest goes.
    pub size: u64,
    /// The most series.
    pub series: usize,
    /// Exceptions for some topics; the first that matches counts.
    pub rules: Vec<Rule>,
}

/// What is different for some topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which topics.
    pub topics: Vec<TopicFilter>,
    /// Whether they are recorded; said of topics that belong to no device, they are, too.
    pub record: bool,
    /// A number is recorded at most so often.
    pub every: Option<Duration>,
    /// How long samples are kept.
    pub samples: Option<Duration>,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Default for Settings {
    fn default() -> Self {
        Self {
            flush: Duration::from_secs(10),
            every: Duration::from_secs(1),
            samples: 2 * 365 * DAY,
            hours: 5 * 365 * DAY,
            days: 50 * 365 * DAY,
            size: 512 << 20,
            series: 5_000,
            rules: Vec::new(),
        }
    }
}

impl Settings {
    /// The first rule for a topic.
    pub fn rule(&self, topic: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.topics.iter().any(|filter| filter.matches(topic)))
    }

    /// Whether a topic is recorded: those of devices are, others if a rule says so.
    pub fn records(&self, topic: &str, is_device: bool) -> bool {
        self.rule(topic).map_or(is_device, |rule| rule.record)
    }

    /// How often a number of a topic is recorded.
    pub fn every(&self, topic: &str) -> Duration {
        self.rule(topic).and_then(|rule| rule.every).unwrap_or(self.every)
    }

    /// How long samples of a topic are kept.
    pub fn samples(&self, topic: &str) -> Duration {
        self.rule(topic).and_then(|rule| rule.samples).unwrap_or(self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_counts() {
        let rule = |filter: &str, record, hours: u64| Rule {
            topics: vec![TopicFilter::new(filter).unwrap()],
            record,
            every: None,
            samples: Some(Duration::from_secs(hours * 3600)),
        };
        let settings = Settings {
            rules: vec![rule("nodes/+/pir/#", false, 1), rule("nodes/#", true, 2), rule("house/#", true, 3)],
            ..Settings::default()
        };
        assert!(!settings.records("nodes/a/pir/0", true));
        assert!(settings.records("nodes/a/relay/0", true));
        assert!(settings.records("house/x", false));
        assert!(!settings.records("garden/x", false));
        assert!(settings.records("garden/x", true));
        assert_eq!(settings.samples("nodes/a/relay/0").as_secs(), 2 * 3600);
        assert_eq!(settings.samples("garden/x"), settings.samples);
    }
}
