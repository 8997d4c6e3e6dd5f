//! The words in which a client is told what was wrong: `clown.talk/-/error`, or `…/config/error` for a request.
//!
//! The `config/error` topic is Clown.Model's; its payload was never documented, so `{"error", "message"}` is ours.

use super::view::View;
use crate::hub::CommandEvent;
use crate::talk::model::{Scenario, property_of};
use crate::talk::{Malformed, Payload, write_text};

const ERROR: &str = "clown.talk/-/error";

/// The answer to a text that is no message or cannot be meant.
pub(super) fn malformed(what: &Malformed) -> String {
    let mut text = String::new();
    write_text(&mut text, ERROR, Payload::of(what).as_str(), None);
    text
}

/// The answer to a command without an id that was refused or not answered.
pub(super) fn refused(view: &View, event: &CommandEvent) -> String {
    let topic = view.base.as_ref().and_then(|base| event.topic.below(base)).unwrap_or(event.topic.as_str());
    let (code, reason) = event
        .refusal
        .as_ref()
        .map_or(("unanswered", "no answer"), |refusal| (refusal.code, &*refusal.reason));
    let mut text = String::new();
    if Scenario::of(topic) == Scenario::Request {
        #[derive(serde::Serialize)]
        struct RequestError<'a> {
            error: &'a str,
            message: &'a str,
        }
        let about = format!("{}/config/error", property_of(topic));
        write_text(
            &mut text,
            &about,
            Payload::of(&RequestError { error: code, message: reason }).as_str(),
            None,
        );
    } else {
        #[derive(serde::Serialize)]
        struct CommandError<'a> {
            code: &'a str,
            reason: &'a str,
            hint: &'a str,
            topic: &'a str,
        }
        let hint = "add {\"id\": …} as third element to hear every step";
        write_text(&mut text, ERROR, Payload::of(&CommandError { code, reason, hint, topic }).as_str(), None);
    }
    text
}
