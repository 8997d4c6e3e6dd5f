//! How the world speaks: one file per transport.

pub mod simulator;
