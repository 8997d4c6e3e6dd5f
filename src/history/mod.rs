//! What was: values over time, in one SQLite file that any tool can open and that leaves an SD card alive.
//!
//! Samples gather in memory and are written together, one row of the `journal` per flush. After hours they become
//! chunks: one row for thousands of samples of one series, packed column by column. Reading brings both together.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`series`] | what is recorded: a quantity of a topic, and its samples |
//! | [`codec`] | columns of times and values as bytes |
//! | [`journal`] | what one flush has written |
//! | [`store`] | the file: tables, flushes, chunks, reading |
//! | [`name`] | `topic#quantity`, and patterns of it |
//! | [`moment`] | times as people and programs write them |

pub mod codec;
pub mod journal;
pub mod moment;
pub mod name;
pub mod series;
pub mod store;
