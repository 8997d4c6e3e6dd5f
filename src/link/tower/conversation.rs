//! What is said on one open port: lines sorted, questions and commands written one after the other, the link's state told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::alias::{Change, Changes, is_in_time};
use super::gateway::Gateway;
use super::nodes::Nodes;
use super::radio::Radio;
use super::remember::Remembered;
use super::startup::{Sign, Startup};
use super::waiting::{Answer, Waiting};
use super::word::Word;
use super::{Config, Naming, journal};
use crate::device::Refusal;
use crate::device::catalog::Catalog;
use crate::device::translate::Translator;
use crate::hub::{CommandId, Fault, LinkHandle, LinkState, Now, Outgoing};
use crate::link::line::{Outbox, Port, Talk, Tally};
use crate::link::status::Status;
use crate::talk::{Line, LineDecoder, Message, Payload, printable};

/// Words of nodes that wait until names are known.
const EARLY: usize = 256;

/// One conversation with a dongle.
pub struct Conversation {
    pub(super) handle: LinkHandle,
    status: Status,
    path: String,
    decoder: LineDecoder,
    pub(super) naming: Naming,
    pub(super) startup: Startup,
    pub(super) tally: Tally,
    pub(super) gateway: Option<Gateway>,
    /// What topics call the gateway; empty until it has said who it is.
    pub(super) name: String,
    /// Whether somebody has asked for its `/info`.
    pub(super) info_is_wanted: bool,
    pub(super) nodes: Nodes,
    /// The names that were read of its memory, until all are.
    pub(super) listed: Option<BTreeMap<String, String>>,
    pub(super) remembered: Remembered,
    pub(super) catalog: watch::Receiver<Arc<Catalog>>,
    pub(super) translator: Translator,
    pub(super) waiting: Waiting,
    pub(super) changes: Changes,
    /// Changes of names that were not answered, until the dongle has told its names again.
    pub(super) doubts: Vec<Change>,
    pub(super) radio: Radio,
    to_say: VecDeque<ToSay>,
    early: Vec<Message>,
    /// The first line may be the second half of one that began before the port was opened.
    first: bool,
}

/// A line that waits for the outbox.
pub struct ToSay {
    /// Without its end.
    pub line: String,
    /// The command that it carries out, and until when it may be written.
    pub command: Option<(CommandId, Instant)>,
    /// The node it is for.
    pub node: Option<Box<str>>,
    /// What answers it.
    pub answer: Answer,
}

impl Conversation {
    /// With whoever is on a port that was opened just now.
    pub fn new(handle: LinkHandle, status: Status, port: &Port, config: &Config) -> Self {
        let now = Now::now();
        let mut catalog = handle.catalog();
        let translator = Translator::new(catalog.borrow_and_update().clone());
        let (snapshot, _) = handle.listen(now);
        let talk = Self {
            status,
            path: port.path().display().to_string(),
            decoder: LineDecoder::default(),
            naming: config.naming.clone(),
            startup: Startup::new(now.mono, config.timing),
            tally: Tally::default(),
            gateway: None,
            name: String::new(),
            info_is_wanted: false,
            nodes: Nodes::default(),
            listed: None,
            remembered: Remembered::of(&snapshot),
            catalog,
            translator,
            waiting: Waiting::default(),
            changes: Changes::default(),
            doubts: Vec::new(),
            radio: Radio::new(now.mono),
            to_say: VecDeque::new(),
            early: Vec::new(),
            first: true,
            handle,
        };
        talk.tell_state(now);
        talk
    }

    fn next(&mut self, now: Now) -> Option<ToSay> {
        if let Some(next) = self.to_say.pop_front() {
            return Some(next);
        }
        while self.startup.is_up(now.mono) && !self.startup.asks_names() {
            let change = self.changes.next(now.mono)?;
            if is_in_time(&change, now) {
                let (line, command) = (change.line(), change.command);
                return Some(ToSay { line, command, node: None, answer: Answer::Memory });
            }
            // The next one may go; this one's end is told by the hub.
            self.changes.answered(&change.id, change.name.is_none());
        }
        None
    }

    /// Puts a line behind those that wait.
    pub(super) fn say(&mut self, line: ToSay) {
        self.to_say.push_back(line);
    }

    fn hear_line(&mut self, now: Now, line: Line<'_>) {
        let first = std::mem::take(&mut self.first);
        match line {
            Line::Message(message) => self.hear_message(now, message),
            Line::Log(text) => {
                self.tally.count(Fault::Log);
                let (level, said) = journal::read(&text);
                tracing::debug!("link {}: the dongle logs {level}: {}", self.handle.name(), printable(said));
                if !self.name.is_empty() {
                    self.tell_raw(now, &format!("log/{}/{level}", self.name), Payload::of(said));
                }
            }
            Line::Malformed { what, line } => {
                self.startup.odd(Sign::Garbage);
                if first || what.code == "too-long" {
                    return self.tally.count(Fault::Cut);
                }
                self.tally.count(Fault::Malformed);
                self.tally.warn(now.mono, self.handle.name(), &what.reason, line);
            }
        }
    }

    fn hear_message(&mut self, now: Now, message: Message) {
        let Message { topic, payload, .. } = &message;
        match Word::of(topic.as_str()) {
            Word::Foreign => {
                self.tally.count(Fault::Dropped);
                return self.startup.odd(Sign::Bridge);
            }
            Word::Gateway(rest) => self.gateway_spoke(now, rest, payload),
            Word::System(rest) => self.memory_spoke(now, rest, payload),
            // Without names it would be told under another topic than a second later.
            Word::Node(..) if !self.startup.has_names() && self.early.len() < EARLY => {
                self.early.push(message);
            }
            Word::Node(id, rest) => {
                self.take_names(now);
                self.node_spoke(now, id, rest, payload);
            }
        }
        self.startup.word(now.mono);
        if self.startup.has_names() {
            self.take_names(now);
            for message in std::mem::take(&mut self.early) {
                if let Word::Node(id, rest) = Word::of(message.topic.as_str()) {
                    self.node_spoke(now, id, rest, &message.payload);
                }
            }
        }
    }

    fn tell_state(&self, now: Now) {
        self.status.set(now, self.state(now));
    }

    /// How the link is.
    pub(super) fn state(&self, now: Now) -> LinkState {
        match &self.gateway {
            Some(gateway) if self.startup.is_up(now.mono) => {
                LinkState::up(format!("{} on {}", gateway.to_phrase(), self.path))
            }
            _ => self.startup.verdict(now.mono, &self.path),
        }
    }
}

impl Talk for Conversation {
    fn due(&self) -> Instant {
        let now = Instant::now();
        [self.changes.due(), self.radio.due()].into_iter().flatten().fold(self.startup.due(now), Instant::min)
    }

    fn speak(&mut self, now: Now, outbox: &mut Outbox) {
        if let Some(question) = self.startup.speak(now.mono)
            && self.to_say.is_empty()
        {
            let line = question.into_owned();
            self.to_say.push_back(ToSay { line, command: None, node: None, answer: Answer::Nothing });
        }
        self.tell_state(now);
        if let Some(late) = self.changes.late(now.mono) {
            self.doubt(now, late);
        }
        self.give_names_up();
        if self.radio.due().is_some_and(|due| now.mono >= due) {
            self.tell_radio(now);
        }
        if !outbox.is_empty() {
            return;
        }
        self.waiting.went_out(now, &self.handle);
        while outbox.is_empty() {
            let Some(next) = self.next(now) else { return };
            match next.command {
                Some((id, deadline)) if now.mono >= deadline => {
                    let reason = "not delivered: its time was over before the line was free";
                    self.handle.refuse(now, id, Refusal::new("late", reason));
                }
                // Its end was told already.
                Some((id, _)) if !self.handle.wants(id) => {}
                command => {
                    outbox.put(now, next.line.as_bytes(), command);
                    if let Some((id, _)) = command {
                        self.waiting.give(&self.handle, id, next.node.as_deref(), next.answer);
                    }
                }
            }
        }
    }

    fn command(&mut self, now: Now, command: Outgoing, _: &mut Outbox) {
        self.order(now, command);
    }

    fn hear(&mut self, now: Now, bytes: &[u8]) {
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.feed(bytes, |line| self.hear_line(now, line));
        self.tally.nuls(decoder.nuls());
        self.tally.tell(&self.handle);
        self.tell_state(now);
        self.decoder = decoder;
    }

    fn end(&mut self, now: Now) {
        if self.decoder.reset() > 0 {
            // The rest of the line will never come.
            self.tally.count(Fault::Cut);
        }
        self.tally.tell(&self.handle);
        for (id, _) in self.changes.give_up().into_iter().filter_map(|change| change.command) {
            let reason = "the dongle has gone; nobody knows whether it was stored";
            self.handle.refuse(now, id, Refusal::new("unplugged", reason));
        }
        self.gateway_left(now);
    }
}
