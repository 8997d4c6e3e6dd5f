//! A board that speaks Firmata: it is greeted until it answers, told how its pins are used, and asked for them again and
//! again.
//!
//! A board that was restarted has forgotten everything and says who it is, so all of it is done anew then. No output is ever
//! set here: what a pin was set to is asked, and the answer is what it is. A mode is written only where the board has another
//! one, because StandardFirmata forgets with it what was written to the pin, though the pin stays as it is. What is said of a
//! pin counts from when its mode is known to be right.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::known::Known;
use crate::device::frame::firmata::{Message, Mode, Pin, Request};
use crate::hub::CommandId;

/// A board that starts does not hear for a while: it is greeted so often.
const GREET: Duration = Duration::from_secs(1);
/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_millis(500);
/// How often something is asked that is not answered.
const TRIES: u32 = 3;
/// The name of the sketch follows its version within this time.
const SAME: Duration = Duration::from_secs(2);

/// The board on a line.
pub struct Board {
    pins: Vec<Line>,
    sampling: Option<Duration>,
    every: Duration,
    /// When the next round begins.
    round: Instant,
    todo: VecDeque<Step>,
    asked: Option<Asked>,
    /// When it said last who it is; nothing as long as nobody has answered.
    announced: Option<Instant>,
    /// Whether every pin had its turn since then.
    is_set_up: bool,
    /// Whether anything was answered in this round.
    has_answered: bool,
    odd: Option<String>,
    unanswered: Vec<(CommandId, String)>,
}

/// A pin as the board has it.
struct Line {
    pin: Pin,
    /// Its number, which only the board knows of an analog input.
    number: Option<u8>,
    /// Whether it is used as it is to be.
    is_ready: bool,
    /// That the board does not offer its mode was told.
    is_refused: bool,
}

/// What is to be done, in its turn.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Greet,
    Channels,
    Sampling,
    /// How is this pin used?
    Check(usize),
    /// Use it so; and how is it used now?
    Set(usize),
    /// What was asked for the pins has been answered: their values are next.
    Values,
    /// Tell the value of this pin.
    Value(usize),
    /// What did a command do?
    Effect(Request, CommandId),
}

struct Asked {
    step: Step,
    until: Instant,
    tries: u32,
}

impl Board {
    /// The one that the definitions of a line tell of, if they do.
    pub fn of(now: Instant, known: &Known) -> Option<Self> {
        let mut board: Option<Self> = None;
        for device in &known.devices {
            let Some(firmata) = device.profile.board() else { continue };
            let every = device.profile.serial.as_ref().map(|serial| serial.interval);
            let board = board.get_or_insert_with(|| Self::new(now, every.unwrap_or(Duration::from_secs(10))));
            board.sampling = board.sampling.or(firmata.sampling);
            for pin in &firmata.pins {
                let number = (pin.mode != Mode::Analog).then_some(pin.number);
                board.pins.push(Line { pin: *pin, number, is_ready: false, is_refused: false });
            }
        }
        board
    }

    fn new(now: Instant, every: Duration) -> Self {
        Self {
            pins: Vec::new(),
            sampling: None,
            every,
            round: now,
            todo: VecDeque::from([Step::Greet]),
            asked: None,
            announced: None,
            is_set_up: false,
            has_answered: false,
            odd: None,
            unanswered: Vec::new(),
        }
    }

    /// Whether commands may be given: the board has answered, and every pin had its turn.
    pub fn is_set_up(&self) -> bool {
        self.is_set_up
    }

    /// Whether an answer is waited for.
    pub fn is_open(&self, now: Instant) -> bool {
        self.asked.as_ref().is_some_and(|asked| now < asked.until)
    }

    /// Whether what is said of this pin counts.
    pub fn trusts(&self, pin: &Pin) -> bool {
        self.pins.iter().any(|line| line.pin == *pin && line.is_ready)
    }

    /// When there is something to do.
    pub fn due(&self) -> Option<Instant> {
        match (&self.asked, self.todo.is_empty()) {
            (Some(asked), _) => Some(asked.until),
            (None, true) => Some(self.round),
            // As soon as the line is free, which is when it is asked again.
            (None, false) => None,
        }
    }

    /// What is said now; nothing while an answer is waited for, or if there is nothing to say.
    pub fn next(&mut self, now: Instant) -> Option<Vec<u8>> {
        if let Some(asked) = self.asked.take() {
            if now < asked.until {
                self.asked = Some(asked);
                return None;
            }
            if asked.step == Step::Greet || asked.tries < TRIES {
                return Some(self.ask(now, asked.step, asked.tries + 1));
            }
            self.missed(asked.step);
        }
        if self.todo.is_empty() && now >= self.round {
            self.begin(now);
        }
        let mut said = Vec::new();
        while let Some(step) = self.todo.pop_front() {
            match step {
                Step::Values => self.values(),
                Step::Sampling => {
                    let millis = self.sampling.and_then(|every| u16::try_from(every.as_millis()).ok());
                    said.extend(millis.into_iter().flat_map(|millis| Request::Sampling(millis).bytes()));
                }
                // Nobody knows its pin.
                Step::Check(at) if self.pins[at].number.is_none() => {}
                Step::Greet
                | Step::Channels
                | Step::Check(_)
                | Step::Set(_)
                | Step::Value(_)
                | Step::Effect(..) => {
                    said.extend(self.ask(now, step, 1));
                    break;
                }
            }
        }
        (!said.is_empty()).then_some(said)
    }

    /// Everything once more: a board that was not heard in the whole last round is greeted first.
    fn begin(&mut self, now: Instant) {
        self.round = now + self.every;
        if !std::mem::take(&mut self.has_answered) {
            self.forget();
            self.todo.push_back(Step::Greet);
            return;
        }
        self.todo.extend((0..self.pins.len()).map(Step::Check));
        self.todo.push_back(Step::Values);
    }

    /// Nothing is known of the board any more.
    fn forget(&mut self) {
        (self.announced, self.is_set_up) = (None, false);
        self.pins.iter_mut().for_each(|line| line.is_ready = false);
    }

    /// The board has said who it is: whatever it knew, it may have forgotten.
    fn announced(&mut self, now: Instant) {
        self.forget();
        self.announced = Some(now);
        self.has_answered = true;
        self.round = now + self.every;
        self.asked = None;
        self.todo.clear();
        if self.pins.iter().any(|line| line.pin.mode == Mode::Analog) {
            self.todo.push_back(Step::Channels);
        }
        self.todo.push_back(Step::Sampling);
        self.todo.extend((0..self.pins.len()).map(Step::Check));
        self.todo.push_back(Step::Values);
    }

    /// The values of all pins that are ready, each port once.
    fn values(&mut self) {
        self.is_set_up = true;
        let mut asked: Vec<Request> = Vec::new();
        for (at, line) in self.pins.iter().enumerate() {
            // What an output was set to was told with its mode.
            let is_input = !line.pin.mode.is_set();
            if line.is_ready && is_input && !asked.contains(&line.pin.ask()) {
                asked.push(line.pin.ask());
                self.todo.push_back(Step::Value(at));
            }
        }
    }

    fn ask(&mut self, now: Instant, step: Step, tries: u32) -> Vec<u8> {
        let patience = if step == Step::Greet { GREET } else { ANSWER };
        self.asked = Some(Asked { step, until: now + patience, tries });
        let state = |at: usize| Request::State(self.pins[at].number.unwrap_or_default()).bytes();
        match step {
            Step::Greet => [Request::Version.bytes(), Request::Firmware.bytes()].concat(),
            Step::Channels => Request::Channels.bytes(),
            Step::Check(at) => state(at),
            Step::Set(at) => {
                let line = &self.pins[at];
                let mode = Request::Mode(line.number.unwrap_or_default(), line.pin.mode.code());
                [mode.bytes(), state(at)].concat()
            }
            Step::Value(at) => self.pins[at].pin.ask().bytes(),
            Step::Effect(request, _) => request.bytes(),
            Step::Sampling | Step::Values => Vec::new(),
        }
    }

    /// Nobody has answered, however often that was asked.
    fn missed(&mut self, step: Step) {
        if let Step::Effect(_, command) = step {
            let why = "the board does not answer; nobody knows whether it was done".to_owned();
            return self.unanswered.push((command, why));
        }
        if !self.has_answered {
            // It says nothing at all.
            self.forget();
            self.todo = VecDeque::from([Step::Greet]);
            return;
        }
        match step {
            Step::Check(at) | Step::Set(at) => {
                let line = &mut self.pins[at];
                line.is_ready = false;
                self.odd = Some(format!("the board does not tell how {} is used", line.name()));
            }
            Step::Channels => {
                self.odd = Some("the board does not tell which pins its analog inputs are".to_owned());
            }
            // Boards before Firmata 2.4 tell a value when it changes.
            Step::Greet | Step::Sampling | Step::Values | Step::Value(_) | Step::Effect(..) => {}
        }
    }

    /// This is written for a command; what shows the effect is waited for like any other answer.
    pub fn told(&mut self, now: Instant, bytes: &[u8], command: CommandId) {
        let request = Request::first(bytes).and_then(|(_, request)| request);
        if let Some(
            request @ (Request::State(_) | Request::ReportPort(_, true) | Request::ReportChannel(_, true)),
        ) = request
        {
            let step = Step::Effect(request, command);
            self.asked = Some(Asked { step, until: now + ANSWER, tries: 1 });
        }
    }

    /// A command whose effect nobody has told, and why that is so.
    pub fn take_unanswered(&mut self) -> Option<(CommandId, String)> {
        self.unanswered.pop()
    }

    /// What is odd about the board since that was asked last.
    pub fn take_odd(&mut self) -> Option<String> {
        self.odd.take()
    }

    /// Takes what the board says; whether that shows that a board is there and understood.
    pub fn hear(&mut self, now: Instant, message: &Message) -> bool {
        let is_greeted = self.announced.is_some();
        match message {
            // A later one may say everything otherwise.
            Message::Version(major, minor) if !(2..=3).contains(major) => {
                self.odd = Some(format!("the board speaks Firmata {major}.{minor}, the hub 2.x"));
            }
            Message::Version(..) => self.announced(now),
            // The other half of the same announcement.
            Message::Firmware { .. } if self.announced.is_some_and(|at| now < at + SAME) => {}
            Message::Firmware { .. } => self.announced(now),
            Message::Text(text) => self.odd = Some(format!("the board says \"{text}\"")),
            Message::Channels(channels) if is_greeted => {
                self.channels(channels);
                self.answered(|step| step == Step::Channels);
            }
            Message::Pin { number, mode, .. } if is_greeted => self.used(*number, *mode),
            Message::Digital { port, .. } if is_greeted => {
                self.answered_with(Request::ReportPort(*port, true));
            }
            Message::Analog { channel, .. } if is_greeted => {
                self.answered_with(Request::ReportChannel(*channel, true));
            }
            // Before the greeting was answered this may be anything.
            Message::Channels(_)
            | Message::Pin { .. }
            | Message::Digital { .. }
            | Message::Analog { .. }
            | Message::Other(_) => {}
        }
        let is_word = self.announced.is_some();
        self.has_answered |= is_word;
        is_word
    }

    /// What was asked is answered, if it is what was asked.
    fn answered(&mut self, is_it: impl Fn(Step) -> bool) {
        self.asked.take_if(|asked| is_it(asked.step));
    }

    /// A value was told: of a pin, or for a command.
    fn answered_with(&mut self, request: Request) {
        let pins = &self.pins;
        self.asked.take_if(|asked| match asked.step {
            Step::Value(at) => pins[at].pin.ask() == request,
            Step::Effect(wanted, _) => wanted == request,
            Step::Greet | Step::Channels | Step::Sampling | Step::Check(_) | Step::Set(_) | Step::Values => {
                false
            }
        });
    }

    fn channels(&mut self, channels: &[Option<u8>]) {
        for line in self.pins.iter_mut().filter(|line| line.pin.mode == Mode::Analog) {
            let at = channels.iter().position(|channel| *channel == Some(line.pin.number));
            line.number = at.and_then(|at| u8::try_from(at).ok());
        }
    }

    /// The board has told how a pin is used.
    fn used(&mut self, number: u8, mode: u8) {
        let Some(at) = self.pins.iter().position(|line| line.number == Some(number)) else { return };
        self.answered_with(Request::State(number));
        let was_set = self.asked.as_ref().is_some_and(|asked| asked.step == Step::Set(at));
        self.answered(|step| step == Step::Check(at) || step == Step::Set(at));
        let line = &mut self.pins[at];
        line.is_ready = mode == line.pin.mode.code();
        if line.is_ready {
            line.is_refused = false;
        } else if was_set {
            let is_told = std::mem::replace(&mut line.is_refused, true);
            let (name, wanted) = (line.name(), line.pin.mode.word());
            let odd =
                format!("the board does not use {name} as `{wanted}`: it cannot, or its sketch does not");
            self.odd = (!is_told).then_some(odd).or(self.odd.take());
        } else {
            self.todo.retain(|step| *step != Step::Check(at) && *step != Step::Set(at));
            self.todo.push_front(Step::Set(at));
            if !self.todo.contains(&Step::Values) {
                self.todo.push_back(Step::Values);
            }
        }
    }
}

impl Line {
    fn name(&self) -> String {
        match self.pin.mode {
            Mode::Analog => format!("A{}", self.pin.number),
            _ => format!("pin {}", self.pin.number),
        }
    }
}

#[cfg(test)]
mod tests;
