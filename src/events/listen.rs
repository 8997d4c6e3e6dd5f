//! From what the hub tells to events: ends of commands, links that come and go, changes nobody asked for, troubles of
//! its disk, definitions, and a clock that jumps.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use super::Events;
use super::budget::{Budget, Rate};
use super::event::{Event, Kind};
use super::own::Own;
use crate::hub::{CommandEvent, Hub, Now, Step, Update};

/// Commands of one account.
const COMMANDS: Rate = Rate { burst: 2_000.0, per_second: 10.0 };
/// Changes of one property, of one link.
const CHANGES: Rate = Rate { burst: 20.0, per_second: 0.1 };
/// A difference between both clocks that means that one was set, or that the machine slept.
const JUMP: Duration = Duration::from_secs(3);
/// How often the clocks are compared.
const LOOK: Duration = Duration::from_secs(2);

struct Listener {
    hub: Hub,
    events: Events,
    own: Own,
    commands: Budget,
    changes: Budget,
    /// What was told of each link, and of each part that may be in trouble.
    states: HashMap<Box<str>, Box<str>>,
    clock: Now,
}

/// What links and parts of the hub say of themselves.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fact {
    state: String,
    code: String,
    reason: String,
    by: String,
    bytes: u64,
    changes: Vec<String>,
    changed: Vec<String>,
    problems: Vec<serde_json::Value>,
    refused: Vec<serde_json::Value>,
    trouble: Option<Trouble>,
}

#[derive(Deserialize)]
struct Trouble {
    code: String,
    #[serde(default)]
    reason: String,
}

impl Events {
    /// Notes what the hub tells, until it closes.
    pub fn listen(&self, hub: &Hub) -> impl Future<Output = ()> + Send + use<> {
        let now = Now::now();
        let (snapshot, mut stream) = hub.subscribe(now);
        let mut own = Own::default();
        for entry in &snapshot.entries {
            own.know(entry);
        }
        let mut listener = Listener {
            hub: hub.clone(),
            events: self.clone(),
            own,
            commands: Budget::new(COMMANDS),
            changes: Budget::new(CHANGES),
            states: HashMap::new(),
            clock: now,
        };
        async move {
            let mut look = tokio::time::interval(LOOK);
            loop {
                tokio::select! {
                    _ = look.tick() => listener.look(Now::now()),
                    heard = stream.recv() => match heard {
                        Ok(update) => listener.hear(&update, Instant::now()),
                        Err(RecvError::Lagged(missed)) => listener.missed(missed),
                        Err(RecvError::Closed) => return,
                    },
                }
            }
        }
    }
}

impl Listener {
    fn hear(&mut self, update: &Update, now: Instant) {
        if let Some(event) = &update.event {
            return self.command(event, update.at, now);
        }
        let topic = update.message.topic.as_str();
        let Some(own) = topic.strip_prefix("$hub/") else {
            let profile = || self.hub.profile(update.base.as_ref()?);
            let changes = self.own.hear(update, now, profile);
            for event in changes {
                self.bounded(update.at, now, topic, event);
            }
            return;
        };
        let (part, name) = own.split_once('/').unwrap_or((own, ""));
        if !matches!(part, "link" | "config" | "definitions" | "history" | "broker" | "written") {
            return;
        }
        let Some(fact) = update.message.payload.get::<Fact>() else { return };
        self.fact(part, name, &fact, (update.at, now));
    }

    fn command(&mut self, event: &Arc<CommandEvent>, at: SystemTime, now: Instant) {
        self.own.wish(event, now);
        if !event.step.is_final() {
            return;
        }
        let Some(more) = self.commands.take(now, &event.by.account) else { return };
        self.events.note_at(at, Event { more: (more > 0).then_some(more), ..ended(event) });
    }

    /// Notes it unless there are too many of the same origin.
    fn bounded(&mut self, at: SystemTime, now: Instant, origin: &str, event: Event) {
        if let Some(more) = self.changes.take(now, origin) {
            self.events.note_at(at, Event { more: (more > 0).then_some(more), ..event });
        }
    }

    fn fact(&mut self, part: &str, name: &str, fact: &Fact, (at, now): (SystemTime, Instant)) {
        match part {
            "link" => self.link(name, fact, (at, now)),
            "written" => {
                let event = Event::new(Kind::Command, "written").who(&fact.by).about(name);
                self.bounded(at, now, "\0written", event.payload(&format!("{} bytes", fact.bytes)));
            }
            "config" => {
                let what = if fact.state == "refused" { "refused" } else { "reloaded" };
                let event = Event::new(Kind::Config, what).about("configuration");
                self.events.note_at(at, told(event, &fact.changes, fact.problems.len()));
            }
            "definitions" => {
                // The first is how it is at the start.
                let text = format!("{} {:?} {}", fact.state, fact.changed, fact.refused.len());
                let is_first = !self.states.contains_key(part);
                if self.is_news(part, &text) && !(is_first && fact.refused.is_empty()) {
                    let what = if fact.refused.is_empty() { "taken" } else { "refused" };
                    let event = Event::new(Kind::Config, what).about("definitions");
                    self.events.note_at(at, told(event, &fact.changed, fact.refused.len()));
                }
            }
            _ => {
                let code = fact.trouble.as_ref().map_or("", |trouble| &trouble.code);
                if !self.is_news(part, code) {
                    return;
                }
                let event = |what: &'static str| Event::new(Kind::Hub, what).about(part);
                self.bounded(
                    at,
                    now,
                    part,
                    match &fact.trouble {
                        Some(trouble) => event("trouble").why(&trouble.code, &trouble.reason),
                        None => event("recovered"),
                    },
                );
            }
        }
    }

    /// Whether something else was told before, by which nothing counts as an empty text; remembers it.
    fn is_news(&mut self, about: &str, text: &str) -> bool {
        let before = self.states.insert(about.into(), text.into()).unwrap_or_default();
        *before != *text
    }

    fn link(&mut self, name: &str, fact: &Fact, (at, now): (SystemTime, Instant)) {
        // Being opened is neither up nor down.
        if fact.state == "connecting" || !self.is_news(name, &format!("{} {}", fact.state, fact.code)) {
            return;
        }
        let event = Event::new(Kind::Link, fact.state.clone()).about(name).why(&fact.code, &fact.reason);
        self.bounded(at, now, &format!("\0{name}"), event);
    }

    fn missed(&self, n: u64) {
        let event = Event::new(Kind::Hub, "missed").why("slow", "the hub said more than could be looked at");
        self.events.note(Event { more: Some(n), ..event });
    }

    /// Compares both clocks.
    fn look(&mut self, now: Now) {
        let mono = now.mono.saturating_duration_since(self.clock.mono);
        let expected = self.clock.wall + mono;
        let (by, way) = match now.wall.duration_since(expected) {
            Ok(forward) => (forward, "forward"),
            Err(back) => (back.duration(), "back"),
        };
        self.clock = now;
        if by >= JUMP {
            let reason =
                format!("the clock went {way} by {} s: it was set, or the machine slept", by.as_secs());
            self.events.note(Event::new(Kind::Hub, "clock").why(way, &reason));
        }
    }
}

fn told(event: Event, changes: &[String], problems: usize) -> Event {
    let event = if changes.is_empty() { event } else { event.payload(&changes.join(", ")) };
    if problems > 0 {
        event.why("mistakes", &format!("{problems} mistakes; the log names them"))
    } else {
        event
    }
}

/// The end of a command.
fn ended(event: &CommandEvent) -> Event {
    let code = event.refusal.as_ref().map_or("", |refusal| refusal.code);
    let reason = event.refusal.as_ref().map_or("", |refusal| &refusal.reason);
    let what = if code == "superseded" { "superseded" } else { event.step.word() };
    let told = Event::new(Kind::Command, what);
    Event {
        device: event.base.as_ref().map(|base| base.as_str().into()),
        after_ms: (event.step != Step::Refused || !event.after.is_zero())
            .then(|| u64::try_from(event.after.as_millis()).unwrap_or(u64::MAX)),
        ..told.by(&event.by).about(event.topic.as_str()).payload(event.payload.as_str()).why(code, reason)
    }
}
