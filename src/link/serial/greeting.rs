//! Whether the device talks with us: greeted until it says something, asked again when it falls quiet.
//!
//! The greeting is repeated because bc-bridge drops every line before it, and a line may be lost while a board
//! starts. A bridge that was greeted by an earlier run does not answer a second greeting, so the question for its
//! device list goes along; and one that never answers but publishes (bc-bridge `--furious`) is up as well. Pure: time
//! is an argument.

use std::time::Instant;

use super::Timing;
use crate::hub::{LinkState, Phase};

/// The opening message, byte for byte as firmware of all ages compares it.
pub const HANDSHAKE: &str = r#"["clown.talk/-/config/set", {}]"#;
/// Asks which devices there are.
pub const LIST: &str = r#"["-/-/config/list", {}]"#;

/// Malformed lines, one after the other, that make a line unreadable.
const GARBAGE_LINES: u32 = 4;
/// Bytes without any line end that do.
const GARBAGE_BYTES: usize = 256;

/// The state of the greeting.
#[derive(Debug)]
pub struct Greeting {
    timing: Timing,
    up: bool,
    /// It has answered a question, so a missing answer means something.
    answers: bool,
    /// The last good word, or the opening.
    last: Instant,
    next: Instant,
    /// A question is open.
    asked: bool,
    /// A greeting went out already.
    greeted: bool,
    garbage: u32,
    unfinished: usize,
    foreign: bool,
}

/// What a line was, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A message in the bridge's own protocol.
    Word,
    /// The message `boot`: it has just started and may wait for a greeting.
    Boot,
    /// The answer to a question of ours.
    Answer,
    /// A message of the radio dongle.
    Foreign,
    /// No message.
    Garbage,
}

impl Greeting {
    /// A port that was opened just now.
    pub fn new(now: Instant, timing: Timing) -> Self {
        Self {
            timing,
            up: false,
            answers: false,
            last: now,
            next: now,
            asked: false,
            greeted: false,
            garbage: 0,
            unfinished: 0,
            foreign: false,
        }
    }

    /// Whether the device talks with us.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// When [`Greeting::speak`] is to be called next.
    pub fn due(&self) -> Instant {
        self.next
    }

    /// Hears a line; returns whether the device has come up or gone down by it.
    pub fn hear(&mut self, now: Instant, sign: Sign) -> bool {
        match sign {
            Sign::Word | Sign::Answer => self.hear_word(now, sign == Sign::Answer),
            Sign::Boot => {
                self.answers = false;
                self.greeted = false;
                let came_up = self.hear_word(now, false);
                self.next = now;
                came_up
            }
            Sign::Foreign => {
                self.foreign = true;
                false
            }
            Sign::Garbage => {
                self.garbage += 1;
                self.drown(now)
            }
        }
    }

    /// Tells how long the unfinished line is by now; returns whether the device has gone down by it.
    pub fn unfinished(&mut self, now: Instant, bytes: usize) -> bool {
        self.unfinished = bytes;
        self.drown(now)
    }

    /// Good words wash garbage away; only garbage for a while means that the speed is wrong.
    fn drown(&mut self, now: Instant) -> bool {
        let drowned = self.up && self.is_garbage() && now >= self.last + self.timing.silent_after;
        if drowned {
            self.go_down(now);
        }
        drowned
    }

    fn hear_word(&mut self, now: Instant, answer: bool) -> bool {
        self.last = now;
        self.garbage = 0;
        self.foreign = false;
        self.answers |= answer;
        self.asked = false;
        if !self.up {
            self.up = true;
            // At once: the list of devices.
            self.next = now;
            self.greeted = false;
            return true;
        }
        false
    }

    /// The lines to say now, if it is time.
    pub fn speak(&mut self, now: Instant) -> &'static [&'static str] {
        if now < self.next {
            return &[];
        }
        if !self.up {
            self.next = now + self.timing.greet_every;
            let again = std::mem::replace(&mut self.greeted, true);
            return if again { &[HANDSHAKE, LIST] } else { &[HANDSHAKE] };
        }
        if !std::mem::replace(&mut self.greeted, true) {
            self.next = now + self.timing.quiet;
            // One that only publishes may still wait for its greeting; a second one does no harm.
            return if self.answers { &[LIST] } else { &[HANDSHAKE, LIST] };
        }
        let quiet_until = self.last + self.timing.quiet;
        if now < quiet_until || !self.answers {
            self.next = quiet_until.max(now + self.timing.quiet / 2);
            return &[];
        }
        // Called this late we were asleep ourselves, and its answer may wait to be read: it is asked once more.
        let slept = now > self.next + self.timing.silent_after;
        if !self.asked || slept {
            self.asked = true;
            self.next = now + self.timing.silent_after;
            return &[LIST];
        }
        self.go_down(now);
        &[HANDSHAKE, LIST]
    }

    fn go_down(&mut self, now: Instant) {
        self.up = false;
        self.asked = false;
        self.greeted = true;
        self.next = now + self.timing.greet_every;
    }

    fn is_garbage(&self) -> bool {
        self.garbage >= GARBAGE_LINES || self.unfinished >= GARBAGE_BYTES
    }

    /// What to say of a device that is not up.
    pub fn verdict(&self, now: Instant, path: &str, baud: u32) -> LinkState {
        let down = |code, reason, hint: &str| LinkState::not_up(Phase::Connecting, code, reason, hint);
        let patience = self.timing.silent_after;
        if now < self.last + patience {
            return down("connecting", format!("{path} is open; waiting for the device to answer"), "");
        }
        if self.is_garbage() {
            let reason = format!("{path} sends no readable text at {baud} baud");
            return down("unreadable", reason, "check the baud rate and the cable");
        }
        if self.foreign {
            let reason = format!("the device on {path} speaks the protocol of the radio dongle");
            return down("refused", reason, "write kind = \"tower\" for this link");
        }
        let reason = format!("{path} is open but the device has not answered for {patience:?}");
        down("silent", reason, "check that it is a bridge, its power and the baud rate")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn opened() -> (Greeting, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (Greeting::new(start, Timing::default()), move |ms| start + Duration::from_millis(ms))
    }

    fn code(greeting: &Greeting, now: Instant) -> &'static str {
        greeting.verdict(now, "/dev/ttyUSB0", 115_200).code
    }

    #[test]
    fn the_greeting_is_repeated_until_the_device_says_something() {
        let (mut greeting, at) = opened();
        assert_eq!(greeting.speak(at(0)), [HANDSHAKE]);
        assert_eq!(greeting.speak(at(500)), [] as [&str; 0]);
        assert_eq!(greeting.speak(at(1000)), [HANDSHAKE, LIST]);
        assert_eq!(code(&greeting, at(1000)), "connecting");
        assert_eq!(greeting.speak(at(5000)), [HANDSHAKE, LIST]);
        assert_eq!(code(&greeting, at(5000)), "silent");
        assert!(greeting.hear(at(5100), Sign::Word) && greeting.is_up());
        assert_eq!(greeting.speak(at(5100)), [HANDSHAKE, LIST]);
        assert_eq!(greeting.speak(at(6000)), [] as [&str; 0]);
    }

    #[test]
    fn a_sleep_of_ours_is_not_the_silence_of_a_device_that_was_asked() {
        let (mut greeting, at) = opened();
        greeting.speak(at(0));
        greeting.hear(at(10), Sign::Answer);
        greeting.speak(at(10));
        greeting.hear(at(20), Sign::Answer);
        greeting.speak(greeting.due());
        assert_eq!(greeting.speak(greeting.due()), [LIST]);
        let woken = greeting.due() + Duration::from_secs(60);
        assert_eq!(greeting.speak(woken), [LIST], "its answer was not read yet");
        assert!(greeting.is_up());
        greeting.speak(greeting.due());
        assert!(!greeting.is_up(), "now it had its time");
    }

    #[test]
    fn a_device_that_answers_is_asked_when_it_falls_quiet_and_given_up_when_it_does_not() {
        let (mut greeting, at) = opened();
        greeting.speak(at(0));
        greeting.hear(at(10), Sign::Answer);
        assert_eq!(greeting.speak(at(10)), [LIST]);
        greeting.hear(at(20), Sign::Answer);
        assert_eq!(greeting.speak(greeting.due()), [] as [&str; 0]);
        assert_eq!(greeting.speak(greeting.due()), [LIST]);
        assert!(greeting.is_up());
        greeting.speak(greeting.due());
        assert!(!greeting.is_up());
        assert_eq!(code(&greeting, at(60_000)), "silent");
    }

    #[test]
    fn a_device_that_says_boot_is_greeted_again_at_once() {
        let (mut greeting, at) = opened();
        greeting.speak(at(0));
        greeting.hear(at(10), Sign::Answer);
        assert_eq!(greeting.speak(at(10)), [LIST]);
        greeting.hear(at(5000), Sign::Boot);
        assert_eq!(greeting.speak(at(5000)), [HANDSHAKE, LIST]);
        assert_eq!(greeting.speak(at(5000)), [] as [&str; 0]);
    }

    #[test]
    fn a_device_that_never_answers_may_be_quiet() {
        let (mut greeting, at) = opened();
        greeting.speak(at(0));
        greeting.hear(at(10), Sign::Word);
        greeting.speak(at(10));
        for _ in 0..20 {
            assert_eq!(greeting.speak(greeting.due()), [] as [&str; 0]);
        }
        assert!(greeting.is_up());
    }

    #[test]
    fn garbage_alone_is_unreadable_and_among_words_it_is_not() {
        let (mut greeting, at) = opened();
        for _ in 0..10 {
            greeting.hear(at(100), Sign::Garbage);
        }
        assert_eq!(code(&greeting, at(5000)), "unreadable");
        greeting.hear(at(5100), Sign::Word);
        for second in 6..20 {
            assert!(!greeting.hear(at(second * 1000), Sign::Garbage));
            greeting.hear(at(second * 1000), Sign::Word);
        }
        assert!(greeting.is_up());
        let fell = (0..40).any(|n| greeting.hear(at(20_000 + n * 500), Sign::Garbage));
        assert!(fell && !greeting.is_up());
        assert_eq!(code(&greeting, at(40_000)), "unreadable");
    }

    #[test]
    fn a_flood_without_line_ends_is_unreadable() {
        let (mut greeting, at) = opened();
        greeting.unfinished(at(100), 5000);
        assert_eq!(code(&greeting, at(5000)), "unreadable");
    }

    #[test]
    fn a_radio_dongle_is_named() {
        let (mut greeting, at) = opened();
        greeting.hear(at(100), Sign::Foreign);
        assert_eq!(code(&greeting, at(5000)), "refused");
    }
}
