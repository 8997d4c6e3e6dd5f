//! The dongle and the nodes around it: lines in, lines out, time as an argument.
//!
//! The nodes get their power with the first line of a hub, so that it hears them start whenever it comes. What a node
//! says reaches the line only while it is paired. A node that waits asks to be paired a moment after pairing began.
//! Sources: those of [`super::memory`] and [`super::wire`]; where they are silent, nothing is said.

use std::collections::VecDeque;
use std::time::Duration;

use super::faults::{Faults, Happening};
use super::memory::{Attached, Memory, Named};
use super::node::{Mode, Node};
use super::wire::line;
use crate::link::simulator::physics::Room;

/// What the dongle is and knows from before.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The same seed gives the same values.
    pub seed: u64,
    /// What the clock on the wall shows at time zero.
    pub time_of_day: Duration,
    /// Nodes that are paired; all but the last bear a name.
    pub paired: usize,
    /// Nodes that could be.
    pub waiting: usize,
    /// Time between two rounds of readings. A real node on batteries takes up to 15 minutes.
    pub every: Duration,
    /// When a waiting node asks, after pairing began or after the one before it.
    pub asks_after: Duration,
    /// When the radio knows its own id after the dongle got its power.
    pub ready_after: Duration,
    /// It writes log lines between its messages, as firmware of one's own making does.
    pub logs: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seed: 1,
            time_of_day: Duration::from_secs(12 * 3_600),
            paired: 3,
            waiting: 2,
            every: Duration::from_secs(10),
            asks_after: Duration::from_secs(2),
            ready_after: Duration::from_millis(200),
            logs: false,
        }
    }
}

/// The dongle's own id.
pub(super) const OWN_ID: &str = "836d19839c3b";
/// What it says instead before the radio is ready.
pub(super) const NO_ID: &str = "000000000000";
/// What precedes the first line after power-up.
const POWER_UP: &[u8] = b"\0\0\0";
/// Time over the radio.
const RADIO: Duration = Duration::from_millis(40);
/// Between the starts of two nodes, and of their rounds.
const APART: Duration = Duration::from_millis(50);
/// Ids that a scan remembers, so that it names each once.
const SCANNED: usize = 4;
/// At most this many lines wait for their delay; older ones are lost, as in a real buffer.
const WAITING: usize = 4_096;

/// What is going to happen by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// The radio knows its id.
    Ready,
    /// This node gets its power.
    Boot(usize),
    /// This node measures.
    Round(usize),
    /// This node says who it is.
    Inform(usize),
    /// The next waiting node asks, in this session of pairing.
    Ask(u32),
}

/// A dongle, its nodes and its faults.
#[derive(Clone, Debug)]
pub struct Dongle {
    pub(super) setup: Setup,
    pub(super) faults: Faults,
    pub(super) memory: Memory,
    pub(super) nodes: Vec<Node>,
    pub(super) is_ready: bool,
    pub(super) led: bool,
    pub(super) relay: bool,
    pub(super) is_pairing: bool,
    pub(super) pairs_anybody: bool,
    pub(super) scan: Option<Vec<String>>,
    session: u32,
    asked: Vec<usize>,
    is_met: bool,
    plans: Vec<(Duration, Plan)>,
    room: Room,
    random: fastrand::Rng,
    waiting: VecDeque<(Duration, Vec<u8>)>,
}

impl Dongle {
    /// A dongle without power.
    pub fn new(setup: Setup, faults: Faults) -> Self {
        let nodes: Vec<Node> = (0..setup.paired + setup.waiting).map(Node::kit).collect();
        let mut memory = Memory::default();
        for (number, node) in nodes.iter().take(setup.paired).enumerate() {
            // Setups are made of numbers that fit; what does not is not paired, as on a full dongle.
            if memory.attach(&node.id) == Attached::New && number + 1 < setup.paired {
                memory.name(&node.id, &node.usual_alias(number / 6));
            }
        }
        Self {
            faults,
            memory,
            nodes,
            is_ready: false,
            led: false,
            relay: false,
            is_pairing: false,
            pairs_anybody: false,
            scan: None,
            session: 0,
            asked: Vec::new(),
            is_met: false,
            plans: Vec::new(),
            room: Room::new(setup.seed, setup.time_of_day),
            // Not the room's own numbers: a fault must not change the weather.
            random: fastrand::Rng::with_seed(setup.seed ^ 0x5eed_fa17),
            waiting: VecDeque::new(),
            setup,
        }
    }

    /// It is plugged in: pairing is over, and names of nodes that left are forgotten.
    pub fn power(&mut self, at: Duration) {
        // What nodes said meanwhile nobody heard.
        drop(self.take(at));
        (self.is_ready, self.led, self.relay) = (false, false, false);
        (self.is_pairing, self.pairs_anybody, self.scan) = (false, false, None);
        self.session += 1;
        self.waiting.clear();
        self.plans.retain(|(_, plan)| *plan != Plan::Ready);
        self.push(at, POWER_UP.to_vec());
        for id in self.memory.unname_strangers() {
            self.say(at, &line("$eeprom/alias/remove/ok", &format!("\"{id}\"")));
        }
        self.plan(at + self.setup.ready_after, Plan::Ready);
    }

    /// A hub has written something for the first time: the nodes get their power.
    pub(super) fn meet(&mut self, at: Duration) {
        if !std::mem::replace(&mut self.is_met, true) {
            for number in 0..self.nodes.len() {
                let turn = APART * u32::try_from(number + 10).unwrap_or(u32::MAX);
                self.plan(at + turn, Plan::Boot(number));
                self.plan(at + turn + APART, Plan::Round(number));
            }
        }
    }

    /// What leaves by now, in order, newlines included.
    pub fn take(&mut self, at: Duration) -> Vec<Vec<u8>> {
        self.room.advance(at, self.relay, false);
        while let Some(place) = self.next_plan().filter(|place| self.plans[*place].0 <= at) {
            let (due, plan) = self.plans.swap_remove(place);
            self.carry_out(due, at, plan);
        }
        for node in &mut self.nodes {
            node.tick(at);
        }
        let ready = self.waiting.partition_point(|(due, _)| *due <= at);
        self.waiting.drain(..ready).map(|(_, bytes)| bytes).collect()
    }

    /// When [`take`](Self::take) has something next.
    pub fn next_due(&self) -> Option<Duration> {
        let first = self.waiting.front().map(|(due, _)| *due);
        first.into_iter().chain(self.plans.iter().map(|(due, _)| *due)).min()
    }

    /// Something happens to it or to its nodes. Being unplugged is the line's affair: [`power`](Self::power) follows.
    pub fn happen(&mut self, at: Duration, happening: Happening) {
        match happening {
            Happening::Press(id) => {
                let pressed = self.nodes.iter_mut().position(|node| node.id == id);
                if let Some(number) = pressed {
                    let said = self.nodes[number].press();
                    self.receive(at + RADIO, number, said);
                }
            }
            Happening::Boot(id) => {
                if let Some(number) = self.nodes.iter().position(|node| node.id == id) {
                    self.plan(at, Plan::Boot(number));
                }
            }
            Happening::Pair => {
                if let Some(number) = self.nodes.iter().position(|node| !self.memory.knows(&node.id)) {
                    self.ask(at, number);
                }
            }
            Happening::Fault(fault) => self.faults.change(fault),
            Happening::Say(text) => self.push(at, format!("{text}\n").into_bytes()),
            Happening::Unplug(_) => {}
        }
    }

    /// Nodes that are not paired ask one after the other.
    pub(super) fn begin_pairing(&mut self, at: Duration) {
        self.is_pairing = true;
        self.session += 1;
        self.asked.clear();
        self.plan(at + self.setup.asks_after, Plan::Ask(self.session));
    }

    fn carry_out(&mut self, due: Duration, at: Duration, plan: Plan) {
        match plan {
            Plan::Ready => {
                self.is_ready = true;
                self.say(due, &self.info());
            }
            Plan::Boot(number) => {
                let info = self.nodes[number].boot();
                self.receive(due, number, info);
            }
            Plan::Round(number) => {
                for said in self.nodes[number].readings(at, &mut self.room) {
                    self.receive(due, number, said);
                }
                // Rounds that were missed (the machine slept) are not made up for.
                let next = due + self.setup.every;
                self.plan(if next > at { next } else { at + self.setup.every }, Plan::Round(number));
            }
            Plan::Inform(number) => {
                let info = self.nodes[number].info();
                self.receive(due, number, info);
            }
            Plan::Ask(session) => {
                let next = (0..self.nodes.len()).find(|number| {
                    !self.memory.knows(&self.nodes[*number].id) && !self.asked.contains(number)
                });
                if let Some(number) = next.filter(|_| self.is_pairing && session == self.session) {
                    self.asked.push(number);
                    self.ask(due, number);
                    self.plan(due + self.setup.asks_after, plan);
                }
            }
        }
    }

    /// A node asks to be paired.
    fn ask(&mut self, at: Duration, number: usize) {
        let id = self.nodes[number].id.clone();
        if self.is_pairing {
            self.attach(at, &id);
        }
        if self.memory.knows(&id) {
            self.plan(at + RADIO, Plan::Inform(number));
        }
    }

    /// Pairs the node, if there is room for it.
    pub(super) fn attach(&mut self, at: Duration, id: &str) -> Attached {
        let attached = self.memory.attach(id);
        match attached {
            Attached::New => self.say(at, &line("/attach", &format!("\"{id}\""))),
            Attached::Full => self.say(at, &line("/attach-failure", &format!("\"{id}\""))),
            Attached::Known => {}
        }
        attached
    }

    /// The dongle told a node that it is paired now; only one that listens hears it, and says who it is.
    pub(super) fn invite(&mut self, at: Duration, id: &str) {
        let listens = |node: &Node| node.id == id && node.mode == Mode::Listening;
        if let Some(number) = self.nodes.iter().position(listens) {
            self.plan(at + RADIO, Plan::Inform(number));
        }
    }

    /// A node's words arrive by radio; before that is ready, nobody listens.
    fn receive(&mut self, at: Duration, number: usize, said: String) {
        if !self.is_ready {
            return;
        }
        let id = self.nodes[number].id.clone();
        if self.memory.knows(&id) {
            return self.say(at, &said);
        }
        if let Some(found) = self.scan.as_mut().filter(|found| !found.contains(&id)) {
            if found.len() == SCANNED {
                found.remove(0);
            }
            found.push(id.clone());
            self.say(at, &line("/found", &format!("\"{id}\"")));
        }
        if self.pairs_anybody {
            self.attach(at, &id);
        }
    }

    /// A command goes out by radio. A node that sleeps, or that is not there, stays silent.
    pub(super) fn transmit(&mut self, at: Duration, id: &str, command: &str, payload: &serde_json::Value) {
        let listens = |node: &Node| node.id == id && node.mode == Mode::Listening;
        let Some(number) = self.nodes.iter().position(listens) else { return };
        if let Some(answer) = self.nodes[number].obey(at, command, payload) {
            self.receive(at + RADIO, number, answer);
        }
    }

    /// Names a node, and says whether that was possible.
    pub(super) fn name(&mut self, at: Duration, id: &str, name: &str) {
        let named = if self.faults.eeprom_is_broken { Named::Full } else { self.memory.name(id, name) };
        match named {
            Named::Done => self.say(at, &line("$eeprom/alias/add/ok", &format!("\"{id}\""))),
            Named::Full => self.say(at, &line("$eeprom/alias/add/error", &format!("\"{id}\""))),
            Named::TooLong => {}
        }
    }

    /// Who it is.
    pub(super) fn info(&self) -> String {
        let id = if self.is_ready { OWN_ID } else { NO_ID };
        let info = format!(r#"{{"id": "{id}", "firmware": "bcf-gateway-usb-dongle", "version": "v1.10.0"}}"#);
        line("/info", &info)
    }

    /// Writes a line, as well as its faults let it.
    pub(super) fn say(&mut self, at: Duration, text: &str) {
        if self.setup.logs {
            let seconds = at.as_secs_f64();
            self.push(at, format!("# {seconds:.2} <D> writes {} bytes\n", text.len() + 1).into_bytes());
        }
        if self.faults.silence || self.random.f64() < self.faults.loss {
            return;
        }
        let mut bytes = text.as_bytes().to_vec();
        if self.random.f64() < self.faults.halves {
            bytes.truncate(self.random.usize(1..bytes.len().max(2)));
        } else if self.random.f64() < self.faults.garbage {
            self.damage(&mut bytes);
            bytes.push(b'\n');
        } else {
            bytes.push(b'\n');
        }
        self.push(at, bytes);
    }

    /// Turns a third of the bytes, and one more that no text contains.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for byte in bytes.iter_mut() {
            if self.random.u8(..) < 85 {
                *byte = self.random.u8(0x80..);
            }
        }
        bytes.push(0xff);
    }

    fn push(&mut self, at: Duration, bytes: Vec<u8>) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        // A line keeps its order, also when the delay was made shorter in between.
        let last = self.waiting.back().map_or(Duration::ZERO, |(due, _)| *due);
        self.waiting.push_back(((at + self.faults.delay).max(last), bytes));
    }

    pub(super) fn plan(&mut self, at: Duration, plan: Plan) {
        self.plans.push((at, plan));
    }

    fn next_plan(&self) -> Option<usize> {
        (0..self.plans.len()).min_by_key(|place| self.plans[*place].0)
    }
}
