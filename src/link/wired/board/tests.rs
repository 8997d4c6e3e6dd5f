//! Setting a board up, and what becomes of it when the board restarts, refuses or says nothing.

use super::*;
use crate::device::frame::firmata::Request;

const MILLI: Duration = Duration::from_millis(1);
const GREETING: [Request; 2] = [Request::Version, Request::Firmware];

/// A board with a relay, an input and an analog input, and the time.
struct Stage {
    board: Board,
    now: Instant,
}

impl Stage {
    fn new() -> Self {
        let now = Instant::now();
        let mut board = Board::new(now, Duration::from_secs(10));
        board.sampling = Some(Duration::from_secs(1));
        for (number, mode) in [(13, Mode::Output), (2, Mode::PullUp), (0, Mode::Analog)] {
            let known = (mode != Mode::Analog).then_some(number);
            board.pins.push(Line {
                pin: Pin { number, mode },
                number: known,
                is_ready: false,
                is_refused: false,
            });
        }
        Self { board, now }
    }

    /// One that was set up a moment ago.
    fn set_up() -> Self {
        let mut stage = Self::new();
        stage.says(&GREETING);
        stage.hears(Message::Version(2, 5));
        stage.finish();
        stage
    }

    /// Answers as a board does whose pins are as they should be, until it is asked nothing.
    fn finish(&mut self) {
        for _ in 0..20 {
            let Some(said) = self.next() else { return };
            for request in said {
                match request {
                    Request::Version => self.hears(Message::Version(2, 5)),
                    Request::Channels => self.hears(channels()),
                    Request::State(number) => self.hears(state(number, usual(number), 0)),
                    Request::ReportPort(port, true) => self.hears(Message::Digital { port, bits: 4 }),
                    Request::ReportChannel(channel, true) => {
                        self.hears(Message::Analog { channel, value: 426 });
                    }
                    _ => {}
                }
            }
        }
        panic!("it is never done");
    }

    /// What is said now.
    fn next(&mut self) -> Option<Vec<Request>> {
        let bytes = self.board.next(self.now)?;
        let (mut rest, mut said) = (bytes.as_slice(), Vec::new());
        while let Some((taken, request)) = Request::first(rest) {
            said.push(request.expect("a request"));
            rest = &rest[taken..];
        }
        Some(said)
    }

    fn says(&mut self, wanted: &[Request]) {
        assert_eq!(self.next().as_deref(), Some(wanted));
    }

    fn is_quiet(&mut self) {
        assert_eq!(self.next(), None);
    }

    fn hears(&mut self, message: Message) {
        self.board.hear(self.now, &message);
    }

    fn passes(&mut self, time: Duration) {
        self.now += time;
    }

    fn trusts(&self, number: u8, mode: Mode) -> bool {
        self.board.trusts(&Pin { number, mode })
    }
}

fn channels() -> Message {
    Message::Channels((0..20).map(|pin: u8| pin.checked_sub(14)).collect())
}

fn state(number: u8, mode: Mode, state: u64) -> Message {
    Message::Pin { number, mode: mode.code(), state }
}

fn usual(number: u8) -> Mode {
    match number {
        13 => Mode::Output,
        2 => Mode::PullUp,
        _ => Mode::Analog,
    }
}

#[test]
fn a_board_is_greeted_until_it_answers_and_then_set_up() {
    let mut stage = Stage::new();
    for _ in 0..5 {
        stage.says(&GREETING);
        stage.is_quiet();
        stage.passes(GREET);
    }
    assert!(!stage.board.is_set_up());
    stage.hears(Message::Version(2, 5));
    stage.hears(Message::Firmware { version: (2, 5), name: "StandardFirmata.ino".into() });
    stage.says(&[Request::Channels]);
    stage.hears(channels());
    stage.says(&[Request::Sampling(1_000), Request::State(13)]);
    // The output is as it should be: its mode is not written, which would forget its state.
    stage.hears(state(13, Mode::Output, 0));
    assert!(stage.trusts(13, Mode::Output) && !stage.board.is_set_up());
    stage.says(&[Request::State(2)]);
    stage.hears(state(2, Mode::Output, 0));
    stage.says(&[Request::Mode(2, 11), Request::State(2)]);
    stage.hears(state(2, Mode::PullUp, 1));
    stage.says(&[Request::State(14)]);
    stage.hears(state(14, Mode::Analog, 0));
    stage.says(&[Request::ReportPort(0, true)]);
    assert!(stage.board.is_set_up());
    stage.hears(Message::Digital { port: 0, bits: 4 });
    stage.says(&[Request::ReportChannel(0, true)]);
    stage.hears(Message::Analog { channel: 0, value: 426 });
    stage.is_quiet();
    assert_eq!(stage.board.take_odd(), None);
}

#[test]
fn every_round_asks_for_all_of_it_again_and_sets_nothing() {
    let mut stage = Stage::set_up();
    stage.is_quiet();
    stage.passes(Duration::from_secs(10));
    stage.says(&[Request::State(13)]);
    stage.hears(state(13, Mode::Output, 1));
    stage.says(&[Request::State(2)]);
    stage.hears(state(2, Mode::PullUp, 1));
    stage.says(&[Request::State(14)]);
    stage.hears(state(14, Mode::Analog, 0));
    stage.says(&[Request::ReportPort(0, true)]);
    stage.passes(ANSWER);
    // An older board does not answer this; it is asked three times and no harm is done.
    stage.says(&[Request::ReportPort(0, true)]);
    stage.hears(Message::Digital { port: 0, bits: 0 });
    stage.says(&[Request::ReportChannel(0, true)]);
}

#[test]
fn a_board_that_restarts_in_the_middle_is_set_up_anew() {
    let mut stage = Stage::set_up();
    assert!(stage.trusts(2, Mode::PullUp) && stage.trusts(0, Mode::Analog));
    stage.passes(Duration::from_secs(3));
    stage.hears(Message::Version(2, 5));
    assert!(!stage.trusts(2, Mode::PullUp) && !stage.trusts(13, Mode::Output), "it has forgotten them");
    assert!(!stage.board.is_set_up(), "commands wait");
    stage.says(&[Request::Channels]);
    // And once more, in the middle of it; its name belongs to the same announcement.
    stage.hears(Message::Version(2, 5));
    stage.hears(Message::Firmware { version: (2, 5), name: "x".into() });
    stage.says(&[Request::Channels]);
    stage.hears(channels());
    stage.says(&[Request::Sampling(1_000), Request::State(13)]);
    stage.hears(state(13, Mode::Output, 0));
    stage.finish();
    assert!(stage.board.is_set_up() && stage.trusts(2, Mode::PullUp));
}

#[test]
fn a_restart_that_nobody_heard_shows_by_the_modes() {
    let mut stage = Stage::set_up();
    stage.passes(Duration::from_secs(10));
    stage.says(&[Request::State(13)]);
    stage.hears(state(13, Mode::Output, 0));
    stage.says(&[Request::State(2)]);
    stage.hears(state(2, Mode::Output, 0));
    assert!(!stage.trusts(2, Mode::PullUp));
    stage.says(&[Request::Mode(2, 11), Request::State(2)]);
    stage.hears(state(2, Mode::PullUp, 1));
    assert!(stage.trusts(2, Mode::PullUp));
    stage.says(&[Request::State(14)]);
    stage.hears(state(14, Mode::Analog, 0));
    stage.says(&[Request::ReportPort(0, true)]);
}

#[test]
fn a_mode_that_the_board_does_not_have_is_told_once_and_counts_for_nothing() {
    let mut stage = Stage::new();
    stage.says(&GREETING);
    stage.hears(Message::Version(2, 5));
    let mut odd = Vec::new();
    for _ in 0..40 {
        for request in stage.next().unwrap_or_default() {
            match request {
                Request::State(2) => stage.hears(state(2, Mode::Output, 0)),
                Request::State(number) => stage.hears(state(number, usual(number), 0)),
                Request::Channels => stage.hears(channels()),
                _ => {}
            }
        }
        odd.extend(stage.board.take_odd());
        stage.passes(Duration::from_secs(1));
    }
    assert_eq!(odd, ["the board does not use pin 2 as `pull-up`: it cannot, or its sketch does not"]);
    assert!(!stage.trusts(2, Mode::PullUp) && stage.trusts(13, Mode::Output));
}

#[test]
fn a_board_that_says_nothing_any_more_is_greeted_again() {
    let mut stage = Stage::set_up();
    stage.passes(Duration::from_secs(10));
    let mut said = Vec::new();
    for _ in 0..60 {
        said.extend(stage.next().unwrap_or_default());
        stage.passes(500 * MILLI);
    }
    let states = said.iter().filter(|request| **request == Request::State(13)).count();
    assert_eq!(states, 3, "{said:?}");
    assert_eq!(&said[said.len() - 2..], GREETING, "{said:?}");
    assert!(!said.iter().any(|request| matches!(request, Request::Mode(..) | Request::Digital(..))));
    assert!(!stage.board.is_set_up() && !stage.trusts(13, Mode::Output));
    assert_eq!(stage.board.take_odd(), None, "the state of the link tells it");
}

#[test]
fn nothing_counts_before_the_greeting_was_answered() {
    let mut stage = Stage::new();
    stage.says(&GREETING);
    for message in [
        state(13, Mode::Output, 1),
        Message::Digital { port: 0, bits: 4 },
        Message::Analog { channel: 0, value: 1 },
        channels(),
        Message::Version(9, 9),
    ] {
        assert!(!stage.board.hear(stage.now, &message), "{message:?}");
    }
    assert!(!stage.trusts(13, Mode::Output) && !stage.trusts(0, Mode::Analog));
    assert!(stage.board.take_odd().is_some_and(|odd| odd.contains("Firmata 9.9")));
    assert!(stage.board.hear(stage.now, &Message::Version(2, 3)));
    stage.hears(Message::Text("Unknown pin mode".into()));
    assert_eq!(stage.board.take_odd().as_deref(), Some("the board says \"Unknown pin mode\""));
}
