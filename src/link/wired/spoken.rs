//! Devices that speak on their line, by themselves or when they are asked.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::board::Board;
use super::ears::{Ears, Word};
use super::questions::Questions;
use super::site::Site;
use crate::device::Refusal;
use crate::device::frame::firmata::Message;
use crate::device::frame::{Frame, Why};
use crate::device::profile::Profile;
use crate::hub::{CommandId, Fault, LinkState, Now, Outgoing, Phase};
use crate::link::line::{Outbox, Talk, Tally};
use crate::link::supervise;

/// The least patience with whoever is to speak by the clock.
const PATIENCE: Duration = Duration::from_secs(5);
/// Missed words that make a regular speaker silent.
const MISSED: u32 = 3;
/// How long the echo of a command is waited for; the hub ends the command itself.
const ECHO: Duration = Duration::from_secs(30);
/// States that end by themselves are looked at so often, and not for ever where the device has gone.
const ENDING: Duration = Duration::from_millis(50);
/// When there is nothing to do.
const IDLE: Duration = Duration::from_secs(60);

/// One conversation with whoever is on the line.
pub struct Spoken {
    site: Site,
    ears: Ears,
    questions: Questions,
    board: Option<Board>,
    tally: Tally,
    to_say: VecDeque<ToSay>,
    echoes: Vec<(CommandId, Box<[u8]>, Instant)>,
    opened: Instant,
    last_word: Option<Instant>,
}

/// A piece that waits for the outbox.
struct ToSay {
    bytes: Box<[u8]>,
    command: Outgoing,
    /// Whether it is what the command stands for, and not what asks for its effect.
    is_first: bool,
    echoes: bool,
}

impl Spoken {
    /// With whoever is on a port that was opened just now.
    pub fn new(mut site: Site) -> Self {
        let now = Now::now();
        let questions = Questions::new(now.mono, &site.known).unwrap_or_else(|why| {
            let hint = "mend the definition; it is taken over when it is saved";
            site.over = Some(LinkState::not_up(Phase::Waiting, "definition", why, hint));
            Questions::default()
        });
        if site.known.is_mute() {
            site.told.is_there(now, &site.known);
        }
        let mut talk = Self {
            ears: Ears::new(&site.known),
            board: Board::of(now.mono, &site.known),
            site,
            questions,
            tally: Tally::default(),
            to_say: VecDeque::new(),
            echoes: Vec::new(),
            opened: now.mono,
            last_word: None,
        };
        talk.tell_state(now);
        talk
    }

    fn take_words(&mut self, now: Now, words: Vec<Word>) {
        for Word { profile, frame } in words {
            self.questions.answered();
            let is_echo = self.take_echo(now, &frame.wire);
            let (is_word, frame) = self.judge(now, &profile, frame);
            let meanings =
                frame.map(|frame| self.site.told.understand(&profile.id, &frame)).unwrap_or_default();
            if !meanings.is_empty() || is_echo || is_word {
                self.last_word = Some(now.mono);
                self.site.is_noisy = false;
                self.tell_state(now);
            }
            meanings.into_iter().for_each(|meaning| self.site.told.tell(now, meaning));
        }
        for (why, times) in self.ears.take_damage() {
            self.site.is_noisy = true;
            let fault = match why {
                Why::Began | Why::Cut => Fault::Cut,
                Why::Checksum => Fault::Checksum,
                Why::Noise => Fault::Noise,
                Why::TooLong | Why::NotText | Why::Shape => Fault::Malformed,
            };
            self.site.told.handle.count(fault, times);
            // The rest of a word that had begun before anybody listened is nothing to worry about.
            if why != Why::Began {
                self.site.told.warn(
                    now,
                    &format!("what came on {} is damaged and was left out ({why})", self.site.path),
                );
            }
        }
    }

    /// Whether a board shows by this that it is there, and what counts of what it says.
    fn judge(&mut self, now: Now, profile: &Profile, frame: Frame) -> (bool, Option<Frame>) {
        let (Some(board), Some(firmata)) = (&mut self.board, profile.board()) else {
            return (false, Some(frame));
        };
        let Some(message) = Message::parse(&frame.wire) else { return (false, None) };
        let is_word = board.hear(now.mono, &message);
        let json = firmata.json(&message, |pin| board.trusts(pin));
        (is_word, json.filter(|_| is_word).map(|json| Frame { json: json.into(), ..frame }))
    }

    fn take_echo(&mut self, now: Now, wire: &[u8]) -> bool {
        self.echoes.retain(|(_, _, until)| now.mono < *until);
        let found =
            self.echoes.iter().position(|(_, said, _)| said.trim_ascii_end() == wire.trim_ascii_end());
        found.map(|at| self.site.told.handle.confirm(now, self.echoes.remove(at).0)).is_some()
    }

    /// How long nobody has to speak.
    fn patience(&self) -> Option<Duration> {
        let regular = self.site.known.rhythm().map(|rhythm| (rhythm * MISSED).max(PATIENCE));
        // Whoever speaks when something happens may be quiet for days, once it has shown itself.
        regular.or_else(|| self.last_word.is_none().then_some(self.site.config.timing.silent_after))
    }

    fn is_up(&self, now: Instant) -> bool {
        let is_late = |since: Instant| self.patience().is_some_and(|patience| now >= since + patience);
        self.site.known.is_mute() || self.last_word.is_some_and(|last| !is_late(last))
    }

    fn tell_state(&mut self, now: Now) {
        let away = self.is_up(now.mono).then(Vec::new);
        if !self.site.is_told(away) {
            self.site.tell(now, self.state(now.mono));
        }
    }

    fn state(&self, now: Instant) -> LinkState {
        let (names, path) = (self.site.known.names(), &self.site.path);
        if self.site.known.is_mute() {
            return LinkState::up(format!("{names} on {path}, which takes commands and never answers"));
        }
        if self.is_up(now) {
            return LinkState::up(format!("{names} on {path}"));
        }
        let down = |code, reason, hint: &str| LinkState::not_up(Phase::Connecting, code, reason, hint);
        let patience = self.patience().unwrap_or_default();
        let is_early = self.last_word.is_none() && now < self.opened + patience;
        if self.tries_speeds() && !(is_early && self.site.turn.is_first()) {
            let reason = format!("no {names} was understood on {path} yet; its speeds are tried in turn");
            return down("unreadable", reason, "check the cable and the power; `baud` fixes a speed");
        }
        if is_early {
            return down("connecting", format!("{path} is open; waiting for {names} to speak"), "");
        }
        let baud = self.site.baud;
        if self.site.is_noisy {
            let reason = format!("{path} brings nothing that {names} would say at {baud} baud");
            return down(
                "unreadable",
                reason,
                "check `speaks`, the speed and the cable; `clown-hub learn serial` shows what comes",
            );
        }
        let reason = format!("{path} is open but {names} has said nothing for {patience:?}");
        down("silent", reason, "check its power, the cable, and whether RX and TX are crossed")
    }

    /// Whether commands wait: a board does not know yet how its pins are used, or is about to answer.
    fn is_held(&self, now: Instant) -> bool {
        self.board.as_ref().is_some_and(|board| !board.is_set_up() || board.is_open(now))
    }

    /// Whether one of several speeds may be the wrong one.
    fn tries_speeds(&self) -> bool {
        self.site.tries_speeds() && self.last_word.is_none()
    }
}

impl Talk for Spoken {
    fn due(&self) -> Instant {
        let now = Instant::now();
        let late = self.patience().map(|patience| self.last_word.unwrap_or(self.opened) + patience);
        let is_held = self.is_held(now);
        let command = (!self.to_say.is_empty() && !is_held).then(|| self.questions.free(now));
        let board = self.board.as_ref().and_then(Board::due);
        let ending = self.site.told.due().map(|due| due.max(now + ENDING));
        let late = late.filter(|late| *late > now);
        let dues = [ending, self.ears.due(), self.questions.due(), late, command, board];
        dues.into_iter().flatten().min().unwrap_or(now + IDLE).min(now + IDLE)
    }

    fn speak(&mut self, now: Now, outbox: &mut Outbox) {
        self.site.renew();
        self.site.told.end_due(now);
        if self.ears.due().is_some_and(|due| now.mono >= due) {
            let words = self.ears.silence(now.mono);
            self.take_words(now, words);
        }
        let is_late = self.patience().is_some_and(|patience| now.mono >= self.opened + patience);
        if self.tries_speeds() && is_late && self.site.over.is_none() {
            self.site.turn.next();
            self.site.over = Some(self.state(now.mono));
        }
        self.tell_state(now);
        while outbox.is_empty() && !self.questions.is_open(now.mono) && !self.is_held(now.mono) {
            let Some(ToSay { bytes, command, is_first, echoes }) = self.to_say.pop_front() else { break };
            let is_wanted = match is_first {
                true => self.site.told.is_in_time(now, &command),
                false => self.site.told.handle.wants(command.id),
            };
            if !is_wanted {
                continue;
            }
            if echoes {
                self.echoes.push((command.id, bytes.clone(), now.mono + ECHO));
            }
            if let Some(board) = &mut self.board {
                board.told(now.mono, &bytes, command.id);
            }
            outbox.put(now, &bytes, is_first.then_some((command.id, command.deadline)));
        }
        if outbox.is_empty()
            && !self.questions.is_open(now.mono)
            && let Some(question) = self.questions.next(now.mono)
        {
            outbox.put(now, &question, None);
        }
        if let Some(board) = &mut self.board {
            if outbox.is_empty()
                && let Some(said) = board.next(now.mono)
            {
                outbox.put(now, &said, None);
            }
            while let Some((id, why)) = board.take_unanswered() {
                self.site.told.handle.refuse(now, id, Refusal::new("no-answer", why));
            }
            if let Some(odd) = board.take_odd() {
                self.site.told.warn(now, &odd);
            }
        }
    }

    fn command(&mut self, now: Now, command: Outgoing, _: &mut Outbox) {
        if !self.is_up(now.mono) {
            return supervise::refuse(&self.site.told.handle, &command, &self.state(now.mono));
        }
        if !self.site.told.is_in_time(now, &command) {
            return;
        }
        match self.site.told.order(&command) {
            Ok((_, order)) => {
                for (at, sending) in order.sends.into_iter().enumerate() {
                    let bytes = sending.bytes.unwrap_or_else(|| sending.payload.into_bytes().into());
                    let (command, is_first) = (command.clone(), at == 0);
                    self.to_say.push_back(ToSay { bytes, command, is_first, echoes: sending.echoes });
                }
            }
            Err(refusal) => self.site.told.handle.refuse(now, command.id, refusal),
        }
    }

    fn hear(&mut self, now: Now, bytes: &[u8]) {
        let words = self.ears.hear(now.mono, bytes);
        self.take_words(now, words);
        self.tell_state(now);
    }

    fn free(&self, now: Now) -> Option<Instant> {
        Some(self.questions.free(now.mono))
    }

    fn over(&self, _: Now) -> Option<LinkState> {
        self.site.over.clone()
    }

    fn end(&mut self, _: Now) {
        if self.ears.is_waiting() {
            // The rest will never come.
            self.tally.count(Fault::Cut);
        }
        self.tally.tell(&self.site.told.handle);
    }
}
