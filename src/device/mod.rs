//! What it means: the closed vocabulary of property kinds that widgets rely on ([`Property`], [`Kind`]), and what a
//! command to a property asks for and how the device confirms it ([`expect()`]).
//!
//! Ids are `TYPE/ADDRESS`, relative to a base topic, with an optional node level in front (`remote/thermometer/i2c0-49`).
//! What is not in the table is not an error: it is shown by the shape of its value and never refused for being unknown.

pub mod builtin;
pub mod catalog;
mod describe;
pub mod dialect;
mod expect;
pub mod expression;
pub mod frame;
pub mod learn;
pub mod profile;
mod property;
pub mod prove;
pub mod roster;
pub mod translate;
pub mod vocabulary;

pub use expect::{Expect, Refusal, expect};
pub use property::{
    Access, Kind, LED_STATES, Property, Range, is_occasional, kind_of, listed_keys, property, rank,
};
