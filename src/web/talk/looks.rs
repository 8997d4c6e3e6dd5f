//! What one client looks at beside the stream: the messages of all topics, and the bytes of a serial line.
//!
//! Each ends with its client, and a second wish takes the place of the first.

use std::sync::Arc;

use super::client::Talk;
use super::conn::Conn;
use super::console::{self, Follow};
use super::watch::{self, Watch};
use crate::talk::{Malformed, Payload};

/// What a client looks at.
#[derive(Default)]
pub(super) struct Looks {
    watch: Option<Watch>,
    follow: Option<Follow>,
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
            match &self.follow {
                Some(follow) => follow.turn(wanted),
                None => self.follow = Some(Follow::begin(talk.hub.clone(), conn.clone(), wanted)),
            }
            return Ok(());
        }
        let asked = watch::read(payload)?;
        match &self.watch {
            Some(watch) => watch.turn(asked),
            None => self.watch = Some(Watch::begin(talk.record.clone(), conn.clone(), asked)),
        }
        Ok(())
    }
}
