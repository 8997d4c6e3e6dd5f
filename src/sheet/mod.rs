//! Files that people write: TOML whose every value has a line and a column, read by types that know what is allowed.
//!
//! A reader of a file asks a [`Section`] for each key once; whatever is wrong – a value, a key nobody asked for – becomes
//! a [`Problem`] with its place, what stands there, what may stand there and a guess at what was meant. Reading never
//! stops at a problem, so one reading finds them all, and nothing is ever silently ignored.

mod nearest;
mod paper;
mod problem;
mod section;
mod size;
mod typed;

pub use nearest::nearest;
pub use paper::{Advice, Setting, Sheet, open, plain};
pub use problem::{Problem, Problems};
pub use section::{Entry, Section, found};
pub use size::{KIB, MIB, Size};
pub use typed::{Typed, parse_duration, quoted, show_duration};
