//! What is asked first, and whether anybody answers: who is there, the names it has stored, its nodes.
//!
//! A question that was not answered is asked again. Names come in four pages, of which the last one asked for is the one
//! that is not full; a page that never comes is passed over, because an old dongle may have none.

use std::borrow::Cow;
use std::time::Instant;

use super::{BAUD, Timing};
use crate::hub::{LinkState, Phase};

/// Pages of names: eight each, so that there are names for 32 nodes. For others there is no answer.
const PAGES: u8 = 4;
/// Names on a full page.
const FULL: usize = 8;
/// How often a page of names is asked for.
const TRIES: u8 = 2;

const INFO: &str = r#"["/info/get", null]"#;
const NODES: &str = r#"["/nodes/get", null]"#;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Info,
    Names { page: u8, tries: u8 },
    Nodes,
    Ready,
}

/// What was heard of somebody who is no dongle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Lines that are no messages.
    Garbage,
    /// A dongle whose radio is not ready.
    NotReady,
    /// Messages of a bridge.
    Bridge,
}

fn list(page: u8) -> Cow<'static, str> {
    Cow::Owned(format!(r#"["$eeprom/alias/list", {page}]"#))
}

/// How far the beginning of a conversation is.
#[derive(Debug)]
pub struct Startup {
    timing: Timing,
    stage: Stage,
    began: Instant,
    /// The last good word.
    heard: Option<Instant>,
    /// When the next question is due, unless it is answered.
    ask: Instant,
    sign: Option<Sign>,
    /// Whether its radio is not ready.
    is_not_ready: bool,
    /// Questions for `/info` that were asked and not answered.
    open: u32,
    /// Names are asked for once more: the page, and how often it was asked for. Nothing waits for them.
    again: Option<(u8, u8)>,
}

impl Startup {
    /// Nothing was asked yet.
    pub fn new(now: Instant, timing: Timing) -> Self {
        Self {
            timing,
            stage: Stage::Info,
            began: now,
            heard: None,
            ask: now,
            sign: None,
            is_not_ready: false,
            open: 0,
            again: None,
        }
    }

    /// When [`Startup::speak`] has something to say, or the verdict changes.
    pub fn due(&self, now: Instant) -> Instant {
        let verdict = self.silence();
        if now < verdict { self.ask.min(verdict) } else { self.ask }
    }

    /// When a dongle that says nothing more is called silent.
    fn silence(&self) -> Instant {
        let patience = match self.stage {
            Stage::Ready => self.timing.quiet + self.timing.silent_after,
            Stage::Info | Stage::Names { .. } | Stage::Nodes => self.timing.silent_after,
        };
        self.heard.unwrap_or(self.began) + patience
    }

    /// The question that is due.
    pub fn speak(&mut self, now: Instant) -> Option<Cow<'static, str>> {
        if now < self.ask {
            return None;
        }
        self.ask = now + self.timing.ask_every;
        match self.stage {
            Stage::Info if self.open == 0 => {
                self.open += 1;
                // The empty line ends what another program may have begun.
                Some(Cow::Owned(format!("\n{INFO}")))
            }
            Stage::Info => Some(Cow::Borrowed(INFO)),
            Stage::Names { page, tries } if tries >= TRIES => {
                tracing::debug!("the dongle did not tell its names of page {page}");
                self.stage = Stage::Nodes;
                Some(Cow::Borrowed(NODES))
            }
            Stage::Names { page, tries } => {
                self.stage = Stage::Names { page, tries: tries + 1 };
                Some(list(page))
            }
            Stage::Nodes => Some(Cow::Borrowed(NODES)),
            Stage::Ready => match self.again.take() {
                Some((page, tries)) if tries < TRIES => {
                    self.again = Some((page, tries + 1));
                    Some(list(page))
                }
                // Whether it lives at all is the next question then.
                Some(_) | None => {
                    self.open += 1;
                    Some(Cow::Borrowed(INFO))
                }
            },
        }
    }

    /// Asks for the names once more, of a dongle that is up.
    pub fn ask_names(&mut self, now: Instant) {
        if self.stage == Stage::Ready {
            (self.again, self.ask) = (Some((0, 0)), now);
        }
    }

    /// Whether names that are known are being asked for once more.
    pub fn asks_names(&self) -> bool {
        self.again.is_some()
    }

    /// Something good was heard.
    pub fn word(&mut self, now: Instant) {
        self.heard = Some(now);
        if self.stage == Stage::Ready && !self.is_not_ready && self.again.is_none() {
            self.ask = now + self.timing.quiet;
        }
    }

    /// Somebody speaks who is not ready or no dongle.
    pub fn odd(&mut self, sign: Sign) {
        if self.stage == Stage::Info {
            self.sign = Some(sign);
        }
    }

    /// The dongle has said who it is: whether that answers a question of ours. If not it has just been started, and is
    /// asked for everything again.
    pub fn info(&mut self, now: Instant) -> bool {
        let was_asked = self.open > 0 && (self.stage != Stage::Ready || self.is_up(now));
        (self.open, self.is_not_ready) = (0, false);
        if self.stage == Stage::Info || !was_asked {
            self.again = None;
            self.stage = Stage::Names { page: 0, tries: 0 };
            (self.ask, self.began) = (now, now);
        }
        was_asked
    }

    /// Its radio is not ready: it is asked again in a while.
    pub fn not_ready(&mut self, now: Instant) {
        self.odd(Sign::NotReady);
        self.is_not_ready = true;
        self.ask = now + self.timing.ask_every;
    }

    /// A page of so many names has come; whether it was asked for.
    pub fn names(&mut self, now: Instant, page: u8, count: usize) -> bool {
        let is_last = count < FULL || page + 1 >= PAGES;
        match (self.stage, self.again) {
            (Stage::Names { page: asked, .. }, _) if asked == page => {
                self.stage = if is_last { Stage::Nodes } else { Stage::Names { page: page + 1, tries: 0 } };
            }
            (Stage::Ready, Some((asked, _))) if asked == page => {
                self.again = (!is_last).then_some((page + 1, 0));
            }
            // The answer to a question that was asked twice: what is known by now may be newer.
            _ => return false,
        }
        self.ask = now;
        if self.stage == Stage::Ready && self.again.is_none() {
            self.word(now);
        }
        true
    }

    /// The list of nodes has come.
    pub fn nodes(&mut self, now: Instant) {
        if self.stage == Stage::Nodes {
            self.stage = Stage::Ready;
            self.word(now);
        }
    }

    /// Somebody else asks for `/info`: the answer is his.
    pub fn asks_info(&mut self) {
        self.open += 1;
    }

    /// Whether names are known, so that words of nodes can be told under them.
    pub fn has_names(&self) -> bool {
        matches!(self.stage, Stage::Nodes | Stage::Ready)
    }

    /// Whether commands can be given.
    pub fn is_up(&self, now: Instant) -> bool {
        self.stage == Stage::Ready && now < self.silence()
    }

    /// How the link is while it is not up.
    pub fn verdict(&self, now: Instant, path: &str) -> LinkState {
        if now < self.silence() {
            let reason = format!("asking the radio dongle on {path} who it is");
            return LinkState::not_up(Phase::Connecting, "connecting", reason, "");
        }
        let (code, reason, hint) = match self.sign {
            Some(Sign::Garbage) => (
                "unreadable",
                format!("the device on {path} sends what is no message at {BAUD} bit/s"),
                "check that this is the port of a radio dongle with the firmware of a gateway",
            ),
            Some(Sign::NotReady) => (
                "radio-not-ready",
                format!("the radio of the dongle on {path} is not ready"),
                "unplug the dongle and plug it in again",
            ),
            Some(Sign::Bridge) => (
                "refused",
                format!("the device on {path} is a bridge that speaks Clown.Talk"),
                "write kind = \"serial\" for this link",
            ),
            None => (
                "silent",
                format!("the device on {path} does not answer"),
                "a radio dongle with the firmware of a gateway answers at once; check the port, or unplug it and plug it in again",
            ),
        };
        LinkState::not_up(Phase::Connecting, code, reason, hint)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn second(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    fn check(startup: &mut Startup, now: Instant, said: Option<&str>) {
        assert_eq!(startup.speak(now).as_deref(), said);
    }

    #[test]
    fn questions_follow_each_other_and_are_asked_again() {
        let start = Instant::now();
        let mut startup = Startup::new(start, Timing::default());
        check(&mut startup, start, Some("\n[\"/info/get\", null]"));
        check(&mut startup, start, None);
        check(&mut startup, second(start, 1), Some(INFO));
        assert!(startup.info(second(start, 1)));
        for page in 0..PAGES {
            let question = format!("[\"$eeprom/alias/list\", {page}]");
            check(&mut startup, second(start, 1), Some(&question));
            startup.names(second(start, 1), page, FULL);
        }
        assert!(startup.has_names() && !startup.is_up(second(start, 1)));
        check(&mut startup, second(start, 1), Some(NODES));
        startup.nodes(second(start, 1));
        assert!(startup.is_up(second(start, 1)));
        check(&mut startup, second(start, 60), None);
        check(&mut startup, second(start, 61), Some(INFO));
    }

    #[test]
    fn names_that_never_come_hold_nothing_up() {
        let start = Instant::now();
        let mut startup = Startup::new(start, Timing::default());
        startup.speak(start);
        startup.info(start);
        for tries in 0..u64::from(TRIES) {
            check(&mut startup, second(start, tries), Some("[\"$eeprom/alias/list\", 0]"));
        }
        check(&mut startup, second(start, TRIES.into()), Some(NODES));
    }

    #[test]
    fn names_are_asked_for_once_more_while_the_dongle_stays_up() {
        let start = Instant::now();
        let mut startup = Startup::new(start, Timing::default());
        startup.speak(start);
        startup.info(start);
        assert!(startup.names(start, 0, 3));
        startup.nodes(start);
        assert!(!startup.names(start, 0, 3), "nobody asked for that one");
        startup.ask_names(start);
        check(&mut startup, start, Some("[\"$eeprom/alias/list\", 0]"));
        startup.word(start);
        assert!(startup.is_up(start) && startup.has_names() && startup.asks_names());
        assert!(startup.names(start, 0, FULL) && startup.asks_names());
        check(&mut startup, start, Some("[\"$eeprom/alias/list\", 1]"));
        assert!(startup.names(start, 1, 1) && !startup.asks_names());
        check(&mut startup, second(start, 59), None);
        startup.ask_names(second(start, 60));
        for tries in 0..u64::from(TRIES) {
            check(&mut startup, second(start, 60 + tries), Some("[\"$eeprom/alias/list\", 0]"));
        }
        check(&mut startup, second(start, 62), Some(INFO));
        assert!(!startup.asks_names(), "it did not tell them");
    }

    #[test]
    fn a_dongle_that_was_started_again_is_asked_for_everything() {
        let start = Instant::now();
        let mut startup = Startup::new(start, Timing::default());
        startup.speak(start);
        startup.info(start);
        startup.names(start, 0, 3);
        startup.nodes(start);
        startup.asks_info();
        assert!(startup.info(second(start, 2)), "that was asked for");
        assert!(startup.is_up(second(start, 2)));
        assert!(!startup.info(second(start, 3)), "that was not");
        assert!(!startup.is_up(second(start, 3)));
        check(&mut startup, second(start, 3), Some("[\"$eeprom/alias/list\", 0]"));
    }

    #[test]
    fn silence_is_told_with_what_was_heard_instead() {
        let start = Instant::now();
        let check = |sign: Option<Sign>, code: &str| {
            let mut startup = Startup::new(start, Timing::default());
            sign.into_iter().for_each(|sign| startup.odd(sign));
            assert_eq!(startup.verdict(second(start, 4), "p").code, "connecting");
            assert_eq!(startup.verdict(second(start, 5), "p").code, code);
        };
        check(None, "silent");
        check(Some(Sign::Garbage), "unreadable");
        check(Some(Sign::NotReady), "radio-not-ready");
        check(Some(Sign::Bridge), "refused");
    }
}
