//! Small pictures of the last hours of every number, for tiles: read together, kept for a minute.
//!
//! A dashboard of hundreds of tiles asks for all of them at once and waits for none: while they are read anew, or history
//! cannot be read, the ones from before are shown.

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pieces::{Of, Place, gained, numbers};
use crate::disk::Fault;
use crate::history::name::Name;
use crate::history::series::{Key, Kind};
use crate::history::store::Store;
use crate::history::{History, moment};

/// How far back they reach.
pub const SPAN: i64 = 3 * 3_600_000;
/// What was recorded for a shorter time is no picture yet.
const SHORTEST: i64 = 8 * 60_000;
/// Points of each.
const POINTS: u32 = 60;
/// For how long they are good.
const GOOD: Duration = Duration::from_secs(60);
/// The size of a picture; it is stretched to its place.
const SIZE: (f64, f64) = (120.0, 24.0);

/// One small picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spark {
    /// The line, as the `d` of a path in 120 by 24.
    pub path: String,
    /// Both ends of its scale.
    pub ends: (f64, f64),
    /// When it ends, in milliseconds since 1970.
    pub to: i64,
}

/// All of a moment.
#[derive(Debug, Default)]
pub struct Lately {
    all: HashMap<Name, Spark>,
}

/// The pictures; cheap to clone.
#[derive(Clone)]
pub struct Sparks {
    history: Option<History>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    lately: Arc<Lately>,
    until: Option<Instant>,
    is_reading: bool,
}

impl Lately {
    /// The picture of a series.
    pub fn of(&self, name: &Name) -> Option<&Spark> {
        self.all.get(name)
    }
}

impl Sparks {
    /// Of this history.
    pub fn new(history: Option<History>) -> Self {
        Self { history, kept: Arc::default() }
    }

    /// Whether anything is recorded at all.
    pub fn is_on(&self) -> bool {
        self.history.is_some()
    }

    /// The pictures as they are now or were less than a minute ago.
    pub async fn fresh(&self) -> Arc<Lately> {
        let Some(history) = self.history.clone() else { return Arc::default() };
        {
            let mut kept = self.kept();
            if kept.is_reading || kept.until.is_some_and(|until| Instant::now() < until) {
                return kept.lately.clone();
            }
            kept.is_reading = true;
        }
        let read = tokio::task::spawn_blocking(move || history.read(|store| lately(store, moment::now())));
        let read = read.await;
        let mut kept = self.kept();
        kept.is_reading = false;
        kept.until = Some(Instant::now() + GOOD);
        match read {
            Ok(Ok(lately)) => kept.lately = Arc::new(lately),
            Ok(Err(error)) => tracing::debug!("no sparklines: {error}"),
            Err(error) => tracing::error!("sparklines could not be made: {error}"),
        }
        kept.lately.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pictures of all numbers.
fn lately(store: &Store, now: i64) -> Result<Lately, Fault> {
    let range = now - SPAN..now;
    let pauses = store.pauses(&range)?;
    let mut ids: HashMap<Name, Vec<i64>> = HashMap::new();
    let is_number = |(_, key): &(i64, &Key)| key.kind == Kind::Number;
    for (id, key) in store.all().filter(is_number) {
        ids.entry(Name::of(key)).or_default().push(id);
    }
    let mut all = HashMap::with_capacity(ids.len());
    for (name, ids) in ids {
        let of = Of { store, ids: &ids, range: &range, pauses: &pauses, points: POINTS };
        if let Some(spark) = spark(&numbers(&of)?.places, &range) {
            all.insert(name, spark);
        }
    }
    Ok(Lately { all })
}

/// A picture; nothing where there is too little to be one.
fn spark(places: &[Place], range: &Range<i64>) -> Option<Spark> {
    let known = || places.iter().filter_map(|(_, bucket)| bucket.as_ref());
    let low = known().map(|bucket| bucket.last.value).fold(f64::INFINITY, f64::min);
    let high = known().map(|bucket| bucket.last.value).fold(f64::NEG_INFINITY, f64::max);
    let reach = places.first().zip(places.last()).map_or(0, |(first, last)| last.0 - first.0);
    if known().count() < 3 || reach < SHORTEST {
        return None;
    }
    // What does not change is a line in the middle, and noise of a thousandth no mountains.
    let least = gained(low, high).max(low.abs().max(high.abs()) * 0.002).max(1e-9);
    let middle = f64::midpoint(low, high);
    let ends = (middle - least / 2.0, middle + least / 2.0);
    let mut path = String::new();
    let mut is_new = true;
    for (at, bucket) in places {
        let Some(bucket) = bucket else {
            is_new = true;
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "three hours of milliseconds are exact")]
        let x = (*at - range.start) as f64 / SPAN as f64 * SIZE.0;
        let y = (1.0 - (bucket.last.value - ends.0) / (ends.1 - ends.0)) * (SIZE.1 - 2.0) + 1.0;
        // Writing to a String cannot fail.
        let _ = write!(path, "{}{x:.1} {y:.1}", if is_new { "M" } else { "L" });
        is_new = false;
    }
    Some(Spark { path, ends, to: range.end })
}
