//! What one client looks at beside the stream: the messages of all topics, and the bytes of a serial line.
//!
//! Each ends with its client, and a second wish takes the place of the first.

use std::sync::Arc;

use super::client::Talk;
use super::conn::Conn;
use super::look::Look;
use super::{console, watch};
use crate::talk::{Malformed, Payload};

/// What a client looks at.
#[derive(Default)]
pub(super) struct Looks {
    messages: Option<Look<watch::Asked>>,
    console: Option<Look<console::Wanted>>,
}

/// What somebody wants to look at who says this: the code of what is wrong with it.
pub(super) fn about(relative: &str) -> Option<&'static str> {
    match relative {
        watch::ASKED => Some("messages"),
        console::ASKED => Some("console"),
        _ => None,
    }
}

impl Looks {
    /// Shows what is asked for from now on.
    pub(super) fn take(
        &mut self,
        talk: &Talk,
        conn: &Arc<Conn>,
        relative: &str,
        payload: &Payload,
    ) -> Result<(), Malformed> {
        if relative == console::ASKED {
            let wanted = console::read(payload, &talk.hub)?;
            match &self.console {
                Some(look) => look.turn(wanted),
                None => self.console = Some(console::begin(talk.hub.clone(), conn.clone(), wanted)),
            }
            return Ok(());
        }
        let asked = watch::read(payload)?;
        match &self.messages {
            Some(look) => look.turn(asked),
            None => self.messages = Some(watch::begin(talk.record.clone(), conn.clone(), asked)),
        }
        Ok(())
    }
}
