//! The life of a command under the lock: checked, handed to the link, met by the device's word, or ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::command::{Command, CommandEvent, CommandId, Pending, Step, Ticket};
use super::link::Outgoing;
use super::state::{Device, State};
use super::{Now, Update};
use crate::device::{Expect, Refusal, expect, kind_of, translate};
use crate::sheet::nearest;
use crate::talk::model::{Reading, Scenario, property_of};
use crate::talk::{Payload, Topic, printable};

/// Commands that may be under way for one property; more than a person can mean.
const MAX_PENDING: usize = 16;
/// Bytes of topic and payload together; the line of no known device holds more than 4,096. Everybody hears of a
/// command and the ring keeps it, so it must not be as long as a client likes.
const MAX_COMMAND: usize = 8 * 1024;
/// Types that a device answers for without listing them.
const UNLISTED: &[&str] = &["-", "clown.talk", "i2c", "simulator"];

/// What passed every check.
pub(super) struct Route {
    pub(super) base: Option<Topic>,
    /// As the link takes it.
    pub(super) topic: Topic,
    pub(super) property: Topic,
    pub(super) link: Arc<str>,
    pub(super) expect: Expect,
}

impl State {
    pub(super) fn next_command(&mut self) -> CommandId {
        self.commands += 1;
        CommandId(self.commands)
    }

    pub(super) fn forbid(&mut self, now: Now, command: Command, refusal: Refusal) -> Ticket {
        let event = self.asked(command, None);
        self.begin(now, event, MAX_COMMAND, |_, _| Err(refusal))
    }

    /// The first step of a command, with a number of its own.
    fn asked(&mut self, command: Command, via: Option<Arc<str>>) -> CommandEvent {
        CommandEvent {
            id: self.next_command(),
            client_id: command.id,
            by: command.by,
            base: None,
            topic: command.topic,
            payload: command.payload,
            delivery: None,
            via,
            step: Step::Accepted,
            refusal: None,
            after: Duration::ZERO,
        }
    }

    pub(super) fn command(&mut self, now: Now, command: Command, via: Option<Arc<str>>) -> Ticket {
        let event = self.asked(command, via);
        // Who shares a claim is asked as well; the one who asks hears of the first.
        let further = self.further_claimants(&event.topic);
        let further: Vec<(Arc<str>, CommandEvent)> = further
            .into_iter()
            .map(|link| (link, CommandEvent { client_id: None, ..event.clone() }))
            .collect();
        let ticket = self.begin(now, event, MAX_COMMAND, Self::route);
        for (link, event) in further {
            let event = CommandEvent { id: self.next_command(), ..event };
            self.begin(now, event, MAX_COMMAND, |state, event| state.claimed_route(event, &link));
        }
        ticket
    }

    /// The first step: handed to the link that `route` finds, or refused.
    pub(super) fn begin(
        &mut self,
        now: Now,
        event: CommandEvent,
        most: usize,
        route: impl FnOnce(&Self, &CommandEvent) -> Result<Route, Refusal>,
    ) -> Ticket {
        let id = event.id;
        let (sender, outcome) = oneshot::channel();
        let (mut event, long) = shortened(event, most);
        let route = long.map_or_else(|| route(self, &event), Err);
        event.base = match &route {
            Ok(route) => route.base.clone(),
            Err(_) if event.delivery.is_some() => None,
            Err(_) => self.base_of(&event.topic),
        };
        let asked = now.mono;
        let ends = asked + self.config.send_within;
        let pending =
            |event, expect, link| Pending { event, expect, link, asked, ends, outcome: Some(sender) };
        match route {
            Err(refusal) => {
                self.finish(now, pending(event, Expect::Nothing, "".into()), Step::Refused, Some(refusal));
            }
            Ok(Route { topic, property, link, expect, .. }) => {
                let (payload, post, via) = (event.payload.clone(), event.delivery, event.via.clone());
                let outgoing = Outgoing { id, topic, payload, deadline: ends, post, via };
                // The link cannot say anything before this lock is given back, so the steps keep their order.
                if let Err(refusal) = self.hand_over(&link, outgoing) {
                    self.finish(now, pending(event, expect, link), Step::Refused, Some(refusal));
                    return Ticket { id, outcome };
                }
                self.supersede(now, &property, &expect);
                self.tell_event(now, Arc::new(event.clone()));
                if let Some(entry) = self.entries.get_mut(&property).filter(|_| event.delivery.is_none()) {
                    entry.failed = None;
                }
                self.pending.entry(property).or_default().push(pending(event, expect, link));
            }
        }
        Ticket { id, outcome }
    }

    fn route(&self, event: &CommandEvent) -> Result<Route, Refusal> {
        let topic = &event.topic;
        if topic.as_str().starts_with('$') {
            return Err(Refusal::new("reserved", "topics that begin with `$` cannot be commanded"));
        }
        if let Some(claimed) = self.claimed(topic).filter(|claimed| claimed.is_command) {
            return self.claimed_route(event, &claimed.link);
        }
        let unknown = || {
            let (topic, known) = (printable(topic.as_str()), self.known_bases());
            let reason = format!("no such device: `{topic}` is under no base topic known here{known}");
            Refusal::new("no-such-device", reason)
        };
        let base = self.base_of(topic).ok_or_else(unknown)?;
        let relative = topic.below(&base).and_then(|below| Topic::new(below).ok()).ok_or_else(unknown)?;
        if topic.has_empty_level() {
            return Err(Refusal::new(
                "bad-topic",
                "the topic has an empty level; write it without doubled slashes",
            ));
        }
        let device = self.devices.get(&base).ok_or_else(unknown)?;
        self.may_command(&base, device)?;
        let expect = match &device.profile {
            Some(profile) => translate::expect(profile, relative.as_str(), &event.payload)?,
            None => expect(relative.as_str(), &event.payload)?,
        };
        let id = property_of(relative.as_str());
        let property = Topic::new(&format!("{base}/{id}")).map_err(|_| unknown())?;
        if !self.is_known(device, &property, id) {
            let near = self.nearest(&base, id).map(|near| format!("; did you mean `{near}`?"));
            let near = near.unwrap_or_default();
            let reason = format!("no such device: `{base}` has no `{}`{near}", printable(id));
            return Err(Refusal::new("no-such-device", reason));
        }
        let Some(link) = self.links.get(&device.link).filter(|link| link.carries(&base)) else {
            let reason = format!("`{base}` is offline: no link serves it; the command was NOT delivered");
            return Err(Refusal::new("offline", reason));
        };
        device.is_reached(&base, link)?;
        self.has_place(&property)?;
        let topic = if link.info.base.is_some() { relative } else { topic.clone() };
        Ok(Route { base: Some(base), topic, property, link: device.link.clone(), expect })
    }

    /// Some base topics, for somebody who named none of them.
    fn known_bases(&self) -> String {
        let mut bases: Vec<&str> = self.devices.keys().map(Topic::as_str).collect();
        bases.sort_unstable();
        match bases.split_at_checked(3) {
            Some((some, [_, ..])) => format!("; known are `{}` …", some.join("`, `")),
            _ if bases.is_empty() => String::new(),
            _ => format!("; known are `{}`", bases.join("`, `")),
        }
    }

    /// What a device has that nearly has this id. Looked for among the first hundred, as commands may come fast.
    fn nearest(&self, base: &Topic, id: &str) -> Option<&str> {
        nearest(id, self.entries.keys().filter_map(|topic| topic.below(base)).take(100))
    }

    /// Whether one more may be under way for `property`.
    pub(super) fn has_place(&self, property: &Topic) -> Result<(), Refusal> {
        if self.pending.get(property).is_none_or(|all| all.len() < MAX_PENDING) {
            return Ok(());
        }
        let reason = format!("{MAX_PENDING} commands for `{property}` are under way; wait");
        Err(Refusal::new("busy", reason))
    }

    fn is_known(&self, device: &Device, property: &Topic, id: &str) -> bool {
        // What speaks Clown.Talk itself may have more than its definition says.
        if let Some(profile) = device.profile.as_ref().filter(|profile| profile.recognised.native.is_none()) {
            return self.entries.contains_key(property) || profile.never_speaks(id);
        }
        self.entries.contains_key(property)
            || UNLISTED.contains(&kind_of(id))
            || device.listed.as_ref().is_none_or(|listed| listed.contains(property))
    }

    fn hand_over(&mut self, link: &str, outgoing: Outgoing) -> Result<(), Refusal> {
        let gone = || Refusal::new("offline", "the link has ended; the command was NOT delivered");
        let link = self.links.get(link).ok_or_else(gone)?;
        link.outbox.try_send(outgoing).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::new(
                "busy",
                format!("link `{}` has too many commands waiting; try again", link.info.name),
            ),
            TrySendError::Closed(_) => gone(),
        })
    }

    /// A newer, different wish for the same quantity ends an older one: one order for all.
    fn supersede(&mut self, now: Now, property: &Topic, newer: &Expect) {
        let Expect::Reading { key, value } = newer else { return };
        let same = |pending: &Pending| match &pending.expect {
            Expect::Reading { key: older, value: wished } => older == key && !wished.means(value),
            Expect::Word | Expect::Answer | Expect::Link | Expect::Receipt | Expect::Nothing => false,
        };
        let Some(all) = self.pending.get_mut(property) else { return };
        let older: Vec<Pending> = all.extract_if(.., |pending| same(pending)).collect();
        for pending in older {
            let known = match pending.event.step {
                Step::Sent => "this one was sent, and nobody knows whether it was done",
                _ => "this one was not sent",
            };
            let reason = format!("a newer command for the same property followed; {known}");
            let refusal = Refusal::new("superseded", reason);
            self.finish(now, pending, Step::Refused, Some(refusal));
        }
    }

    pub(super) fn sent(&mut self, now: Now, link: &str, id: CommandId) {
        if let Some(link) = self.links.get_mut(link) {
            link.counts.sent += 1;
        }
        let confirm_within = self.config.confirm_within;
        let all = self.pending.values_mut().flatten();
        let Some(pending) = all.into_iter().find(|pending| pending.event.id == id) else { return };
        pending.event.step = Step::Sent;
        pending.event.after = now.mono.saturating_duration_since(pending.asked);
        pending.ends = now.mono + confirm_within;
        if pending.expect == Expect::Nothing {
            for pending in self.take_pending(|pending| pending.event.id == id) {
                self.tell_event(now, Arc::new(pending.event.clone()));
                self.finish(now, pending, Step::Unconfirmable, None);
            }
            return;
        }
        let event = Arc::new(pending.event.clone());
        self.tell_event(now, event);
    }

    /// Whether a command is still to be carried out.
    pub(super) fn is_wanted(&self, id: CommandId) -> bool {
        self.pending.values().flatten().any(|pending| pending.event.id == id)
    }

    pub(super) fn refuse(&mut self, now: Now, id: CommandId, refusal: Refusal) {
        for pending in self.take_pending(|pending| pending.event.id == id) {
            self.finish(now, pending, Step::Refused, Some(refusal.clone()));
        }
    }

    /// Ends the commands that `update` answers.
    pub(super) fn settle(&mut self, now: Now, scenario: Scenario, update: &Update) {
        let topic = property_of(update.message.topic.as_str());
        let Some(all) = self.pending.get_mut(topic) else { return };
        let answered: Vec<Pending> = all
            .extract_if(.., |pending| meets(&pending.expect, scenario, update.message.payload.readings()))
            .collect();
        if all.is_empty() {
            self.pending.remove(topic);
        }
        for pending in answered {
            match scenario {
                Scenario::Error => {
                    let refusal = Refusal::new("device", device_reason(update));
                    self.finish(now, pending, Step::Refused, Some(refusal));
                }
                _ => self.finish(now, pending, Step::Confirmed, None),
            }
        }
    }

    pub(super) fn end_late_commands(&mut self, now: Now) {
        if self.pending.is_empty() {
            return;
        }
        for pending in self.take_pending(|pending| pending.ends <= now.mono) {
            if pending.event.step == Step::Accepted {
                let refusal =
                    Refusal::new("not-sent", "the link could not send it in time; it was NOT delivered");
                self.finish(now, pending, Step::Refused, Some(refusal));
            } else {
                let waited = self.config.confirm_within.as_millis();
                let who = if pending.expect == Expect::Receipt { "broker" } else { "device" };
                let reason =
                    format!("the {who} did not answer within {waited} ms; nobody knows whether it was done");
                self.finish(now, pending, Step::Unanswered, Some(Refusal::new("unanswered", reason)));
            }
        }
    }

    pub(super) fn take_pending(&mut self, mut which: impl FnMut(&Pending) -> bool) -> Vec<Pending> {
        let mut taken = Vec::new();
        self.pending.retain(|_, all| {
            taken.extend(all.extract_if(.., |pending| which(pending)));
            !all.is_empty()
        });
        taken.sort_by_key(|pending| pending.event.id);
        taken
    }

    /// The last step of a command, told to everyone and to the one who waits.
    pub(super) fn finish(&mut self, now: Now, mut pending: Pending, step: Step, refusal: Option<Refusal>) {
        pending.event.step = step;
        pending.event.refusal = refusal;
        pending.event.after = now.mono.saturating_duration_since(pending.asked);
        let event = Arc::new(pending.event);
        let below = event.base.as_ref().and_then(|base| event.topic.below(base)).map(property_of);
        if let (Some(id), Some(base)) = (below, &event.base)
            && let Some(entry) = self.entries.get_mut(format!("{base}/{id}").as_str())
        {
            let superseded = event.refusal.as_ref().is_some_and(|refusal| refusal.code == "superseded");
            let failed = matches!(step, Step::Refused | Step::Unanswered) && !superseded;
            entry.failed = failed.then(|| event.clone());
        }
        self.tell_event(now, event.clone());
        if let Some(outcome) = pending.outcome {
            // Nobody waiting is no error: the step was told to everyone.
            let _ = outcome.send(event);
        }
    }
}

/// What is too long is told of in short, with the refusal.
fn shortened(mut event: CommandEvent, most: usize) -> (CommandEvent, Option<Refusal>) {
    let bytes = event.topic.as_str().len() + event.payload.as_str().len();
    if bytes <= most {
        return (event, None);
    }
    if event.topic.as_str().len() > MAX_COMMAND / 2 {
        let start: String = event.topic.as_str().chars().take(200).collect();
        event.topic = Topic::new(&format!("{start}…")).unwrap_or(event.topic);
    }
    event.payload = Payload::empty();
    let what = if event.delivery.is_some() { "message" } else { "command" };
    let reason = format!("the {what} has {bytes} bytes; {most} are taken");
    (event, Some(Refusal::new("too-long", reason)))
}

fn meets(expect: &Expect, scenario: Scenario, readings: &[Reading]) -> bool {
    match (expect, scenario) {
        (Expect::Reading { key, value }, Scenario::Data) => {
            readings.iter().any(|reading| reading.key == *key && reading.value.means(value))
        }
        (Expect::Word, Scenario::Data) | (Expect::Answer, Scenario::Ok) => true,
        (Expect::Reading { .. } | Expect::Word | Expect::Answer, Scenario::Error) => true,
        _ => false,
    }
}

fn device_reason(update: &Update) -> String {
    #[derive(serde::Deserialize)]
    struct ErrorText {
        error: Option<String>,
        message: Option<String>,
    }
    let said: Option<ErrorText> = update.message.payload.get();
    let said = said.and_then(|text| text.message.or(text.error));
    said.map_or_else(
        || "the device refused".to_owned(),
        |said| format!("the device refused: {}", printable(&said)),
    )
}
