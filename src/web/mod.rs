//! How people see it: pages, the Clown.Talk endpoint, accounts and TLS.

pub mod assets;
pub mod page;
pub mod places;
pub mod stream;
pub mod text;
