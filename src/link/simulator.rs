//! A link of kind `simulator`: a bridge that exists only here, for trying everything without hardware.
//!
//! [`Simulator`] is pure: messages in, messages out, time as an argument. [`run`] connects it to the hub as any
//! link is connected and supervised; [`serve`] puts the same bridge behind a [`port`], where it behaves as bc-bridge does on its
//! line. Nothing here reads the hub's state: the bridge knows what it was told.

mod answer;
mod bridge;
pub mod broker;
pub mod cannot_play;
mod faults;
mod fitted;
mod line;
mod loose_wire;
mod object;
mod physics;
pub mod played;
pub mod plugged;
pub mod port;
mod relay;
mod rhythm;
mod serial;
pub mod tower;
pub mod wired;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

pub use answer::Refused;
pub use bridge::{Manner, Setup};
pub use faults::{Faults, Said, Simulator};
pub use fitted::{FITTED, Fitted, Kind};
pub use physics::Room;
pub use serial::serve;

use super::supervise::{Session, supervise};
use crate::device::Refusal;
use crate::hub::{Fault, LinkHandle, LinkState, Now, Outgoing, Phase};
use crate::stop::Stop;
use crate::talk::Message;

/// Simulated devices, as the configuration describes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Time between two readings of a sensor; CO₂ takes 16 times as long.
    pub interval: Duration,
    /// The same seed gives the same values.
    pub seed: u64,
    /// How they misbehave from the start.
    pub faults: Faults,
}

impl Default for Config {
    fn default() -> Self {
        Self { interval: Duration::from_secs(1), seed: 1, faults: Faults::default() }
    }
}

/// Plays the bridge on a link until somebody asks to stop.
pub async fn run(config: Config, handle: LinkHandle, commands: mpsc::Receiver<Outgoing>, stop: Stop) {
    supervise(handle, commands, stop, move |session| play(config.clone(), session)).await;
}

/// One life of the bridge, from its power to the end of the link.
async fn play(config: Config, session: Session) -> LinkState {
    let Session { handle, status, commands: mut outbox, stop } = session;
    let start = Now::now();
    let setup = Setup {
        manner: Manner::Documented,
        seed: config.seed,
        time_of_day: time_of_day(start.wall),
        second: config.interval,
    };
    let mut simulator = Simulator::new(&setup, config.faults);
    simulator.wake(Duration::ZERO);
    for line in POWER_ON {
        // What a bridge refuses of its own accord is no fault of anybody who could be told.
        let _ = Message::parse(line).map(|message| simulator.hear(Duration::ZERO, &message));
    }
    status.set(start, LinkState::up("a simulated bridge"));
    loop {
        let now = Now::now();
        let at = now.mono - start.mono;
        tell(&handle, now, simulator.take(at));
        let nap = simulator.next_due().map_or(LONGEST_NAP, |due| due.saturating_sub(at).min(LONGEST_NAP));
        tokio::select! {
            () = stop.requested() => break,
            outgoing = outbox.recv() => match outgoing {
                Some(outgoing) => obey(&handle, &mut simulator, start, outgoing),
                None => break,
            },
            () = tokio::time::sleep(nap) => {}
        }
    }
    LinkState::not_up(Phase::Down, "stopped", "the simulated bridge was stopped", "")
}

/// A simulated bridge gets its power with both coils at rest, and says what it has before it is asked, so that nobody
/// begins with relays of unknown state. The one behind a [`port`] is silent, as bc-bridge is.
const POWER_ON: [&str; 4] = [
    r#"["-/-/config/list", {}]"#,
    r#"["led/-/get", {}]"#,
    r#"["relay/i2c0-3b/set", {"state": false}]"#,
    r#"["relay/i2c0-3f/set", {"state": false}]"#,
];

/// The bridge is asked at least this often, so that its room does not take one big step.
const LONGEST_NAP: Duration = Duration::from_secs(1);

fn tell(handle: &LinkHandle, now: Now, said: Vec<Said>) {
    for said in said {
        match said {
            Said::Message(message) => handle.publish(now, message),
            Said::Garbage(_) => handle.count(Fault::Malformed, 1),
        }
    }
}

fn obey(handle: &LinkHandle, simulator: &mut Simulator, start: Now, outgoing: Outgoing) {
    let now = Now::now();
    if outgoing.deadline <= now.mono {
        let reason = "the simulated bridge was too busy to take the command in time; send it again";
        handle.refuse(now, outgoing.id, Refusal::new("late", reason));
        return;
    }
    if !handle.wants(outgoing.id) {
        // Its end was told already: a newer wish followed.
        return;
    }
    handle.sent(now, outgoing.id);
    let message = Message::new(outgoing.topic, outgoing.payload);
    if let Some(refused) = simulator.hear(now.mono - start.mono, &message) {
        handle.refuse(now, outgoing.id, Refusal::new(refused.code, refused.reason));
    }
}

/// What the clock says, in UTC: the people in the room get up by it.
pub fn time_of_day(wall: SystemTime) -> Duration {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(since.as_secs() % 86_400)
}
