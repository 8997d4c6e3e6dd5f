//! Hears how many messages `mqtt5` drops out of the queue of a session that is full: it says so in a warning of its
//! log, and nowhere else.
//!
//! While a client's handler runs, its log passes through here on its way to where logs go.

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Dispatch, Event, Level, Metadata};

use super::tally::Tally;

/// Where `mqtt5` says it.
const SAID_BY: &str = "mqtt5::broker::storage::client_queue";

/// What listens.
struct Ear {
    outer: Dispatch,
    tally: Arc<Tally>,
}

/// Listens for `tally`, and passes everything on.
pub fn ear(tally: Arc<Tally>) -> Dispatch {
    let outer = tracing::dispatcher::get_default(Clone::clone);
    Dispatch::new(Ear { outer, tally })
}

fn is_it(metadata: &Metadata<'_>) -> bool {
    *metadata.level() == Level::WARN && metadata.target() == SAID_BY
}

impl Subscriber for Ear {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_it(metadata) {
            Interest::always()
        } else if self.outer.enabled(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_it(metadata) || self.outer.enabled(metadata)
    }

    fn event(&self, event: &Event<'_>) {
        if is_it(event.metadata()) {
            let mut loss = Loss::default();
            event.record(&mut loss);
            self.tally.lost(loss.client, loss.messages);
        }
        if self.outer.enabled(event.metadata()) {
            self.outer.event(event);
        }
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.outer.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.outer.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.outer.record_follows_from(span, follows);
    }

    fn enter(&self, span: &Id) {
        self.outer.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.outer.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.outer.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.outer.try_close(id)
    }
}

/// What the warning says.
#[derive(Default)]
struct Loss {
    client: String,
    messages: u64,
}

impl Visit for Loss {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "dropped" {
            self.messages = value;
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "client_id" {
            self.client = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use bytes::Bytes;
    use mqtt5::QoS;
    use mqtt5::broker::storage::{MemoryBackend, QueueLimits, QueuedMessage, StorageBackend};
    use mqtt5::packet::publish::PublishPacket;

    use super::*;

    #[test]
    fn what_a_full_queue_drops_is_heard() {
        let tally = Arc::new(Tally::default());
        let limits = QueueLimits { max_messages: 3, max_bytes: 1_000_000 };
        let queue = MemoryBackend::with_queue_limits(limits).queue_handle("away");
        tracing::dispatcher::with_default(&ear(tally.clone()), || {
            for _ in 0..5 {
                let message = PublishPacket::new("a", Bytes::from_static(b"b"), QoS::AtLeastOnce);
                queue.push(QueuedMessage::new(message, "away".into(), QoS::AtLeastOnce, None));
            }
        });
        assert_eq!(tally.dropped.load(Ordering::Relaxed), 2);
    }
}
