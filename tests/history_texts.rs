//! History as text at the border: exports and imports by the command line and over HTTPS, and the lines of its manual.

mod common;

#[path = "history_texts/bench.rs"]
mod bench;
#[path = "history_texts/command.rs"]
mod command;
#[path = "history_texts/hub.rs"]
mod hub;
#[path = "history_texts/manual.rs"]
mod manual;
#[path = "history_texts/web.rs"]
mod web;
