//! How people see it: pages, the Clown.Talk endpoint, accounts and TLS.

pub mod accept;
pub mod account;
pub mod address;
pub mod answer;
pub mod assets;
pub mod auth;
pub mod bytes;
pub mod ca;
pub mod config;
pub mod decisions;
pub mod doors;
pub mod error;
pub mod headers;
pub mod limit;
pub mod login;
pub mod messages;
pub mod mqtt;
pub mod names;
pub mod origin;
pub mod page;
pub mod places;
pub mod private;
pub mod random;
pub mod routes;
pub mod server;
pub mod session;
pub mod setup;
pub mod stream;
pub mod talk;
pub mod text;
pub mod tls;
pub mod verify;
pub mod websocket;

pub use config::DoorConfig;
pub use error::WebError;
