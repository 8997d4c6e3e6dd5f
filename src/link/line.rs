//! A serial port and what is said on it: the one loop that all links of serial ports share.
//!
//! [`session`] opens the [`Port`], then hands bytes to a [`Talk`] and writes what that puts into its [`Outbox`], until
//! the port is lost or the hub stops; [`super::supervise()`] then begins anew. One task does both directions, so a device
//! that does not read holds up its own commands and nothing else. Which bytes make a line or a frame, what is asked and
//! when, is the talk's business alone: it hears them as the port cut them, and is woken when it says. Everything that came
//! and went is shown by the link's [console](crate::hub::Console), and what people write there takes its turn ([`hand`]).

mod far;
mod hand;
mod outbox;
mod port;
mod port_name;
mod server;
mod tally;
mod telnet;
mod trouble;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use hand::Hand;
pub(super) use outbox::Outbox;
pub use port::{Port, Speed};
pub use port_name::PortName;
pub use server::{Server, Speech};
pub(super) use tally::Tally;
pub use trouble::Trouble;

use super::ports::Roots;
use super::status::Status;
use super::supervise::Session;
use crate::hub::{LinkHandle, LinkState, Now, Outgoing, Phase};

/// What is read in one pass: four times what a terminal gives at once.
const BUFFER: usize = 16 * 1024;

/// A port and how it is used.
#[derive(Debug)]
pub(super) struct Wiring<'a> {
    /// Which port.
    pub port: &'a PortName,
    /// How characters are sent on it.
    pub speed: Speed,
    /// Where ports are looked up.
    pub roots: &'a Roots,
    /// For the device to take one piece.
    pub write_within: Duration,
    /// What ends a piece: the end of a line, or nothing for frames that end by themselves.
    pub end: &'static [u8],
}

/// One conversation with a device.
pub(super) trait Talk {
    /// When [`Talk::speak`] has something to do next, whatever is heard until then.
    fn due(&self) -> std::time::Instant;

    /// Says what is due; called often. Only an empty outbox takes something.
    fn speak(&mut self, now: Now, outbox: &mut Outbox);

    /// Carries a command out, or refuses it; the outbox is empty.
    fn command(&mut self, now: Now, command: Outgoing, outbox: &mut Outbox);

    /// Hears the bytes of one read: the end of one line or frame, the beginning of another, or many whole ones.
    fn hear(&mut self, now: Now, bytes: &[u8]);

    /// From when on somebody else's bytes do not mix with this conversation; nothing while an answer is waited for.
    fn free(&self, now: Now) -> Option<std::time::Instant> {
        Some(now.mono)
    }

    /// So many bytes are written by hand now; an answer to them may come.
    fn gives_way(&mut self, _now: Now, _count: usize) {}

    /// Why the port is closed though it is there; nothing as long as all is well.
    fn over(&self, _now: Now) -> Option<LinkState> {
        None
    }

    /// The port is gone.
    fn end(&mut self, now: Now);
}

/// One conversation, from opening the port to losing it; returns why it ended.
pub(super) async fn session<T: Talk>(
    wiring: Wiring<'_>,
    session: Session,
    begin: impl FnOnce(LinkHandle, Status, &Port) -> T,
) -> LinkState {
    let console = session.handle.console();
    let port = match Port::open(wiring.port, wiring.speed, wiring.roots).await {
        Ok(port) => port,
        Err(trouble) => return trouble.state(),
    };
    let Session { handle, status, mut commands, stop } = session;
    let mut talk = begin(handle.clone(), status, &port);
    let mut hand = Hand::new(console.opened(Now::now()));
    let mut outbox = Outbox::new(handle, console.clone(), wiring.write_within, wiring.end);
    let mut buffer = vec![0; BUFFER];
    let stopping = stop.requested();
    let alarm = sleep_until(Instant::now());
    tokio::pin!(stopping, alarm);
    let ended = loop {
        // Here and not only by the alarm, which a flood from the device would keep from its turn.
        outbox.expire(Now::now(), &port);
        hand.turn(Now::now(), &mut talk, &mut outbox);
        talk.speak(Now::now(), &mut outbox);
        if let Some(over) = talk.over(Now::now()) {
            break over;
        }
        let dues = [outbox.due(), hand.due(Now::now(), &talk, &outbox)];
        let wake = dues.into_iter().flatten().fold(talk.due(), std::time::Instant::min);
        if alarm.deadline() != Instant::from_std(wake) {
            alarm.as_mut().reset(Instant::from_std(wake));
        }
        tokio::select! {
            biased;
            () = &mut stopping => break LinkState::not_up(Phase::Down, "stopped", "the link was stopped", ""),
            () = hand.take(), if hand.is_empty() => {}
            Some(command) = commands.recv(), if outbox.is_empty() => {
                talk.command(Now::now(), command, &mut outbox);
            }
            written = port.write(outbox.bytes()), if !outbox.is_empty() => match written {
                Ok(count) => outbox.wrote(Now::now(), count),
                Err(error) => break port.lost(&error).state(),
            },
            read = port.read(&mut buffer) => match read {
                Ok(0) => break port.unplugged().state(),
                Ok(count) => {
                    let now = Now::now();
                    console.heard(now, &buffer[..count]);
                    talk.hear(now, &buffer[..count]);
                }
                Err(error) => break port.lost(&error).state(),
            },
            () = &mut alarm => {}
        }
    };
    console.closed(Now::now());
    hand.give_up(&ended.reason);
    outbox.give_up(Now::now(), &ended);
    talk.end(Now::now());
    ended
}
