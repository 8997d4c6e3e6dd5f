//! The one piece, a line or a frame, that is being written, and what becomes of its command.
//!
//! There is never a second one: a command is taken from the hub when the one before it is out. What the device does
//! not take in time is withdrawn and refused, so nothing is carried out late.

use std::time::{Duration, Instant};

use super::Port;
use crate::{
    device::Refusal,
    hub::{ByHand, CommandId, Console, LinkHandle, LinkState, Now},
    talk::printable,
};

/// A piece on its way to the device.
pub struct Outbox {
    handle: LinkHandle,
    console: Console,
    write_within: Duration,
    /// What ends a piece; frames end by themselves.
    end: &'static [u8],
    bytes: Vec<u8>,
    written: usize,
    errand: Errand,
    due: Option<Instant>,
    /// The device may hold the beginning of one that was withdrawn.
    cut: bool,
}

/// Whose piece it is.
enum Errand {
    /// The conversation's own.
    Own,
    /// It carries out a command.
    Command(CommandId),
    /// Somebody writes it by hand.
    ByHand(ByHand),
}

impl Outbox {
    /// Nothing to write.
    pub fn new(handle: LinkHandle, console: Console, write_within: Duration, end: &'static [u8]) -> Self {
        let (bytes, errand) = (Vec::new(), Errand::Own);
        Self { handle, console, write_within, end, bytes, written: 0, errand, due: None, cut: false }
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
        self.errand = command.map_or(Errand::Own, |(id, _)| Errand::Command(id));
    }

    /// Takes bytes as they are.
    pub fn put_by_hand(&mut self, now: Now, by_hand: ByHand) {
        debug_assert!(self.is_empty(), "one piece at a time");
        self.bytes.extend_from_slice(&by_hand.bytes);
        self.due = Some(by_hand.deadline.min(now.mono + self.write_within));
        self.errand = Errand::ByHand(by_hand);
    }

    /// So many bytes were taken by the port.
    pub fn wrote(&mut self, now: Now, count: usize) {
        let by = match &self.errand {
            Errand::ByHand(by_hand) => Some(&by_hand.by),
            Errand::Own | Errand::Command(_) => None,
        };
        self.console.wrote(now, &self.bytes[self.written..self.written + count], by);
        self.written += count;
        if self.written < self.bytes.len() {
            return;
        }
        match self.clear() {
            Errand::Own => {}
            Errand::Command(id) => self.handle.sent(now, id),
            Errand::ByHand(by_hand) => {
                // A line that somebody began by hand must not swallow the next of ours.
                self.cut = !by_hand.bytes.ends_with(self.end);
                self.tell_by_hand(now, &by_hand, by_hand.bytes.len());
                by_hand.done();
            }
        }
    }

    /// Withdraws the piece if its time is over.
    pub fn expire(&mut self, now: Now, port: &Port) {
        if self.due.is_none_or(|due| now.mono < due) {
            return;
        }
        port.forget_written();
        self.console.withdrew(now);
        self.cut = true;
        let path = port.path().display();
        self.fail(now, "blocked", &format!("the device on {path} takes no data; restart it if this lasts"));
    }

    /// The port is gone: refuses the command that was not written completely.
    pub fn give_up(&mut self, now: Now, state: &LinkState) {
        self.fail(now, state.code, &state.reason);
    }

    fn fail(&mut self, now: Now, code: &'static str, reason: &str) {
        let written = self.written;
        match self.clear() {
            Errand::Own => {}
            Errand::Command(id) => {
                self.handle.refuse(now, id, Refusal::new(code, format!("not delivered: {reason}")));
            }
            Errand::ByHand(by_hand) if written == 0 => {
                by_hand.refuse(Refusal::new(code, format!("not written: {reason}")));
            }
            Errand::ByHand(by_hand) => {
                self.tell_by_hand(now, &by_hand, written);
                let all = by_hand.bytes.len();
                let reason = format!("at most {written} of {all} bytes have reached the device: {reason}");
                by_hand.refuse(Refusal::new(code, reason));
            }
        }
    }

    /// Tells the log and everyone what was written by hand.
    fn tell_by_hand(&self, now: Now, by_hand: &ByHand, written: usize) {
        let bytes = &by_hand.bytes[..written];
        let (link, by) = (self.handle.name(), printable(&by_hand.by));
        tracing::info!("link {link}: {by} wrote {written} bytes by hand: {}", bytes.escape_ascii());
        self.handle.wrote_by_hand(now, &by_hand.by, bytes);
    }

    fn clear(&mut self) -> Errand {
        self.bytes.clear();
        self.written = 0;
        self.due = None;
        std::mem::replace(&mut self.errand, Errand::Own)
    }
}
