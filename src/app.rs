//! Builds every part of the hub, wires them, waits for a signal and drains them in order.

pub mod local;
