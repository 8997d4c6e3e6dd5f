//! Units of a Modbus: what each is asked and when, and how much patience it has earned.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::known::Device;
use crate::device::frame::modbus::Request;
use crate::device::frame::registers::Registers;
use crate::talk::Topic;

/// Answers that are missed one after the other until a unit counts as gone.
const GONE: u32 = 3;
/// The longest pause between two tries of one that is gone.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long one that did not answer lets others go first; on a bus that is never free it would never be asked.
const YIELDS: Duration = Duration::from_secs(10);
/// How long what a unit refuses to tell is not asked again.
const REFUSED: Duration = Duration::from_secs(300);

/// One unit.
pub struct Unit {
    /// Its number on the bus.
    pub number: u8,
    /// Its device.
    pub base: Option<Topic>,
    /// Its definition.
    pub profile: Box<str>,
    /// What it keeps.
    pub registers: Arc<Registers>,
    /// Everything it is asked in one round, and until when it need not be.
    requests: Vec<(Request, Option<Instant>)>,
    at: usize,
    every: Duration,
    round: Instant,
    due: Instant,
    misses: u32,
    has_answered: bool,
    /// A late answer must not be taken for that to another question.
    rests_until: Option<Instant>,
}

impl Unit {
    /// A unit that was not asked yet; nothing if the device is none.
    pub fn new(now: Instant, device: &Device, base: Option<Topic>) -> Option<Self> {
        let registers = device.profile.registers.clone()?;
        let number = device.unit.unwrap_or(registers.unit);
        let requests = registers.requests(number).into_iter().map(|request| (request, None)).collect();
        let every = device.profile.serial.as_ref().map_or(Duration::from_secs(10), |serial| serial.interval);
        let profile = device.profile.id.clone();
        Some(Self {
            number,
            base,
            profile,
            registers,
            requests,
            at: 0,
            every,
            round: now,
            due: now,
            misses: 0,
            has_answered: false,
            rests_until: None,
        })
    }

    /// When it is asked next; nothing if there is nothing to ask.
    pub fn due(&self) -> Option<Instant> {
        (!self.requests.is_empty()).then(|| self.rests_until.map_or(self.due, |rests| self.due.max(rests)))
    }

    /// Whether it must not be asked anything else now.
    pub fn rests(&self, now: Instant) -> Option<Instant> {
        self.rests_until.filter(|rests| now < *rests)
    }

    /// Whether others that are due go first.
    pub fn yields(&self, now: Instant) -> bool {
        self.misses > 0 && now < self.due + YIELDS
    }

    /// What it is asked now.
    pub fn question(&self) -> Option<Request> {
        self.requests.get(self.at).map(|(request, _)| request.clone())
    }

    /// It has answered; whether it had not for a while.
    pub fn answered(&mut self) -> bool {
        self.rests_until = None;
        let is_back = !self.is_there();
        self.misses = 0;
        self.has_answered = true;
        is_back
    }

    /// The question was answered: on to the next one.
    pub fn go_on(&mut self, now: Instant) {
        for _ in 0..self.requests.len() {
            self.at += 1;
            if self.at >= self.requests.len() {
                self.at = 0;
                self.round += self.every;
                // After a pause of ours nobody is asked twice.
                self.round = self.round.max(now);
                self.due = self.round;
            }
            if self.requests[self.at].1.is_none_or(|until| now >= until) {
                return;
            }
        }
    }

    /// It refuses to tell this: it is not asked for a while.
    pub fn refuses(&mut self, now: Instant) {
        if let Some((_, until)) = self.requests.get_mut(self.at) {
            *until = Some(now + REFUSED);
        }
        self.go_on(now);
    }

    /// It has not answered within `answer`; whether it counts as gone by that.
    pub fn missed(&mut self, now: Instant, answer: Duration) -> bool {
        self.misses = self.misses.saturating_add(1);
        self.rests_until = Some(now + answer);
        if self.misses >= GONE {
            let doubled = self.misses.saturating_sub(GONE).min(6);
            self.due = now + (Duration::from_secs(1) * 2_u32.pow(doubled)).min(LONGEST_PAUSE);
            self.round = self.due;
            self.at = 0;
        }
        self.misses == GONE
    }

    /// It is to be asked at once.
    pub fn hurry(&mut self, now: Instant) {
        self.due = self.due.min(now);
    }

    /// Whether it answers.
    pub fn is_there(&self) -> bool {
        self.has_answered && self.misses < GONE
    }

    /// Whether it had its chance and does not answer.
    pub fn is_gone(&self) -> bool {
        self.misses >= GONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::frame::modbus::Table;

    fn unit(now: Instant) -> Unit {
        let requests = (0..3).map(|at| (Request::read(7, Table::Input, at, 1), None)).collect();
        let registers = Arc::new(Registers { unit: 7, all: Vec::new(), gap: 0, most: 1 });
        Unit {
            number: 7,
            base: None,
            profile: "acme/meter".into(),
            registers,
            requests,
            at: 0,
            every: Duration::from_secs(10),
            round: now,
            due: now,
            misses: 0,
            has_answered: false,
            rests_until: None,
        }
    }

    #[test]
    fn a_round_asks_everything_and_begins_again_after_its_interval() {
        let start = Instant::now();
        let mut unit = unit(start);
        for at in [0, 1, 2] {
            assert_eq!(unit.due(), Some(start));
            assert_eq!(unit.question(), Some(Request::read(7, Table::Input, at, 1)));
            unit.answered();
            unit.go_on(start + Duration::from_millis(100));
        }
        assert_eq!(unit.due(), Some(start + Duration::from_secs(10)));
    }

    #[test]
    fn one_that_is_back_is_asked_for_the_rest_at_once_and_then_in_its_rhythm() {
        let start = Instant::now();
        let mut unit = unit(start);
        unit.answered();
        unit.hurry(start);
        unit.go_on(start);
        assert_eq!(unit.due(), Some(start));
        (0..2).for_each(|_| unit.go_on(start));
        assert_eq!(unit.due(), Some(start + Duration::from_secs(10)));
    }

    #[test]
    fn one_that_is_gone_is_asked_less_and_less_often_and_comes_back_at_once() {
        let mut now = Instant::now();
        let mut unit = unit(now);
        let answer = Duration::from_millis(500);
        assert!(!unit.missed(now, answer) && !unit.missed(now, answer) && unit.missed(now, answer));
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let due = unit.due().expect("it is asked again");
            pauses.push((due - now).as_secs());
            now = due;
            assert!(!unit.missed(now, answer));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(unit.is_gone() && unit.answered() && unit.is_there());
    }

    #[test]
    fn one_that_did_not_answer_lets_others_go_first_and_not_for_ever() {
        let start = Instant::now();
        let mut unit = unit(start);
        assert!(!unit.yields(start));
        unit.missed(start, Duration::from_millis(500));
        let due = unit.due().expect("it is asked again");
        assert!(unit.yields(due) && unit.yields(due + Duration::from_secs(9)));
        assert!(!unit.yields(due + YIELDS));
        unit.answered();
        assert!(!unit.yields(due));
    }

    #[test]
    fn what_is_refused_is_left_out_and_the_rest_is_asked_on() {
        let start = Instant::now();
        let mut unit = unit(start);
        unit.answered();
        unit.refuses(start);
        let asked: Vec<Option<Request>> = (0..4)
            .map(|_| {
                let question = unit.question();
                unit.go_on(start);
                question
            })
            .collect();
        let read = |at| Some(Request::read(7, Table::Input, at, 1));
        assert_eq!(asked, [read(1), read(2), read(1), read(2)]);
        unit.go_on(start + REFUSED);
        unit.go_on(start + REFUSED);
        assert!([read(0), read(1), read(2)].contains(&unit.question()));
    }

    #[test]
    fn a_late_answer_is_not_taken_for_that_to_another_question() {
        let start = Instant::now();
        let mut unit = unit(start);
        unit.missed(start, Duration::from_millis(500));
        assert_eq!(unit.question(), Some(Request::read(7, Table::Input, 0, 1)), "the same again");
        assert_eq!(unit.rests(start), Some(start + Duration::from_millis(500)));
        assert_eq!(unit.rests(start + Duration::from_millis(500)), None);
    }
}
