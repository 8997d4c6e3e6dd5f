//! The one piece, a line or a frame, that is being written, and what becomes of its command.
//!
//! There is never a second one: a command is taken from the hub when the one before it is out. What the device does
//! not take in time is withdrawn and refused, so nothing is carried out late.

use std::time::{Duration, Instant};

use super::Port;
use crate::{
    device::Refusal,
    hub::{CommandId, LinkHandle, LinkState, Now},
};

/// A piece on its way to the device.
pub struct Outbox {
    handle: LinkHandle,
    write_within: Duration,
    /// What ends a piece; frames end by themselves.
    end: &'static [u8],
    bytes: Vec<u8>,
    written: usize,
    command: Option<CommandId>,
    due: Option<Instant>,
    /// The device may hold the beginning of one that was withdrawn.
    cut: bool,
}

impl Outbox {
    /// Nothing to write.
    pub fn new(handle: LinkHandle, write_within: Duration, end: &'static [u8]) -> Self {
        let bytes = Vec::new();
        Self { handle, write_within, end, bytes, written: 0, command: None, due: None, cut: false }
    }

    /// Whether something can be put.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is left to write.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// When it is withdrawn.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes a line or a frame without its end; `command` is what it carries out, with its own deadline.
    pub fn put(&mut self, now: Now, piece: &[u8], command: Option<(CommandId, Instant)>) {
        debug_assert!(self.is_empty(), "one piece at a time");
        if std::mem::take(&mut self.cut) {
            // Ends the half line, so that the device drops that one and not this one.
            self.bytes.extend_from_slice(self.end);
        }
        self.bytes.extend_from_slice(piece);
        self.bytes.extend_from_slice(self.end);
        let due = now.mono + self.write_within;
        self.due = Some(command.map_or(due, |(_, deadline)| due.min(deadline)));
        self.command = command.map(|(id, _)| id);
    }

    /// So many bytes were taken by the port.
    pub fn wrote(&mut self, now: Now, count: usize) {
        self.written += count;
        if self.written >= self.bytes.len()
            && let Some(id) = self.clear()
        {
            self.handle.sent(now, id);
        }
    }

    /// Withdraws the piece if its time is over.
    pub fn expire(&mut self, now: Now, port: &Port) {
        if self.due.is_none_or(|due| now.mono < due) {
            return;
        }
        port.forget_written();
        self.cut = true;
        let reason = format!(
            "not delivered: the device on {} takes no data; restart it if this lasts",
            port.path().display()
        );
        if let Some(id) = self.clear() {
            self.handle.refuse(now, id, Refusal::new("blocked", reason));
        }
    }

    /// The port is gone: refuses the command that was not written completely.
    pub fn give_up(&mut self, now: Now, state: &LinkState) {
        if let Some(id) = self.clear() {
            self.handle.refuse(now, id, Refusal::new(state.code, format!("not delivered: {}", state.reason)));
        }
    }

    fn clear(&mut self) -> Option<CommandId> {
        self.bytes.clear();
        self.written = 0;
        self.due = None;
        self.command.take()
    }
}
