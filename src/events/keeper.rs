//! The thread that writes: events at once, to the disk itself every few seconds, and again when a disk fails.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, TrySendError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{oneshot, watch};

use super::event::{Event, Kind, Line};
use super::store::Store;
use super::{Events, Facts, Settings, Shared, WAITING, WORDS};
use crate::disk::{Fault, Health, inbox};

/// How often the disk is asked to have everything; an SD card wears by each time.
const SYNC: Duration = Duration::from_secs(3);
/// How often a disk that fails is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Note {
    /// Something happened.
    Event(SystemTime, Box<Event>),
    /// Nothing more will; everything is to be written.
    End(oneshot::Sender<()>),
}

/// The thread, to be waited for at the end.
#[derive(Debug)]
pub struct Keeping {
    events: Events,
}

struct Keeper {
    shared: Arc<Shared>,
    settings: Settings,
    /// None as long as the folder cannot be used.
    store: Option<Store>,
    waiting: VecDeque<(SystemTime, Box<Event>)>,
    unsynced: Option<Instant>,
    tried: Option<Instant>,
    /// How many lost events are in the file as lost.
    told: u64,
}

impl Events {
    /// Begins to record in the folder; whether the hub was stopped properly before is the first event.
    pub fn record(folder: &Path, settings: Settings) -> io::Result<(Self, Keeping)> {
        let (notes, told) = inbox::bounded(WAITING);
        let shared = Shared {
            folder: folder.to_owned(),
            notes,
            lost: AtomicU64::new(0),
            health: Health::new(WORDS),
            facts: watch::Sender::default(),
        };
        let events = Self { shared: Arc::new(shared) };
        let mut keeper = Keeper {
            shared: events.shared.clone(),
            settings,
            store: None,
            waiting: VecDeque::new(),
            unsynced: None,
            tried: None,
            told: 0,
        };
        let before = keeper.open();
        keeper.waiting.push_back((SystemTime::now(), Box::new(started(before.as_ref()))));
        keeper.work();
        thread::Builder::new().name("events".into()).spawn(move || keeper.run(&told))?;
        Ok((events.clone(), Keeping { events }))
    }
}

/// The hub starts; how it ended before is told by the last event.
fn started(before: Option<&Line>) -> Event {
    let event = Event::new(Kind::Hub, "started");
    match before {
        None => event.why("first", ""),
        Some(line) if line.event.kind == Kind::Hub && line.event.what == "stopped" => event.why("clean", ""),
        Some(line) => {
            let reason = format!("the run before ended without a stop; its last event is of {}", line.at);
            event.why("crash", &reason)
        }
    }
}

impl Keeping {
    /// Everything is written; not before `end` if the disk is slow.
    pub async fn closed(self) {
        let (done, ended) = oneshot::channel();
        let mut note = Some(Note::End(done));
        // The thread takes what waits; a full queue has a place soon.
        while let Some(this) = note.take() {
            if let Err(TrySendError::Full(back)) = self.events.shared.notes.try_send(this) {
                note = Some(back);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        // A thread that is gone has nothing to write.
        let _ = ended.await;
    }
}

impl Keeper {
    fn run(mut self, told: &inbox::Receiver<Note>) {
        loop {
            let done = match told.recv_timeout(self.patience()) {
                Ok(Note::Event(at, event)) => {
                    self.take(at, event);
                    self.drain(told)
                }
                Ok(Note::End(done)) => Some(done),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.work();
            if let Some(done) = done {
                self.sync();
                // Nobody may be waiting any more.
                let _ = done.send(());
                return;
            }
        }
    }

    /// Until something is to be done without being told.
    fn patience(&self) -> Duration {
        let since = |start: Option<Instant>, length: Duration| {
            start.map(|start| length.saturating_sub(start.elapsed()))
        };
        let due = since(self.unsynced, SYNC).into_iter().chain(since(self.tried, AGAIN)).min();
        due.unwrap_or(Duration::from_secs(60)).max(Duration::from_millis(10))
    }

    fn drain(&mut self, told: &inbox::Receiver<Note>) -> Option<oneshot::Sender<()>> {
        // A batch; whoever tells without end does not keep the others from the disk.
        for _ in 0..WAITING {
            match told.try_recv() {
                Some(Note::Event(at, event)) => self.take(at, event),
                Some(Note::End(done)) => return Some(done),
                None => return None,
            }
        }
        None
    }

    fn take(&mut self, at: SystemTime, event: Box<Event>) {
        if self.waiting.len() >= WAITING {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.waiting.push_back((at, event));
    }

    fn work(&mut self) {
        let is_due = self.tried.is_none_or(|tried| tried.elapsed() >= AGAIN);
        if is_due {
            self.write();
        }
        if self.unsynced.is_some_and(|since| since.elapsed() >= SYNC) {
            self.sync();
        }
        self.tell();
    }

    fn open(&mut self) -> Option<Line> {
        match Store::open(&self.shared.folder, self.settings) {
            Ok((store, last)) => {
                self.store = Some(store);
                last
            }
            Err(error) => {
                self.fail("the folder cannot be used", error);
                None
            }
        }
    }

    fn write(&mut self) {
        if self.store.is_none() && !self.waiting.is_empty() {
            self.open();
        }
        let Some(store) = &mut self.store else { return };
        while let Some((at, event)) = self.waiting.front() {
            if let Err(error) = store.append(*at, event) {
                store.close();
                return self.fail("an event cannot be written", error);
            }
            self.waiting.pop_front();
            self.unsynced.get_or_insert_with(Instant::now);
        }
        if self.tried.take().is_some() {
            self.shared.health.recover();
        }
        self.tell_lost();
    }

    /// Events that found no place are an event as soon as there is one.
    fn tell_lost(&mut self) {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let Some(store) = self.store.as_mut().filter(|_| lost > self.told) else { return };
        let event = Event { more: Some(lost - self.told), ..Event::new(Kind::Hub, "lost") };
        match store.append(SystemTime::now(), &event) {
            Ok(()) => self.told = lost,
            Err(error) => self.fail("an event cannot be written", error),
        }
    }

    fn sync(&mut self) {
        self.unsynced = None;
        if let Some(Err(error)) = self.store.as_ref().map(Store::sync) {
            self.fail("events cannot be brought to the disk", error);
        }
    }

    fn fail(&mut self, what: &str, error: io::Error) {
        self.tried = Some(Instant::now());
        let what = format!("{what}: {}", self.shared.folder.display());
        self.shared.health.fail(&what, &Fault::Disk(error));
    }

    fn tell(&self) {
        let (seq, bytes) = self.store.as_ref().map_or((0, 0), |store| (store.seq(), store.bytes()));
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let facts = Facts { trouble: self.shared.trouble(), seq, lost, bytes };
        self.shared.facts.send_if_modified(|known| {
            let is_new = *known != facts;
            known.clone_from(&facts);
            is_new
        });
    }
}
