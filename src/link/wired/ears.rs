//! What comes in, listened to with every definition that may be on the line.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::known::{Device, Known};
use crate::device::frame::lines::Lines;
use crate::device::frame::{Format, Frame, Framer, Heard, Why};
use crate::device::profile::Profile;

/// A pause within bytes means that the rest of a frame was lost; text is often printed piece by piece.
const PAUSE_OF_BYTES: Duration = Duration::from_millis(100);
const PAUSE_OF_TEXT: Duration = Duration::from_secs(2);
/// The longest line, where a definition says nothing of lines.
const LONGEST: usize = 4096;

/// One for each definition.
pub struct Ears {
    all: Vec<Ear>,
    heard_at: Option<Instant>,
    /// What is damaged for one may be a word for another; told when nobody has understood.
    damage: Vec<(Why, u64)>,
}

struct Ear {
    profile: Arc<Profile>,
    framer: Framer,
    pause: Duration,
}

/// A whole frame, and the definition that knows such frames.
pub struct Word {
    /// The definition.
    pub profile: Arc<Profile>,
    /// What was said.
    pub frame: Frame,
}

impl Ears {
    /// For a port that was just opened.
    pub fn new(known: &Known) -> Self {
        let mut all: Vec<Ear> = Vec::new();
        for Device { profile, .. } in &known.devices {
            if all.iter().any(|ear| Arc::ptr_eq(&ear.profile, profile)) {
                continue;
            }
            let format = profile.frame.clone().unwrap_or_else(|| Arc::new(Format::Lines(bare_lines())));
            let pause = match *format {
                Format::Lines(_) | Format::Block(_) => PAUSE_OF_TEXT,
                Format::Binary(_) | Format::Sml | Format::Firmata(_) => PAUSE_OF_BYTES,
            };
            all.push(Ear { profile: profile.clone(), framer: Framer::new(format), pause });
        }
        Self { all, heard_at: None, damage: Vec::new() }
    }

    /// Takes bytes as the port cut them.
    pub fn hear(&mut self, now: Instant, bytes: &[u8]) -> Vec<Word> {
        self.heard_at = Some(now);
        self.listen(|ear, each| ear.framer.feed(bytes, each))
    }

    /// When [`Self::silence`] has something to tell.
    pub fn due(&self) -> Option<Instant> {
        let waiting = self.all.iter().filter(|ear| ear.framer.pending() > 0);
        Some(self.heard_at? + waiting.map(|ear| ear.pause).min()?)
    }

    /// Nothing came for a while: what waits for its end is damaged, or whole if only the silence could tell.
    pub fn silence(&mut self, now: Instant) -> Vec<Word> {
        let Some(heard_at) = self.heard_at else { return Vec::new() };
        self.listen(|ear, each| {
            if ear.framer.pending() > 0 && now >= heard_at + ear.pause {
                ear.framer.silence(each);
            }
        })
    }

    fn listen(&mut self, mut listen: impl FnMut(&mut Ear, &mut dyn FnMut(Heard))) -> Vec<Word> {
        let mut words = Vec::new();
        let mut damage = std::mem::take(&mut self.damage);
        for ear in &mut self.all {
            let profile = ear.profile.clone();
            listen(ear, &mut |heard| match heard {
                Heard::Frame(frame) => words.push(Word { profile: profile.clone(), frame }),
                Heard::Damage(found) => match damage.iter_mut().find(|(why, _)| *why == found.why) {
                    Some((_, times)) => *times += 1,
                    None => damage.push((found.why, 1)),
                },
            });
        }
        // On a line that several share, what one does not know is what the other says.
        if words.is_empty() || self.all.len() == 1 {
            self.damage = damage;
        }
        words
    }

    /// What was damaged since that was asked last: each reason, and how many times.
    pub fn take_damage(&mut self) -> Vec<(Why, u64)> {
        std::mem::take(&mut self.damage)
    }

    /// Whether something waits for its end.
    pub fn is_waiting(&self) -> bool {
        self.all.iter().any(|ear| ear.framer.pending() > 0)
    }
}

/// Each line is a text or JSON.
fn bare_lines() -> Lines {
    Lines {
        end: "\n".into(),
        start: "".into(),
        parts: None,
        is_talk: false,
        columns: 0..=usize::MAX,
        pattern: None,
        ignore: None,
        sum: None,
        longest: LONGEST,
    }
}
