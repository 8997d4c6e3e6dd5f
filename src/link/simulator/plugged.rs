//! A played device at its end of a pseudo-terminal: one loop for whatever device that is.
//!
//! A [`Plugged`] device is pure: bytes in, bytes out, time as an argument. Here it is plugged into a [`Port`], is told when a
//! hub opens and closes that, loses what nobody reads, and can be pulled out and plugged in again.

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::port::{Arrived, Port, PortError};
use crate::stop::Stop;

/// How often a closed port is looked at.
const CLOSED: Duration = Duration::from_millis(20);
/// A hub that does not read loses what does not fit here.
const UNREAD: usize = 64 * 1024;
/// A device is asked at least this often, so that its room does not take one big step.
const LONGEST_NAP: Duration = Duration::from_secs(1);

/// A device that can be plugged in.
pub trait Plugged {
    /// What may happen to it meanwhile.
    type Happening;

    /// Whether the first hub hears what was said before it came, as from a board that starts when its port is opened; its
    /// first port is made by [`Port::create`] then, otherwise by [`Port::closed`].
    const WAITS_FOR_THE_FIRST: bool;

    /// It gets its power.
    fn power(&mut self, at: Duration);

    /// A hub has opened the port.
    fn opened(&mut self, at: Duration);

    /// The hub has closed the port.
    fn closed(&mut self);

    /// Takes bytes as they come.
    fn hear(&mut self, at: Duration, bytes: &[u8]);

    /// What leaves by now, in order; what is lost is lost in these pieces.
    fn take(&mut self, at: Duration) -> Vec<Vec<u8>>;

    /// When it has something to say or to do next.
    fn next_due(&self) -> Option<Duration>;

    /// Something happens to it; if it is pulled out, for how long.
    fn happen(&mut self, at: Duration, happening: Self::Happening) -> Option<Duration>;
}

/// Why the line of a device ended.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The pseudo terminal failed.
    #[error("the pseudo terminal failed: {0}")]
    Line(#[from] io::Error),
    /// It could not be plugged in again.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Plays a device until somebody asks to stop; what happens to it meanwhile comes through `happenings`.
pub async fn play<D: Plugged>(
    port: Port,
    device: &mut D,
    mut happenings: mpsc::Receiver<D::Happening>,
    stop: &Stop,
) -> Result<(), LineError> {
    let start = Instant::now();
    let link = port.link().to_owned();
    let mut port = port;
    loop {
        device.power(start.elapsed());
        let Some(away) = speak(&mut port, device, &mut happenings, start, stop).await? else {
            return Ok(());
        };
        tracing::info!("the device is unplugged");
        drop(port);
        tokio::select! {
            () = stop.requested() => return Ok(()),
            () = tokio::time::sleep(away) => {}
        }
        port = if D::WAITS_FOR_THE_FIRST { Port::create(&link)? } else { Port::closed(&link)? };
        tracing::info!("the device is plugged in again");
    }
}

/// One life of the device, from its power until it is unplugged; how long it stays away, or nothing at the end.
pub(super) async fn speak<D: Plugged>(
    port: &mut Port,
    device: &mut D,
    happenings: &mut mpsc::Receiver<D::Happening>,
    start: Instant,
    stop: &Stop,
) -> io::Result<Option<Duration>> {
    let (mut unsent, mut buffer, mut is_open) = (Vec::new(), [0; 4096], false);
    loop {
        let at = start.elapsed();
        if !is_open && port.is_open() {
            is_open = true;
            port.listen_again()?;
            device.opened(at);
        }
        queue(&mut unsent, device.take(at));
        let longest = if is_open { LONGEST_NAP } else { CLOSED };
        let nap = device.next_due().map_or(longest, |due| due.saturating_sub(at).min(longest));
        let arrived = tokio::select! {
            biased;
            () = stop.requested() => return Ok(None),
            Some(happening) = happenings.recv() => match device.happen(start.elapsed(), happening) {
                Some(away) => return Ok(Some(away)),
                None => continue,
            },
            arrived = port.read(&mut buffer) => arrived?,
            written = port.write(&mut unsent), if !unsent.is_empty() => { written?; continue }
            () = tokio::time::sleep(nap) => continue,
        };
        match arrived {
            Arrived::Bytes(count) => {
                // A hub may open the port, write and close it again before anybody looked.
                if !std::mem::replace(&mut is_open, true) {
                    device.opened(start.elapsed());
                }
                device.hear(start.elapsed(), &buffer[..count]);
            }
            Arrived::Opened => port.listen_again()?,
            Arrived::HungUp => {
                if std::mem::take(&mut is_open) {
                    device.closed();
                    port.discard();
                }
                // What nobody reads is gone.
                unsent.clear();
                tokio::select! {
                    () = stop.requested() => return Ok(None),
                    () = tokio::time::sleep(CLOSED) => {}
                }
            }
        }
    }
}

/// Adds what was said; when the hub does not read, whole pieces are lost, never halves.
fn queue(unsent: &mut Vec<u8>, said: Vec<Vec<u8>>) {
    for bytes in said {
        if unsent.len() + bytes.len() < UNREAD {
            unsent.extend_from_slice(&bytes);
        }
    }
}
