//! Files that have to survive: SQLite databases that are checked when they are opened, whether they can be written, and
//! what waits for the threads that write them.

mod database;
mod health;
pub mod inbox;
mod snapshot;

pub use database::{Database, Plan, StoreError};
pub use health::{Fault, Health, StoreState, Trouble, Words};
pub use snapshot::Snapshot;
