//! What was said lately, of every topic: the record behind the MESSAGES page.
//!
//! A task of its own listens to the hub ([`Record::listen`]) and puts each message into a [`tree`] with its
//! past ([`history`]), its rhythm ([`pulse`]) and fixed bounds. Pages and scripts [`look`] at a window of it, [`search`]
//! it, compare ([`diff`]) and export it. Publishing never waits for any of that: a record that falls behind the hub's
//! ring counts what it missed and says so.

pub mod deeds;
pub mod diff;
pub mod export;
pub mod ghosts;
pub mod history;
pub mod look;
pub mod pretty;
pub mod pulse;
pub mod recorder;
pub mod search;
pub mod tree;

pub use recorder::{Facts, Record};
