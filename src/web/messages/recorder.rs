//! The record and the task that keeps it: from the hub's ring into the tree.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::deeds::Deeds;
use super::history::{Form, Kept, Kind, Memory};
use super::look::{Seen, Wanted, look};
use super::tree::{Bounds, Forgotten, Tree};
use crate::hub::{CommandEvent, Hub, Now, Presence, Recalled, Snapshot, Step, Update};
use crate::talk::Payload;
use crate::talk::model::Scenario;

/// Messages taken under one lock.
const AT_ONCE: usize = 256;
/// A rest after each bunch: at a few hundred messages a second the task wakes fifty times, not a few hundred.
const REST: Duration = Duration::from_millis(20);
/// What the hub says about the presence of a topic.
const PRESENCE: &str = "$hub/presence/";
/// The most links and accounts that are told apart.
const MAX_SOURCES: usize = 4096;

/// The record; cheap to clone.
#[derive(Clone)]
pub struct Record {
    state: Arc<Mutex<State>>,
}

/// Everything under the record's lock.
pub struct State {
    /// The topics.
    pub tree: Tree,
    /// What was asked of devices.
    pub deeds: Deeds,
    /// Links and accounts by number.
    sources: Vec<Arc<str>>,
    missed: u64,
    begun: SystemTime,
    /// Grows with every message.
    version: u64,
}

/// How the record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Topics known.
    pub topics: u32,
    /// Messages heard since it began.
    pub messages: u64,
    /// Messages it was too slow for.
    pub missed: u64,
    /// What it forgot to make room.
    pub forgotten: Forgotten,
    /// When it began.
    pub begun: SystemTime,
}

impl Record {
    /// An empty record that begins `now`.
    pub fn new(bounds: Bounds, now: Now) -> Self {
        let (tree, deeds) = (Tree::new(bounds), Deeds::default());
        let state = State { tree, deeds, sources: Vec::new(), missed: 0, begun: now.wall, version: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Takes what the hub knows at once, then, as long as the future runs, everything it hears until it closes.
    pub fn listen(&self, hub: &Hub) -> impl Future<Output = ()> + use<> {
        let (snapshot, stream) = hub.subscribe(Now::now());
        self.lock().begin(&snapshot);
        self.clone().follow(stream)
    }

    async fn follow(self, mut stream: Receiver<Arc<Update>>) {
        loop {
            match stream.recv().await {
                Ok(update) => {
                    self.lock().hear(&update);
                    if self.gather(&mut stream) {
                        return;
                    }
                }
                Err(RecvError::Lagged(missed)) => self.lock().missed += missed,
                Err(RecvError::Closed) => return,
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Takes all that waits, a bunch at a time; `true` if the hub has closed.
    fn gather(&self, stream: &mut Receiver<Arc<Update>>) -> bool {
        loop {
            let mut state = self.lock();
            for _ in 0..AT_ONCE {
                match stream.try_recv() {
                    Ok(update) => state.hear(&update),
                    Err(TryRecvError::Lagged(missed)) => state.missed += missed,
                    Err(TryRecvError::Empty) => return false,
                    Err(TryRecvError::Closed) => return true,
                }
            }
        }
    }

    /// Looks at a window of the tree.
    pub fn look(&self, wanted: &Wanted) -> Seen {
        let state = self.lock();
        look(&state.tree, wanted, |from| state.source(from).to_string())
    }

    /// Takes what a broker, asked for it, says that it remembers.
    pub fn hold(&self, now: Now, told: &Recalled) {
        let mut state = self.lock();
        state.version += 1;
        let from = state.number(&told.link);
        let is_command = Scenario::of(told.topic.as_str()).is_command();
        let kind = if is_command { Kind::Command } else { Kind::Value };
        state.tree.hold(told.topic.as_str(), kept(now.wall, &told.payload, from, kind, Memory::Broker));
    }

    /// How the record is.
    pub fn facts(&self) -> Facts {
        self.lock().facts()
    }

    /// A number that grows with every message.
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// Records a payload as it is, for tests of what is made of it.
    #[cfg(test)]
    pub fn say(&self, topic: &str, text: &str, at: u64, memory: Memory) {
        let mut state = self.lock();
        let from = state.number(&"home".into());
        let at = UNIX_EPOCH + Duration::from_millis(at);
        let said = kept(at, &Payload::from_wire(text.as_bytes()), from, Kind::Value, memory);
        state.tree.hear(topic, said);
    }

    /// Changes what is recorded, for tests.
    #[cfg(test)]
    pub fn with_mut<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.lock())
    }

    /// Does something with what is recorded; nothing is recorded meanwhile, so it has to be short.
    pub fn with<T>(&self, ask: impl FnOnce(&State) -> T) -> T {
        ask(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The name of a link or account.
    pub fn source(&self, from: u16) -> &str {
        self.sources.get(usize::from(from)).map_or("…", |name| name)
    }

    /// The number of a link or account that has spoken.
    pub fn source_of(&self, name: &str) -> Option<u16> {
        self.sources.iter().position(|known| **known == *name).and_then(|at| u16::try_from(at).ok())
    }

    /// The links and accounts that have spoken.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|name| &**name)
    }

    /// How the record is.
    pub fn facts(&self) -> Facts {
        let root = self.tree.node(super::tree::ROOT);
        Facts {
            topics: root.topics,
            messages: root.pulse.count,
            missed: self.missed,
            forgotten: self.tree.forgotten(),
            begun: self.begun,
        }
    }

    fn begin(&mut self, snapshot: &Snapshot) {
        for entry in &snapshot.entries {
            if let Some(update) = &entry.update {
                // Nobody says it now: it is what the hub or a broker remembers.
                let memory = if update.memory { Memory::Broker } else { Memory::Hub };
                self.keep(update, memory);
                self.tree.set_presence(entry.topic.as_str(), entry.presence);
            }
        }
    }

    fn hear(&mut self, update: &Update) {
        self.version += 1;
        let topic = update.message.topic.as_str();
        if let Some(about) = topic.strip_prefix(PRESENCE) {
            return self.hear_presence(about, &update.message.payload);
        }
        if let Some(event) = &update.event {
            self.hear_command(update, event);
        }
        self.keep(update, if update.memory { Memory::Broker } else { Memory::Live });
    }

    /// Stands at the topic that it is about, not under one of its own.
    fn hear_presence(&mut self, about: &str, payload: &Payload) {
        #[derive(serde::Deserialize)]
        struct Fact<'a> {
            presence: &'a str,
        }
        let Some(Fact { presence: word }) = payload.get() else { return };
        if let Some(presence) = Presence::ALL.into_iter().find(|presence| presence.word() == word) {
            self.tree.set_presence(about, presence);
        }
    }

    /// A command appears under its own topic, as given by the account.
    fn hear_command(&mut self, update: &Update, event: &CommandEvent) {
        self.deeds.hear(millis(update.at), event);
        let clears =
            event.delivery.is_some_and(|delivery| delivery.retain) && event.payload.wire().is_empty();
        if clears && matches!(event.step, Step::Confirmed | Step::Unconfirmable) {
            self.tree.forget_memory(event.topic.as_str());
        }
        if event.step == Step::Accepted {
            let from = self.number(&event.by.account);
            let said = kept(update.at, &event.payload, from, Kind::Command, Memory::Live);
            self.tree.hear(event.topic.as_str(), said);
        }
    }

    fn keep(&mut self, update: &Update, memory: Memory) {
        let from = self.number(&update.from);
        let topic = &update.message.topic;
        let below = update.base.as_ref().and_then(|base| topic.below(base));
        let kind = match Scenario::of(below.unwrap_or(topic.as_str())) {
            _ if update.is_own() => Kind::Hub,
            Scenario::Action | Scenario::Request => Kind::Command,
            Scenario::Ok | Scenario::Error => Kind::Answer,
            Scenario::Data | Scenario::Notification => Kind::Value,
        };
        self.tree.hear(topic.as_str(), kept(update.at, &update.message.payload, from, kind, memory));
    }

    fn number(&mut self, name: &Arc<str>) -> u16 {
        // A handful of links and accounts, most of them the same string.
        let known = self.sources.iter().position(|known| Arc::ptr_eq(known, name) || **known == **name);
        let at = known.unwrap_or_else(|| {
            if self.sources.len() < MAX_SOURCES {
                self.sources.push(name.clone());
            }
            self.sources.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }
}

fn kept(at: SystemTime, payload: &Payload, from: u16, kind: Kind, memory: Memory) -> Kept {
    let bytes = payload.wire();
    let form = match std::str::from_utf8(bytes) {
        _ if bytes.is_empty() => Form::Empty,
        _ if payload.is_json() => Form::Json,
        Ok(text) if !text.contains('\0') => Form::Text,
        _ => Form::Bytes,
    };
    Kept { at: millis(at), bytes: bytes.into(), from, form, kind, memory }
}

/// Milliseconds since 1970.
pub fn millis(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
