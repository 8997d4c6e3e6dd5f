//! Devices that speak their own language: what they say is translated by definitions, and so is what they are told.
//!
//! Their raw messages are told like everybody's. What they mean appears under `nodes/<vendor>/<id>/…` as the hub's own
//! words, which it says at the broker, too, where a route lets them out; whatever else is said there is an echo.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::super::client::{Client, Publish};
use super::Flow;
use super::refused::Awaited;
use crate::device::Refusal;
use crate::device::catalog::Catalog;
use crate::device::dialect::Settings;
use crate::device::profile::{Absence, Profile, Word};
use crate::device::roster::{Aside, Favour, News};
use crate::device::translate::{Meaning, Sending, Translator};
use crate::hub::{Conflict, Fault, LinkHandle, Now, Outgoing, Said, Update};
use crate::link::ending::Ending;
use crate::talk::{Message, Payload, Topic, printable};

/// A pause between announcements after which they are looked at, and how long it is waited for one.
const PAUSE: Duration = Duration::from_millis(150);
const AT_LATEST: Duration = Duration::from_millis(1_000);

/// Definitions, and the devices that are known by them.
pub struct Foreign {
    catalog: watch::Receiver<Arc<Catalog>>,
    pub(super) translator: Translator,
    /// When a device announced itself first and last since it was looked at.
    announced: Option<(Instant, Instant)>,
    /// How many devices there were when that was looked at last.
    count: usize,
    /// What devices are asked because of what was said for them.
    asks: Vec<(Topic, Sending)>,
    /// Commands that somebody may refuse.
    pub(super) awaited: Awaited,
    /// Devices that announced themselves here and are served by another link.
    elsewhere: BTreeMap<Topic, Aside>,
    /// What is true for a time only.
    pub(super) ending: Ending,
}

impl Foreign {
    /// By the definitions that the hub has and by what devices announce of themselves.
    pub fn new(handle: &LinkHandle, discovery: &Settings) -> Self {
        let mut catalog = handle.catalog();
        let known = catalog.borrow_and_update().clone();
        Self {
            translator: Translator::listening(known, discovery),
            catalog,
            announced: None,
            count: 0,
            asks: Vec::new(),
            awaited: Awaited::default(),
            elsewhere: BTreeMap::new(),
            ending: Ending::default(),
        }
    }

    /// Goes on with other definitions if there are any.
    fn renew(&mut self) -> Option<Vec<News>> {
        let is_new = self.catalog.has_changed().unwrap_or(false);
        is_new.then(|| {
            let catalog = self.catalog.borrow_and_update().clone();
            self.translator.renew(catalog)
        })
    }

    /// Whether there are more devices than when that was looked at last.
    fn has_new(&self) -> bool {
        self.translator.devices().len() != self.count
    }

    /// All of them are looked at.
    pub(super) fn looked_at(&mut self) -> impl Iterator<Item = &Topic> {
        let devices = self.translator.devices();
        self.count = devices.len();
        devices
    }

    /// The connection is gone.
    pub(super) fn lost(&mut self) {
        self.translator.lost();
    }

    /// Whether this device is translated here.
    pub fn knows(&self, base: &Topic) -> bool {
        self.translator.knows(base)
    }

    /// The devices that are translated here.
    pub fn devices(&self) -> impl Iterator<Item = &Topic> {
        self.translator.devices()
    }

    /// Whether the hub says this in the name of a device that is translated here.
    pub fn has_translated(&self, update: &Update) -> bool {
        update.via.is_none() && update.base.as_ref().is_some_and(|base| self.knows(base))
    }
}

impl Flow {
    /// Goes on with other definitions if there are any. What the broker remembers may mean something now, so it is asked.
    pub(super) fn renew(&mut self, now: Now) {
        if let Some(news) = self.foreign.renew() {
            self.tell_news(now, news);
            if self.session.is_some() {
                self.recalling.relearn();
            }
        }
    }

    /// Devices that announced themselves are known as soon as there is a pause between announcements, and what the
    /// broker remembers of them means something then.
    pub(super) fn look_at_announced(&mut self, now: Now) {
        let Some((first, last)) = self.foreign.announced else { return };
        if now.mono < (last + PAUSE).min(first + AT_LATEST) {
            return;
        }
        self.foreign.announced = None;
        let news = self.foreign.translator.settle();
        let is_known = news.iter().any(|one| matches!(one, News::Known { .. }));
        self.tell_news(now, news);
        if is_known && self.session.is_some() {
            self.recalling.relearn();
        }
    }

    fn tell_news(&mut self, now: Now, news: Vec<News>) {
        self.tell_commands();
        for one in news {
            match one {
                News::Known { base, profile } => self.tell_known(now, base, profile),
                News::Gone { base } => {
                    self.foreign.elsewhere.remove(&base);
                    self.handle.device_gone(now, &base);
                }
                News::Refused { dialect, key, problems } => {
                    self.handle.count(Fault::NotUnderstood, 1);
                    let why = problems.to_string();
                    let word = dialect.word();
                    tracing::warn!(
                        "link {}: what {} announces in {word} is not understood: {}",
                        self.handle.name(),
                        printable(&key),
                        printable(&why)
                    );
                }
            }
        }
        let aside = self.foreign.translator.aside();
        let aside = aside.into_iter().chain(self.foreign.elsewhere.values().cloned()).collect();
        self.handle.set_aside(now, aside);
    }

    fn tell_known(&mut self, now: Now, base: Topic, profile: Arc<Profile>) {
        self.foreign.elsewhere.remove(&base);
        let name = profile.announced.as_ref().map(|announced| announced.name.clone());
        if let Err(link) = self.handle.introduce(now, &base, Some(profile)) {
            let favour = Favour::Link(base.clone(), (&*link).into());
            let aside = self.foreign.translator.in_favour(&base, favour);
            self.foreign.elsewhere.extend(aside.map(|aside| (base.clone(), aside)));
            return self.notes.conflict(&Conflict { base, link });
        }
        self.handle.name_device(now, &base, name.as_deref());
    }

    /// Whether a device announces itself with this message.
    pub(super) fn is_announced(&mut self, now: Now, topic: &Topic, payload: &Payload) -> bool {
        let translator = &mut self.foreign.translator;
        let before = translator.announcements();
        let is_one = translator.hear_announcement(topic.as_str(), payload);
        let after = translator.announcements();
        if after > before || (is_one && after > 0) {
            let first = self.foreign.announced.map_or(now.mono, |(first, _)| first);
            self.foreign.announced = Some((first, now.mono));
        }
        is_one
    }

    /// Tells what a message means, if a definition knows it.
    pub(super) fn translate(&mut self, now: Now, publish: &Publish, topic: &Topic, payload: &Payload) {
        self.renew(now);
        if !publish.retain {
            self.hear_refusals(now, topic, payload);
        }
        if self.is_announced(now, topic, payload) {
            return;
        }
        let translator = &mut self.foreign.translator;
        if translator.is_too_long(topic.as_str(), payload) {
            return self.handle.count(Fault::NotUnderstood, 1);
        }
        let meanings = if publish.retain {
            translator.recall(topic.as_str(), payload)
        } else {
            translator.hear(topic.as_str(), payload)
        };
        for meaning in meanings {
            let profile = self.foreign.translator.profile(&meaning.base).cloned();
            self.tell_meaning(now, publish.retain, meaning, profile);
        }
        if self.foreign.has_new() {
            self.tell_commands();
        }
    }

    fn tell_meaning(&mut self, now: Now, memory: bool, meaning: Meaning, profile: Option<Arc<Profile>>) {
        let Meaning { base, messages, word, bridge, odd, asks, ends, .. } = meaning;
        for (id, quantity, after) in ends {
            self.foreign.ending.put(&base, id, quantity, now.mono + after);
        }
        self.foreign.asks.extend(asks.into_iter().map(|ask| (base.clone(), ask)));
        for message in messages {
            let message = Message::new(base.join(&message.topic), message.payload);
            let profile = profile.clone();
            let said = Said { base: Some(base.clone()), message, memory, via: None, profile };
            if let Err(conflict) = self.handle.hear(now, said) {
                return self.notes.conflict(&conflict);
            }
        }
        self.handle.count(Fault::NotUnderstood, odd.len() as u64);
        for odd in odd {
            self.notes.odd(now.mono, &base, &printable(&odd.to_string()));
        }
        match word {
            Some(Word::Away(how)) => {
                let reason = reason(how, bridge.as_deref().map(printable).as_deref());
                self.handle.device_away(now, &base, how, &reason);
            }
            Some(Word::Online) if !memory => self.handle.device_online(now, &base),
            Some(Word::Online) | None => {}
        }
    }

    /// Gives a device a command in its own words.
    pub(super) fn order(&mut self, now: Now, client: &Client, base: &Topic, command: &Outgoing) {
        let relative = command.topic.below(base).unwrap_or_default();
        let gone = || Refusal::new("offline", "the device is not known any more; it was NOT delivered");
        let order = self.foreign.translator.command(base, relative, &command.payload);
        let order = match order.ok_or_else(gone).and_then(|order| order) {
            Ok(order) => order,
            Err(refusal) => return self.handle.refuse(now, command.id, refusal),
        };
        for (at, sending) in order.sends.into_iter().enumerate() {
            if let Err(refusal) = self.give(now, client, base, sending) {
                // What was given first cannot be taken back: it is told as sent, and its end is seen.
                if at == 0 {
                    return self.handle.refuse(now, command.id, refusal);
                }
                self.notes.odd(now.mono, base, &refusal.reason);
                break;
            }
        }
        self.foreign.translator.ordered(base, relative, &command.payload);
        self.foreign.awaited.put(command, base, relative, order.refusing);
        self.handle.sent(now, command.id);
    }

    /// Asks devices for which somebody else has spoken.
    pub(super) fn ask_devices(&mut self, now: Now, client: &Client) {
        for (base, ask) in std::mem::take(&mut self.foreign.asks) {
            if let Err(refusal) = self.give(now, client, &base, ask) {
                self.notes.odd(now.mono, &base, &refusal.reason);
            }
        }
    }

    /// Says what is over.
    pub(super) fn end_due(&mut self, now: Now) {
        for (base, id, quantity) in self.foreign.ending.due(now.mono, |base| self.handle.is_online(base)) {
            let Some(message) = self.foreign.translator.ended(&base, &id, &quantity) else { continue };
            let profile = self.foreign.translator.profile(&base).cloned();
            let message = Message::new(base.join(&message.topic), message.payload);
            let said = Said { base: Some(base), message, memory: false, via: None, profile };
            if let Err(conflict) = self.handle.hear(now, said) {
                self.notes.conflict(&conflict);
            }
        }
    }

    fn give(&mut self, now: Now, client: &Client, base: &Topic, sending: Sending) -> Result<(), Refusal> {
        let unfit =
            |why: String| Refusal::new("definition", format!("the definition cannot say this: {why}"));
        let topic = sending.topic.ok_or_else(|| unfit("it names no topic".into()))?;
        let topic = Topic::new(&topic).map_err(|error| unfit(error.to_string()))?;
        let remote = self.routes.named(&topic, Some(base));
        let publish = Publish {
            topic: remote.as_str().to_owned(),
            payload: sending.payload.into_bytes().into(),
            qos: sending.qos,
            via: Some(self.hub.clone()),
            ..Publish::default()
        };
        self.send(now, client, publish).map(|_| ()).map_err(|full| super::orders::no_room(&full))
    }
}

/// Why a device is away, by its own word or that of the gateway that carries it.
fn reason(how: Absence, bridge: Option<&str>) -> String {
    match (how, bridge) {
        (Absence::Asleep, None) => "it said that it sleeps".to_owned(),
        (Absence::Asleep, Some(bridge)) => format!("{bridge} sleeps, which carries it"),
        (Absence::Offline, None) => "it has left its broker".to_owned(),
        (Absence::Offline, Some(bridge)) => format!("{bridge} has gone, which carries it"),
        (Absence::Lost, None) => "its connection broke off without a good-bye".to_owned(),
        (Absence::Lost, Some(bridge)) => {
            format!("the connection of {bridge}, which carries it, broke off without a good-bye")
        }
    }
}
