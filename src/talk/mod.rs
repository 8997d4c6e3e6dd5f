//! What is said: [`Topic`] and [`TopicFilter`], [`Payload`] (verbatim JSON text), [`Message`] (`[topic, payload]`),
//! [`LineDecoder`] (bytes of a serial line) and [`model`] (Clown.Model: quantities, readings, scenarios).
//!
//! Text comes in from links and sockets and leaves unchanged: a payload is never rebuilt from parsed values, so the
//! digits a device sent are the digits everybody gets. Nothing here does I/O or knows what time it is.
//!
//! Source of the formats: the public BigClown pages "Clown.Talk & Clown.Model" and the behaviour of bc-bridge v1.1.1.

pub mod dialect;
mod filter;
mod foreign;
mod line;
mod malformed;
mod message;
pub mod model;
mod payload;
mod topic;

pub use filter::{FilterError, TopicFilter};
pub use line::{Line, LineDecoder};
pub use malformed::Malformed;
pub use message::Message;
pub(crate) use message::write_text;
pub use payload::Payload;
pub use topic::{Topic, TopicError, printable};
