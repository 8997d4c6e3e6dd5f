//! How people see it: pages, the Clown.Talk endpoint, accounts and TLS.

pub mod places;
pub mod stream;
