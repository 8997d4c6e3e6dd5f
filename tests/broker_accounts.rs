//! Who comes in to the hub's own broker and what they may do there: the hub's accounts and tokens at the real hub, the
//! limits against guessing that are the web's, what ends when a right ends, and what is nobody's business.

mod common;

#[path = "broker/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "broker_accounts/login.rs"]
mod login;
#[path = "broker/packet.rs"]
#[allow(dead_code)]
mod packet;
#[path = "broker_accounts/rights.rs"]
mod rights;
#[path = "broker_border/stage.rs"]
#[allow(dead_code)]
mod stage;
