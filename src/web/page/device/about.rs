//! What a device is: its maker and model, its link, whether it is there, how often it speaks, and by which definition it
//! is understood.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::device::builtin;
use crate::hub::{self, Presence, Snapshot, Standing};
use crate::web::address::encoded;
use crate::web::messages::Record;
use crate::web::page::facts::link_view;
use crate::web::page::note::{Stamp, duration};
use crate::web::page::show::visible;
use crate::web::page::taught::{About as Taught, Definitions};
use crate::web::page::view::LinkView;
use crate::web::text::{Text, fill};

/// What is known of the device.
pub struct What {
    /// Its maker and family, and models it may be; empty if nobody knows.
    pub family: String,
    /// Models the definition holds for.
    pub models: String,
    /// The room that it says it is in.
    pub area: String,
    /// How it stands with people, in words; empty if nobody had to decide.
    pub standing: &'static str,
    /// Its link, and its kind.
    pub link: Option<(LinkView, &'static str)>,
    /// Name and date of its firmware.
    pub firmware: String,
    /// `data-presence`.
    pub presence: &'static str,
    /// The same in words.
    pub presence_words: &'static str,
    /// Since when it is so.
    pub since: Option<Stamp>,
    /// Why, in its link's words.
    pub reason: String,
    /// When it spoke last.
    pub last: Option<Stamp>,
    /// How often it speaks, in words.
    pub pace: String,
    /// The definition by which it is understood.
    pub definition: Option<Definition>,
}

/// A definition.
pub struct Definition {
    /// Quirks, documentation and its id.
    pub taught: Taught,
    /// Where it stands, in words.
    pub place: String,
    /// The address of its text.
    pub text: String,
    /// Mistakes of its file that are not in force.
    pub faults: Vec<String>,
}

impl What {
    /// What the hub and the record know.
    pub fn new(text: &'static Text, snapshot: &Snapshot, record: &Record, base: &str) -> Self {
        let d = &text.device;
        let device = snapshot.devices.iter().find(|device| device.base.as_str() == base);
        let profile = device.and_then(|device| device.profile.as_deref());
        let link = device.and_then(|device| snapshot.links.iter().find(|link| link.name == device.link));
        let presence = device.map_or(Presence::Unknown, |device| device.presence);
        let announced = profile.and_then(|profile| profile.announced.as_ref());
        let stamp = |at: Option<SystemTime>| at.map(|at| Stamp::new(at, snapshot.at));
        let heard = device.and_then(|device| device.last).or_else(|| last_said(snapshot, base));
        Self {
            family: profile
                .map_or_else(String::new, |profile| visible(&format!("{} {}", profile.vendor, profile.name))),
            models: profile.map_or_else(String::new, |profile| visible(&profile.models.join(", "))),
            area: announced.and_then(|announced| announced.area.as_deref()).map(visible).unwrap_or_default(),
            standing: match device.map(|device| device.standing) {
                Some(Standing::New) => d.standings[0],
                Some(Standing::Accepted) => d.standings[1],
                Some(Standing::Ignored) => d.standings[2],
                Some(Standing::Known) | None => "",
            },
            link: link.map(|link| (link_view(&text.live, link), link.kind)),
            firmware: firmware(record, base),
            presence: presence.word(),
            presence_words: presence_words(text, presence),
            since: stamp(device.and_then(|device| device.since)),
            reason: device.and_then(|device| device.reason.as_deref()).map(visible).unwrap_or_default(),
            last: stamp(heard),
            pace: pace(text, snapshot, record, base),
            definition: profile.map(|profile| {
                let place = match announced {
                    Some(announced) => fill(d.announced, &[("dialect", announced.dialect)]),
                    None if profile.file == builtin::path(&profile.id) => d.built_in.to_owned(),
                    None => fill(d.own_file, &[("path", &visible(&profile.file.display().to_string()))]),
                };
                Definition {
                    taught: Taught::new(profile),
                    place,
                    text: format!("/device/definition?base={}", encoded(base)),
                    faults: faults(text, snapshot, &profile.id),
                }
            }),
        }
    }
}

/// When the last of its values was said.
fn last_said(snapshot: &Snapshot, base: &str) -> Option<SystemTime> {
    let own =
        snapshot.entries.iter().filter(|entry| entry.base.as_ref().is_some_and(|own| own.as_str() == base));
    own.filter_map(|entry| entry.update.as_ref())
        .filter(|update| !update.memory)
        .map(|update| update.at)
        .max()
}

/// A presence in a few words.
pub fn presence_words(text: &'static Text, presence: Presence) -> &'static str {
    let at = Presence::ALL.iter().position(|one| *one == presence).unwrap_or_default();
    text.device.presences[at]
}

/// What its greeting said of its firmware.
fn firmware(record: &Record, base: &str) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Greeting {
        #[serde(default)]
        firmware_release: String,
        #[serde(default)]
        firmware_datetime: String,
    }
    let said = record.with(|recorded| {
        let id = recorded.tree.find(&format!("{base}/clown.talk/-/config/ok"))?;
        Some(recorded.tree.leaf(id)?.history.last().bytes.clone())
    });
    let greeting = said.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(Greeting { firmware_release, firmware_datetime }) = greeting else { return String::new() };
    let parts = [firmware_release, firmware_datetime].into_iter().filter(|part| !part.is_empty());
    visible(&parts.collect::<Vec<_>>().join(", "))
}

/// How often it speaks: messages a minute, and the usual pause of what is said most often.
fn pace(text: &'static Text, snapshot: &Snapshot, record: &Record, base: &str) -> String {
    let d = &text.device;
    let now = super::traffic::millis(snapshot.at);
    let (rate, count) = record.with(|recorded| {
        let node = recorded.tree.find(base).map(|id| recorded.tree.node(id).pulse);
        node.map_or((0.0, 0), |pulse| (pulse.rate(now), pulse.count))
    });
    let own =
        snapshot.entries.iter().filter(|entry| entry.base.as_ref().is_some_and(|own| own.as_str() == base));
    let usual = own.filter_map(|entry| entry.usual).min();
    let rate = crate::web::messages::pulse::two_digits(rate * 60.0);
    let mut words = match usual {
        Some(usual) => fill(d.speaks_every, &[("time", &interval(usual))]),
        None => d.speaks_at_times.to_owned(),
    };
    if rate > 0.0 {
        words = format!("{words}; {}", fill(d.rate, &[("n", &rate.to_string())]));
    }
    format!("{words}; {}", fill(d.heard_so_far, &[("n", &count.to_string())]))
}

/// A usual pause, roughly.
pub fn interval(usual: Duration) -> String {
    let ms = u64::try_from(usual.as_millis()).unwrap_or(u64::MAX);
    duration(if ms > 10_000 { (ms + 500) / 1_000 * 1_000 } else { ms })
}

/// What is wrong with a file that would be another version of the definition.
fn faults(text: &'static Text, snapshot: &Snapshot, id: &str) -> Vec<String> {
    let part = format!("{id}.toml");
    let all = Definitions::new(text, snapshot).faults;
    all.into_iter().flat_map(|fault| fault.problems).filter(|problem| problem.contains(&part)).collect()
}

/// What is odd about its link, with how often it came.
pub fn odd(text: &'static Text, link: Option<&hub::LinkView>) -> Vec<(u64, &'static str)> {
    let Some(link) = link else { return Vec::new() };
    let all = hub::Fault::ALL.into_iter().zip(text.links.faults);
    all.map(|(fault, words)| (link.counts.of(fault), words)).filter(|(count, _)| *count > 0).collect()
}
