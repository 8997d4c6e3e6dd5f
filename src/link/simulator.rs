//! A link of kind `simulator`: a bridge that exists only here, for trying everything without hardware.
//!
//! [`Simulator`] is pure: messages in, messages out, time as an argument. [`run`] connects it to the hub as any
//! link is connected; [`port`] and `clown-hub simulate` put the same bridge behind a pseudo terminal, where it
//! behaves as bc-bridge does on its line. Nothing here reads the hub's state: the bridge knows what it was told.

mod answer;
mod bridge;
mod faults;
mod fitted;
mod line;
mod object;
mod physics;
pub mod port;
mod relay;
mod rhythm;
mod serial;

pub use answer::Refused;
pub use bridge::{Manner, Setup};
pub use faults::{Faults, Said, Simulator};
pub use fitted::{FITTED, Fitted, Kind};
pub use physics::Room;
pub use serial::serve;
