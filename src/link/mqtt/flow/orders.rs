//! Commands both ways: what somebody at the broker asks of our devices, what the hub asks of devices behind the broker,
//! and what is published by hand.
//!
//! A command is carried out when it is said, never from a broker's memory and never twice. Whoever asks hears the end of
//! it where MQTT 5 says that an answer is expected, and a failure on `<base>/clown.talk/-/error`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;

use super::super::client::{Client, Full, Publish, Response};
use super::Flow;
use super::birth;
use super::echo::Via;
use super::incoming::{ERROR, way};
use super::notes::short;
use super::recent::{Mark, Recent};
use crate::device::Refusal;
use crate::hub::{CommandEvent, CommandId, Fault, Now, Outgoing, Step, Ticket};
use crate::talk::model::Scenario;
use crate::talk::{Payload, Topic};

/// How long after a command the broker may send it again, unsure whether we had it.
const AGAIN_WITHIN: Duration = Duration::from_secs(300);
/// How many of those are remembered.
const MOST: usize = 1_024;
/// When every command has come to its end, heard or not.
const ENDED: Duration = Duration::from_secs(30);

/// A connection on which the oldest message waits for longer is stuck.
const PROMPT: Duration = Duration::from_secs(1);

/// What is under way.
pub struct Orders {
    /// Asked for at the broker.
    asked: HashMap<CommandId, Asked>,
    /// Given to the broker, by the ticket that it will acknowledge.
    given: HashMap<u64, CommandId>,
    /// Given to the broker a moment ago for a device there, by topic.
    sent: Recent<CommandId>,
    /// The last command of each topic.
    last: Recent<Mark>,
}

struct Asked {
    asker: Asker,
    at: Instant,
    ticket: Ticket,
}

/// Whom to answer.
struct Asker {
    /// The topic as the broker calls it.
    topic: String,
    /// Where failures are told.
    error: Option<Topic>,
    /// Where MQTT 5 says that an answer is expected.
    response: Option<Response>,
}

#[derive(serde::Serialize)]
struct ErrorText<'a> {
    code: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    topic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Step>,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            asked: HashMap::new(),
            given: HashMap::new(),
            sent: Recent::new(ENDED, MOST),
            last: Recent::new(AGAIN_WITHIN, MOST),
        }
    }
}

impl Orders {
    /// The connection is gone: nothing will be acknowledged.
    pub fn lost(&mut self) {
        self.given.clear();
    }
}

impl Flow {
    /// Somebody at the broker asks for something; `served` is the device it is about and its link, if they are known.
    pub(super) fn asked(
        &mut self,
        now: Now,
        client: &Client,
        publish: Publish,
        topic: Topic,
        served: Option<(Topic, Arc<str>)>,
    ) {
        if publish.retain && served.is_some() {
            self.handle.count(Fault::RetainedCommand, 1);
            self.notes.retained_command(&publish.topic);
        }
        // A device of another link to this very broker hears its command there.
        let is_here = |link: &str| link == self.handle.name() || self.neighbours.contains(link);
        // One that speaks its own language hears it from us, unless another hub tells it.
        let is_ours =
            |base: &Topic, link: &str| self.is_translated(base, link) && self.left_to(base).is_none();
        let other = served.filter(|(base, link)| (!is_here(link) || is_ours(base, link)) && !publish.retain);
        let payload = Payload::from_wire(&publish.payload);
        let Some((base, _)) = other else {
            // Somebody else's device, or nobody's: everyone may see it, nobody here obeys.
            self.tell(now, &publish, topic, payload, None);
            return;
        };
        if self.is_again(now, &publish) {
            return;
        }
        let way = way(&publish);
        let asker = self.asker(publish, &base);
        if let Some((refusal, hint)) = unreadable(&payload, &asker.topic) {
            return self.refused_here(now, client, &asker, &refusal, &hint);
        }
        let ticket = self.handle.command(now, topic, payload, None, way);
        self.orders.asked.insert(ticket.id, Asked { asker, at: now.mono, ticket });
    }

    /// Whether the broker says a command again because it does not know that we had it.
    fn is_again(&mut self, now: Now, publish: &Publish) -> bool {
        let topic = self.marker.of(&publish.topic, b"");
        let command = self.marker.of(&publish.topic, &publish.payload);
        if publish.dup && self.orders.last.get(now.mono, topic) == Some(&mut command.clone()) {
            tracing::debug!(
                "link {}: `{}` was sent again, and is not done again",
                self.handle.name(),
                publish.topic
            );
            return true;
        }
        self.orders.last.put(now.mono, topic, command);
        false
    }

    fn asker(&self, publish: Publish, base: &Topic) -> Asker {
        let route = self.routes.into_hub(&publish.topic);
        let error = route.and_then(|route| route.to_remote(&format!("{base}/{ERROR}")));
        let response = publish.response.filter(|response| self.may_answer(&response.topic));
        Asker { topic: publish.topic, error, response }
    }

    /// Whether an answer does no harm there: whoever may only ask must not command through us, nor speak as a device,
    /// another hub or the broker.
    fn may_answer(&self, remote: &str) -> bool {
        let local = self.routes.into_hub(remote).and_then(|route| route.to_local(remote));
        let is_devices = local.is_some_and(|local| self.handle.serves(&local).is_some());
        let is_reserved = remote.starts_with('$') || birth::read_topic(remote).is_some();
        !Scenario::of(remote).is_command() && !is_devices && !is_reserved
    }

    /// A command has come a step further; at its end the one who asked at the broker is answered.
    pub(super) fn settle(&mut self, now: Now, client: &Client, event: &CommandEvent) {
        if event.step.is_final()
            && let Some(asked) = self.orders.asked.remove(&event.id)
        {
            self.answer(now, client, &asked.asker, event);
        }
    }

    /// Answers where the end was missed in the hub's stream.
    pub(super) fn answer_late(&mut self, now: Now, client: &Client) {
        let is_over = |asked: &Asked| now.mono.saturating_duration_since(asked.at) >= ENDED;
        let over: Vec<Asked> =
            self.orders.asked.extract_if(|_, asked| is_over(asked)).map(|(_, asked)| asked).collect();
        for Asked { asker, ticket, .. } in over {
            if let Some(Some(event)) = ticket.outcome().now_or_never() {
                self.answer(now, client, &asker, &event);
            }
        }
    }

    fn answer(&mut self, now: Now, client: &Client, asker: &Asker, event: &CommandEvent) {
        if asker.response.is_some() {
            return self.reply(now, client, asker, &event.to_payload(&asker.topic));
        }
        if let Some(refusal) = &event.refusal {
            let text = ErrorText {
                code: refusal.code,
                reason: &refusal.reason,
                hint: None,
                topic: &asker.topic,
                step: None,
            };
            self.reply(now, client, asker, &Payload::of(&text));
        }
    }

    /// A command that did not even reach the hub.
    fn refused_here(&mut self, now: Now, client: &Client, asker: &Asker, refusal: &Refusal, hint: &str) {
        let text = ErrorText {
            code: refusal.code,
            reason: &refusal.reason,
            hint: Some(hint),
            topic: &asker.topic,
            step: asker.response.is_some().then_some(Step::Refused),
        };
        self.reply(now, client, asker, &Payload::of(&text));
    }

    fn reply(&mut self, now: Now, client: &Client, asker: &Asker, text: &Payload) {
        let topic = asker.response.as_ref().map(|response| response.topic.clone());
        let Some(topic) = topic.or_else(|| asker.error.as_ref().map(Topic::to_string)) else { return };
        let correlation = asker.response.as_ref().and_then(|response| response.correlation.clone());
        let answer = Publish {
            topic,
            payload: text.as_str().to_owned().into(),
            via: Some(self.hub.clone()),
            response: correlation
                .map(|correlation| Response { topic: String::new(), correlation: Some(correlation) }),
            ..Publish::default()
        };
        let sent = self.session.is_some() && self.send(now, client, answer).is_ok();
        self.dropped(now, (!sent).into(), "an answer found no way to the broker");
    }

    /// The hub asks something of a device behind the broker, or somebody publishes by hand.
    pub fn command(&mut self, now: Now, client: &Client, command: Outgoing) {
        if !self.handle.wants(command.id) {
            return;
        }
        // What is handed over now goes out behind what is stuck already, and nothing may be done late.
        if now.mono > command.deadline || client.delay() > PROMPT {
            let late =
                Refusal::new("not-sent", "the broker takes nothing at the moment; it was NOT delivered");
            return self.handle.refuse(now, command.id, late);
        }
        let base = self.handle.serves(&command.topic).map(|(base, _)| base);
        if let Some(base) = base.as_ref().filter(|base| self.foreign.knows(base) && command.post.is_none()) {
            return self.order(now, client, base, &command);
        }
        let remote = self.routes.named(&command.topic, base.as_ref());
        let wire = command.payload.wire();
        if command.via.is_some() && !self.may_cross(now, &remote, wire, true) {
            self.looped(now, remote.as_str());
            let reason = "the same command has just been given at this broker; a loop was broken";
            return self.handle.refuse(now, command.id, Refusal::new("loop", reason));
        }
        // A broker keeps a command of QoS 1 for a device that sleeps, and nothing may be done late.
        let (qos, retain) = command.post.map_or((0, false), |delivery| (delivery.qos, delivery.retain));
        let publish = Publish {
            topic: remote.as_str().to_owned(),
            payload: wire.to_vec().into(),
            qos,
            retain,
            via: Some(Via::and(command.via.as_deref(), &self.hub)),
            ..Publish::default()
        };
        match self.send(now, client, publish) {
            Ok(ticket) => {
                if qos > 0 {
                    self.orders.given.insert(ticket, command.id);
                }
                if command.post.is_none() {
                    let topic = self.marker.of(remote.as_str(), b"");
                    self.orders.sent.put(now.mono, topic, command.id);
                }
                self.handle.sent(now, command.id);
            }
            Err(full) => self.handle.refuse(now, command.id, no_room(&full)),
        }
    }

    /// Another hub tells why it did not carry out a command, perhaps one of ours.
    pub(super) fn refused_there(&mut self, now: Now, payload: &Payload) {
        #[derive(serde::Deserialize)]
        struct Told {
            reason: String,
            topic: String,
        }
        let Some(Told { reason, topic }) = payload.get() else { return };
        let topic = self.marker.of(&topic, b"");
        if let Some(id) = self.orders.sent.get(now.mono, topic) {
            let reason = format!("the device's hub refused it: {}", short(&reason));
            self.handle.refuse(now, *id, Refusal::new("device", reason));
        }
    }

    /// The broker has taken over a message.
    pub fn acknowledged(&mut self, now: Now, ticket: u64) {
        if let Some(id) = self.orders.given.remove(&ticket) {
            self.handle.confirm(now, id);
        }
    }

    /// The broker has refused a message (MQTT 5).
    pub fn refused(&mut self, now: Now, ticket: u64, why: &str) {
        match self.orders.given.remove(&ticket) {
            Some(id) => {
                let refusal = Refusal::new("refused", format!("the broker refused it: {why}"));
                self.handle.refuse(now, id, refusal);
            }
            None => self.dropped(now, 1, &format!("the broker refused them: {why}")),
        }
    }
}

/// Why a payload is no command, and what to do.
fn unreadable(payload: &Payload, topic: &str) -> Option<(Refusal, String)> {
    if payload.wire().is_empty() {
        let hint = "send {} where nothing is to be said".into();
        return Some((Refusal::new("empty-payload", "the payload is empty"), hint));
    }
    (!payload.is_json()).then(|| {
        let hint = format!("send JSON, for example `mosquitto_pub -t {topic} -m '{{\"state\": true}}'`");
        (Refusal::new("not-json", "the payload is no JSON"), hint)
    })
}

/// Why the broker was not given something.
pub(super) fn no_room(full: &Full) -> Refusal {
    match full {
        Full::Queue => Refusal::new("busy", "the broker does not keep up; it was NOT delivered"),
        Full::Packet { .. } => Refusal::new("too-long", format!("{full}; it was NOT delivered")),
        Full::Topic => Refusal::new("bad-topic", "the topic cannot be sent; it was NOT delivered"),
    }
}
