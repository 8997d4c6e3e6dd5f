//! Own words that come back, and messages that go round: told apart from news and stopped.
//!
//! A broker of MQTT 3.1.1 sends back what we publish where we listen, once per subscription: exactly so many are our
//! echo. The same words once more, within [`WITHIN`], were passed on by somebody else: a loop. Nor is a broker told
//! what it has said itself a moment ago ([`Echoes::has_said`]), and the same words cross from one broker to another
//! [`CROSSINGS`] times within [`WITHIN`] at the most. Where MQTT 5 carries the way of a message, [`Via`] is exact.
//! A command is nobody's state: two people may wish the same, so only its echo is taken away, by number.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::recent::{Mark, Recent};

/// How long words are remembered.
pub const WITHIN: Duration = Duration::from_secs(5);
/// How many are remembered.
const MOST: usize = 4096;
/// How often the same words may cross from one broker to another within [`WITHIN`]; faster is no device.
pub const CROSSINGS: u32 = 25;
/// How often the same command may; faster is no person.
pub const COMMAND_CROSSINGS: u32 = 4;
/// The most hubs a message passes through.
pub const MAX_HOPS: usize = 8;
/// Copies of one message, sent because filters overlap, follow each other at once.
const COPIES_WITHIN: Duration = Duration::from_millis(250);

/// What a message that was heard is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody says it.
    News,
    /// We said it.
    Echo,
    /// We said it, and somebody says it again.
    Loop,
    /// The broker has sent it a moment ago for another filter.
    Copy,
}

/// What was said and heard on one link a moment ago.
#[derive(Debug)]
pub struct Echoes {
    /// Our words, and how many of them are still to come back.
    said: Recent<usize>,
    /// The broker's words.
    heard: Recent<()>,
    /// The broker's words that it may send again for another filter, and how often.
    copies: Recent<usize>,
    crossings: Crossings,
}

impl Default for Echoes {
    fn default() -> Self {
        Self {
            said: Recent::new(WITHIN, MOST),
            heard: Recent::new(WITHIN, MOST),
            copies: Recent::new(COPIES_WITHIN, MOST),
            crossings: Crossings::default(),
        }
    }
}

impl Echoes {
    /// We published this, and the broker will send it back so many times.
    pub fn say(&mut self, now: Instant, mark: Mark, back: usize) {
        let open = self.said.get(now, mark).map_or(0, |open| *open);
        self.said.put(now, mark, open + back);
    }

    /// The broker sent this, perhaps for each of so many filters.
    pub fn hear(&mut self, now: Instant, mark: Mark, filters: usize, is_command: bool) -> Heard {
        match self.said.get(now, mark) {
            Some(open @ 1..) => {
                *open -= 1;
                return Heard::Echo;
            }
            Some(_) if !is_command => return Heard::Loop,
            Some(_) | None => {}
        }
        if let Some(more @ 1..) = self.copies.get(now, mark) {
            *more -= 1;
            return Heard::Copy;
        }
        if filters > 1 {
            self.copies.put(now, mark, filters - 1);
        }
        self.heard.put(now, mark, ());
        Heard::News
    }

    /// Whether the broker has sent this a moment ago, so that it need not be told.
    pub fn has_said(&mut self, now: Instant, mark: Mark) -> bool {
        self.heard.get(now, mark).is_some()
    }

    /// Whether words that come from another broker may cross to this one.
    pub fn may_cross(&mut self, now: Instant, mark: Mark, is_command: bool) -> bool {
        self.crossings.count(now, mark) <= if is_command { COMMAND_CROSSINGS } else { CROSSINGS }
    }
}

/// How often words crossed, in steps of [`WITHIN`].
#[derive(Debug, Default)]
struct Crossings {
    since: Option<Instant>,
    counts: HashMap<Mark, u32>,
}

impl Crossings {
    fn count(&mut self, now: Instant, mark: Mark) -> u32 {
        let is_over = |since: Instant| now.saturating_duration_since(since) >= WITHIN;
        if self.since.is_none_or(is_over) || self.counts.len() >= MOST {
            self.since = Some(now);
            self.counts.clear();
        }
        let count = self.counts.entry(mark).or_default();
        *count += 1;
        *count
    }
}

/// The hubs a message has passed through, as MQTT 5 carries it: `0f3a9c1e,77ab01cd`.
pub struct Via<'a>(&'a str);

impl<'a> Via<'a> {
    /// As it was sent.
    pub fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Whether it has been here, or has gone too far.
    pub fn is_loop(&self, own: &str) -> bool {
        let mut hops = self.0.split(',').map(str::trim);
        hops.clone().any(|hop| hop == own) || hops.by_ref().count() > MAX_HOPS
    }

    /// With this hub at the end.
    pub fn and(before: Option<&str>, own: &str) -> String {
        match before {
            Some(before) if !before.is_empty() => format!("{before},{own}"),
            _ => own.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_echo_is_counted_exactly_and_what_follows_is_a_loop() {
        let start = Instant::now();
        let mut echoes = Echoes::default();
        echoes.say(start, 1, 1);
        echoes.say(start + SECOND, 1, 1);
        let later = start + SECOND * 2;
        let heard: Vec<Heard> = (0..4).map(|_| echoes.hear(later, 1, 1, false)).collect();
        assert_eq!(heard, [Heard::Echo, Heard::Echo, Heard::Loop, Heard::Loop]);
        assert_eq!(echoes.hear(start + SECOND * 6, 1, 1, false), Heard::News, "it is long ago");
        assert_eq!(echoes.hear(later, 2, 1, false), Heard::News);
    }

    #[test]
    fn a_command_is_an_echo_only_as_often_as_it_was_sent() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        echoes.say(now, 1, 1);
        assert_eq!(echoes.hear(now, 1, 1, true), Heard::Echo);
        assert_eq!(echoes.hear(now, 1, 1, true), Heard::News, "somebody else wishes the same");
        echoes.say(now, 2, 0);
        assert_eq!(echoes.hear(now, 2, 1, true), Heard::News, "MQTT 5 sends nothing back");
    }

    #[test]
    fn filters_that_overlap_in_part_bring_a_message_once() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        assert_eq!(echoes.hear(now, 1, 2, true), Heard::News);
        assert_eq!(echoes.hear(now, 1, 2, true), Heard::Copy);
        assert_eq!(echoes.hear(now, 1, 2, true), Heard::News, "the next one");
        assert_eq!(echoes.hear(now + SECOND, 1, 2, true), Heard::News, "this broker sends no copies");
    }

    #[test]
    fn a_broker_is_not_told_what_it_has_just_said() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        echoes.hear(now, 1, 1, false);
        assert!(echoes.has_said(now + SECOND * 4, 1));
        assert!(!echoes.has_said(now + SECOND * 6, 1));
        assert!(!echoes.has_said(now, 2));
    }

    #[test]
    fn what_crosses_too_often_is_stopped_for_a_while() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        let passed = |echoes: &mut Echoes, at, is_command| {
            (0..100).filter(|_| echoes.may_cross(at, u64::from(is_command), is_command)).count()
        };
        assert_eq!(passed(&mut echoes, now, false), CROSSINGS as usize);
        assert_eq!(passed(&mut echoes, now, true), COMMAND_CROSSINGS as usize);
        assert_eq!(passed(&mut echoes, now + WITHIN, false), CROSSINGS as usize);
    }

    #[test]
    fn the_way_of_a_message_shows_whether_it_was_here() {
        let check = |via: &str, expect: bool| assert_eq!(Via::new(via).is_loop("me"), expect, "{via}");
        check("a", false);
        check("a,b, me", true);
        check("me", true);
        check("meme", false);
        check("1,2,3,4,5,6,7,8", false);
        check("1,2,3,4,5,6,7,8,9", true);
        assert_eq!(Via::and(None, "me"), "me");
        assert_eq!(Via::and(Some("a,b"), "me"), "a,b,me");
    }
}
