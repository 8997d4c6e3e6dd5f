//! clown-hub, a local device hub: what devices say over serial lines and brokers is kept, told to everyone who may
//! hear it as Clown.Talk `[topic, payload]` messages, and commands go back the same way.
//!
//! Rooms, in the order data flows; each uses only those above it:
//!
//! | room | what lives there |
//! | --- | --- |
//! | [`disk`] | files that have to survive |
//! | [`talk`] | what is said: topics, payloads, messages, lines, Clown.Model |
//! | [`device`] | what it means: kinds of properties, units and ranges |
//! | [`hub`] | where it meets: last values, presence, commands, the stream |
//! | [`link`] | how the world speaks: serial lines, simulated devices |
//! | [`broker`] | the hub's own MQTT broker |
//! | [`history`] | what was: values over time |
//! | [`events`] | who switched what, when, from where |
//! | [`web`] | how people see it: pages, the Clown.Talk endpoint, accounts, TLS |
//! | [`config`] | the configuration file and its problems |
//! | [`app`] | builds every part, wires them, drains them |
//! | [`cli`] | one file per subcommand |

pub mod app;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod config;
pub mod device;
pub mod disk;
pub mod events;
pub mod history;
pub mod hub;
pub mod link;
pub mod sheet;
pub mod stop;
pub mod talk;
pub mod web;
