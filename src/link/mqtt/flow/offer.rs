//! Offers the hub's devices to Home Assistant: one retained announcement for each, and whether it is there.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`names`] | topics and ids |
//! | [`wanted`] | what is to be offered now |
//! | `look` | what is different from what was said last |
//! | `say` | how it goes out, and what is left at the broker |
//!
//! When something has changed that may be seen there, everything is looked at, at most once a second. Whether devices
//! are there is said before the hub says that itself is there, so that nothing of an earlier life is believed. A value
//! that the broker does not keep is said once more after its offer.

mod look;
pub mod names;
mod say;
pub mod wanted;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::client::Publish;
use super::Flow;
use super::routes::Routes;
use crate::device::dialect::Settings;
use crate::hub::{Now, Update};
use crate::talk::Topic;
use names::Names;
use wanted::{Said, is_shape};

/// How long is waited after a change for others, and how often everything is looked at.
const PAUSE: Duration = Duration::from_millis(300);
const EVERY: Duration = Duration::from_secs(1);
/// How often everything is offered anew, however often Home Assistant comes.
const ANEW_EVERY: Duration = Duration::from_secs(5);

/// What is offered on one link.
pub(super) struct Offers {
    is_asked: bool,
    names: Arc<Names>,
    /// The name of this machine.
    host: String,
    /// What was said, by the devices' bases.
    said: BTreeMap<Topic, Offered>,
    /// What the hub itself was announced as.
    hub: Option<u64>,
    /// What properties said when they were looked at.
    shapes: HashMap<Topic, Said>,
    /// Whether devices are there; goes before everything else.
    words: VecDeque<Waits>,
    /// Announcements.
    texts: VecDeque<Waits>,
    /// Since when something may have changed, and when that was looked at last.
    changed: Option<Instant>,
    looked: Option<Instant>,
    /// Whether Home Assistant has come, and when all was offered anew for it.
    came: bool,
    anew: Option<Instant>,
    /// Devices whose values have to be said, and when.
    fresh: BTreeSet<Topic>,
    due: Option<Instant>,
}

/// What was said of a device.
#[derive(Default)]
struct Offered {
    /// Where it is announced, and where it is said whether it is there.
    topics: [String; 2],
    /// What was said there.
    marks: [Option<u64>; 2],
    /// Every component that it was announced with.
    components: BTreeMap<String, &'static str>,
}

/// A message that waits for room.
struct Waits {
    topic: String,
    /// Nothing takes it out.
    text: String,
    /// The link of the device, and the device.
    link: String,
    base: Option<Topic>,
}

impl Offers {
    /// Of a link, by what the configuration asks for; `hub` is its id, and the name of its machine.
    pub(super) fn new(hub: (&str, &str), birth: &str, settings: &Settings, routes: &Routes) -> Self {
        Self {
            is_asked: settings.offers,
            names: Arc::new(Names::new(hub.0, birth, settings, routes)),
            host: hub.1.to_owned(),
            said: BTreeMap::new(),
            hub: None,
            shapes: HashMap::new(),
            words: VecDeque::new(),
            texts: VecDeque::new(),
            changed: None,
            looked: None,
            came: false,
            anew: None,
            fresh: BTreeSet::new(),
            due: None,
        }
    }

    /// The connection is gone: what is said on the next one is said to a broker that may have forgotten all.
    pub(super) fn lost(&mut self) {
        self.said.clear();
        self.shapes.clear();
        self.words.clear();
        self.texts.clear();
        self.fresh.clear();
        (self.hub, self.due, self.came) = (None, None, false);
    }

    /// Where Home Assistant says that it has come, if that matters.
    pub(super) fn status(&self) -> Option<String> {
        self.is_asked.then(|| self.names.status())
    }

    /// Home Assistant may have come. What is only remembered was said to nobody who is there now.
    pub(super) fn hear(&mut self, publish: &Publish) {
        let is_it = self.is_asked && publish.topic == self.names.status();
        self.came |= is_it && !publish.retain && *publish.payload == *b"online";
    }

    /// Whether something waits for room.
    pub(super) fn waits(&self) -> bool {
        !self.words.is_empty() || !self.texts.is_empty()
    }

    /// The hub said something, after which other things may have to be offered.
    fn mind(&mut self, now: Now, update: &Update) {
        #[derive(serde::Deserialize)]
        struct Told<'a> {
            code: &'a str,
        }
        let payload = &update.message.payload;
        let matters = match update.message.topic.as_str().strip_prefix("$hub/") {
            None => {
                let known = self.shapes.get(&update.message.topic);
                known.is_some_and(|known| !is_shape(known, payload.readings()))
            }
            Some(own) => match own.split('/').next() {
                Some("presence" | "standing" | "definitions") => true,
                Some("link") => payload.get::<Told<'_>>().is_some_and(|told| told.code == "removed"),
                _ => false,
            },
        };
        if matters {
            self.changed.get_or_insert(now.mono);
        }
    }
}

impl Flow {
    /// The hub said something.
    pub(super) fn mind_offers(&mut self, now: Now, update: &Update) {
        if self.offers.is_asked && self.session.is_some() {
            self.offers.mind(now, update);
        }
    }

    /// Looks whether something else is to be offered, when it is time.
    pub(super) fn go_on_offering(&mut self, now: Now) {
        let offers = &mut self.offers;
        if !offers.is_asked || offers.waits() {
            return;
        }
        let lately = |at: Option<Instant>, every| at.is_some_and(|at| now.mono < at + every);
        let anew = offers.came && !lately(offers.anew, ANEW_EVERY);
        if anew {
            (offers.came, offers.anew) = (false, Some(now.mono));
            offers.forget();
        }
        let is_settled = offers.changed.is_some_and(|at| now.mono >= at + PAUSE);
        if anew || is_settled && !lately(offers.looked, EVERY) {
            (offers.changed, offers.looked) = (None, Some(now.mono));
            let (snapshot, _) = self.handle.listen(now);
            let is_more = self.look_at_offers(&snapshot, true);
            self.offers.changed = self.offers.changed.or(is_more.then_some(now.mono));
        }
        self.say_values_of_offered(now);
    }

    /// More was said than could be followed.
    pub(super) fn look_again_at_offers(&mut self, now: Now) {
        self.offers.changed.get_or_insert(now.mono);
    }
}
