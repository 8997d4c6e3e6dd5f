//! What an announcer makes of a message: devices that it is about, and what of it cannot be understood.
//!
//! What is announced wrongly is told once with its reason, and again only if the reason is another one or it was right
//! in between; so a sender that repeats itself is no flood. What is remembered of it is bounded.

use std::collections::BTreeMap;

use super::Dialect;

/// The most announcements of one link that are remembered as not understood.
const MOST: usize = 256;
/// The longest name of one, and the longest reason, in characters.
const LONGEST: (usize, usize) = (200, 1_000);
/// What stands for those that are too many to be named.
const MORE: &str = "more";

/// What came of a message.
#[derive(Debug, Default)]
pub struct Heard {
    /// Keys of devices about which something has changed.
    pub touched: Vec<Box<str>>,
    /// What was announced, and why it is not understood; nothing if it is.
    judged: Vec<(Box<str>, Option<String>)>,
}

impl Heard {
    /// Something has changed about a device.
    pub fn touch(&mut self, key: &str) {
        self.touched.push(key.into());
    }

    /// An announcement, or a part of it, is not understood; the earlier one stays.
    pub fn refuse(&mut self, what: &str, why: impl Into<String>) {
        self.judged.push((cut(what, LONGEST.0).into(), Some(cut(&why.into(), LONGEST.1))));
    }

    /// It is understood, or taken back.
    pub fn accept(&mut self, what: &str) {
        self.judged.push((cut(what, LONGEST.0).into(), None));
    }

    /// Refuses it or accepts it.
    pub fn judge(&mut self, what: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.accept(what),
            Err(why) => self.refuse(what, why),
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What is announced and not understood, by dialect.
#[derive(Debug, Default)]
pub(super) struct Refused(BTreeMap<(Dialect, Box<str>), Reason>);

#[derive(Debug)]
struct Reason {
    why: String,
    is_told: bool,
}

impl Refused {
    /// Takes what was judged of a message; whether there is something new to tell.
    pub fn take(&mut self, dialect: Dialect, heard: &mut Heard) -> bool {
        let mut is_new = false;
        for (what, why) in heard.judged.drain(..) {
            is_new |= match why {
                Some(why) => self.put((dialect, what), why),
                None => {
                    self.0.remove(&(dialect, what));
                    false
                }
            };
        }
        is_new
    }

    fn put(&mut self, key: (Dialect, Box<str>), why: String) -> bool {
        if self.0.get(&key).is_some_and(|known| known.why == why) {
            return false;
        }
        let (key, why) = match self.0.len() >= MOST && !self.0.contains_key(&key) {
            true => {
                ((key.0, MORE.into()), format!("{MOST} are not understood; others are not named any more"))
            }
            false => (key, why),
        };
        if self.0.get(&key).is_some_and(|known| known.why == why) {
            return false;
        }
        self.0.insert(key, Reason { why, is_told: false });
        true
    }

    /// How many are not told yet.
    pub fn untold(&self) -> usize {
        self.0.values().filter(|reason| !reason.is_told).count()
    }

    /// Those that are not told yet, which are told now: the dialect, what was announced, and why it is not understood.
    pub fn tell(&mut self) -> Vec<(Dialect, Box<str>, String)> {
        let mut told = Vec::new();
        for ((dialect, what), reason) in &mut self.0 {
            if !std::mem::replace(&mut reason.is_told, true) {
                told.push((*dialect, what.clone(), reason.why.clone()));
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once_and_again_when_it_is_another_one() {
        let mut refused = Refused::default();
        let mut say = |why: Option<&str>| {
            let mut heard = Heard::default();
            match why {
                Some(why) => heard.refuse("a/config", why),
                None => heard.accept("a/config"),
            }
            refused.take(Dialect::Tasmota, &mut heard);
            refused.tell().into_iter().map(|(_, what, why)| format!("{what} {why}")).collect::<Vec<_>>()
        };
        assert_eq!(say(Some("is cut")), ["a/config is cut"]);
        assert_eq!(say(Some("is cut")), [""; 0]);
        assert_eq!(say(Some("is long")), ["a/config is long"]);
        assert_eq!(say(None), [""; 0]);
        assert_eq!(say(Some("is long")), ["a/config is long"]);
    }

    #[test]
    fn too_many_are_told_as_more() {
        let mut refused = Refused::default();
        let mut heard = Heard::default();
        for at in 0..2_000 {
            heard.refuse(&format!("{at}{}", "x".repeat(1_000)), "is cut");
        }
        refused.take(Dialect::Tasmota, &mut heard);
        let told = refused.tell();
        assert_eq!(told.len(), MOST + 1);
        assert!(told.iter().all(|(_, what, _)| what.chars().count() <= LONGEST.0 + 1));
        assert!(told.iter().any(|(_, what, _)| &**what == MORE));
    }
}
