//! The thread that records: it takes what the hub tells, writes it every few seconds, makes chunks of it after hours, and
//! lets go of what is old.
//!
//! When the disk cannot be written, what is heard waits in memory and is written as soon as that is possible; a file that
//! was deleted or damaged is begun anew with what is in memory.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, TrySendError};
use std::time::{Duration, Instant, SystemTime};
use std::{io, thread};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, oneshot};

use super::series::Key;
use super::settings::Settings;
use super::store::{Keep, Recorded, Store};
use super::timeline::{Moment, Timeline};
use super::tracker::{Tracker, in_millis, millis};
use super::wear::{Pace, Wear, disk_size, written};
use super::{Facts, History};
use crate::clock;
use crate::disk::Fault;
use crate::disk::inbox;
use crate::hub::{Hub, Now, Update};

/// Updates that may wait for the thread.
const INBOX: usize = 8_192;
/// A rest after each bunch, so that the thread wakes a few times a second and not for each message.
const REST: Duration = Duration::from_millis(200);
/// The longest sleep.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a disk that cannot be written is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(10);
/// How often chunks are made.
const FOLD_EVERY: Duration = Duration::from_secs(4 * 3600);
/// Samples in memory from which chunks are made earlier.
const FOLD_FROM: usize = 400_000;
/// How often what was written is brought to the disk itself, what is old is looked for, and how the file is told.
const CLEAN_EVERY: Duration = Duration::from_secs(60);
/// A clock that was set lately is not believed about the age of samples.
const CALM_MS: i64 = 3_600_000;

/// Waits for the end of the thread.
pub struct Keeping {
    done: oneshot::Receiver<()>,
}

impl Keeping {
    /// Everything is written; the hub has to be closed before.
    pub async fn closed(self) {
        // A thread that broke has ended, too.
        let _ = self.done.await;
    }
}

impl History {
    /// Begins to record what the hub tells from now on, until the hub closes. A file that cannot be used is tried again.
    /// Needs a runtime.
    pub fn record(path: &Path, settings: Settings, hub: &Hub) -> io::Result<(Self, Keeping)> {
        let history = Self::new(path);
        let (_, stream) = hub.subscribe(Now::now());
        let (sender, inbox) = inbox::bounded(INBOX);
        let missed = Arc::<AtomicU64>::default();
        let (ended, done) = oneshot::channel();
        let keeper = Keeper::new(history.clone(), settings, missed.clone());
        thread::Builder::new().name("history".to_owned()).spawn(move || {
            keeper.run(&inbox);
            // Nobody may be waiting any more.
            let _ = ended.send(());
        })?;
        tokio::spawn(forward(stream, sender, missed));
        Ok((history, Keeping { done }))
    }
}

/// From the hub's ring to the thread. Nobody waits for it: what the thread has no room for is counted.
async fn forward(
    mut stream: broadcast::Receiver<Arc<Update>>,
    inbox: inbox::Sender<Arc<Update>>,
    missed: Arc<AtomicU64>,
) {
    loop {
        match stream.recv().await {
            Ok(update) => match inbox.try_send(update) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => _ = missed.fetch_add(1, Ordering::Relaxed),
                Err(TrySendError::Disconnected(_)) => return,
            },
            Err(RecvError::Lagged(lagged)) => _ = missed.fetch_add(lagged, Ordering::Relaxed),
            Err(RecvError::Closed) => return,
        }
    }
}

struct Keeper {
    history: History,
    tracker: Tracker,
    timeline: Timeline,
    wear: Option<Wear>,
    /// What was heard while there is no file.
    backlog: VecDeque<Arc<Update>>,
    missed: Arc<AtomicU64>,
    lost: u64,
    next: Next,
}

/// When something is due again.
struct Next {
    flush: Instant,
    fold: Instant,
    clean: Instant,
    retry: Instant,
}

impl Keeper {
    fn new(history: History, settings: Settings, missed: Arc<AtomicU64>) -> Self {
        let (now, moment) = (Instant::now(), Moment::now());
        let next = Next { flush: now + settings.flush, fold: now + FOLD_EVERY, clean: now, retry: now };
        let wear = written().map(|written| Wear::new(moment.passed, written));
        let (tracker, timeline) = (Tracker::new(settings), Timeline::new(moment));
        Self { history, tracker, timeline, wear, backlog: VecDeque::new(), missed, lost: 0, next }
    }

    fn run(mut self, inbox: &inbox::Receiver<Arc<Update>>) {
        loop {
            self.open(Instant::now());
            match inbox.recv_timeout(LOOK_EVERY) {
                Ok(first) => self.hear([first].into_iter().chain(std::iter::from_fn(|| inbox.try_recv()))),
                Err(RecvTimeoutError::Timeout) => self.hear([].into_iter()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look(Instant::now());
            thread::sleep(REST);
        }
        self.finish();
    }

    /// Opens the file if there is none.
    fn open(&mut self, now: Instant) {
        let history = self.history.clone();
        let mut store = history.store();
        if store.is_some() || now < self.next.retry {
            return;
        }
        self.next.retry = now + RETRY_EVERY;
        match Store::open(history.path()) {
            Ok(opened) => {
                *store = Some(opened);
                drop(store);
                self.history.shared.health.recover();
                self.tell();
            }
            Err(error) => {
                drop(store);
                self.history.shared.health.fail_to_open(&error);
                self.tell();
            }
        }
    }

    /// Takes what the hub told.
    fn hear(&mut self, updates: impl Iterator<Item = Arc<Update>>) {
        let history = self.history.clone();
        let mut store = history.store();
        let Some(store) = &mut *store else {
            self.backlog.extend(updates);
            while self.backlog.len() > INBOX {
                self.backlog.pop_front();
                self.lost += 1;
            }
            return;
        };
        let moment = Moment::now();
        let by = self.timeline.look(moment);
        if by != 0 {
            self.set_clock(store, by);
        }
        let mut record = |key: &Key, at, recorded: Recorded<'_>| {
            let series = store.series(key);
            store.add(series, at, recorded);
        };
        for update in self.backlog.drain(..).chain(updates) {
            // What was heard before the clock was set was dated by the old one.
            let age = moment.wall.saturating_sub(millis(update.at));
            let by = if by != 0 && age.abs() > by.abs() / 2 { by } else { 0 };
            self.tracker.hear(&update, by, &mut record);
        }
        self.tracker.settle(moment.wall, &mut record);
    }

    /// The wall clock was set: what this run has recorded is dated anew, as far as it is not in chunks.
    fn set_clock(&mut self, store: &mut Store, by: i64) {
        let seconds = Duration::from_millis(by.unsigned_abs()).as_secs();
        let way = if by > 0 { "forward" } else { "back" };
        tracing::info!("the clock was set {way} by {seconds} s; what this run has recorded is dated anew");
        self.tracker.shift(by);
        if let Err(fault) = store.shift(by) {
            self.history.shared.health.fail("date anew what was recorded", &fault);
        }
    }

    /// Does what is due.
    fn look(&mut self, now: Instant) {
        if now >= self.next.flush {
            self.next.flush = now + self.tracker.settings().flush;
            self.flush(now);
        }
        if !self.history.shared.health.is_well() {
            return;
        }
        let folds = |store: &Store| now >= self.next.fold || store.tails() >= FOLD_FROM;
        if self.history.store().as_ref().is_some_and(folds) {
            self.next.fold = now + FOLD_EVERY;
            self.with("make chunks of what was recorded", Store::fold);
        }
        if now >= self.next.clean {
            self.next.clean = now + CLEAN_EVERY;
            self.with("bring history to the disk", Store::sync);
            self.clean();
            self.tell();
        }
    }

    /// Writes what waits; while that fails, only now and then.
    fn flush(&mut self, now: Instant) {
        let is_well = self.history.shared.health.is_well();
        // While there is no file, the next try is the one to open it.
        if self.history.store().is_none() || !is_well && now < self.next.retry {
            return;
        }
        self.next.retry = now + RETRY_EVERY;
        let is_in_place = self.history.store().as_ref().is_none_or(Store::is_in_place);
        let result = if is_in_place {
            self.with("write what was heard", |store| store.flush().map(|_| ()))
        } else {
            let gone = io::Error::new(io::ErrorKind::NotFound, "the file was moved or deleted");
            self.history.shared.health.fail("keep writing", &Fault::Disk(gone));
            Some(false)
        };
        match result {
            Some(true) => self.history.shared.health.recover(),
            Some(false) => self.begin_anew(),
            None => {}
        }
        let told = self.history.shared.facts.borrow().series;
        let is_new = self.history.store().as_ref().is_some_and(|store| store.all().count() != told);
        if is_new || is_well != self.history.shared.health.is_well() {
            self.tell();
        }
    }

    /// Whether it could be done; nothing if there is no file. `false` says that the file has to be opened anew.
    fn with(&self, what: &str, change: impl FnOnce(&mut Store) -> Result<(), Fault>) -> Option<bool> {
        match self.history.store().as_mut().map(change)? {
            Ok(()) => Some(true),
            Err(fault) => {
                self.history.shared.health.fail(what, &fault);
                fault.is_damage().then_some(false)
            }
        }
    }

    /// The file was deleted or is damaged: another one takes what is in memory.
    fn begin_anew(&mut self) {
        let mut store = self.history.store();
        match Store::open(self.history.path()) {
            Ok(mut fresh) => {
                if let Some(old) = store.take() {
                    fresh.take_over(old);
                }
                *store = Some(fresh);
                drop(store);
                if self.with("write what was heard", |store| store.flush().map(|_| ())) == Some(true) {
                    self.history.shared.health.recover();
                }
            }
            Err(error) => tracing::debug!("the file of history cannot be opened anew: {error}"),
        }
    }

    /// Lets go of what is old, a little at a time, so that readers get their turns.
    fn clean(&mut self) {
        let now = Moment::now();
        let is_known = clock::is_plausible(SystemTime::now()) && self.timeline.calm(now) >= CALM_MS;
        let since = |kept: Duration| {
            if is_known { now.wall.saturating_sub(in_millis(kept)) } else { i64::MIN }
        };
        let settings = self.tracker.settings();
        let exception = |(series, key): (i64, &Key)| {
            let kept = settings.samples(&key.topic);
            (kept != settings.samples).then(|| (series, since(kept)))
        };
        let exceptions = self.history.store().iter().flat_map(Store::all).filter_map(exception).collect();
        let keep = Keep {
            samples_since: since(settings.samples),
            exceptions,
            hours_since: since(settings.hours),
            days_since: since(settings.days),
            bytes: settings.size,
        };
        loop {
            let mut is_more = false;
            let done = self.with("let go of what is old", |store| {
                is_more = store.let_go_of_old(&keep)?;
                Ok(())
            });
            if done != Some(true) || !is_more {
                return;
            }
            thread::yield_now();
        }
    }

    /// Tells how history is.
    fn tell(&mut self) {
        let moment = Moment::now();
        let per_day = self.wear.as_mut().and_then(|wear| wear.look(moment.passed, written()?));
        let size = self.history.path().parent().and_then(disk_size);
        let pace = per_day.map(|bytes| Pace::new(bytes, size));
        let mut facts = Facts { trouble: self.history.trouble(), pace, ..Facts::default() };
        if let Some(store) = self.history.store().as_mut() {
            self.lost += store.take_lost();
            facts.series = store.all().count();
        }
        let missed = self.missed.load(Ordering::Relaxed);
        facts.lost = self.lost + missed;
        facts.left_out = self.tracker.left_out();
        facts.bytes = std::fs::metadata(self.history.path()).map_or(0, |meta| meta.len());
        facts.most_bytes = self.tracker.settings().size;
        self.history.shared.facts.send_if_modified(|known| {
            let is_new = *known != facts;
            *known = facts;
            is_new
        });
    }

    /// Writes everything and closes the file.
    fn finish(mut self) {
        self.hear([].into_iter());
        if let Some(store) = self.history.store().take()
            && let Err(fault) = store.close()
        {
            tracing::error!("the last seconds of history could not be written: {fault}");
        }
    }
}

#[cfg(test)]
mod tests;
