//! Modbus: one question at a time for the whole line, commands first, and units that do not answer hold nobody up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::known::Device;
use super::site::Site;
use super::units::Unit;
use crate::device::Refusal;
use crate::device::frame::modbus::{self, Answer, Request};
use crate::device::frame::{Frame, Why};
use crate::hub::{Fault, LinkState, Now, Outgoing, Phase};
use crate::link::line::{Outbox, Talk, Tally};
use crate::link::supervise;

/// Bits of a character on the line at most: start, eight, parity, stop.
const BITS: u32 = 11;
/// Characters of silence between two frames, and the least time that this is where characters are fast.
const SILENCE: f64 = 3.5;
const LEAST_SILENCE: Duration = Duration::from_micros(1_750);
/// More bytes than any answer has.
const MOST_HEARD: usize = 1 << 10;
/// The longest frame on a bus.
const MOST_ANSWERED: usize = 256;
/// When there is nothing to do.
const IDLE: Duration = Duration::from_secs(60);

/// One conversation with the units of a bus.
pub struct Bus {
    site: Site,
    /// The number of the last question, on TCP.
    number: Option<u16>,
    units: Vec<Unit>,
    orders: VecDeque<Step>,
    asked: Option<Asked>,
    heard: Vec<u8>,
    /// When the line has been silent for long enough.
    ready: Instant,
    tally: Tally,
}

/// What is asked of a unit for a command.
struct Step {
    unit: usize,
    request: Request,
    command: Outgoing,
    /// Whether it is what the command stands for, and not what shows its effect.
    is_first: bool,
    /// Whether nothing follows.
    is_last: bool,
}

/// What was asked and not answered yet.
struct Asked {
    unit: usize,
    request: Request,
    until: Instant,
    /// What was damaged so far.
    why: Option<Why>,
    /// Whose command it is for; none for a question of ours.
    step: Option<Step>,
}

impl Bus {
    /// With the units on a port that was opened just now.
    pub fn new(mut site: Site) -> Self {
        let now = Now::now();
        let Site { told, known, config, .. } = &mut site;
        let unit = |device: &Device| {
            let base = told.plug(now, &device.profile, device.unit);
            Unit::new(now.mono, device, base)
        };
        let units = known.devices.iter().filter_map(unit).collect();
        let mut talk = Self {
            number: config.is_tcp().then_some(0),
            site,
            units,
            orders: VecDeque::new(),
            asked: None,
            heard: Vec::new(),
            ready: now.mono,
            tally: Tally::default(),
        };
        talk.tell_state(now);
        talk
    }

    /// The time that so many bytes need on the line.
    fn on_air(&self, bytes: f64) -> Duration {
        Duration::from_secs_f64(bytes * f64::from(BITS) / f64::from(self.site.baud))
    }

    fn silence(&self) -> Duration {
        self.on_air(SILENCE).max(LEAST_SILENCE)
    }

    fn ask(&mut self, now: Now, unit: usize, request: Request, step: Option<Step>, outbox: &mut Outbox) {
        self.number = self.number.map(|number| number.wrapping_add(1));
        let bytes = match self.number {
            Some(number) => request.tcp_bytes(number),
            None => request.bytes(),
        };
        let length = bytes.len() + request.answer_length();
        let until = now.mono + self.on_air(length as f64) + self.site.config.timing.answer;
        let command = step.as_ref().filter(|step| step.is_first);
        outbox.put(now, &bytes, command.map(|step| (step.command.id, step.command.deadline)));
        self.heard.clear();
        self.asked = Some(Asked { unit, request, until, why: None, step });
    }

    /// The next command whose unit may be asked now.
    fn next_order(&mut self, now: Now) -> Option<Step> {
        let mut at = 0;
        while let Some(step) = self.orders.get(at) {
            let is_resting = self.units[step.unit].rests(now.mono).is_some();
            let is_behind = self.orders.iter().take(at).any(|before| before.unit == step.unit);
            if is_resting || is_behind {
                at += 1;
                continue;
            }
            let step = self.orders.remove(at)?;
            let is_wanted = match step.is_first {
                true => self.site.told.is_in_time(now, &step.command),
                false => self.site.told.handle.wants(step.command.id),
            };
            if is_wanted {
                return Some(step);
            }
            if step.is_first {
                self.orders.retain(|other| other.command.id != step.command.id);
            }
        }
        None
    }

    /// Whoever's turn it is; those that did not answer come behind those that do.
    fn next_unit(&self, now: Instant) -> Option<usize> {
        let turn = |(at, unit): (usize, &Unit)| Some((unit.yields(now), unit.due()?, at));
        let due = self.units.iter().enumerate().filter_map(turn).filter(|(_, due, _)| *due <= now);
        due.min().map(|(_, _, at)| at)
    }

    /// Nobody has answered in time.
    fn miss(&mut self, now: Now, asked: Asked) {
        let answer = self.site.config.timing.answer;
        let Asked { unit: at, why, step, .. } = asked;
        match why {
            Some(Why::Checksum) => self.tally.count(Fault::Checksum),
            Some(_) => self.tally.count(Fault::Malformed),
            None if !self.heard.is_empty() => self.tally.count(Fault::Cut),
            None => {}
        }
        self.site.is_noisy |= !self.heard.is_empty();
        self.heard.clear();
        let unit = &mut self.units[at];
        let is_gone_now = unit.missed(now.mono, answer);
        let (number, base) = (unit.number, unit.base.clone());
        let how = match why {
            Some(why) => format!("unit {number} answers with something damaged ({why})"),
            None => format!("unit {number} does not answer"),
        };
        if is_gone_now && let Some(base) = base {
            self.site.told.handle.device_offline(now, &base, &how);
            self.site.told.warn(now, &how);
        }
        // What shows the effect of a command may still come; without it nobody knows.
        if let Some(step) = step.filter(|step| step.is_last) {
            let reason = format!("{how}; nobody knows whether it was done");
            self.site.told.handle.refuse(now, step.command.id, Refusal::new("no-answer", reason));
        }
        self.tell_state(now);
    }

    fn answered(&mut self, now: Now, asked: Asked, answer: Result<Box<[u8]>, u8>) {
        let Asked { unit: at, request, step, .. } = asked;
        self.ready = now.mono + self.silence();
        self.site.is_noisy = false;
        let wire = std::mem::take(&mut self.heard);
        let unit = &mut self.units[at];
        let (number, is_back) = (unit.number, unit.answered());
        self.tell_state(now);
        let unit = &mut self.units[at];
        if is_back {
            unit.hurry(now.mono);
        }
        match (answer, &step) {
            (Ok(content), _) => {
                let said = unit.registers.json(&request, &content);
                let profile = unit.profile.clone();
                if step.is_none() {
                    unit.go_on(now.mono);
                }
                if let Some(json) = said {
                    let frame = Frame { topic: None, json: json.into(), wire: wire.into() };
                    let meanings = self.site.told.understand(&profile, &frame);
                    meanings.into_iter().for_each(|meaning| self.site.told.tell(now, meaning));
                }
            }
            (Err(code), Some(step)) => {
                let id = step.command.id;
                self.orders.retain(|other| other.command.id != id);
                let reason = format!("unit {number}: {} (exception {code})", modbus::refusal(code));
                self.site.told.handle.refuse(now, id, Refusal::new("device", reason));
            }
            (Err(code), None) => {
                match modbus::is_for_now(code) {
                    true => unit.go_on(now.mono),
                    false => unit.refuses(now.mono),
                }
                let what = format!("unit {number} does not tell all of it: {}", modbus::refusal(code));
                self.site.told.handle.count(Fault::NotUnderstood, 1);
                self.site.told.warn(now, &what);
            }
        }
    }

    fn is_up(&self) -> bool {
        self.units.iter().any(Unit::is_there)
    }

    fn tell_state(&mut self, now: Now) {
        let gone = || self.units.iter().filter(|unit| unit.is_gone()).map(|unit| unit.number).collect();
        let away = self.is_up().then(gone);
        if !self.site.is_told(away) {
            self.site.tell(now, self.state());
        }
    }

    fn state(&self) -> LinkState {
        let (names, path) = (self.site.known.names(), &self.site.path);
        let down = |code, reason, hint: &str| LinkState::not_up(Phase::Connecting, code, reason, hint);
        if self.is_up() {
            let gone = self.units.iter().filter(|unit| unit.is_gone());
            let gone: Vec<String> = gone.map(|unit| unit.number.to_string()).collect();
            return LinkState::up(match gone.as_slice() {
                [] => format!("{names} on {path}"),
                [one] => format!("{names} on {path}; unit {one} does not answer"),
                _ => format!("{names} on {path}; units {} do not answer", gone.join(", ")),
            });
        }
        let are_all_gone = self.units.iter().all(Unit::is_gone);
        if self.tries_speeds() && (are_all_gone || !self.site.turn.is_first()) {
            let reason = format!("no {names} has answered on {path} yet; its speeds are tried in turn");
            return down(
                "silent",
                reason,
                "check power, A and B, and the unit numbers; `baud` fixes a speed",
            );
        }
        if !are_all_gone {
            return down("connecting", format!("{path} is open; waiting for {names} to answer"), "");
        }
        if self.site.is_noisy {
            let reason = format!("{path} brings damaged answers at {} baud", self.site.baud);
            return down("unreadable", reason, "check the speed, `settings`, and the ends of the bus");
        }
        let reason = format!("{path} is open but {names} does not answer");
        down("silent", reason, "check power, A and B, the unit numbers and the speed")
    }

    fn tries_speeds(&self) -> bool {
        self.site.tries_speeds() && !self.is_up()
    }
}

impl Talk for Bus {
    fn due(&self) -> Instant {
        let idle = Instant::now() + IDLE;
        let next = match &self.asked {
            Some(asked) => asked.until,
            None => {
                let rests = |step: &Step| self.units[step.unit].rests(self.ready).unwrap_or(self.ready);
                let orders = self.orders.iter().map(rests);
                let units = self.units.iter().filter_map(Unit::due);
                orders.chain(units).min().unwrap_or(idle).max(self.ready)
            }
        };
        next.min(idle)
    }

    fn speak(&mut self, now: Now, outbox: &mut Outbox) {
        self.site.renew();
        self.site.told.end_due(now);
        if let Some(asked) = self.asked.take() {
            if now.mono < asked.until {
                self.asked = Some(asked);
                return;
            }
            self.miss(now, asked);
            self.tally.tell(&self.site.told.handle);
        }
        if self.tries_speeds() && self.units.iter().all(Unit::is_gone) && self.site.over.is_none() {
            self.site.turn.next();
            self.site.over = Some(self.state());
        }
        if !outbox.is_empty() || now.mono < self.ready {
            return;
        }
        if let Some(step) = self.next_order(now) {
            let (unit, request) = (step.unit, step.request.clone());
            return self.ask(now, unit, request, Some(step), outbox);
        }
        if let Some(unit) = self.next_unit(now.mono)
            && let Some(request) = self.units[unit].question()
        {
            self.ask(now, unit, request, None, outbox);
        }
    }

    fn command(&mut self, now: Now, command: Outgoing, _: &mut Outbox) {
        if !self.is_up() {
            return supervise::refuse(&self.site.told.handle, &command, &self.state());
        }
        if !self.site.told.is_in_time(now, &command) {
            return;
        }
        let refuse = |refusal| self.site.told.handle.refuse(now, command.id, refusal);
        let (base, order) = match self.site.told.order(&command) {
            Ok(order) => order,
            Err(refusal) => return refuse(refusal),
        };
        let unit = self.units.iter().position(|unit| unit.base.as_ref() == Some(&base));
        let requests = order.sends.iter().map(|sending| Request::parse(sending.bytes.as_deref()?));
        let (Some(unit), Some(requests)) = (unit, requests.collect::<Option<Vec<_>>>()) else {
            return refuse(Refusal::new("definition", "the definition cannot say this on Modbus"));
        };
        let count = requests.len();
        for (at, request) in requests.into_iter().enumerate() {
            let (command, is_first, is_last) = (command.clone(), at == 0, at + 1 == count);
            self.orders.push_back(Step { unit, request, command, is_first, is_last });
        }
    }

    fn hear(&mut self, now: Now, bytes: &[u8]) {
        let Some(mut asked) = self.asked.take() else {
            // Too late to be an answer, or a click of the bus.
            self.tally.count(Fault::Noise);
            self.ready = now.mono + self.silence();
            return self.tally.tell(&self.site.told.handle);
        };
        if self.heard.len() + bytes.len() <= MOST_HEARD {
            self.heard.extend_from_slice(bytes);
        }
        let answer = match self.number {
            Some(number) => asked.request.tcp_answer(number, &self.heard),
            None => asked.request.answer(&self.heard),
        };
        match answer {
            Answer::Said(content) => self.answered(now, asked, Ok(content)),
            // A gateway says at once what is found out by waiting elsewhere.
            Answer::Refused(code) if modbus::is_out_of_reach(code) => {
                self.heard.clear();
                self.ready = now.mono + self.silence();
                self.miss(now, asked);
            }
            Answer::Refused(code) => self.answered(now, asked, Err(code)),
            Answer::Part => self.asked = Some(asked),
            // The answer may still stand behind it.
            Answer::Wrong(why) => {
                asked.why = Some(why);
                self.asked = Some(asked);
            }
        }
        self.tally.tell(&self.site.told.handle);
    }

    fn free(&self, _: Now) -> Option<Instant> {
        self.asked.is_none().then_some(self.ready)
    }

    fn gives_way(&mut self, now: Now, count: usize) {
        let longest = self.on_air((count + MOST_ANSWERED) as f64);
        self.ready = now.mono + longest + self.site.config.timing.answer;
    }

    fn over(&self, _: Now) -> Option<LinkState> {
        self.site.over.clone()
    }

    fn end(&mut self, _: Now) {
        self.tally.tell(&self.site.told.handle);
    }
}
