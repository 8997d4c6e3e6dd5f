//! What goes where on an MQTT link: everything a message means, and nothing of how it travels.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`routes`], [`filters`] | topics: taken from the broker, given to it, under which names |
//! | [`bases`] | which device a topic belongs to |
//! | [`echo`], [`recent`] | own words that come back, and loops |
//! | [`waiting`] | what goes out and has not gone yet |
//! | [`birth`] | hubs say that they are there |
//! | [`ledger`] | what was left in the broker's memory |

pub mod bases;
pub mod birth;
pub mod echo;
pub mod filters;
pub mod ledger;
pub mod recent;
pub mod routes;
pub mod waiting;

use std::collections::HashMap;

use super::Config;
use super::client::{Client, Publish};
use crate::device::Refusal;
use crate::hub::{CommandId, Fault, LinkHandle, LinkState, Now, Outgoing, Said, Update};
use crate::talk::{Message, Payload};
use bases::Bases;
use routes::Routes;

/// What a message means, over all connections of a link.
pub struct Flow {
    handle: LinkHandle,
    routes: Routes,
    bases: Bases,
    topic: String,
    retain: bool,
    posts: HashMap<u64, CommandId>,
}

impl Flow {
    /// Of a link that was never connected.
    pub fn new(config: &Config, handle: LinkHandle) -> Self {
        Self {
            topic: format!("clown-hub/{}/{}", config.hub.id, handle.name()),
            routes: Routes::new(config.topics.clone()),
            bases: Bases::new(config.bases.clone()),
            retain: config.retain,
            posts: HashMap::new(),
            handle,
        }
    }

    /// What the broker says for us when we vanish.
    pub fn will(&self) -> Publish {
        self.word("offline")
    }

    fn word(&self, state: &str) -> Publish {
        let payload = format!(r#"{{"state": "{state}"}}"#).into();
        Publish { topic: self.topic.clone(), payload, qos: 1, retain: true, ..Publish::default() }
    }

    fn publish(&self, client: &Client, publish: Publish) -> Option<u64> {
        let ticket = client.publish(publish).ok();
        self.handle.count(Fault::Dropped, u64::from(ticket.is_none()));
        ticket
    }

    /// The broker has let us in.
    pub fn up(&mut self, _now: Now, client: &Client) {
        self.publish(client, self.word("online"));
        for (filter, qos) in self.routes.subscriptions() {
            if client.subscribe(filter, qos).is_err() {
                self.handle.count(Fault::Dropped, 1);
            }
        }
    }

    /// A message came in.
    pub fn heard(&mut self, now: Now, _client: &Client, publish: Publish) {
        let Some(topic) =
            self.routes.into_hub(&publish.topic).and_then(|route| route.to_local(&publish.topic))
        else {
            return self.handle.count(Fault::Dropped, 1);
        };
        let payload = Payload::from_wire(&publish.payload);
        let base = self.bases.of(&topic, &payload);
        let said = Said {
            base,
            message: Message { topic, payload, options: None },
            memory: publish.retain,
            via: None,
        };
        // A conflict is counted by the hub.
        let _ = self.handle.hear(now, said);
    }

    /// The hub says something.
    pub fn update(&mut self, _now: Now, client: &Client, update: &Update) {
        if *update.from == *self.handle.name() || update.is_own() {
            return;
        }
        if let Some((route, topic)) = self.routes.out_of_hub(update.message.topic.as_str()) {
            let payload = update.message.payload.wire().to_vec().into();
            let topic = topic.to_string();
            let publish =
                Publish { topic, payload, qos: route.qos(), retain: self.retain, ..Publish::default() };
            self.publish(client, publish);
        }
    }

    /// The hub said more than we could follow.
    pub fn lagged(&mut self, _now: Now, missed: u64) {
        self.handle.count(Fault::Dropped, missed);
    }

    /// Carries out a command.
    pub fn command(&mut self, now: Now, client: &Client, command: Outgoing) {
        let topic = self.routes.named(&command.topic, None).to_string();
        let payload = command.payload.wire().to_vec().into();
        let (qos, retain) = command.post.map_or((0, false), |delivery| (delivery.qos, delivery.retain));
        match client.publish(Publish { topic, payload, qos, retain, ..Publish::default() }) {
            Ok(ticket) => {
                self.handle.sent(now, command.id);
                if qos > 0 {
                    self.posts.insert(ticket, command.id);
                }
            }
            Err(full) => self.handle.refuse(now, command.id, Refusal::new("busy", full.to_string())),
        }
    }

    /// The broker has taken over a message.
    pub fn acknowledged(&mut self, now: Now, ticket: u64) {
        if let Some(id) = self.posts.remove(&ticket) {
            self.handle.confirm(now, id);
        }
    }

    /// The broker has refused a message.
    pub fn refused(&mut self, now: Now, ticket: u64, why: &str) {
        if let Some(id) = self.posts.remove(&ticket) {
            self.handle.refuse(now, id, Refusal::new("refused", format!("the broker refused it: {why}")));
        }
    }

    /// Time passes.
    pub fn tick(&mut self, _now: Now, _client: &Client) {}

    /// How the link is, with what is worth knowing while it is up.
    pub fn state(&mut self, _now: Now, state: LinkState) -> LinkState {
        state
    }

    /// Whether something waits for room at the client.
    pub fn waits(&self) -> bool {
        false
    }

    /// Hands over what waits, as far as there is room.
    pub fn pump(&mut self, _now: Now, _client: &Client) {}

    /// We leave; `for_good` if the link was taken out of the configuration.
    pub fn goodbye(&mut self, _now: Now, client: &Client, _for_good: bool) {
        self.publish(client, self.word("offline"));
    }

    /// The connection is gone.
    pub fn lost(&mut self) {
        self.posts.clear();
    }
}
