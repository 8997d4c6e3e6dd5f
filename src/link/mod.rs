//! How the world speaks: one file per transport.

pub mod bridge;
pub mod ports;
pub mod simulator;
