//! A board that speaks Firmata: it keeps the modes of its pins and what was written to them, and tells its inputs.
//!
//! It behaves as StandardFirmata does: it forgets everything when its port is opened, and says who it is; a mode that is set
//! anew forgets what was written to the pin; in the report of a port only inputs are told. What its inputs measure are the
//! messages of the examples, which take turns. Pure: time is an argument. Sources: firmata/protocol, protocol.md, and how
//! StandardFirmata 2.5 is known to answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Answer, Reply};
use crate::device::frame::firmata::{Firmata, Message, Mode, Request};
use crate::device::frame::{Framer, Heard, hex};
use crate::device::profile::{Given, Profile};

/// Pins of an Arduino Uno and of a Mega, and where their analog inputs begin.
const SMALL: (u8, u8) = (20, 14);
const LARGE: (u8, u8) = (70, 54);
/// How often StandardFirmata samples if nobody says otherwise, and the least that can be told.
const SAMPLING: Duration = Duration::from_millis(19);
const LEAST_SAMPLING: Duration = Duration::from_millis(10);

/// A played board.
#[derive(Debug)]
pub(super) struct Board {
    pins: Vec<Pin>,
    /// The pin of A0.
    first_channel: u8,
    /// What inputs measure, in its turn.
    measured: Vec<Message>,
    /// Who it says it is.
    firmware: Message,
    turn: usize,
    every: Duration,
    due: Duration,
    ports: BTreeMap<u8, u8>,
    channels: BTreeMap<u8, u16>,
    reported_ports: Vec<u8>,
    reported_channels: Vec<u8>,
    sampling: Duration,
    sampled: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Pin {
    mode: u8,
    state: u64,
}

impl Board {
    /// The board of `profile`; `every` takes the place of the rhythm in which its inputs change.
    pub fn new(profile: &Arc<Profile>, firmata: &Firmata, every: Option<Duration>) -> Self {
        let is_small = firmata.pins.iter().all(|pin| match pin.mode {
            Mode::Analog => pin.number < SMALL.0 - SMALL.1,
            _ => pin.number < SMALL.0,
        });
        let (count, first_channel) = if is_small { SMALL } else { LARGE };
        let most = firmata.pins.iter().map(|pin| pin.number + 1).max().unwrap_or_default();
        let asked = profile.serial.as_ref().map(|serial| serial.interval);
        let (measured, firmware) = recorded(profile);
        let mut board = Self {
            pins: vec![Pin { mode: Mode::Output.code(), state: 0 }; usize::from(count.max(most))],
            first_channel,
            measured,
            firmware,
            turn: 0,
            every: every.or(asked).unwrap_or(super::speaker::USUALLY),
            due: Duration::ZERO,
            ports: BTreeMap::new(),
            channels: BTreeMap::new(),
            reported_ports: Vec::new(),
            reported_channels: Vec::new(),
            sampling: SAMPLING,
            sampled: Duration::ZERO,
        };
        board.forget();
        board
    }

    /// How many messages of the examples its inputs measure.
    pub fn count(&self) -> usize {
        self.measured.len()
    }

    /// How often the next of them is what they measure.
    pub fn rhythm(&self) -> Duration {
        self.every
    }

    /// Somebody opened its port, which restarts it.
    pub fn start(&mut self, at: Duration) -> Vec<Vec<u8>> {
        self.forget();
        self.sampled = at;
        vec![Message::Version(2, 5).bytes(), self.firmware.bytes()]
    }

    fn forget(&mut self) {
        for at in 0..self.pins.len() {
            let mode = if self.channel(at).is_some() { Mode::Analog } else { Mode::Output };
            self.pins[at] = Pin { mode: mode.code(), state: 0 };
        }
        self.reported_ports.clear();
        self.reported_channels.clear();
        self.sampling = SAMPLING;
    }

    /// The analog channel of a pin.
    fn channel(&self, pin: usize) -> Option<u8> {
        let channel = u8::try_from(pin).ok()?.checked_sub(self.first_channel)?;
        (channel <= 0x0f).then_some(channel)
    }

    /// What changes and is sampled by now.
    pub fn tick(&mut self, at: Duration) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        if self.due <= at && !self.measured.is_empty() {
            // Beats that were missed (the machine slept) are not made up for.
            self.due = at + self.every;
            let next = self.measured[self.turn % self.measured.len()].clone();
            self.turn += 1;
            match next {
                Message::Digital { port, bits } => {
                    let is_new = self.ports.insert(port, bits) != Some(bits);
                    said.extend(self.port(port).filter(|_| is_new && self.reported_ports.contains(&port)));
                }
                Message::Analog { channel, value } => {
                    self.channels.insert(channel, value);
                }
                _ => {}
            }
        }
        if at >= self.sampled + self.sampling {
            self.sampled = at;
            said.extend(self.reported_channels.iter().map(|channel| self.sample(*channel)));
        }
        said
    }

    /// When [`tick`](Self::tick) has something next.
    pub fn next_due(&self) -> Option<Duration> {
        let change = (!self.measured.is_empty()).then_some(self.due);
        let sample = (!self.reported_channels.is_empty()).then(|| self.sampled + self.sampling);
        change.into_iter().chain(sample).min()
    }

    /// The report of a port: inputs only, and a pull-up is high where nothing is connected.
    fn port(&self, port: u8) -> Option<Vec<u8>> {
        let first = usize::from(port) * 8;
        let pins = self.pins.get(first..)?.iter().take(8).enumerate();
        let bits = pins.fold(0_u8, |bits, (at, pin)| {
            let measured = self.ports.get(&port).map(|bits| bits >> at & 1 == 1);
            let is_high = match Mode::of(pin.mode) {
                Some(Mode::Input) => measured.unwrap_or(false),
                Some(Mode::PullUp) => measured.unwrap_or(true),
                Some(Mode::Output | Mode::Analog | Mode::Pwm | Mode::Servo) | None => false,
            };
            bits | u8::from(is_high) << at
        });
        Some(Message::Digital { port, bits }.bytes())
    }

    fn sample(&self, channel: u8) -> Vec<u8> {
        let value = self.channels.get(&channel).copied().unwrap_or_default();
        Message::Analog { channel, value }.bytes()
    }

    /// Takes what stands at the front of what was heard; nothing if the rest of it is to come.
    pub fn hear(&mut self, heard: &[u8], refuses: bool) -> Option<Reply> {
        let (taken, request) = Request::first(heard)?;
        let Some(request) = request else {
            let answer = Answer::Ignored(format!("{} (no message)", hex::shown(&heard[..taken])));
            return Some(Reply { taken, answer, said: Vec::new() });
        };
        let (answer, said) = self.obey(request, refuses);
        Some(Reply { taken, answer, said: said.into_iter().collect() })
    }

    fn obey(&mut self, request: Request, refuses: bool) -> (Answer, Option<Vec<u8>>) {
        let said = match request {
            Request::Version => Some(Message::Version(2, 5).bytes()),
            Request::Firmware => Some(self.firmware.bytes()),
            Request::Channels => {
                let channels = (0..self.pins.len()).map(|pin| self.channel(pin)).collect();
                Some(Message::Channels(channels).bytes())
            }
            Request::State(number) => self
                .pins
                .get(usize::from(number))
                .map(|pin| Message::Pin { number, mode: pin.mode, state: pin.state }.bytes()),
            Request::ReportPort(port, is_on) => {
                self.reported_ports.retain(|known| *known != port);
                self.reported_ports.extend(is_on.then_some(port));
                self.port(port).filter(|_| is_on)
            }
            Request::ReportChannel(channel, is_on) => {
                let is_there = usize::from(self.first_channel + channel) < self.pins.len();
                self.reported_channels.retain(|known| *known != channel);
                self.reported_channels.extend((is_on && is_there).then_some(channel));
                (is_on && is_there).then(|| self.sample(channel))
            }
            Request::Sampling(millis) => {
                self.sampling = Duration::from_millis(millis.into()).max(LEAST_SAMPLING);
                None
            }
            Request::Reset => {
                self.forget();
                None
            }
            Request::Mode(number, mode) => return self.set_mode(number, mode),
            Request::Digital(..) | Request::Analog(..) if refuses => {
                return (Answer::Ignored(format!("{} (told to refuse)", hex::shown(&request.bytes()))), None);
            }
            Request::Digital(number, is_high) => {
                return (self.write(number, &[Mode::Output], u64::from(is_high)), None);
            }
            Request::Analog(number, value) => {
                return (self.write(number, &[Mode::Pwm, Mode::Servo], value.into()), None);
            }
        };
        (Answer::Nothing, said)
    }

    fn set_mode(&mut self, number: u8, code: u8) -> (Answer, Option<Vec<u8>>) {
        let is_analog = self.channel(usize::from(number)).is_some();
        let Some(mode) = Mode::of(code) else {
            let text = Message::Text("Unknown pin mode".to_owned());
            return (Answer::Ignored(format!("mode {code} of pin {number}")), Some(text.bytes()));
        };
        match self.pins.get_mut(usize::from(number)) {
            Some(pin) if mode != Mode::Analog || is_analog => {
                *pin = Pin { mode: code, state: u64::from(mode == Mode::PullUp) };
                (Answer::Obeyed(format!("pin {number} is used as {}", mode.word())), None)
            }
            Some(_) | None => (Answer::Ignored(format!("pin {number} as {}", mode.word())), None),
        }
    }

    /// Only a pin in one of these modes takes a value.
    fn write(&mut self, number: u8, modes: &[Mode], value: u64) -> Answer {
        match self.pins.get_mut(usize::from(number)) {
            Some(pin) if Mode::of(pin.mode).is_some_and(|mode| modes.contains(&mode)) => {
                pin.state = value;
                Answer::Obeyed(format!("pin {number} = {value}"))
            }
            Some(_) | None => Answer::Ignored(format!("pin {number} = {value} (it is used otherwise)")),
        }
    }
}

/// What the examples say of inputs, and who the board is.
fn recorded(profile: &Profile) -> (Vec<Message>, Message) {
    let mut all = Vec::new();
    let usual = Message::Firmware { version: (2, 5), name: "StandardFirmata.ino".to_owned() };
    let Some(format) = &profile.frame else { return (all, usual) };
    for example in profile.examples.iter().filter(|example| example.damage.is_none()) {
        let Given::Bytes(bytes) = &example.given else { continue };
        Framer::in_step(format.clone()).feed(bytes, |heard| match heard {
            Heard::Frame(frame) => all.extend(Message::parse(&frame.wire)),
            Heard::Damage(_) => {}
        });
    }
    let firmware = all.iter().find(|message| matches!(message, Message::Firmware { .. })).cloned();
    all.retain(|message| matches!(message, Message::Digital { .. } | Message::Analog { .. }));
    (all, firmware.unwrap_or(usual))
}

#[cfg(test)]
mod tests;
