//! Files that have to survive: SQLite databases that are checked when they are opened, and whether they can be written.

mod database;
mod health;

pub use database::{Access, Database, Plan, StoreError};
pub use health::{Fault, Health, StoreState, Trouble, Words};
