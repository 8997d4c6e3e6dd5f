//! Own words that come back, and messages that go round: told apart from news and stopped.
//!
//! A broker of MQTT 3.1.1 sends back what we publish where we listen, once per subscription: exactly so many are our
//! echo. Our words once more, while nobody has said anything else there, were passed on by somebody: a loop. Nor is a
//! broker told what it has just said itself ([`Echoes::has_said`]), and the same words cross from one broker to another
//! [`CROSSINGS`] times within [`WITHIN`] at the most, in a row [`REPEATS`] times a second. Where MQTT 5 carries the way of a
//! message, [`Via`] is exact.
//! A command is nobody's state: two people may wish the same, so only its echo is taken away, by number.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::recent::{Mark, Marker, Recent};

/// How long words are remembered.
pub const WITHIN: Duration = Duration::from_secs(5);
/// How many are remembered.
const MOST: usize = 4096;
/// How often the same words may cross from one broker to another within [`WITHIN`]; faster is no device.
pub const CROSSINGS: u32 = 25;
/// How often in a second words may that we have told last already: whoever misses some of these misses nothing.
pub const REPEATS: u32 = 3;
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

/// A message as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    topic: Mark,
    whole: Mark,
}

impl Words {
    /// Of a topic, as the broker calls it, and a payload.
    pub fn of(marker: &Marker, topic: &str, payload: &[u8]) -> Self {
        Self { topic: marker.of(topic, b""), whole: marker.of(topic, payload) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaker {
    We,
    Broker,
    /// We, and then somebody else at the broker.
    Both,
}

/// What was said and heard on one link a moment ago.
#[derive(Debug)]
pub struct Echoes {
    /// Our words, and how many of them are still to come back.
    said: Recent<usize>,
    /// The last words of each topic.
    last: Recent<(Mark, Speaker)>,
    /// The broker's words that it may send again for another filter, and how often.
    copies: Recent<usize>,
    crossings: Crossings,
    repeats: Crossings,
}

impl Default for Echoes {
    fn default() -> Self {
        Self {
            said: Recent::new(WITHIN, MOST),
            last: Recent::new(WITHIN, MOST),
            copies: Recent::new(COPIES_WITHIN, MOST),
            crossings: Crossings::within(WITHIN),
            repeats: Crossings::within(Duration::from_secs(1)),
        }
    }
}

impl Echoes {
    /// The connection is gone, and with it whatever was still to come back.
    pub fn begin(&mut self) {
        self.said = Recent::new(WITHIN, MOST);
    }

    /// We published this, and the broker will send it back so many times.
    pub fn say(&mut self, now: Instant, words: Words, back: usize) {
        if back > 0 {
            let open = self.said.get(now, words.whole).map_or(0, |open| *open);
            self.said.put(now, words.whole, open + back);
        }
        self.last.put(now, words.topic, (words.whole, Speaker::We));
    }

    /// The broker sent this, perhaps for each of so many filters.
    pub fn hear(&mut self, now: Instant, words: Words, filters: usize, is_command: bool) -> Heard {
        if let Some(open @ 1..) = self.said.get(now, words.whole) {
            *open -= 1;
            return Heard::Echo;
        }
        if !is_command
            && let Some((last, speaker @ (Speaker::We | Speaker::Both))) = self.last.get(now, words.topic)
            && *last == words.whole
        {
            *speaker = Speaker::Both;
            return Heard::Loop;
        }
        if let Some(more @ 1..) = self.copies.get(now, words.whole) {
            *more -= 1;
            return Heard::Copy;
        }
        if filters > 1 {
            self.copies.put(now, words.whole, filters - 1);
        }
        self.last.put(now, words.topic, (words.whole, Speaker::Broker));
        Heard::News
    }

    /// Whether these are the last words there, and the broker's, so that it need not be told.
    pub fn has_said(&mut self, now: Instant, words: Words) -> bool {
        let last = self.last.get(now, words.topic);
        last.is_some_and(|(last, speaker)| *last == words.whole && *speaker != Speaker::We)
    }

    /// Whether words that come from another broker may cross to this one.
    pub fn may_cross(&mut self, now: Instant, words: Words, is_command: bool) -> bool {
        if is_command {
            return self.crossings.count(now, words.whole) <= COMMAND_CROSSINGS;
        }
        let is_repeated = self.last.get(now, words.topic) == Some(&mut (words.whole, Speaker::We));
        let is_too_fast = is_repeated && self.repeats.count(now, words.whole) > REPEATS;
        !is_too_fast && self.crossings.count(now, words.whole) <= CROSSINGS
    }
}

/// How often words crossed, in steps of time.
#[derive(Debug)]
struct Crossings {
    within: Duration,
    since: Option<Instant>,
    counts: HashMap<Mark, u32>,
}

impl Crossings {
    fn within(within: Duration) -> Self {
        Self { within, since: None, counts: HashMap::new() }
    }

    fn count(&mut self, now: Instant, mark: Mark) -> u32 {
        let is_over = |since: Instant| now.saturating_duration_since(since) >= self.within;
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

    /// Words on a topic of their own; the same number is the same topic.
    fn words(topic: Mark, payload: Mark) -> Words {
        Words { topic, whole: topic * 1_000 + payload }
    }

    #[test]
    fn an_echo_is_counted_exactly_and_what_follows_is_a_loop() {
        let start = Instant::now();
        let mut echoes = Echoes::default();
        echoes.say(start, words(1, 1), 1);
        echoes.say(start + SECOND, words(1, 1), 1);
        let later = start + SECOND * 2;
        let heard: Vec<Heard> = (0..4).map(|_| echoes.hear(later, words(1, 1), 1, false)).collect();
        assert_eq!(heard, [Heard::Echo, Heard::Echo, Heard::Loop, Heard::Loop]);
        assert_eq!(echoes.hear(later, words(2, 1), 1, false), Heard::News);
        assert_eq!(echoes.hear(start + SECOND * 6, words(1, 1), 1, false), Heard::News, "it is long ago");
    }

    #[test]
    fn a_value_that_comes_back_after_another_is_news() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        echoes.say(now, words(1, 1), 0);
        assert_eq!(echoes.hear(now, words(1, 2), 1, false), Heard::News, "somebody says otherwise");
        assert_eq!(echoes.hear(now, words(1, 1), 1, false), Heard::News, "and back again");
    }

    #[test]
    fn a_command_is_an_echo_only_as_often_as_it_was_sent() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        echoes.say(now, words(1, 1), 1);
        assert_eq!(echoes.hear(now, words(1, 1), 1, true), Heard::Echo);
        assert_eq!(echoes.hear(now, words(1, 1), 1, true), Heard::News, "somebody else wishes the same");
        echoes.say(now, words(2, 1), 0);
        assert_eq!(echoes.hear(now, words(2, 1), 1, true), Heard::News, "MQTT 5 sends nothing back");
        echoes.say(now, words(3, 1), 1);
        echoes.begin();
        assert_eq!(echoes.hear(now, words(3, 1), 1, true), Heard::News, "the echo went with the connection");
    }

    #[test]
    fn filters_that_overlap_in_part_bring_a_message_once() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        assert_eq!(echoes.hear(now, words(1, 1), 2, true), Heard::News);
        assert_eq!(echoes.hear(now, words(1, 1), 2, true), Heard::Copy);
        assert_eq!(echoes.hear(now, words(1, 1), 2, true), Heard::News, "the next one");
        let later = now + SECOND;
        assert_eq!(echoes.hear(later, words(1, 1), 2, true), Heard::News, "this broker sends no copies");
    }

    #[test]
    fn a_broker_is_not_told_what_it_has_just_said() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        echoes.hear(now, words(1, 1), 1, false);
        assert!(echoes.has_said(now + SECOND * 4, words(1, 1)));
        assert!(!echoes.has_said(now + SECOND * 6, words(1, 1)));
        echoes.hear(now, words(1, 2), 1, false);
        assert!(!echoes.has_said(now, words(1, 1)), "it has said something else since");
        echoes.say(now, words(1, 2), 0);
        assert!(!echoes.has_said(now, words(1, 2)), "we have said it, and may say it again");
    }

    #[test]
    fn what_crosses_too_often_is_stopped_for_a_while() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        let passed = |echoes: &mut Echoes, at, is_command: bool| {
            (0..100).filter(|_| echoes.may_cross(at, words(is_command.into(), 1), is_command)).count()
        };
        assert_eq!(passed(&mut echoes, now, false), CROSSINGS as usize);
        assert_eq!(passed(&mut echoes, now, true), COMMAND_CROSSINGS as usize);
        assert_eq!(passed(&mut echoes, now + WITHIN, false), CROSSINGS as usize);
    }

    #[test]
    fn what_was_told_last_crosses_in_a_row_a_few_times_a_second() {
        let now = Instant::now();
        let mut echoes = Echoes::default();
        let mut passed = |at, number| {
            let crossed = |echoes: &mut Echoes| echoes.may_cross(at, words(1, number), false);
            let cross = |echoes: &mut Echoes| {
                let may = crossed(echoes);
                if may {
                    echoes.say(at, words(1, number), 0);
                }
                may
            };
            (0..20).filter(|_| cross(&mut echoes)).count()
        };
        assert_eq!(passed(now, 1), 1 + REPEATS as usize);
        assert_eq!(passed(now, 2), 1 + REPEATS as usize, "something else");
        assert_eq!(passed(now + SECOND, 2), REPEATS as usize, "a second later");
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
